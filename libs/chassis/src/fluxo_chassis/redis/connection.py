import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import hiredis
from redis.exceptions import ResponseError

Command = Sequence[str | bytes | int]

TOLD_WITHIN_S: Final = 0.005

_NOT_YET: Final = object()

Pushed = Callable[[Sequence[Any]], None]
"""Told what the server says unasked: the kind, then what belongs to it."""


def ignore(*_: object) -> None: ...


class _Question:
    """Commands that were sent, and the replies so far; `answer` is None when nobody waits for them."""

    __slots__ = ("answer", "asked_at", "commands", "replies")

    def __init__(self, commands: int, answer: asyncio.Future[Sequence[Any]] | None, asked_at: float) -> None:
        self.commands = commands
        self.answer = answer
        self.asked_at = asked_at
        self.replies: list[Any] = []

    def settle(self) -> None:
        """Hand the replies to whoever asked, if they are still there."""
        if self.answer is None or self.answer.done():
            return
        refusal = next((reply for reply in self.replies if isinstance(reply, hiredis.ReplyError)), None)
        if refusal is None:
            self.answer.set_result(self.replies)
        else:
            self.answer.set_exception(ResponseError(str(refusal)))

    def fail(self, error: Exception) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error)


class RedisConnection(asyncio.Protocol):
    """One RESP3 connection, with as little around each command as can be.

    Commands are sent without waiting for each other's replies. Replies, and what the server says unasked, are handed on
    in the order in which they come. A command without a reply in `timeout_s` ends the connection. (A command costs
    redis-py's client four times as much, and it knows no client-side caching: ADR 0030.)
    """

    def __init__(self, timeout_s: float, on_push: Pushed = ignore, on_lost: Callable[[], None] = ignore) -> None:
        self._timeout_s = timeout_s
        self._on_push = on_push
        self._on_lost = on_lost
        self._replies = hiredis.Reader(notEnoughData=_NOT_YET)
        self._waiting: deque[_Question] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._told: list[Command] = []
        self._telling: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def is_lost(self) -> bool:
        return self._transport is None

    async def ask(self, *command: str | bytes | int) -> Any:
        """Return the reply to one command.

        Raises:
            ConnectionError: the connection is lost, by now or before.
            TimeoutError: there was no reply in time; the connection is lost.
            ResponseError: the server refused the command.
        """
        (reply,) = await self.ask_together(command)
        return reply

    async def ask_together(self, *commands: Command) -> Sequence[Any]:
        """Return the replies to some commands, of which none comes in between.

        Raises:
            ConnectionError, TimeoutError, ResponseError: as `ask`, for any of them.
        """
        if self._transport is None:
            raise ConnectionResetError
        answer = asyncio.get_running_loop().create_future()
        self._send(commands, answer)
        return cast("Sequence[Any]", await answer)

    def tell(self, *command: str | bytes | int) -> None:
        """Send a command that nobody waits for: with the next question, or TOLD_WITHIN_S later. May get lost.

        A write of its own costs as much as all else about it, and here it is out of everybody's way.
        """
        if self._transport is None:
            return
        self._told.append(command)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TOLD_WITHIN_S, self._send)

    def close(self) -> None:
        """End the connection when everything is sent; no reply is waited for any more."""
        if self._transport is not None:
            self._send()
            self._transport.close()
            self._lose(ConnectionResetError())

    def abort(self) -> None:
        """End the connection now."""
        self._end(ConnectionResetError())

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
        self._lose(ConnectionResetError())

    def _send(self, commands: Sequence[Command] = (), answer: asyncio.Future[Sequence[Any]] | None = None) -> None:
        """Send what was told and then the commands of a question."""
        if self._transport is None:
            return
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        loop = asyncio.get_running_loop()
        told, self._told = self._told, []
        for sent, waits in ((told, None), (commands, answer)):
            if sent:
                self._waiting.append(_Question(len(sent), waits, loop.time()))
        packed = [hiredis.pack_command(command) for command in (*told, *commands)]  # type: ignore[arg-type]  # its stub: one word
        self._transport.write(b"".join(packed))
        if self._watch is None:
            self._watch = loop.call_later(self._timeout_s, self._look_whether_silent)

    def _look_whether_silent(self) -> None:
        # One timer for all: it looks at the oldest question, as long as there is any.
        self._watch = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        rest_s = self._waiting[0].asked_at + self._timeout_s - loop.time()
        if rest_s > 0:
            self._watch = loop.call_later(rest_s, self._look_whether_silent)
        else:
            self._end(TimeoutError())

    def _hand_on(self, reply: Any) -> None:
        if isinstance(reply, hiredis.PushNotification):
            self._on_push(reply)
            return
        question = self._waiting[0]
        question.replies.append(reply)
        if len(question.replies) == question.commands:
            self._waiting.popleft()
            question.settle()

    def _end(self, error: Exception) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        if self._transport is None:
            return
        self._transport = None
        for timer in (self._watch, self._telling):
            if timer is not None:
                timer.cancel()
        self._on_lost()
        for question in self._waiting:
            question.fail(error)
        self._waiting.clear()
