"""The rebuild's two ends: the replay comes on standard input, progress goes to standard output, one JSON object a line.

First `{"mark": …}`, with which the replay is to be asked; then `{"replayed": …, "entries": …}` again and again; after
the swap `{"refused": …, "reason": …}` for each merchant that stays as it was; at last `{"rebuilt": …}`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, Final, Self
from uuid import UUID

import orjson
from fluxo_contracts.replay import NoReplayError, decode_api_key, decode_header, decode_merchant

from fluxo_balances.application.rebuilding.ports import ReplayBrokenError, ReplayPart
from fluxo_balances.application.rebuilding.rebuild_projection import Observer
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings

PART_BYTES_MIN: Final = 1 << 20
"""Some 10,000 entries: a projector may have to wait for as long as a part takes, a fraction of a second."""


class PipedReplay:
    """Reads ahead while a part is being loaded."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._merchants = self._api_keys = 0

    @classmethod
    async def over(cls, pipe: BinaryIO) -> Self:
        """Open the pipe, which nobody else may read."""
        reader = asyncio.StreamReader(limit=PART_BYTES_MIN)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        return cls(reader)

    async def begin(self) -> tuple[UUID, int]:
        """Return the rebuild id that the replay was asked with, and how many entries it holds.

        Raises:
            ReplayBrokenError: there is no replay.
        """
        line = await self._reader.readline()
        if not line:
            raise ReplayBrokenError("there was no replay.")
        try:
            header = decode_header(line)
        except NoReplayError as error:
            raise ReplayBrokenError(f"what came is no replay: {error}") from error
        self._merchants, self._api_keys = header.merchants, header.api_keys
        return header.mark, header.entries

    async def settings(self) -> list[MerchantSettings]:
        """Return the settings of merchants without entries.

        Raises:
            ReplayBrokenError: a line is missing, or no merchant's.
        """
        try:
            replayed = [decode_merchant(await self._reader.readline()) for _ in range(self._merchants)]
        except NoReplayError as error:
            raise ReplayBrokenError(f"what came is no merchant: {error}") from error
        return [MerchantSettings(each.merchant_id, each.currency, each.changed_at) for each in replayed]

    async def api_keys(self) -> list[ApiKey]:
        """Return all API keys.

        Raises:
            ReplayBrokenError: a line is missing, or no key's.
        """
        try:
            replayed = [decode_api_key(await self._reader.readline()) for _ in range(self._api_keys)]
        except NoReplayError as error:
            raise ReplayBrokenError(f"what came is no API key: {error}") from error
        return [
            ApiKey(
                each.id, each.merchant_id, bytes.fromhex(each.hash), tuple(each.scopes), each.expires_at, each.revoked
            )
            for each in replayed
        ]

    async def parts(self) -> AsyncIterator[ReplayPart]:
        """Yield the entries in parts of whole lines; an unfinished line at the end is left out."""
        pieces: list[bytes] = []
        size = 0
        while piece := await self._reader.read(PART_BYTES_MIN):
            pieces.append(piece)
            size += len(piece)
            if size >= PART_BYTES_MIN:
                lines, _, rest = b"".join(pieces).rpartition(b"\n")
                yield _part(lines)
                pieces, size = [rest], len(rest)
        lines, ending, _ = b"".join(pieces).rpartition(b"\n")
        if ending:
            yield _part(lines)


def _part(lines: bytes) -> ReplayPart:
    return ReplayPart(lines.count(b"\n") + 1, lines + b"\n")


def observer(out: BinaryIO) -> Observer:
    """Return one that writes lines."""
    return Observer(
        began=lambda rebuild_id: write_line(out, mark=rebuild_id),
        replayed=lambda replayed, entries: write_line(out, replayed=replayed, entries=entries),
        refused=lambda merchant_id, reason: write_line(out, refused=merchant_id, reason=reason),
    )


def write_line(out: BinaryIO, **news: object) -> None:
    """Write a line, and see it off."""
    out.write(orjson.dumps(news, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()
