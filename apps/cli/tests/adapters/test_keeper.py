import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from fluxo_local.supervision import process_monitor
from fluxo_local.supervision.managed_processes import HttpProcess
from fluxo_local.supervision.process_monitor import ProcessMonitor

pytestmark = pytest.mark.anyio


class Watched(ProcessMonitor):
    """Collects what it says, and waits for what it shows."""

    def __init__(self, child: HttpProcess, log: Path) -> None:
        super().__init__(child, log, changed=self._wake, announce=self._collect)
        self.sentences: list[str] = []
        self._event = anyio.Event()

    def _collect(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self._wake()

    def _wake(self) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(15):
            while not condition():
                await self._event.wait()


@asynccontextmanager
async def _kept(child: HttpProcess, log: Path) -> AsyncIterator[Watched]:
    monitor = Watched(child, log)
    monitor.begin()
    try:
        yield monitor
    finally:
        await monitor.end()


async def test_a_killed_child_is_replaced(http_process, tmp_path: Path):
    async with _kept(http_process(), tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        first = monitor.state.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await monitor.until(lambda: not monitor.is_ready)
        await monitor.until(lambda: monitor.is_ready)
        assert monitor.state.pid != first
        assert monitor.sentences == ["child-1 was ended by SIGKILL; it starts again in 0.2 s"]


async def test_a_child_that_keeps_dying_is_started_ever_more_rarely(http_process, tmp_path: Path):
    async with _kept(http_process(source="raise SystemExit(7)"), tmp_path / "log") as monitor:
        await monitor.until(lambda: len(monitor.sentences) == 3)
        assert [sentence.rsplit(" ", 2)[1] for sentence in monitor.sentences] == ["0.2", "0.4", "0.8"]
        assert monitor.failure is None


async def test_a_child_that_refuses_its_configuration_is_a_failure_at_once(http_process, tmp_path: Path):
    async with _kept(http_process(source="raise SystemExit(2)"), tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.failure is not None)


async def test_a_hung_child_is_killed_and_replaced(http_process, tmp_path: Path):
    async with _kept(replace(http_process(), hang_timeout_s=0.5), tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        first = monitor.state.pid
        (tmp_path / "hung").touch()
        await monitor.until(lambda: bool(monitor.sentences))
        (tmp_path / "hung").unlink()
        await monitor.until(lambda: monitor.is_ready and monitor.state.pid != first)
        assert monitor.sentences[0] == "child-1 has not answered for 0.5 s and is killed"


async def test_a_stopped_child_whose_work_others_do_is_not_waited_for(http_process, tmp_path: Path):
    child = replace(http_process(), replaced_when_stopped=True, hang_timeout_s=600.0)
    async with _kept(child, tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        first = monitor.state.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        await monitor.until(lambda: monitor.is_ready and monitor.state.pid != first)
        assert monitor.sentences[0] == "child-1 is stopped and is killed"


async def test_a_child_that_is_stopped_for_a_moment_is_left_alone(http_process, tmp_path: Path, monkeypatch):
    moments = iter([True, True, True, True, False] * 2)
    over = anyio.Event()

    def is_stopped(_: int) -> bool:
        stopped = next(moments, None)
        if stopped is None:
            over.set()
        return stopped is True

    monkeypatch.setattr(process_monitor, "is_stopped", is_stopped)
    async with _kept(replace(http_process(), replaced_when_stopped=True), tmp_path / "log") as monitor:
        with anyio.fail_after(15):
            await over.wait()
        assert monitor.sentences == []


async def test_a_child_that_is_alive_but_not_ready_is_left_alone(http_process, tmp_path: Path):
    async with _kept(replace(http_process(), hang_timeout_s=0.5), tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        pid = monitor.state.pid
        (tmp_path / "unready").touch()
        await monitor.until(lambda: not monitor.is_ready)
        (tmp_path / "unready").unlink()
        await monitor.until(lambda: monitor.is_ready)
        assert monitor.state.pid == pid


async def test_a_child_that_ignores_the_stop_signal_is_gone_all_the_same(http_process, tmp_path: Path, is_running):
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    child = http_process()
    program = stubborn + str(child.argv[2])
    child = replace(child, argv=[child.argv[0], "-c", program], stop_steps=((signal.SIGTERM, 0.3),))
    async with _kept(child, tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        pid = monitor.state.pid
        assert pid is not None
    assert not is_running(pid)
    assert monitor.state.pid is None


async def test_what_a_killed_child_left_behind_goes_with_it(http_process, tmp_path: Path, await_gone):
    child = http_process()
    worker = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)\n"
    child = replace(child, argv=[child.argv[0], "-c", worker + str(child.argv[2])])
    async with _kept(child, tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        left_behind = int((tmp_path / "log").read_text().splitlines()[0])
        pid = monitor.state.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await monitor.until(lambda: bool(monitor.sentences))
        await anyio.to_thread.run_sync(await_gone, [left_behind])


async def test_a_stopped_child_is_replaced_and_its_stopped_family_goes_with_it(
    http_process, tmp_path: Path, await_gone
):
    """PostgreSQL's back ends are in sessions of their own, and a stopped one does not see its postmaster die."""
    child = http_process()
    back_end = "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid, flush=True)\n"
    child = replace(child, argv=[child.argv[0], "-c", back_end + str(child.argv[2])], hang_timeout_s=0.5)

    def back_ends() -> list[int]:
        return [int(line) for line in (tmp_path / "log").read_text().splitlines() if line.isdigit()]

    async with _kept(child, tmp_path / "log") as monitor:
        await monitor.until(lambda: monitor.is_ready)
        stopped = [monitor.state.pid, *back_ends()]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        await monitor.until(lambda: monitor.is_ready and monitor.state.pid not in stopped)
        await anyio.to_thread.run_sync(await_gone, stopped)
    os.kill(back_ends()[-1], signal.SIGKILL)
