"""Whether a server answers. Taking a connection tells nothing: the kernel does that for a stopped process too."""

import socket
import struct

_TIMEOUT_S = 2.0
_PROTOCOL_3_0 = 196_608
_PARAMETERS = b"user\0postgres\0database\0postgres\0\0"
_STARTUP_MESSAGE = struct.pack("!ii", 8 + len(_PARAMETERS), _PROTOCOL_3_0) + _PARAMETERS

ASKS_FOR_PASSWORD = b"R"


def greet_postgres(port: int) -> bytes:
    """Return the kind of PostgreSQL's first message to a client that wants to log in; empty when none comes in time.

    Before it asks for the password, a new back end has joined the others and looked the role up. An error (`E`) is an
    answer too: a server that starts or recovers says so.
    """
    try:
        with _connection(port) as connection:
            connection.sendall(_STARTUP_MESSAGE)
            # The whole of it: what is left unread resets the connection, and PostgreSQL writes that into its log.
            return connection.recv(4096)[:1]
    except OSError:
        return b""


def ping_valkey(port: int, password: str) -> list[bytes]:
    """Return the answers to AUTH and PING; none when none comes in time. While it loads its file, PING is an error."""
    try:
        with _connection(port) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as answers:
                return [answers.readline(), answers.readline()]
    except OSError:
        return []


def _connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
