"""Statement files in, one model of lines out."""
