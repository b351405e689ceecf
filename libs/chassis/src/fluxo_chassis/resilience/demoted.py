"""What a server says that is not, or not yet, the one to write to.

A fixed address may lead to another server by now (a failover, a promotion), and a connection that stays does not get
there: whoever hears one of these ends it, waits a moment and connects again.
"""

from typing import Final

REDIS: Final = (
    "READONLY ",  # a replica
    "MASTERDOWN ",  # a replica that lost its primary
    "LOADING ",  # it reads its file, or its primary's
    "CLUSTERDOWN ",  # a cluster without that slot, or without a majority
    "MOVED ",  # a cluster's other node has that slot now
    "NOREPLICAS ",  # a primary that its replicas have left
    "UNBLOCKED force unblock from blocking operation, instance state changed",  # it became a replica meanwhile
)
"""How replies begin; of UNBLOCKED there are others, which say nothing about the server."""

POSTGRES: Final = frozenset(
    {
        "25006",  # read_only_sql_transaction: a standby
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now: it starts, stops or recovers
    }
)
"""SQLSTATEs. All but the first come with the end of the connection; a primary becomes a standby in a restart only."""
