"""Signing in with an OpenID Connect provider: authorization code with PKCE, and the tokens of the sessions from it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from hmac import compare_digest
from typing import Final

import structlog

from fluxo_dashboard.services.client import ServiceUnavailableError, SignedOutError
from fluxo_dashboard.sign_in.claims import access_claims_of, id_claims_of
from fluxo_dashboard.sign_in.ended import Ended
from fluxo_dashboard.sign_in.person import MERCHANT_CLAIM, Claims, Person, person_of
from fluxo_dashboard.sign_in.provider import Provider, Tokens
from fluxo_dashboard.sign_in.refusals import SignInRefusedError
from fluxo_dashboard.sign_in.renewal import Renewal
from fluxo_dashboard.sign_in.session import Session, new_session
from fluxo_dashboard.sign_in.start import Start, StartCookie

log = structlog.get_logger(__name__)

REVOKE_WITHIN_S: Final = 2.0


class OpenIdConnect:
    """Opens sessions for people whom the provider knows, and keeps their access tokens fresh.

    `signed_out_at` is the address of ours to which the provider sends a browser back.
    """

    def __init__(
        self, provider: Provider, start: StartCookie, *, signed_out_at: str, merchant_claim: str = MERCHANT_CLAIM
    ) -> None:
        self.start = start
        self._provider = provider
        self._signed_out_at = signed_out_at
        self._merchant_claim = merchant_claim
        self._used = Ended()
        self._ended = Ended()
        self._renewal = Renewal(provider, self._as_of, self._ended)

    async def address_of(self, start: Start) -> str:
        """Return where the browser goes to sign in.

        Raises:
            ServiceUnavailableError: nobody knows yet where that is.
        """
        return await self._provider.address_of(start)

    async def session_for(self, answer: Mapping[str, str], start: Start | None) -> Session:
        """Open a session for the provider's answer to what this browser started.

        Raises:
            SignInRefusedError: the answer is not good, or not any more.
            ServiceUnavailableError: the provider does not answer; signing in begins anew.
        """
        state = answer.get("state", "")
        if start is None or not compare_digest(state.encode(), start.state.encode()) or state in self._used:
            raise SignInRefusedError("used")
        self._used.add(state, start.ends_at)
        await self._provider.check_answers_issuer(answer.get("iss"))
        if "error" in answer or "code" not in answer:
            log.warning("the identity provider answers a sign-in with an error", error=answer.get("error", "")[:60])
            raise SignInRefusedError("denied" if answer.get("error") == "access_denied" else "provider")
        tokens = await self._provider.redeem(answer["code"], start)
        try:
            person = await self._person_of(tokens, await id_claims_of(tokens, self._provider, nonce=start.nonce))
        except SignInRefusedError:
            await self._revoke(tokens.refresh_token or tokens.access_token)
            raise
        return self._opened(person, tokens)

    async def token_of(self, session: Session) -> str:
        return await self._renewal.token_of(session)

    def renewed(self, session: Session) -> Session | None:
        return self._renewal.renewed(session)

    async def end(self, session: Session) -> str | None:
        self._ended.add(session.id, session.ends_at)
        newest, id_token = self._renewal.forget(session)
        await self._revoke(newest.refresh_token or newest.access_token)
        try:
            return await self._provider.sign_out_address(id_token, self._signed_out_at)
        except ServiceUnavailableError:
            return None

    def _opened(self, person: Person, tokens: Tokens) -> Session:
        session = new_session(person.merchant_id, person.subject, person.role, name=person.name)
        if tokens.refresh_token is None:
            ends_at = min(session.ends_at, tokens.ends_at)
            return replace(session, access_token=tokens.access_token, ends_at=ends_at)
        session = replace(session, refresh_token=tokens.refresh_token)
        self._renewal.hold(session, tokens)
        return session

    async def _as_of(self, session: Session, tokens: Tokens) -> Session:
        """Take over a role or a name that changed; another person or merchant is not this session."""
        try:
            if tokens.id_token is None:
                told: Claims = {self._merchant_claim: session.merchant_id, "sub": session.subject}
                await self._person_of(tokens, told)
                return session
            person = await self._person_of(tokens, await id_claims_of(tokens, self._provider, nonce=None))
        except SignInRefusedError as error:
            raise SignedOutError from error
        if (person.subject, person.merchant_id) != (session.subject, session.merchant_id):
            log.warning("renewed tokens are another person's, and the session is ended")
            raise SignedOutError
        return replace(session, role=person.role, name=person.name)

    async def _person_of(self, tokens: Tokens, id_claims: Claims) -> Person:
        return person_of(id_claims, await access_claims_of(tokens, self._provider), self._merchant_claim)

    async def _revoke(self, token: str | None) -> None:
        if token is not None:
            with suppress(ServiceUnavailableError, TimeoutError):
                async with asyncio.timeout(REVOKE_WITHIN_S):
                    await self._provider.revoke(token)
