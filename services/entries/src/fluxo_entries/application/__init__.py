"""What the service does, by process, one file per command or query; `ports.py` says what it needs from outside."""
