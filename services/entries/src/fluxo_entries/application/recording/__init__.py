"""The API: entries are recorded and read, one file per command or query."""
