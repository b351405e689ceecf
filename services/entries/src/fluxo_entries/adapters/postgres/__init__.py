"""The ports on PostgreSQL; every statement stands in `sql.py`."""
