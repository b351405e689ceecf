"""The schema of the entries database, one revision per idea."""
