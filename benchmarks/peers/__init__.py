"""Other ledgers on this machine beside Fluxo: the same entries, the same PostgreSQL, in turn."""
