"""The balances API."""
