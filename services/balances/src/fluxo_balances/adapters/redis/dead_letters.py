import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from fluxo_chassis.redis import RedisClient
from fluxo_contracts.streams import (
    DELIVERIES_FIELD,
    ENTRIES_DEAD_LETTERS_STREAM,
    EVENT_FIELD,
    REASON_FIELD,
    SIGNATURE_FIELD,
    STREAM_ID_FIELD,
)

from fluxo_balances.adapters.redis import scripts
from fluxo_balances.adapters.redis.stream_entry import StreamEntry, stream_entries
from fluxo_balances.application.projecting.ports import DeadLetter, Delivery, StoredDeadLetter

PAGE: Final = 100

# The braces keep a letter's notes in the hash slot of the letters, where Redis is a cluster.
_NOTES_PREFIX: Final = f"{{{ENTRIES_DEAD_LETTERS_STREAM}}}:"


class RedisDeadLetters:
    """The dead-letter stream, and beside each letter that was redriven without success a hash of notes.

    Nobody reads this stream by position, so letters may be deleted from its middle.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def letters(self) -> AsyncIterator[StoredDeadLetter]:
        """Yield the letters, oldest first; they may be removed meanwhile."""
        start = "-"
        while entries := await self._range(start, "+"):
            for entry in entries:
                yield await self._stored(entry)
            start = f"({entries[-1][0].decode()}"

    async def find(self, letter_id: str) -> StoredDeadLetter | None:
        if not re.fullmatch("[0-9]{1,20}-[0-9]{1,20}", letter_id):
            return None
        entries = await self._range(letter_id, letter_id)
        return await self._stored(entries[0]) if entries else None

    async def note_failure(self, letter_id: str, reason: str, at: datetime) -> None:
        keys = (ENTRIES_DEAD_LETTERS_STREAM, _notes(letter_id))
        await self._redis.execute("EVAL", scripts.NOTE_FAILURE, len(keys), *keys, letter_id, reason, at.isoformat())

    async def remove(self, letter_id: str) -> bool:
        removed, _ = await self._redis.execute_transaction(
            ("XDEL", ENTRIES_DEAD_LETTERS_STREAM, letter_id), ("UNLINK", _notes(letter_id))
        )
        return bool(removed)

    async def _range(self, first: str, last: str) -> list[StreamEntry]:
        reply = await self._redis.execute("XRANGE", ENTRIES_DEAD_LETTERS_STREAM, first, last, "COUNT", PAGE)
        return stream_entries(reply)

    async def _stored(self, entry: StreamEntry) -> StoredDeadLetter:
        letter_id, fields = entry[0].decode(), entry[1]
        notes: dict[bytes, bytes] = await self._redis.execute("HGETALL", _notes(letter_id))
        redriven_at = _text(notes, scripts.REDRIVEN_AT_FIELD)
        delivery = Delivery(
            stream_id=_text(fields, STREAM_ID_FIELD),
            payload=fields.get(EVENT_FIELD.encode()),
            deliveries=int(_text(fields, DELIVERIES_FIELD) or 0),
            signature=fields.get(SIGNATURE_FIELD.encode()),
        )
        return StoredDeadLetter(
            id=letter_id,
            letter=DeadLetter(delivery, _text(notes, REASON_FIELD) or _text(fields, REASON_FIELD)),
            # The server gave the id, and it begins with the millisecond.
            stored_at=datetime.fromtimestamp(int(letter_id.partition("-")[0]) / 1_000, UTC),
            redrives=int(_text(notes, scripts.REDRIVES_FIELD) or 0),
            redriven_at=datetime.fromisoformat(redriven_at) if redriven_at else None,
        )


def _notes(letter_id: str) -> str:
    return f"{_NOTES_PREFIX}{letter_id}"


def _text(fields: dict[bytes, bytes], name: str) -> str:
    return fields.get(name.encode(), b"").decode(errors="replace")
