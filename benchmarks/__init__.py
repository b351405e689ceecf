"""Measures the real system beside the bounds of the same machine. Run it with `make bench`."""
