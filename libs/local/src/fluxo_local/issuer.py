"""The development issuer: signs the tokens that a merchant's identity provider would sign in production."""

import secrets
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import RSAKey

from fluxo_local.embedded.directory import make_private, write_private

ISSUER = "fluxo-development"
AUDIENCE = "fluxo"
LINK_LIFETIME_S = 600
_KEY_BITS = 2048


class DevelopmentIssuer:
    """An RS256 key pair below `<data-dir>/issuer/`, created on first use; `jwks.json` holds the public half."""

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / "issuer"
        self.private_key = self.directory / "private-key.pem"
        self.jwks = self.directory / "jwks.json"
        self.links = self.directory / "links"
        make_private(data_dir)
        make_private(self.directory)
        if not self.private_key.exists():
            _create_once(self.private_key)
        # We made it: to check its primes again takes longer than all else here.
        key = load_pem_private_key(self.private_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the only kind that we make
        self._key = RSAKey(key, key, {"kid": RSAKey(key, key).thumbprint(), "use": "sig", "alg": "RS256"})
        published = orjson.dumps({"keys": [self._key.as_dict(private=False)]}, option=orjson.OPT_INDENT_2).decode()
        if not self.jwks.exists() or self.jwks.read_text() != published:
            write_private(self.jwks, published)

    @property
    def jwks_url(self) -> str:
        return self.jwks.resolve().as_uri()

    def token(
        self,
        merchant: str,
        *,
        scopes: Iterable[str],
        role: str,
        subject: str,
        lifetime: timedelta,
        now: datetime | None = None,
    ) -> str:
        """A signed token for one merchant, valid from `now` for `lifetime`."""
        issued_at = int((now or datetime.now(UTC)).timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "merchant_id": merchant,
            "scope": " ".join(scopes),
            "role": role,
            "iat": issued_at,
            "exp": issued_at + int(lifetime.total_seconds()),
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._key.kid}, claims, self._key)

    def link(self, dashboard_url: str, merchant: str) -> str:
        """An address that signs in at the dashboard as the merchant: once, for ten minutes, on this machine.

        It is a file below `issuer/links`, named by the code's hash, that the dashboard removes when it is used.
        """
        make_private(self.links)
        for link in self.links.iterdir():
            if time.time() - link.stat().st_mtime > LINK_LIFETIME_S:
                link.unlink(missing_ok=True)
        code = secrets.token_urlsafe(24)
        write_private(self.links / sha256(code.encode()).hexdigest(), merchant)
        return f"{dashboard_url}/sign-in/link/{code}"


def _create_once(path: Path) -> None:
    """The process that links first has created the key; a second process at the same moment then uses that one."""
    key = RSAKey.generate_key(_KEY_BITS)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    write_private(draft, key.as_pem(private=True).decode())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
