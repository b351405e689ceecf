"""What the balances service tells of changes: one stream for each merchant, however many browsers look."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx2
import structlog
from fluxo_chassis.resilience import Backoff

from fluxo_dashboard.services.client import ServiceClient, ServiceUnavailableError, SignedOutError
from fluxo_dashboard.sign_in.session import Session
from fluxo_dashboard.sign_in.tokens import AccessTokens

log = structlog.get_logger(__name__)

PATH: Final = "/v1/daily-balances/changes"
RETRY_S: Final = (0.5, 10.0)


@dataclass(frozen=True, slots=True)
class Told:
    """`event` is `changed` or `unavailable`, `data` JSON as the balances service sent it."""

    event: str
    data: str


@dataclass(slots=True)
class _Watch:
    """`newest` is what a browser that joins is told first."""

    followers: dict[asyncio.Event, Session] = field(default_factory=dict)
    newest: Told | None = None
    task: asyncio.Task[None] | None = None

    def tell(self, told: Told) -> None:
        self.newest = told
        for wake in self.followers:
            wake.set()


class Changes:
    """Follows the merchants whose pages are open."""

    def __init__(self, balances: ServiceClient, tokens: AccessTokens) -> None:
        self._balances = balances
        self._tokens = tokens
        self._watches: dict[str, _Watch] = {}
        self._closing = False

    def close(self) -> None:
        """End every stream: the process stops, and browsers come back to the next one."""
        self._closing = True
        for watch in self._watches.values():
            for wake in watch.followers:
                wake.set()

    async def follow(self, session: Session, heartbeat_s: float) -> AsyncIterator[Told | None]:
        """Yield what is told from now on, the newest only; None when there was nothing for so many seconds."""
        watch = self._watches.setdefault(session.merchant_id, _Watch())
        wake = asyncio.Event()
        watch.followers[wake] = session
        if watch.task is None:
            watch.task = asyncio.create_task(self._listen(watch), name="follow-changes")
        elif watch.newest is not None:
            wake.set()
        try:
            while not self._closing:
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await wake.wait()
                except TimeoutError:
                    yield None
                    continue
                wake.clear()
                if not self._closing:
                    yield watch.newest
        finally:
            del watch.followers[wake]
            if not watch.followers:
                watch.task.cancel()
                self._watches.pop(session.merchant_id, None)

    async def _listen(self, watch: _Watch) -> None:
        backoff = Backoff(*RETRY_S)
        position: str | None = None
        while True:
            try:
                token = await self._token_of_any(watch)
                headers = {} if position is None else {"Last-Event-ID": position}
                async with self._balances.stream(PATH, token, headers) as response:
                    response.raise_for_status()
                    backoff.reset()
                    async for at, told in _events(response):
                        position = at
                        watch.tell(told)
                # It ended in good order: the token expired, or the process there is replaced.
            except (httpx2.HTTPError, ServiceUnavailableError, SignedOutError) as error:
                log.debug("changes cannot be followed", reason=type(error).__name__)
                # Whatever changes until then, the first event afterwards says.
                position = None
                if watch.newest is None or watch.newest.event != "unavailable":
                    watch.tell(Told("unavailable", "{}"))
            await asyncio.sleep(backoff.next())

    async def _token_of_any(self, watch: _Watch) -> str:
        """Return the token of a follower who is signed in yet: that one's session ended is no matter of the others."""
        for session in tuple(watch.followers.values()):
            with suppress(SignedOutError):
                return await self._tokens.token_of(session)
        raise SignedOutError


async def _events(response: httpx2.Response) -> AsyncIterator[tuple[str | None, Told]]:
    """Yield the position after each event, and the event (HTML Living Standard, "Server-sent events")."""
    position, event, data = None, "message", ""
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            position = value
        elif name == "event":
            event = value
        elif name == "data":
            data = value
        elif not line and data:
            yield position, Told(event, data)
            event, data = "message", ""
