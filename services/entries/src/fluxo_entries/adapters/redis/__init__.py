"""The ports on a Redis stream; what runs inside the server stands in `scripts.py`."""
