"""The identity provider over HTTP. Nothing is asked twice: a code and a rotated refresh token are good for one try."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import msgspec
import structlog
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from fluxo_chassis.auth import JwksKeys
from fluxo_chassis.http.outgoing import reset_is_connect_error
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen

from fluxo_dashboard.services.client import ServiceUnavailableError, SignedOutError
from fluxo_dashboard.sign_in.discovery import Discovery, Metadata
from fluxo_dashboard.sign_in.refusals import SignInRefusedError
from fluxo_dashboard.sign_in.start import Start

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S: Final = 4.0
CONNECT_WITHIN_S: Final = 1.0
_LIFETIME_S: Final = 300.0
"""Of an access token whose answer does not say it."""

_NOT_ANY_MORE: Final = frozenset(
    # invalid_request: Dex says it of a refresh token that was used before or is too old, for `invalid_grant`.
    {"invalid_grant", "invalid_request", "login_required", "interaction_required", "consent_required"}
)


class _Answer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = _LIFETIME_S
    refresh_token: str | None = None
    id_token: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave; `ends_at` in epoch seconds of this machine's clock."""

    access_token: str = field(repr=False)
    ends_at: float
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)


class Provider:
    """One issuer as one of its clients, public where there is no secret. A context manager."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        *,
        scopes: str,
        redirect_uri: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.breaker = CircuitBreaker("identity-provider")
        self._client = AsyncOAuth2Client(
            client_id,
            client_secret,
            scope=scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=httpx2.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S),
            follow_redirects=False,
            transport=transport,
        )
        self._discovery = Discovery(issuer, self._fetch, lambda url: JwksKeys(url, transport=transport))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def keys(self) -> JwksKeys:
        return await self._discovery.keys()

    async def address_of(self, start: Start) -> str:
        """Return where the browser goes to sign in."""
        metadata = await self._discovery.metadata()
        address, _state = self._client.create_authorization_url(
            metadata.authorization_endpoint, state=start.state, nonce=start.nonce, code_verifier=start.verifier
        )
        return str(address)

    async def check_answers_issuer(self, issuer: str | None) -> None:
        """Refuse the answer of another provider (RFC 9207), and one without a name where this one always gives it."""
        metadata = await self._discovery.metadata()
        if issuer != self.issuer and (issuer is not None or metadata.authorization_response_iss_parameter_supported):
            log.warning("an answer to a sign-in names another issuer")
            raise SignInRefusedError("provider")

    async def redeem(self, code: str, start: Start) -> Tokens:
        """Return the tokens for the code.

        Raises:
            SignInRefusedError: it is not good, or not any more.
            ServiceUnavailableError: no answer.
        """
        metadata = await self._discovery.metadata()
        try:
            async with self._asking():
                return _tokens(
                    await self._client.fetch_token(
                        metadata.token_endpoint,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=start.verifier,
                        auth=self._auth(metadata),
                    )
                )
        except OAuthError as error:
            log.warning("the identity provider does not redeem a code", error=error.error)
            raise SignInRefusedError("used" if error.error == "invalid_grant" else "provider") from error

    async def renew(self, refresh_token: str) -> Tokens:
        """Return new tokens; `refresh_token` is the one to use from now on.

        Raises:
            SignedOutError: the provider does not renew them any more.
            ServiceUnavailableError: no answer, or a refusal that is no fault of the session.
        """
        metadata = await self._discovery.metadata()
        try:
            async with self._asking():
                return _tokens(
                    await self._client.refresh_token(
                        metadata.token_endpoint, refresh_token=refresh_token, auth=self._auth(metadata)
                    )
                )
        except OAuthError as error:
            if error.error in _NOT_ANY_MORE:
                raise SignedOutError from error
            log.warning("the identity provider does not renew tokens", error=error.error)
            raise ServiceUnavailableError(self.breaker.name) from error

    async def revoke(self, token: str) -> None:
        """Have the provider forget the token (RFC 7009), where it can."""
        metadata = await self._discovery.metadata()
        if metadata.revocation_endpoint is None:
            return
        async with self._asking():
            answer = await self._client.revoke_token(
                metadata.revocation_endpoint, token=token, auth=self._auth(metadata)
            )
            answer.raise_for_status()

    async def sign_out_address(self, id_token: str | None, back_to: str) -> str | None:
        """Return where the browser signs out at the provider (OpenID Connect RP-Initiated Logout), if it can."""
        end = (await self._discovery.metadata()).end_session_endpoint
        if end is None:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        if id_token is not None:
            query["id_token_hint"] = id_token
        return str(add_params_to_uri(end, query))

    async def _fetch(self, url: str) -> bytes:
        async with self._asking():
            answer = await self._client.get(url, auth=None)
            answer.raise_for_status()
        return bytes(answer.content)

    def _auth(self, metadata: Metadata) -> Any:
        method = self._client.token_endpoint_auth_method
        if method == "client_secret_basic" and method not in metadata.token_endpoint_auth_methods_supported:
            method = "client_secret_post"
        return self._client.client_auth(method)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        try:
            self.breaker.begin()
        except CircuitOpen as error:
            raise ServiceUnavailableError(self.breaker.name) from error
        try:
            with reset_is_connect_error():
                yield
        except (httpx2.HTTPError, ValueError) as error:
            self.breaker.fail()
            log.warning("the identity provider does not answer", reason=type(error).__name__)
            raise ServiceUnavailableError(self.breaker.name) from error
        except OAuthError:
            self.breaker.succeed()
            raise
        except BaseException:
            self.breaker.forget()
            raise
        self.breaker.succeed()


def _tokens(answer: dict[str, Any]) -> Tokens:
    found = msgspec.convert(dict(answer), _Answer, strict=False)
    return Tokens(found.access_token, time.time() + found.expires_in, found.refresh_token, found.id_token)
