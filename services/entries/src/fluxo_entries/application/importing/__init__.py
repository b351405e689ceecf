"""The API: a file's lines are looked at, confirmed and recorded, one file per command or query."""
