"""PostgreSQL as a dependency that may be unavailable: a pool, a listener, and what an error says about the server."""

from fluxo_chassis.postgres.failures import is_unavailable
from fluxo_chassis.postgres.fitness import refuse_transaction_pooling
from fluxo_chassis.postgres.notifications import Notifications
from fluxo_chassis.postgres.pool import CONNECT_TIMEOUT_S, Pool, breaker_for, open_pool, ping, session_settings
from fluxo_chassis.postgres.session import connect

__all__ = [
    "CONNECT_TIMEOUT_S",
    "Notifications",
    "Pool",
    "breaker_for",
    "connect",
    "is_unavailable",
    "open_pool",
    "ping",
    "refuse_transaction_pooling",
    "session_settings",
]
