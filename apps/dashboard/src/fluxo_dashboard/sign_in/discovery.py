"""What a provider says of itself (OpenID Connect Discovery 1.0)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog
from fluxo_chassis.auth import JwksKeys

from fluxo_dashboard.services.client import ServiceUnavailableError

log = structlog.get_logger(__name__)

KNOWN_S: Final = 3_600.0
RETRY_S: Final = 1.0
RETRY_WITH_ONE_S: Final = 60.0
PATH: Final = "/.well-known/openid-configuration"


class Metadata(msgspec.Struct, frozen=True):
    """The members that are used here, under the names of the specifications."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    revocation_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def check(self, issuer: str) -> None:
        """ValueError where it is not this issuer's, or would lead from TLS to where there is none."""
        if self.issuer != issuer:
            raise ValueError(f"It is of the issuer {self.issuer}, not of {issuer}")
        used = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, self.revocation_endpoint)
        if issuer.startswith("https:") and not all(each is None or each.startswith("https:") for each in used):
            raise ValueError("It names an address without TLS")


class Discovery:
    """Asks for the document when it is first needed and every hour; keeps the old one while there is no new one."""

    def __init__(
        self, issuer: str, fetch: Callable[[str], Awaitable[bytes]], keys_at: Callable[[str], JwksKeys]
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._keys_at = keys_at
        self._known: Metadata | None = None
        self._keys: JwksKeys | None = None
        self._ask_at = float("-inf")
        self._asking = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Return the document.

        Raises:
            ServiceUnavailableError: there is none yet that could be used; why stands in the log.
        """
        async with self._asking:
            if time.monotonic() >= self._ask_at:
                await self._ask()
        if self._known is None:
            raise ServiceUnavailableError("identity-provider")
        return self._known

    async def keys(self) -> JwksKeys:
        """Return what the provider signs with."""
        await self.metadata()
        assert self._keys is not None  # noqa: S101 - made with the document
        return self._keys

    async def _ask(self) -> None:
        # Who waited for an answer that did not come does not begin to wait anew.
        self._ask_at = time.monotonic() + (RETRY_S if self._known is None else RETRY_WITH_ONE_S)
        try:
            found = msgspec.json.decode(await self._fetch(self._issuer.rstrip("/") + PATH), type=Metadata)
            found.check(self._issuer)
        except ServiceUnavailableError:
            return
        except ValueError as error:
            log.warning("the identity provider's discovery document cannot be used", reason=str(error))
            return
        if self._known is None or found.jwks_uri != self._known.jwks_uri:
            self._keys = self._keys_at(found.jwks_uri)
        self._known = found
        self._ask_at = time.monotonic() + KNOWN_S
