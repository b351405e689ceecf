"""A TCP proxy that does to connections what networks do: cut, delay, fall silent, lose the answers."""

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Final

CHUNK_BYTES: Final = 65_536


class Weather(Enum):
    FAIR = "everything passes"
    CUT = "connections are reset, new ones at once"
    SLOW = "every chunk is late"
    SILENT = "connections stay open and nothing passes"
    ANSWERS_LOST = "requests arrive, answers do not"


@dataclass(eq=False, slots=True)
class Connection:
    """Once anything was withheld from a connection it is `mute`: what came after the gap would be garbage."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_mute: bool = False

    def reset(self) -> None:
        self.client.transport.abort()
        self.server.transport.abort()


class Proxy:
    """Forwards 127.0.0.1:`port` to 127.0.0.1:`target`."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._weather = Weather.FAIR
        self._delay_s = 0.0
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._reset_all()

    def change(self, weather: Weather, delay_s: float = 0.0) -> None:
        """Change what happens from now on, to open connections too."""
        self._weather, self._delay_s = weather, delay_s
        if weather is Weather.CUT:
            self._reset_all()

    def clear(self) -> None:
        """Let new connections pass again. After a silence the far ends are gone, and the near ones are not told."""
        was, self._weather = self._weather, Weather.FAIR
        if was is Weather.ANSWERS_LOST:
            self._reset_all()
        if was is Weather.SILENT:
            for connection in self._open:
                connection.is_mute = True
                connection.server.transport.abort()

    def _reset_all(self) -> None:
        for connection in self._open:
            connection.reset()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            if self._weather is Weather.CUT:
                raise ConnectionRefusedError
            server_reader, server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            client.transport.abort()
            return
        connection = Connection(client, server)
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
            while chunk := await reader.read(CHUNK_BYTES):
                if self._weather is Weather.SLOW:
                    await asyncio.sleep(self._delay_s)
                is_torn = is_torn or self._weather in withheld_in
                if not (is_torn or connection.is_mute):
                    writer.write(chunk)
                    await writer.drain()
            if not connection.is_mute and self._weather is not Weather.SILENT:
                writer.write_eof()
        except OSError:
            connection.reset()
