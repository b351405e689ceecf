"""Both databases put back to what they were some seconds ago."""

import asyncio
import signal
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from foreground import SystemBrokenError
from system import System

from faults.fault import Fault, MissedError

AGED_S_MAX: Final = 5.0
RESTORES_MAX: Final = 10


async def restore_backup(system: System, hold_s: float, _rng: Random) -> None:
    """Take a backup under load, go on for some seconds, stop, restore, start.

    What was acknowledged before the backup began is in it. What was acknowledged since may be gone by design.
    """
    with tempfile.TemporaryDirectory(prefix="fluxo-chaos-") as directory:
        backup = str(Path(directory) / "backup.tar")
        kept = [frozenset(ledger.acknowledged) for ledger in system.ledgers]
        status, printed = await system.cli("backup", backup)
        if status != 0:
            raise MissedError(printed)
        await asyncio.sleep(min(hold_s, AGED_S_MAX))
        async with system.one_history, system.ended(signal.SIGTERM):
            await _restore(system, backup)
            for ledger, sure in zip(system.ledgers, kept, strict=True):
                ledger.forget_all_but(sure)


async def _restore(system: System, backup: str) -> None:
    """Try more than once, as the command asks one to: another fault may be at work on the servers."""
    printed = ""
    for _ in range(RESTORES_MAX):
        status, printed = await system.cli("restore", backup, "--yes")
        if status == 0:
            return
        await asyncio.sleep(1)
    raise SystemBrokenError(f"the backup could not be restored: {printed}")


DATABASE_FAULTS: Final = (Fault("restore-backup", "restored from a backup", restore_backup),)
