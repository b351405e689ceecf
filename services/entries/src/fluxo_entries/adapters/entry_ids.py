from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriversUUID  # noqa: N811 - it has the same name
from uuid_utils import uuid7


class Uuid7EntryIds:
    """Ids that sort by the time they were made, so that new rows land at the end of their index."""

    def next(self) -> UUID:
        # A UUID like any other that is made, written and hashed in C, as the driver returns them.
        entry_id: UUID = DriversUUID(uuid7().bytes)
        return entry_id
