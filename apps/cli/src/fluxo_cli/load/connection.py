"""One keep-alive HTTP/1.1 connection: a small client, since it shares the machine with what it measures."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httptools


@dataclass(slots=True)
class Exchange:
    """One request and what came of it.

    Instants are the event loop's clock, in seconds; `due` is when it should have been sent. `status` is 0 where no
    answer came. `cache_status` and `retry_after` are those headers' values, empty without one.
    """

    request: bytes
    due: float
    done: Callable[["Exchange"], None]
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    body: bytes = b""
    cache_status: bytes = b""
    retry_after: bytes = b""


class Connection(asyncio.Protocol):
    """Carries one exchange at a time.

    `freed` is called when the next one may be sent, `lost` once, when none can be any more; an exchange without an
    answer is done before that, with status 0.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        freed: Callable[["Connection"], None],
        lost: Callable[["Connection"], None],
    ) -> None:
        self.exchange: Exchange | None = None
        self._clock = clock
        self._freed = freed
        self._lost = lost
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def send(self, exchange: Exchange) -> None:
        self.exchange = exchange
        exchange.sent = self._clock()
        self._transport.write(exchange.request)

    def close(self) -> None:
        """Give up; what is under way gets no answer."""
        self._transport.abort()
        self._end()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._end()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.exchange is None:
            return
        name = name.lower()
        if name == b"cache-status":
            self.exchange.cache_status = value
        elif name == b"retry-after":
            self.exchange.retry_after = value

    def on_body(self, body: bytes) -> None:
        if self.exchange is not None:
            self.exchange.body += body

    def on_message_complete(self) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is None:  # an answer that nobody asked for
            self.close()
            return
        exchange.status, exchange.answered = self._parser.get_status_code(), self._clock()
        if self._parser.should_keep_alive():
            self._parser = httptools.HttpResponseParser(self)
            self._freed(self)
        else:
            self.close()
        exchange.done(exchange)

    def _end(self) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        exchange, self.exchange = self.exchange, None
        self._lost(self)
        if exchange is not None:
            exchange.answered = self._clock()
            exchange.done(exchange)
