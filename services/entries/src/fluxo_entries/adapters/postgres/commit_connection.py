import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import asyncpg
import structlog
from fluxo_chassis.postgres import CONNECT_TIMEOUT_S, connect, is_unavailable, session_settings
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen

from fluxo_entries.adapters.postgres.insert import insert_each
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.errors import OutcomeUnknownError

log = structlog.get_logger(__name__)

STATEMENT_TIMEOUT_S: Final = 1.0

FIND_OUT_S: Final = 0.3
"""What is left of a caller's time to ask over a new connection, when the old one did not answer."""

FIND_OUT_PAUSE_S: Final = 0.05
CLOSE_TIMEOUT_S: Final = 1.0

_PLANNED_ONCE: Final = {"plan_cache_mode": "force_generic_plan"}
"""Its few statements have one good plan each. The planner would think it worth to plan a lone entry's each time anew,
which takes a third of the statement's time."""


class DatabaseUnavailableError(Exception):
    """There is no connection to be had; nothing was sent."""


class CommitConnection:
    """Writes batches over a dedicated connection, one at a time, and never guesses what became of one.

    The breaker is asked before something is sent, and learns what came of it. Whether what was sent was written is
    asked without the breaker: that one answer is worth a separate try.
    """

    def __init__(self, url: str, application_name: str, breaker: CircuitBreaker) -> None:
        self._url = url
        self._application_name = application_name
        self._breaker = breaker
        self._connection: asyncpg.Connection | None = None

    async def commit(self, recordings: Sequence[Recording], due: float) -> list[Outcome | Exception]:
        """Return, when the loop's clock shows `due` at the latest, each outcome or the reason why it was not written.

        Raises:
            DatabaseUnavailableError: nothing was sent.
            OutcomeUnknownError: the connection was lost, and nobody could be asked in time.
        """
        connection = await self._connection_to_write_over(due - FIND_OUT_S)
        try:
            async with asyncio.timeout_at(due - FIND_OUT_S):
                outcomes = await insert_each(connection, recordings)
        except Exception as error:
            if not is_unavailable(error):
                self._breaker.forget()
                raise
            log.warning("connection lost while writing", rows=len(recordings), reason=type(error).__name__)
            self._disconnect()
            # A connection that was cut leaves it to the next one to tell whether the server is there.
            (self._breaker.fail if isinstance(error, TimeoutError) else self._breaker.forget)()
        except asyncio.CancelledError:
            self._breaker.forget()
            raise
        else:
            self._breaker.succeed()
            return outcomes
        return await self._find_out(recordings, due)

    async def _connection_to_write_over(self, due: float) -> asyncpg.Connection:
        try:
            self._breaker.begin()
        except CircuitOpen as error:
            raise DatabaseUnavailableError from error
        try:
            async with asyncio.timeout_at(due):
                return await self._connected()
        except Exception as error:
            self._breaker.fail()
            log.warning("no connection to write over", reason=type(error).__name__)
            raise DatabaseUnavailableError from error
        except asyncio.CancelledError:
            self._breaker.forget()
            raise

    async def _find_out(self, recordings: Sequence[Recording], due: float) -> list[Outcome | Exception]:
        """Write them again: the keys let each be written once only, and tell which ones had been."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                while True:
                    try:
                        return await insert_each(await self._connected(), recordings)
                    except Exception as error:
                        if not is_unavailable(error):
                            raise
                        self._disconnect()
                    await asyncio.sleep(FIND_OUT_PAUSE_S)
        self._disconnect()
        raise OutcomeUnknownError("The database went away while it wrote.")

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(
                self._url,
                session_settings(STATEMENT_TIMEOUT_S) | _PLANNED_ONCE,
                application_name=self._application_name,
                timeout=CONNECT_TIMEOUT_S,
            )
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                await self._connection.close(timeout=CLOSE_TIMEOUT_S)
            self._disconnect()
