"""The public keys of whoever issues our tokens (RFC 7517), fetched by URL and refreshed as they rotate."""

import asyncio
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from fluxo_chassis.problems import unavailable

log = structlog.get_logger(__name__)

TTL_S = 300.0
REFRESH_EVERY_S_MIN = 10.0
FIRST_LOAD_RETRY_S = 1.0
FETCH_TIMEOUT_S = 3.0

PublicKey = RSAKey | ECKey | OKPKey
# Exactly one kind of key for each algorithm: an algorithm named by a token can never turn a key into something else.
KEY_TYPES: dict[str, type[PublicKey]] = {"RS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
CURVES = ("P-256", "Ed25519", None)


class JwksKeys:
    """Keys of a JWKS at an `https://` or `file://` URL.

    An unknown key id fetches the set again, at most every 10 s; otherwise it is refreshed in the background after
    five minutes. A file is read again whenever it changed. A set that cannot be fetched or read leaves the old keys in
    force.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._path = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._version: tuple[int, int] | None = None
        self._keys: list[PublicKey] = []
        self._tried_at = float("-inf")
        self._loading = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key that a header names; without a `kid` only where a single one fits. 503 problem without a set."""
        if self._path is not None:
            self._read_file_when_changed(self._path)
        elif not self._keys:
            await self._fetch(FIRST_LOAD_RETRY_S)
        elif self._age_s() > TTL_S and self._background is None:
            self._background = asyncio.create_task(self._fetch(REFRESH_EVERY_S_MIN))
            self._background.add_done_callback(self._background_ended)
        if not self._keys:
            raise unavailable("The keys that tokens are checked with cannot be read at the moment.")
        key = self._known(kid, algorithm)
        if key is None and self._path is None:
            await self._fetch(REFRESH_EVERY_S_MIN)
            key = self._known(kid, algorithm)
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

    def _age_s(self) -> float:
        return time.monotonic() - self._tried_at

    def _background_ended(self, _task: asyncio.Task[None]) -> None:
        self._background = None

    async def _fetch(self, every_s_min: float) -> None:
        async with self._loading:
            if self._age_s() < every_s_min:
                return
            self._tried_at = time.monotonic()
            try:
                async with httpx2.AsyncClient(timeout=FETCH_TIMEOUT_S, follow_redirects=False) as client:
                    answer = await client.get(self._url)
                answer.raise_for_status()
                self._keys = parse_key_set(answer.content)
            except (httpx2.HTTPError, ValueError) as error:
                log.warning("the key set could not be fetched", reason=type(error).__name__)

    def _read_file_when_changed(self, path: Path) -> None:
        try:
            stat = path.stat()
            if (version := (stat.st_mtime_ns, stat.st_size)) == self._version:
                return
            self._version = version
            self._keys = parse_key_set(path.read_bytes())
        except (OSError, ValueError) as error:
            log.warning("the key set could not be read", reason=type(error).__name__)


def parse_key_set(document: bytes) -> list[PublicKey]:
    """The public signing keys of a JWKS. ValueError when there is none; keys of other kinds are passed over."""
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
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, PublicKey) else None
