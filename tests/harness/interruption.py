"""A time-out or Ctrl-C ends the test that runs, and its fixtures are torn down.

An exception that a signal raises leaves the event loop, but the coroutine of the test goes on waiting, and the
fixtures' own wait behind it for ever. So it is cancelled instead, and says itself why it ended.
"""

import asyncio
import functools
import inspect
import signal
from collections.abc import Awaitable, Callable
from types import FrameType

import pytest

PATIENCE_S = 10.0
"""What is not over so long after its time-out is interrupted again, be it the test or a fixture."""

Handler = Callable[[int, FrameType | None], object]


class Interruption:
    def __init__(self) -> None:
        self._test: asyncio.Task[object] | None = None
        self._reason: Callable[[], object] | None = None

    def handler(self, raise_reason: Handler) -> Handler:
        """Return a handler of a signal that ends the test for the reason that `raise_reason` raises."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            if callable(signal.getsignal(signal.SIGALRM)):
                signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
            if self._test is None or self._reason is not None or self._test is _current_task():
                raise_reason(number, frame)
            else:
                self._reason = functools.partial(raise_reason, number, frame)
                self._test.get_loop().call_soon_threadsafe(self._test.cancel)  # which wakes it

        return interrupt

    async def run(self, test: Callable[..., Awaitable[object]], **arguments: object) -> None:
        self._test, self._reason = asyncio.current_task(), None
        try:
            await self._run(test, arguments)
        except KeyboardInterrupt:  # would end the task in which the fixtures are torn down
            pytest.exit("Ctrl-C", returncode=pytest.ExitCode.INTERRUPTED)
        finally:
            self._test = None

    async def _run(self, test: Callable[..., Awaitable[object]], arguments: dict[str, object]) -> None:
        try:
            await test(**arguments)
        except asyncio.CancelledError:
            if self._reason is None:
                raise
            self._test.uncancel()
            self._reason()


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs
        return None


_interruption = Interruption()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    test = pyfuncitem.obj
    if inspect.iscoroutinefunction(test):
        pyfuncitem.obj = functools.partial(_interruption.run, test)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(item: pytest.Item) -> object:
    done = yield
    signal.signal(signal.SIGALRM, _interruption.handler(signal.getsignal(signal.SIGALRM)))
    return done


# Also where a shell started this in the background: Ctrl-C would be ignored here, and in every process of ours.
signal.signal(signal.SIGINT, _interruption.handler(signal.default_int_handler))
