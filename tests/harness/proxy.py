"""A TCP proxy that does to connections what networks do: cut, delay, hold, fall silent, lose the answers."""

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self
from urllib.parse import urlsplit

CHUNK_BYTES: Final = 65_536


class Weather(Enum):
    FAIR = "everything passes"
    CUT = "connections are reset, new ones at once"
    SLOW = "every chunk is late"
    HELD = "connections stay open, and what is sent arrives when it clears"
    SILENT = "connections stay open and nothing passes"
    ANSWERS_LOST = "requests arrive, answers do not"


@dataclass(eq=False, slots=True)
class Connection:
    """Once anything was withheld from a connection it is `mute`: what came after the gap would be garbage."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_mute: bool = False

    @property
    def caller(self) -> str:
        return str(self.client.get_extra_info("peername")[0])

    def reset(self) -> None:
        self.client.transport.abort()
        self.server.transport.abort()


class Proxy:
    """Forwards 127.0.0.1:`port`, by default a free one, to the host and the port of `server`, a URL."""

    def __init__(self, server: str, port: int = 0) -> None:
        self.port = port
        self._server = urlsplit(server)
        self._weather = Weather.FAIR
        self._delay_s = 0.0
        self._open: set[Connection] = set()
        self._shut_out: AbstractSet[str] = frozenset()
        self._listener: asyncio.Server | None = None
        self._is_flowing = asyncio.Event()
        self._is_flowing.set()
        self.withheld = asyncio.Event()
        """Set as soon as anything was withheld since the last change: a lost answer's request has arrived."""

    @property
    def url(self) -> str:
        """The server's, by way of this proxy.

        PostgreSQL is not asked for TLS: where that question is cut off, and who asked has left, asyncpg has an error
        that nobody can catch.
        """
        credentials, at, _ = self._server.netloc.rpartition("@")
        query = "sslmode=disable" if self._server.scheme.startswith("postgres") else self._server.query
        return self._server._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}", query=query).geturl()

    def lead_to(self, server: str) -> None:
        """Let new connections get to another server; those that are open stay where they are."""
        host = urlsplit(server).netloc.rpartition("@")[2]
        credentials, at, _ = self._server.netloc.rpartition("@")
        self._server = self._server._replace(netloc=f"{credentials}{at}{host}")

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self.change(Weather.CUT)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()

    def change(self, weather: Weather, delay_s: float = 0.0) -> None:
        """Change what happens from now on, to open connections too."""
        self._weather, self._delay_s = weather, delay_s
        self.withheld.clear()
        if weather is Weather.CUT:
            self.reset()
        if weather is Weather.HELD:
            self._is_flowing.clear()
        else:
            self._is_flowing.set()

    def clear(self) -> None:
        """Let new connections pass again. After a silence the far ends are gone, and the near ones are not told."""
        was = self._weather
        self.change(Weather.FAIR)
        if was is Weather.ANSWERS_LOST:
            self.reset()
        if was is Weather.SILENT:
            for connection in self._open:
                connection.is_mute = True
                connection.server.transport.abort()

    def reset(self) -> None:
        """Reset the connections there are; the weather stays."""
        for connection in self._open:
            connection.reset()

    def shut_out(self, hosts: AbstractSet[str]) -> None:
        """Let nobody through who calls from these addresses, whatever the weather is for the others."""
        self._shut_out = hosts
        for connection in self._open:
            if connection.caller in hosts:
                connection.reset()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            if self._weather is Weather.CUT:
                raise ConnectionRefusedError
            server_reader, server = await asyncio.open_connection(self._server.hostname, self._server.port)
        except OSError:
            client.transport.abort()
            return
        connection = Connection(client, server)
        if connection.caller in self._shut_out:
            connection.reset()
            return
        self._open.add(connection)
        try:
            await asyncio.gather(
                self._forward(connection, reader, server, {Weather.SILENT}),
                self._forward(connection, server_reader, client, {Weather.SILENT, Weather.ANSWERS_LOST}),
            )
        finally:
            self._open.discard(connection)
            connection.reset()

    async def _forward(
        self,
        connection: Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        withheld_in: set[Weather],
    ) -> None:
        """Pass chunks on until the sending end closes; a mute connection's end is not passed on either."""
        is_torn = False
        try:
            while chunk := await self._next(reader):
                is_torn = is_torn or self._weather in withheld_in
                if is_torn:
                    self.withheld.set()
                elif not connection.is_mute:
                    writer.write(chunk)
                    await writer.drain()
            if not connection.is_mute and self._weather is not Weather.SILENT:
                writer.write_eof()
        except OSError:
            connection.reset()

    async def _next(self, reader: asyncio.StreamReader) -> bytes:
        """Read what comes next, as late as the weather lets it arrive."""
        chunk = await reader.read(CHUNK_BYTES)
        if self._weather is Weather.SLOW:
            await asyncio.sleep(self._delay_s)
        await self._is_flowing.wait()
        return chunk
