"""What an operator does with dead letters; every answer is one JSON object a line."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, BinaryIO, Final

import orjson
import structlog

from fluxo_balances.application.projecting.ports import DeadLetters, StoredDeadLetter
from fluxo_balances.application.projecting.redrive_dead_letter import RedriveDeadLetter

_OPTIONS: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z

log = structlog.get_logger(__name__)


class DeadLetterCommands:
    """`letter_ids` are the letters wanted, in that order; None stands for all. One that is gone is `missing`."""

    def __init__(self, letters: DeadLetters, redrive: RedriveDeadLetter, out: BinaryIO) -> None:
        self._letters = letters
        self._redrive = redrive
        self._out = out

    async def show(self, letter_ids: Sequence[str] | None) -> None:
        """Write each letter; with its event only when it was asked for by id."""
        async for letter_id, stored in self._wanted(letter_ids):
            if stored is None:
                self._write({"id": letter_id, "outcome": "missing"})
            else:
                self._write(_summary(stored) | ({} if letter_ids is None else _content(stored)))

    async def redrive(self, letter_ids: Sequence[str] | None) -> None:
        """Apply each letter's event once more, and write what became of it.

        Raises:
            ReadModelUnavailableError: the database is unavailable.
            CacheUnavailableError: the cache is unavailable.
        """
        async for letter_id, stored in self._wanted(letter_ids):
            if stored is None:
                self._write({"id": letter_id, "outcome": "missing"})
                continue
            redriven = await self._redrive(stored)
            log.info("a dead letter was redriven", letter_id=letter_id, outcome=redriven.outcome)
            self._write({"id": letter_id, "outcome": redriven.outcome, "reason": redriven.reason})

    async def discard(self, letter_ids: Sequence[str] | None) -> None:
        """Remove each letter for good. The log keeps what it was, by its content's SHA-256."""
        async for letter_id, stored in self._wanted(letter_ids):
            if stored is None or not await self._letters.remove(letter_id):
                self._write({"id": letter_id, "outcome": "missing"})
                continue
            content = _content(stored)["sha256"]
            log.warning(
                "a dead letter was discarded",
                letter_id=letter_id,
                stream_id=stored.letter.delivery.stream_id,
                reason=stored.letter.reason.partition("\n")[0],
                sha256=content,
            )
            self._write({"id": letter_id, "outcome": "discarded", "sha256": content})

    async def _wanted(self, letter_ids: Sequence[str] | None) -> AsyncIterator[tuple[str, StoredDeadLetter | None]]:
        if letter_ids is None:
            async for stored in self._letters.letters():
                yield stored.id, stored
        else:
            for letter_id in letter_ids:
                yield letter_id, await self._letters.find(letter_id)

    def _write(self, line: dict[str, Any]) -> None:
        self._out.write(orjson.dumps(line, option=_OPTIONS))
        self._out.flush()


def _summary(stored: StoredDeadLetter) -> dict[str, Any]:
    delivery = stored.letter.delivery
    return {
        "id": stored.id,
        "buried_at": stored.stored_at,
        "reason": stored.letter.reason,
        "stream_id": delivery.stream_id,
        "deliveries": delivery.deliveries,
        "redrives": stored.redrives,
        "redriven_at": stored.redriven_at,
        **_claims(delivery.payload),
    }


def _content(stored: StoredDeadLetter) -> dict[str, Any]:
    payload = stored.letter.delivery.payload or b""
    return {
        "event": None if stored.letter.delivery.payload is None else payload.decode(errors="backslashreplace"),
        "sha256": hashlib.sha256(payload).hexdigest(),
    }


def _claims(payload: bytes | None) -> dict[str, str | None]:
    """Return what an event says about itself, as far as it can be read: it may break every rule."""
    try:
        event = orjson.loads(payload or b"")
    except orjson.JSONDecodeError:
        event = None
    claimed = event if isinstance(event, dict) else {}
    names = {"entry_id": "id", "merchant_id": "subject", "recorded_at": "time"}
    return {ours: value if isinstance(value := claimed.get(its), str) else None for ours, its in names.items()}
