import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import hiredis

from fluxo_chassis.redis.errors import RedisError, RedisReplyError, RedisUnavailableError

Command = Sequence[str | bytes | int]

FLUSH_WITHIN_S: Final = 0.005

LOST: Final = "the connection was lost"

_NOT_YET: Final = object()

Pushed = Callable[[Sequence[Any]], None]
"""Told what the server says unasked: the kind, then what belongs to it."""


def ignore(*_: object) -> None: ...


def refusal_in(replies: Sequence[Any]) -> RedisReplyError | None:
    """Return the first error among some replies."""
    return next((RedisReplyError(str(reply)) for reply in replies if isinstance(reply, hiredis.ReplyError)), None)


class _PendingReplies:
    """Commands that were sent, and the replies so far; `answer` is None when nobody waits for them."""

    __slots__ = ("answer", "commands", "replies", "sent_at")

    def __init__(self, commands: int, answer: asyncio.Future[Sequence[Any]] | None, sent_at: float) -> None:
        self.commands = commands
        self.answer = answer
        self.sent_at = sent_at
        self.replies: list[Any] = []

    def settle(self, failure: RedisError | None) -> None:
        """Hand the replies, or why there are none, to whoever asked, if they are still there."""
        if self.answer is None or self.answer.done():
            return
        if failure is not None:
            self.answer.set_exception(failure)
        else:
            self.answer.set_result(self.replies)


class RedisConnection(asyncio.Protocol):
    """One RESP3 connection, with as little around each command as can be.

    Commands are sent without waiting for each other's replies. Replies, and what the server says unasked, are handed on
    in the order in which they come. A command without a reply in `timeout_s` ends the connection; so does a reply of
    a server that is not the one to write to (`resilience.demoted`).
    """

    def __init__(self, timeout_s: float, on_push: Pushed = ignore, on_lost: Callable[[], None] = ignore) -> None:
        self._timeout_s = timeout_s
        self._on_push = on_push
        self._on_lost = on_lost
        self._replies = hiredis.Reader(notEnoughData=_NOT_YET)
        self._waiting: deque[_PendingReplies] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._buffered: list[bytes] = []
        self._flushing: asyncio.TimerHandle | None = None
        self._is_sent_soon = False
        self._transport: asyncio.Transport | None = None

    @property
    def is_lost(self) -> bool:
        return self._transport is None

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply to one command.

        Raises:
            RedisUnavailableError: the connection is lost, by now or before.
            RedisReplyError: the server refused the command.
        """
        (reply,) = await self.execute_pipeline(command)
        return reply

    async def execute_pipeline(self, *commands: Command) -> Sequence[Any]:
        """Return the replies to some commands, with none in between; raises as `execute` does for any of them."""
        if self._transport is None:
            raise RedisUnavailableError(LOST)
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        self._buffer(commands, answer)
        if not self._is_sent_soon:
            self._is_sent_soon = True
            loop.call_soon(self._send)
        return cast("Sequence[Any]", await answer)

    def send_nowait(self, *command: str | bytes | int) -> None:
        """Send a command that nobody waits for: with the next one, or FLUSH_WITHIN_S later. It may get lost.

        A write of its own costs as much as all else about it, and here it is out of everybody's way.
        """
        if self._transport is None:
            return
        self._buffer((command,), None)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_WITHIN_S, self._send)

    def close(self) -> None:
        """End the connection when everything is sent; no reply is waited for any more."""
        if self._transport is not None:
            self._send()
            self._transport.close()
            self._lose(LOST)

    def abort(self, reason: str = LOST) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()
            self._lose(reason)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass.

    def data_received(self, data: bytes) -> None:
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not _NOT_YET:
                self._hand_on(reply)
        except hiredis.ProtocolError:
            self.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._lose(LOST)

    def _buffer(self, commands: Sequence[Command], answer: asyncio.Future[Sequence[Any]] | None) -> None:
        self._buffered += [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]  # its stub: one word
        self._waiting.append(_PendingReplies(len(commands), answer, asyncio.get_running_loop().time()))

    def _send(self) -> None:
        """Send what is buffered: one write for all that is asked for in a turn of the loop."""
        self._is_sent_soon = False
        if self._transport is None or not self._buffered:
            return
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        self._transport.write(b"".join(self._buffered))
        self._buffered.clear()
        if self._watch is None:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(self._timeout_s, self._look_whether_silent)

    def _look_whether_silent(self) -> None:
        # One timer for all: it looks at the oldest command, as long as there is any.
        self._watch = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        rest_s = self._waiting[0].sent_at + self._timeout_s - loop.time()
        if rest_s > 0:
            self._watch = loop.call_later(rest_s, self._look_whether_silent)
        else:
            self.abort("no reply came in time")

    def _hand_on(self, reply: Any) -> None:
        if isinstance(reply, hiredis.PushNotification):
            self._on_push(reply)
            return
        if not self._waiting:
            self.abort()  # Nobody asked: it has too many clients, or is no Redis at all.
            return
        pending = self._waiting[0]
        pending.replies.append(reply)
        if len(pending.replies) == pending.commands:
            self._waiting.popleft()
            refusal = refusal_in(pending.replies)
            pending.settle(refusal)
            if refusal is not None and refusal.is_by_demoted:
                self.abort(f"the server is not the one to write to: {refusal.code}")

    def _lose(self, reason: str) -> None:
        if self._transport is None:
            return
        self._transport = None
        for timer in (self._watch, self._flushing):
            if timer is not None:
                timer.cancel()
        self._on_lost()
        for pending in self._waiting:
            pending.settle(RedisUnavailableError(reason))
        self._waiting.clear()
