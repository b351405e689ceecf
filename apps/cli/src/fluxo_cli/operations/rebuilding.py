"""Two processes and a pipe: the entries service's `replay` writes, the balances service's `rebuild` reads."""

import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Final

import orjson
from fluxo_local.errors import CommandError

from fluxo_cli.operations.child_process import last_lines

_ENDS_WITHIN_S: Final = 10.0


def rebuild_from_replay(
    rebuild_argv: Sequence[str],
    replay_argv: Callable[[str], Sequence[str]],
    environment: Mapping[str, str],
    report: Callable[[int, int], object],
    refused: Callable[[str, str], object] = lambda _merchant_id, _reason: None,
) -> int:
    """Run both, call `report` with the entries replayed so far and in all, and return how many were replayed.

    `refused` is called with each merchant whose balances stay as they were, and why.

    `replay_argv` is given the mark that `rebuild` prints first: the replay must be younger than the mark.

    Raises:
        CommandError: one of them failed; the message says why.
    """
    with ExitStack() as opened:
        complaints = opened.enter_context(tempfile.TemporaryFile())
        rebuild = opened.enter_context(
            _started(rebuild_argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, env=environment)
        )
        news = map(orjson.loads, rebuild.stdout or ())
        rebuilt = None
        if marked := next(news, None):
            argv = replay_argv(marked["mark"])
            opened.enter_context(
                _started(argv, stdin=subprocess.DEVNULL, stdout=rebuild.stdin, stderr=complaints, env=environment)
            )
            # The pipe is theirs alone from here on, so that each notices the other's end.
            _close(rebuild.stdin)
            rebuilt = _follow(news, report, refused)
        if rebuild.wait() != 0 or rebuilt is None:
            raise CommandError(last_lines(complaints) or f"The rebuild ended with {rebuild.returncode}.")
        return rebuilt


def _follow(
    news: Iterable[dict[str, Any]], report: Callable[[int, int], object], refused: Callable[[str, str], object]
) -> int | None:
    """Return from how many entries it was rebuilt, None when it ended before that."""
    for each in news:
        if "rebuilt" in each:
            return int(each["rebuilt"])
        if "refused" in each:
            refused(each["refused"], each["reason"])
        else:
            report(each["replayed"], each["entries"])
    return None


@contextmanager
def _started(
    argv: Sequence[str], *, env: Mapping[str, str], **pipes: int | IO[bytes] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Leaving the block ends the process, gently at first: a rebuild tidies up behind itself.

    In a session of its own, for Ctrl-C is to reach it once, and from here.
    """
    options: dict[str, Any] = dict(pipes)
    process = subprocess.Popen(argv, env=dict(env), start_new_session=True, **options)
    try:
        yield process
    finally:
        _close(process.stdin)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close(process.stdout)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()
