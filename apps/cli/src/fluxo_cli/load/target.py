import ssl
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Target:
    """One service at one address, and the bytes of requests to it.

    `prefix` is the path that the address has before the service's own, such as "/fluxo" behind an ingress.
    """

    host: str
    port: int
    prefix: str = ""
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """Take an http:// or https:// URL; raises ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8001")
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        return cls(parts.hostname, parts.port or (80 if tls is None else 443), parts.path.rstrip("/"), tls)

    def get(self, path: str, token: str) -> bytes:
        return f"GET {self._head(path, token)}\r\n".encode()

    def post(self, path: str, token: str, body: bytes, key: str | None = None) -> bytes:
        """Return a POST of JSON; `key` is its idempotency key, where the route takes one."""
        idempotency = "" if key is None else f"Idempotency-Key: {key}\r\n"
        head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{idempotency}"
        return f"POST {self._head(path, token)}{head}\r\n".encode() + body

    def _head(self, path: str, token: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.prefix}{path} HTTP/1.1\r\nHost: {host}:{self.port}\r\nAuthorization: Bearer {token}\r\n"
