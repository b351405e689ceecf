"""PostgreSQL and its synchronous standby, which changes places with it, as a cluster manager would have it."""

import asyncio
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.probe import ASKS_FOR_PASSWORD, greet_postgres
from fluxo_local.spawn import kill_family
from watched import until

from tests.harness.standby import copy_cluster


class Pair:
    """Nothing is acknowledged that the standby does not have, while there is one."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.primary, self.standby = (
            PostgresServer(data_dir / f"postgres-{number}", port + number) for number in (0, 1)
        )
        self.hosts = f"127.0.0.1:{port},127.0.0.1:{port + 1}"
        self._turn = asyncio.Lock()
        self._joined: asyncio.Future[None] = asyncio.Future()

    async def start(self) -> None:
        """Begin on a new directory. Spawns from this thread, with which the servers would die."""
        self.primary.start()
        await self._join()
        self._joined.set_result(None)

    async def stop(self) -> None:
        with suppress(asyncio.CancelledError):
            self._joined.cancel()
            await self._joined
        for server in (self.standby, self.primary):
            await asyncio.to_thread(server.stop)

    async def fail_over(self, how: signal.Signals) -> None:
        """End the primary and promote the standby; the one that was the primary follows it a while later."""
        async with self._turn:
            await self._joined
            process = self.primary.process
            assert process is not None
            if how is signal.SIGKILL:
                kill_family(process)
            else:
                process.send_signal(how)
            await until(lambda: process.poll() is not None)
            self.primary, self.standby = self.standby, self.primary
            await self._wait_for_standbys("")
            await self._ask("SELECT pg_promote()")
            self._joined = asyncio.create_task(self._join())

    async def _join(self) -> None:
        shutil.rmtree(self.standby._cluster, ignore_errors=True)
        copying = copy_cluster(self.primary, self.standby)
        await until(lambda: copying.poll() is not None)
        assert copying.returncode == 0, (self.standby.directory / "basebackup.log").read_text()
        with (self.standby.directory / "server.log").open("ab") as log:
            self.standby.spawn(log)
        await until(lambda: greet_postgres(self.standby.port) == ASKS_FOR_PASSWORD)
        await self._wait_for_standbys("*")
        # Committed, and so acknowledged by the standby: it streams.
        await self._ask("SELECT pg_logical_emit_message(true, 'fluxo', 'a standby has joined')")

    async def _wait_for_standbys(self, names: str) -> None:
        await self._ask(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        await self._ask("SELECT pg_reload_conf()")

    async def _ask(self, statement: str) -> Any:
        connection = await asyncpg.connect(self.primary.admin_url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()
