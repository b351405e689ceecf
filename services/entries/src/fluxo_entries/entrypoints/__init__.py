"""The ways in: HTTP, and the processes that run beside it."""
