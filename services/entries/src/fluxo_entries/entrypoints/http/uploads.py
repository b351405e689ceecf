"""Files on their way in: to a file of the system without a name, few at a time, until they are read."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

import structlog
from fastapi import Request
from fluxo_chassis.http.validation import invalid_request
from fluxo_chassis.observability.logs.error_text import error_message
from fluxo_chassis.problems import FieldError
from fluxo_chassis.resilience import Bulkhead

from fluxo_entries.application.importing.ports import Import
from fluxo_entries.application.importing.preview_import import PreviewImport, Upload
from fluxo_entries.application.importing.statements import UnreadableStatementError

log = structlog.get_logger(__name__)

RUNNING_MAX: Final = 8
"""Of all merchants, each with 50 MiB of temporary space at most, which may be memory."""

WAITING_MAX: Final = 100
WAIT_MAX_S: Final = 5.0
READY_WITHIN_S: Final = 2.0
"""So long the answer waits for the preview, which most files have by then."""


class Uploads:
    """Takes files; one of a merchant at a time, until it is read."""

    def __init__(self, preview: PreviewImport) -> None:
        self._preview = preview
        self._turns = Bulkhead(
            "entries-imports",
            running_max=RUNNING_MAX,
            tenant_running_max=1,
            waiting_max=WAITING_MAX,
            wait_max_s=WAIT_MAX_S,
        )
        self._reading: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def received(self, request: Request, merchant_id: str) -> AsyncIterator[tuple[BinaryIO, bytes]]:
        """Yield the file that is in the body, and its SHA-256; no other of the merchant's is let in meanwhile.

        Raises:
            Problem: there is nothing in the body.
        """
        async with self._turns.slot(merchant_id):
            with TemporaryFile() as file:
                yield cast("BinaryIO", file), await _store(request, cast("BinaryIO", file))

    async def take(self, request: Request, merchant_id: str, upload: Callable[[bytes], Upload]) -> tuple[Import, bool]:
        """Return the import, and whether it is a new one; its file is read, or still being read by itself.

        `upload` makes it of the file's SHA-256.

        Raises:
            Problem: there is nothing in the body, or what is said of its columns does not do.
            IdempotencyKeyReusedError, ImportNotReadyError, TooManyImportsError: as PreviewImport says.
        """
        async with AsyncExitStack() as held:
            file, digest = await held.enter_async_context(self.received(request, merchant_id))
            try:
                begun, is_new = await self._preview.begin(merchant_id, upload(digest), file)
            except UnreadableStatementError as error:
                raise invalid_request([FieldError("?columns", str(error))]) from None
            if is_new:
                task = asyncio.create_task(self._read(begun, file, held.pop_all()))
                self._reading.add(task)
                task.add_done_callback(self._reading.discard)
                await asyncio.wait([task], timeout=READY_WITHIN_S)
            return begun, is_new

    async def _read(self, begun: Import, file: BinaryIO, held: AsyncExitStack) -> None:
        async with held:
            try:
                await self._preview.read(begun, file)
            except Exception as error:  # noqa: BLE001 - nobody waits for it; the import shows that it was left
                log.warning("an import was not read", import_id=str(begun.id), reason=error_message(error))


async def _store(request: Request, file: BinaryIO) -> bytes:
    """Return the SHA-256 of what came."""
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
        file.write(piece)  # into the system's memory: no slower than to hash it
    if not file.tell():
        raise invalid_request([FieldError("", "The file is empty.")])
    file.flush()
    return digest.digest()
