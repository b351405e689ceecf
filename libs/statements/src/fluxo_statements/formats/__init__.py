"""One file for each format: whether the beginning of a file looks like it, and what is in the file."""
