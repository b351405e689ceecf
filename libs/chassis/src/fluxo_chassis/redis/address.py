import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES: Final = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
_WATCHED: Final = "+sentinel"
_SENTINEL_PORT: Final = 26379
_OPTIONS: Final = frozenset(
    {"db", "username", "password", "ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs", "ssl_check_hostname"}
    | {"ssl_certfile", "ssl_keyfile", "ssl_password", "sentinel_username", "sentinel_password"}
)
_NO: Final = frozenset({"0", "f", "false", "n", "no"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL says that a server is, and who logs in there.

    `redis://` and `valkey://`, with TLS `rediss://` and `valkeys://`, each `[user][:password]@host[:port][/database]`;
    or `unix://[user][:password]@/path`. Where Sentinel watches over it, `redis+sentinel://` and the like, each
    `[user][:password]@host[:port],host[:port]…/service[/database]`: the hosts are the sentinels', and the user is the
    server's; the options `sentinel_username` and `sentinel_password` are who logs in at the sentinels.

    Options: `db`, `username`, `password`; `ssl_ca_certs` and `ssl_ca_path` (whom to trust beside the system's own),
    `ssl_certfile`, `ssl_keyfile` and `ssl_password` (who the client is), `ssl_cert_reqs=none` and
    `ssl_check_hostname=no`.
    """

    path: str | None
    """Of a socket file; host and port mean nothing then."""

    host: str
    port: int
    username: str
    password: str | None
    database: int
    is_encrypted: bool
    options: Mapping[str, str]

    service: str = ""
    """What the sentinels call the server; empty where the address is known."""

    sentinels: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return what a URL says.

        Raises:
            ValueError: it says something else; the message repeats no secret.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        scheme = parts.scheme.removesuffix(_WATCHED)
        is_file = scheme == "unix"
        if scheme not in _SCHEMES or (is_file and parts.scheme != scheme):
            raise ValueError(
                "The URL of a Redis server begins with redis://, rediss://, valkey://, valkeys:// or unix://, or, with "
                "+sentinel before the colon, names sentinels."
            )
        if unknown := sorted(options.keys() - _OPTIONS):
            raise ValueError(f"The URL of a Redis server has unknown options: {', '.join(unknown)}.")
        path = unquote(parts.path)
        service, hosts = "", [parts]
        if parts.scheme != scheme:
            user, at, names = parts.netloc.rpartition("@")
            hosts = [parts._replace(netloc=f"{user}{at}{name}") for name in names.split(",")]
            parts = hosts[0]
            service, _, path = path.strip("/").partition("/")
            if not service:
                raise ValueError(
                    "The URL of a Redis server ends, after sentinels, in a service or in that and a database."
                )
        try:
            sentinels = tuple((unquote(each.hostname or "localhost"), each.port or _SENTINEL_PORT) for each in hosts)
            port = parts.port or 6379
        except ValueError:
            # Python's own message repeats what stands there: with an unescaped slash in it, part of the password.
            raise ValueError("The URL of a Redis server has no number as its port, or an unescaped password.") from None
        database = options.get("db") or ("" if is_file else path.strip("/")) or "0"
        if not re.fullmatch("[0-9]{1,4}", database):
            raise ValueError("The URL of a Redis server ends in the number of a database, or in none.")
        return cls(
            path=path if is_file else None,
            host=unquote(parts.hostname or "localhost"),
            port=port,
            username=unquote(parts.username or options.get("username", "default")),
            password=unquote(parts.password) if parts.password else options.get("password"),
            database=int(database),
            is_encrypted=scheme in ("rediss", "valkeys"),
            options=options,
            service=service,
            sentinels=sentinels if service else (),
        )

    def of_sentinels(self) -> list[Self]:
        """Where to ask for the server's own address."""
        user, password = self.options.get("sentinel_username", "default"), self.options.get("sentinel_password")
        asked = replace(self.at("", 0), username=user, password=password, database=0)
        return [asked.at(host, port) for host, port in self.sentinels]

    def at(self, host: str, port: int) -> Self:
        """The same server, at an address that is known now."""
        return replace(self, host=host, port=port, service="", sentinels=())

    def tls(self) -> ssl.SSLContext | None:
        """Return what to encrypt with, or None; read again each time, for certificates are replaced.

        Raises:
            OSError: a file is missing, or is no certificate.
        """
        if not self.is_encrypted:
            return None
        options = self.options
        context = ssl.create_default_context()
        if "ssl_ca_certs" in options or "ssl_ca_path" in options:
            context.load_verify_locations(options.get("ssl_ca_certs"), options.get("ssl_ca_path"))
        if "ssl_certfile" in options:
            context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"), options.get("ssl_password"))
        is_trusting = options.get("ssl_cert_reqs") == "none"
        context.check_hostname = not is_trusting and options.get("ssl_check_hostname", "").lower() not in _NO
        if is_trusting:
            context.verify_mode = ssl.CERT_NONE
        return context
