"""Log lines: who writes them, from which level on, and where they go."""

from fluxo_chassis.observability.logs.configuration import configure_logging

__all__ = ["configure_logging"]
