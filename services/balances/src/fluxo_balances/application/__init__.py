"""What the service does: a room for each process, a file for each command or query; `use_cases.py` lists all."""
