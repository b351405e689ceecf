"""Balances are asked for: by callers of the API, and by an operator who compares them with the entries."""
