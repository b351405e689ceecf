"""Access tokens of the sessions at hand, renewed before they end: one renewal at a time for each session."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from fluxo_dashboard.services.client import SignedOutError
from fluxo_dashboard.sign_in.ended import Ended
from fluxo_dashboard.sign_in.provider import Provider, Tokens
from fluxo_dashboard.sign_in.session import Session

RENEW_BEFORE_S: Final = 60.0
SHORT_LIFE: Final = 0.25
"""Of a token that lives for minutes only the last quarter is kept for its renewal."""

ON_THE_WAY_S: Final = 3.0
"""A token must not end while a service is being asked with it: that would look like the end of the session."""

_HELD_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Held:
    """`session` as a browser should keep it: with the newest refresh token."""

    session: Session
    access_token: str = field(repr=False)
    renew_at: float
    ends_at: float
    id_token: str | None = field(repr=False)


class Renewal:
    """Holds the tokens of the 10,000 sessions seen last; any other begins with a renewal, as all do after a restart.

    Where a provider takes each refresh token once, a browser that was not told of the newest one, because the process
    died first, has to sign in again.
    """

    def __init__(
        self, provider: Provider, as_of: Callable[[Session, Tokens], Awaitable[Session]], ended: Ended
    ) -> None:
        self._provider = provider
        self._as_of = as_of
        self._ended = ended
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}

    def hold(self, session: Session, tokens: Tokens) -> None:
        life_s = tokens.ends_at - time.time()
        renew_at = tokens.ends_at - min(RENEW_BEFORE_S, life_s * SHORT_LIFE)
        self._keep(_Held(session, tokens.access_token, renew_at, tokens.ends_at - ON_THE_WAY_S, tokens.id_token))

    def renewed(self, session: Session) -> Session | None:
        held = self._held.get(session.id)
        is_newer = held is not None and held.session != session and held.session.renewals >= session.renewals
        return held.session if held is not None and is_newer else None

    def forget(self, session: Session) -> tuple[Session, str | None]:
        """Return the newest state of the session, and its ID token if that is known."""
        held = self._held.pop(session.id, None)
        return (session, None) if held is None else (held.session, held.id_token)

    async def token_of(self, session: Session) -> str:
        now = time.time()
        if session.id in self._ended or now >= session.ends_at:
            raise SignedOutError
        if session.refresh_token is None:
            if session.access_token is None:
                raise SignedOutError
            return session.access_token
        held = self._held.get(session.id)
        if held is None or session.renewals > held.session.renewals:  # after a restart, or another instance renewed it
            held = _Held(session, "", 0.0, 0.0, None) if held is None else replace(held, session=session)
            self._keep(held)
        if now < held.renew_at:
            return held.access_token
        renewal = self._running.get(session.id) or self._begin(held)
        if now < held.ends_at:
            return held.access_token
        # Shielded: a browser that goes away must not take a refresh token with it that was just used.
        await asyncio.shield(renewal)
        if (held := self._held.get(session.id)) is None:
            raise SignedOutError
        return held.access_token

    def _keep(self, held: _Held) -> None:
        self._held[held.session.id] = held
        self._held.move_to_end(held.session.id)
        if len(self._held) > _HELD_MAX:
            self._held.popitem(last=False)

    def _begin(self, held: _Held) -> asyncio.Task[None]:
        name = held.session.id
        task = asyncio.create_task(self._renew(held), name="renew-tokens")
        self._running[name] = task

        def over(done: asyncio.Task[None]) -> None:
            del self._running[name]
            if not done.cancelled():
                done.exception()  # who waits for it is told; else the next one who asks tries again

        task.add_done_callback(over)
        return task

    async def _renew(self, held: _Held) -> None:
        try:
            tokens = await self._provider.renew(held.session.refresh_token or "")
            newest = replace(held.session, refresh_token=tokens.refresh_token, renewals=held.session.renewals + 1)
            # Kept before it is looked at: the old refresh token may not work any more.
            self._keep(replace(held, session=newest))
            self.hold(await self._as_of(newest, tokens), tokens)
        except SignedOutError:
            self._held.pop(held.session.id, None)
            raise
        if newest.id in self._ended:  # signed out while the provider was asked
            self._held.pop(newest.id, None)
            await self._provider.revoke(newest.refresh_token or "")
