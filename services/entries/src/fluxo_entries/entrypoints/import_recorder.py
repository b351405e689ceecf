"""Beside requests: confirmed imports are recorded by whichever API process is free for them."""

import asyncio
from functools import partial
from typing import Final

import structlog
from fluxo_chassis.observability.traces.tracing import continue_trace
from fluxo_chassis.resilience import Retry, wait_for_stop

from fluxo_entries.application.importing.ports import ImportState
from fluxo_entries.application.importing.record_imports import RecordImports

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0


class ImportRecorder:
    """Records turn by turn while there is something to record, and looks now and then for more."""

    def __init__(self, record_imports: RecordImports) -> None:
        self._record_imports = record_imports
        self._retry = Retry("recording imports")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until asked to stop; the turn under way is finished first."""
        await self._retry.for_ever(partial(self._take_turn, stop), stop)

    async def _take_turn(self, stop: asyncio.Event) -> None:
        with continue_trace(None) as context:
            imported = await self._record_imports(context.traceparent)
        self._retry.reached()
        if imported is None:
            await wait_for_stop(stop, LOOK_EVERY_S)
        elif imported.state == ImportState.DONE:
            log.info(
                "an import was recorded",
                import_id=str(imported.id),
                lines=imported.summary.line_count,
                recorded=imported.recorded_count,
            )
