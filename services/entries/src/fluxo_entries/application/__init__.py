"""What the service does, one file per command or query; `ports.py` says what it needs from outside."""
