"""Composition root: which adapters each process runs with."""

from fluxo_balances.bootstrap.migrations import migrate

__all__ = ["migrate"]
