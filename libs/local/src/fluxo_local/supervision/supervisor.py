"""Starts the whole system in order, keeps it running, and stops it in reverse order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from fluxo_local.embedded.databases import ensure_database
from fluxo_local.embedded.directory import last_lines, make_private
from fluxo_local.errors import CommandError
from fluxo_local.ports import refuse_busy_ports
from fluxo_local.runtime import ProcessState, SystemState, save_state
from fluxo_local.spawn import spawn
from fluxo_local.supervision import scaling
from fluxo_local.supervision.managed_processes import Child
from fluxo_local.supervision.process_monitor import START_TIMEOUT_S, ProcessMonitor, ended
from fluxo_local.topology import BALANCER, Migration, Topology

_POLL_S = 0.05
_LOOK_S = 0.25
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Plan(Protocol):
    """Says what runs with so many replicas, and writes the balancer's configuration for them."""

    def __call__(self, *, replicas: int) -> Topology: ...


class Display(Protocol):
    """Where the supervisor shows what it does."""

    def starting(self, step: str) -> None: ...
    def show(self, processes: Sequence[ProcessState]) -> None: ...
    def announce(self, sentence: str) -> None: ...
    def running(self) -> None: ...
    def stopping(self) -> None: ...


class Supervisor:
    """Runs a topology until a stop signal comes. Call `run` in the main thread: children die with their thread.

    With a `plan` the number of replicas may change meanwhile, see `fluxo scale`.
    """

    def __init__(self, topology: Topology, data_dir: Path, display: Display, plan: Plan | None = None) -> None:
        self._topology = topology
        self._plan = plan
        self._scaling_failed: str | None = None
        self._data_dir = data_dir
        self._logs = data_dir / "logs"
        self._display = display
        self._monitors: list[ProcessMonitor] = []
        self._started = False
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Return after a clean stop; raises CommandError, with everything stopped, when the start fails."""
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:  # nohup means it
                loop.add_signal_handler(number, self._stop.set)
        make_private(self._logs)
        try:
            await self._start()
            if not self._stop.is_set():
                self._started = True
                self._changed()
                self._display.running()
                await self._scale_until_stopped()
            self._display.stopping()
        finally:
            await self._end()

    async def _start(self) -> None:
        self._display.starting("servers")
        await self._begin(self._topology.servers)
        if self._topology.databases and not self._stop.is_set():
            self._display.starting("databases")
            for database in self._topology.databases:
                await asyncio.to_thread(
                    ensure_database,
                    self._topology.postgres.admin_url,
                    database.name,
                    database.owner,
                    database.app,
                    database.api,
                )
        if not self._stop.is_set():
            self._display.starting("migrations")
            await asyncio.gather(*map(self._run_to_its_end, self._topology.migrations))
        if not self._stop.is_set():
            self._display.starting("services")
            await self._begin(self._topology.services)

    async def _scale_until_stopped(self) -> None:
        while not self._stop.is_set():
            if self._plan is not None and (replicas := scaling.asked_for(self._data_dir)) is not None:
                self._scaling_failed = None
                self._changed()
                scaling.take_request(self._data_dir)
                await self._scale(self._plan, replicas)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _LOOK_S)

    async def _scale(self, plan: Plan, replicas: int) -> None:
        """Start what is missing, let the balancer follow, and only then stop what is too much."""
        before, planned = self._topology, plan(replicas=replicas)
        there = {child.name for child in before.services}
        try:
            added = [child for child in planned.services if child.name not in there]
            refuse_busy_ports({child.port: child.name for child in added})
            await self._begin(added)
        except CommandError as error:
            plan(replicas=sum(name.startswith("entries-api-") for name in there))  # what the balancer reads next
            await self._remove({child.name for child in planned.services} - there)
            self._scaling_failed = f"It runs as before: {error}"
            self._display.announce(self._scaling_failed)
        else:
            if self._stop.is_set():
                return
            balancer = next(monitor for monitor in self._monitors if monitor.child.name == BALANCER)
            if balancer.state.pid is not None:
                await scaling.reload_balancer(balancer.state.pid)
            await self._remove(there - {child.name for child in planned.services})
            self._topology = planned
        self._changed()

    async def _remove(self, names: set[str]) -> None:
        gone = [monitor for monitor in self._monitors if monitor.child.name in names]
        await asyncio.gather(*(monitor.end() for monitor in gone))
        self._monitors = [monitor for monitor in self._monitors if monitor not in gone]

    async def _begin(self, children: Sequence[Child]) -> None:
        """Start these at once and return when all are ready, or as soon as a stop is asked for."""
        begun = [
            ProcessMonitor(
                child,
                self._logs / f"{child.name}.log",
                changed=self._changed,
                announce=self._display.announce,
            )
            for child in children
        ]
        self._monitors += begun
        for monitor in begun:
            monitor.begin()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._stop.is_set() and (waiting := [monitor for monitor in begun if not monitor.is_ready]):
            for monitor in waiting:
                if monitor.failure is not None:
                    raise CommandError(f"{monitor.failure}\n{last_lines(monitor.log)}")
            if time.monotonic() > deadline:
                late = waiting[0]
                raise CommandError(
                    f"{late.child.name} was not ready within {START_TIMEOUT_S:g} s. The end of {late.log}:\n"
                    f"{last_lines(late.log)}"
                )
            await asyncio.sleep(_POLL_S)

    async def _run_to_its_end(self, migration: Migration) -> None:
        log = self._logs / f"{migration.name}.log"
        with log.open("ab") as output:
            process = spawn(migration.argv, log=output, env=migration.env)
        stopped = asyncio.create_task(self._stop.wait())
        finished = asyncio.create_task(ended(process, START_TIMEOUT_S))
        await asyncio.wait({stopped, finished}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not finished.done():
            process.terminate()  # what it has not committed is undone
        if not await finished:
            process.kill()
        if process.wait() != 0 and not self._stop.is_set():
            raise CommandError(f"{migration.name} failed. The end of {log}:\n{last_lines(log)}")

    async def _end(self) -> None:
        """Services first, all at once, so that they still have their servers while they finish."""
        self._started = False
        server_names = {child.name for child in self._topology.servers}
        servers = [monitor for monitor in self._monitors if monitor.child.name in server_names]
        services = [monitor for monitor in self._monitors if monitor not in servers]
        for group in (services, servers):
            await asyncio.gather(*(monitor.end() for monitor in group))

    def _changed(self) -> None:
        processes = tuple(monitor.state for monitor in self._monitors)
        ready = self._started and all(process.ready for process in processes)
        with contextlib.suppress(OSError):  # a full disk must not stop the supervision
            state = SystemState(os.getpid(), ready, self._topology.urls, processes, self._scaling_failed)
            save_state(self._data_dir, state)
        self._display.show(processes)
