"""The HTTP API, one file per use case."""
