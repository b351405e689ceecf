"""Composition root: which adapters each process runs with."""

from fluxo_entries.bootstrap.migrations import migrate

__all__ = ["migrate"]
