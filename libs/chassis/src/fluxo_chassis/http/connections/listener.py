"""Takes connections: all that wait, in one turn of the loop.

uvloop takes one in each turn and serves every open connection in between. So the last of n that come at once, when
tills or a balancer connect again, would wait for some n²/2 requests of the others.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

BACKLOG: Final = 2_048
"""How many may wait to be taken; the system may allow fewer."""

PAUSE_S: Final = 1.0
"""Without descriptors or memory for one more, those that wait go on waiting so long."""

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Listens on a bound socket until it is closed; the socket is closed by whoever bound it."""

    def __init__(self, bound: socket.socket, make_protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self._bound = bound
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._opening = set[asyncio.Task[object]]()
        bound.setblocking(False)
        bound.listen(BACKLOG)
        self._listen()

    def close(self) -> None:
        """Take no more connections; those that were taken stay."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._bound)

    async def wait_closed(self) -> None:
        """There is nothing to wait for: who waits for connections to end counts them by itself."""

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._bound, self._take_all)

    def _take_all(self) -> None:
        for _ in range(BACKLOG):
            try:
                taken, _ = self._bound.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                log.warning("no more connections can be taken for a moment", reason=errno.errorcode[error.errno or 0])
                self._loop.remove_reader(self._bound)
                self._pause = self._loop.call_later(PAUSE_S, self._listen)
                return
            taken.setblocking(False)
            opening = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, taken))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)
