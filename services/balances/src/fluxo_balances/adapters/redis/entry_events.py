from collections.abc import Awaitable, Sequence
from typing import Final

import structlog
from fluxo_chassis.redis import Command, RedisClient, RedisReplyError, RedisUnavailableError
from fluxo_contracts.streams import (
    DAILY_BALANCES_GROUP,
    DELIVERIES_FIELD,
    ENTRIES_DEAD_LETTERS_STREAM,
    ENTRIES_STREAM,
    EVENT_FIELD,
    REASON_FIELD,
    SIGNATURE_FIELD,
    STREAM_ID_FIELD,
)

from fluxo_balances.adapters.redis import scripts
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup, is_missing_group
from fluxo_balances.adapters.redis.redelivery import Redelivery, report_vanished
from fluxo_balances.adapters.redis.stream_entry import StreamEntry, delivery, stream_entries
from fluxo_balances.application.projecting.ports import DeadLetter, Delivery

ACKNOWLEDGED_AT_A_TIME: Final = 1_000

NOTED_S: Final = 86_400
"""Longer than an event that was not acknowledged waits to be delivered again."""

_NOTE_PREFIX: Final = f"{{{ENTRIES_DEAD_LETTERS_STREAM}}}:of:"
_NEW: Final = ">"
_OLDEST: Final = "0"

log = structlog.get_logger(__name__)


class RedisEntryEvents:
    """One consumer of the group `daily-balances`; `consumer` is the same after a restart.

    The first reads give back what this consumer got before it was restarted and did not acknowledge; so do the first
    after an answer that did not come. A group that is missing (a new server, a deleted stream) is made from the
    stream's beginning: what was applied before comes again, and the inbox recognises it. `redis` blocks
    while this reads, so it is nobody else's; it must wait longer for a reply than the longest read.
    """

    def __init__(self, redis: RedisClient, group: ConsumerGroup, consumer: str) -> None:
        self._redis = redis
        self._group = group
        self._consumer = consumer
        self._redelivery = Redelivery(redis, consumer)
        self._own: str | None = _OLDEST

    async def read(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Return this consumer's own unacknowledged events, then new ones, waiting for the first of those."""
        return await self._delivered(self._own_or_new(limit, timeout_s))

    async def take_over(self, limit: int, idle_s: float) -> list[Delivery]:
        """Return events that were delivered, not acknowledged, and are due again (see `Redelivery`)."""
        return await self._delivered(self._redelivery.claim_due(limit, idle_s))

    async def acknowledge(self, stream_ids: Sequence[str]) -> None:
        """Acknowledge, with the next read or a moment later: a round trip of its own would hold that read up.

        Nobody hears whether it arrives. When it does not, the events come again, and the inbox recognises them.
        """
        for start in range(0, len(stream_ids), ACKNOWLEDGED_AT_A_TIME):
            some = stream_ids[start : start + ACKNOWLEDGED_AT_A_TIME]
            self._redis.send_nowait("XACK", ENTRIES_STREAM, DAILY_BALANCES_GROUP, *some)

    async def dead_letter(self, letters: Sequence[DeadLetter]) -> None:
        """Write the dead letters, and then acknowledge: a cluster has the two streams in different slots.

        A note beside the letters tells meanwhile which events have one. So none is lost when this ends between the two,
        and none is written twice.
        """
        stream_ids = [letter.delivery.stream_id for letter in letters]
        notes = [f"{_NOTE_PREFIX}{stream_id}" for stream_id in stream_ids]
        for letter, note in zip(letters, notes, strict=True):
            keys = (ENTRIES_DEAD_LETTERS_STREAM, note)
            await self._redis.execute("EVAL", scripts.DEAD_LETTER, len(keys), *keys, NOTED_S, *_letter_fields(letter))
        await self._redis.execute("XACK", ENTRIES_STREAM, DAILY_BALANCES_GROUP, *stream_ids)
        await self._redis.unlink(*notes)

    async def _delivered(self, deliveries: Awaitable[list[Delivery]]) -> list[Delivery]:
        try:
            return await deliveries
        except RedisReplyError as error:
            await self._make_group_if_missing(error)
            return []
        except RedisUnavailableError:
            # The answer that did not come may have held events: they are this consumer's own now.
            self._own = _OLDEST
            raise

    async def _own_or_new(self, limit: int, timeout_s: float) -> list[Delivery]:
        while self._own is not None:
            if own := await self._read_own(self._own, limit):
                return own
        entries = await self._read_group(_NEW, limit, block_ms=max(1, int(timeout_s * 1_000)))
        return [delivery(entry, deliveries=1) for entry in entries]

    async def _read_own(self, after: str, limit: int) -> list[Delivery]:
        """Return the next of this consumer's own; none also when all of them vanished. `_own` is None at the end."""
        entries = await self._read_group(after, limit, block_ms=None)
        if not entries:
            self._own = None
            return []
        first, last = entries[0][0].decode(), entries[-1][0].decode()
        counts = await self._redelivery.own_counts(first, last, limit)
        self._own = last
        vanished = [stream_id.decode() for stream_id, fields in entries if not fields]
        await self.acknowledge(vanished)
        report_vanished(vanished)
        return [delivery(entry, counts.get(entry[0].decode(), 1)) for entry in entries if entry[1]]

    async def _read_group(self, after: str, limit: int, block_ms: int | None) -> list[StreamEntry]:
        block: Command = () if block_ms is None else ("BLOCK", block_ms)
        read = ("XREADGROUP", "GROUP", DAILY_BALANCES_GROUP, self._consumer, "COUNT", limit, *block)
        reply = await self._redis.execute(*read, "STREAMS", ENTRIES_STREAM, after)
        return stream_entries(reply and reply[ENTRIES_STREAM.encode()])

    async def _make_group_if_missing(self, error: RedisReplyError) -> None:
        if not is_missing_group(error):
            raise error
        log.warning("the consumer group was missing and is made from the stream's beginning", reason=str(error))
        await self._group.make()


def _letter_fields(letter: DeadLetter) -> Command:
    its = letter.delivery
    event = () if its.payload is None else (EVENT_FIELD, its.payload)
    signature = () if its.signature is None else (SIGNATURE_FIELD, its.signature)
    about = (REASON_FIELD, letter.reason, STREAM_ID_FIELD, its.stream_id, DELIVERIES_FIELD, its.deliveries)
    return (*about, *event, *signature)
