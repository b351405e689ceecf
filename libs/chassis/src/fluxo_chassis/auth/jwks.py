"""The public keys of the issuer of our tokens (RFC 7517), fetched by URL and refreshed as they rotate."""

import asyncio
import ssl
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from fluxo_chassis.http.outgoing import reset_is_connect_error
from fluxo_chassis.problems import Problem, unavailable
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen

log = structlog.get_logger(__name__)

TTL_S = 15.0
"""Then the set is fetched again in the background; from twice as old on, whoever needs a key waits for it a moment."""

KEYS_S_MAX = 86_400.0
"""So long keys count without the issuer."""

DOCUMENT_BYTES_MAX = 262_144
REFRESH_EVERY_S_MIN = 10.0
RETRY_S = (1.0, 30.0)
FETCH_TIMEOUT_S = 3.0
REFRESH_WAIT_S = 0.25
WAIT_S = 1.0
"""A caller has less time than a slow issuer may take; the fetch goes on without it."""

PublicKey = RSAKey | ECKey | OKPKey
# Exactly one kind of key for each algorithm: an algorithm named by a token can never turn a key into something else.
KEY_TYPES: dict[str, type[PublicKey]] = {"RS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
CURVES = ("P-256", "Ed25519", None)


class JwksKeys:
    """Keys of a JWKS at an `https://` or `file://` URL.

    An unknown key id fetches the set again, at most every 10 s; otherwise it is refreshed in the background after
    a quarter of a minute, so that a key that is no longer in it is refused within half of one. A file is read again
    whenever it changed. A set that cannot be fetched or read leaves the old keys in force for a day; it is then tried
    again after a second and more and more rarely, and `breaker` shows it.
    """

    def __init__(self, url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        parts = urlsplit(url)
        self._url = url
        self._transport = transport
        self._trusted: ssl.SSLContext | None = None
        self._path = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._version: tuple[int, int] | None = None
        self._keys: list[PublicKey] = []
        self._tried_at = self._confirmed_at = float("-inf")
        self._is_file_missing = False
        self._fetching: asyncio.Task[None] | None = None
        first_s, cap_s = RETRY_S
        self.breaker = CircuitBreaker("token-issuer", failures=1, reset_after_s=first_s, reset_cap_s=cap_s)

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key that a header names; without a `kid` only where a single one fits.

        503 problem without a set, and for an unknown key while the issuer cannot be asked: it may be a new one.
        """
        if self._path is not None:
            self._read_file_when_changed(self._path)
        elif not self._keys:
            await self._wait_for_fetch()
        elif self.breaker.state == "closed" and self._is_older_than(2 * TTL_S):
            await self._wait_for_fetch(REFRESH_WAIT_S)
        elif self._is_older_than(TTL_S):
            self._start_fetch()
        if time.monotonic() - self._confirmed_at > KEYS_S_MAX:
            self._keys = []
        if not self._keys:
            raise _no_keys()
        key = self._known(kid, algorithm)
        if key is None and self._path is None and self._is_older_than(REFRESH_EVERY_S_MIN):
            await self._wait_for_fetch()
            key = self._known(kid, algorithm)
            if key is None and self.breaker.state != "closed":
                raise _no_keys()
        return key

    def _known(self, kid: str | None, algorithm: str) -> PublicKey | None:
        fitting = [
            key
            for key in self._keys
            if isinstance(key, KEY_TYPES[algorithm])
            and key.get("alg", algorithm) == algorithm
            and kid in (None, key.kid)
        ]
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None

    def _is_older_than(self, age_s: float) -> bool:
        """Also when it should be newer, and the issuer did not answer."""
        return self.breaker.state != "closed" or time.monotonic() - self._tried_at > age_s

    async def _wait_for_fetch(self, wait_s: float | None = None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S if wait_s is None else wait_s):
                # Shielded: a caller that gives up must not take the others' keys with it.
                await asyncio.shield(self._start_fetch())

    def _start_fetch(self) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="fetch-keys")
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with self.breaker:
                self._tried_at = time.monotonic()
                # The client's own time-out is for each piece.
                async with asyncio.timeout(FETCH_TIMEOUT_S):
                    self._keys = parse_key_set(await self._document())
                self._confirmed_at = time.monotonic()
        except CircuitOpen:
            return
        except (httpx2.HTTPError, ValueError, TimeoutError) as error:
            log.warning("the key set could not be fetched", reason=type(error).__name__)

    async def _document(self) -> bytes:
        content = b""
        # As it is: what is small and compressed may become anything.
        headers = {"Accept-Encoding": "identity"}
        if self._trusted is None:
            # Read once, and beside the loop: all authorities' certificates take it 17 ms.
            self._trusted = await asyncio.to_thread(httpx2.create_ssl_context)
        with reset_is_connect_error():
            async with (
                httpx2.AsyncClient(
                    timeout=FETCH_TIMEOUT_S,
                    follow_redirects=False,
                    headers=headers,
                    transport=self._transport,
                    verify=self._trusted,
                ) as client,
                client.stream("GET", self._url) as answer,
            ):
                answer.raise_for_status()
                async for piece in answer.aiter_raw():
                    content += piece
                    if len(content) > DOCUMENT_BYTES_MAX:
                        break
        return content

    def _read_file_when_changed(self, path: Path) -> None:
        try:
            stat = path.stat()
            self._confirmed_at, self._is_file_missing = time.monotonic(), False
            if (version := (stat.st_mtime_ns, stat.st_size)) == self._version:
                return
            self._version = version
            with path.open("rb") as file:
                self._keys = parse_key_set(file.read(DOCUMENT_BYTES_MAX + 1))
        except (OSError, ValueError) as error:
            if not self._is_file_missing:
                log.warning("the key set could not be read", reason=type(error).__name__)
            self._is_file_missing = isinstance(error, OSError)


def _no_keys() -> Problem:
    return unavailable("The keys that tokens are checked with cannot be read at the moment.")


def parse_key_set(document: bytes) -> list[PublicKey]:
    """The public signing keys of a JWKS; keys of other kinds are passed over.

    Raises:
        ValueError: there is none, or the document is larger than 256 KiB.
    """
    if len(document) > DOCUMENT_BYTES_MAX:
        raise ValueError("the key set is too large")
    body = orjson.loads(document)
    members = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(members, list):
        raise ValueError("not a key set")  # noqa: TRY004 - the document is wrong, not the program
    keys = [key for member in members if (key := _signing_key(member)) is not None]
    if not keys:
        raise ValueError("no usable key in the set")
    return keys


def _signing_key(member: object) -> PublicKey | None:
    if not isinstance(member, dict) or member.get("use", "sig") != "sig" or member.get("crv") not in CURVES:
        return None
    try:
        key = JWKRegistry.import_key(member)
    except (JoseError, ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return key if isinstance(key, PublicKey) else None
