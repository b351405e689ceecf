"""Balances service: projects entry events into daily balances and serves them."""
