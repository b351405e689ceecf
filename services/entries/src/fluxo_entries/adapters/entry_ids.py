from uuid import UUID

from uuid_utils.compat import uuid7


class Uuid7EntryIds:
    """Ids that sort by the time they were made, so that new rows land at the end of their index."""

    def next(self) -> UUID:
        return uuid7()
