import asyncio
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import asyncpg
import orjson
import structlog
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.resilience import Bulkhead, TenantOverShare

from fluxo_balances.adapters.postgres import read_sql

PROJECTION_CHANNEL: Final = "fluxo_balances"
WAITERS_MAX: Final = 1_000

WAITERS_OF_MERCHANT_MAX: Final = 50
"""More than read at once after what they wrote; a crowd that waits for nothing leaves room for everybody else's."""

POLL_S: Final = 0.25
"""A notification is a hint and may get lost; nobody waits longer than this for one that did."""

log = structlog.get_logger(__name__)


class PostgresConsolidation:
    """Wakes those who wait for an entry as soon as the projector has committed it.

    One connection listens for all. A notification tells which entries it was. Where they were too many one statement
    asks for all who wait, as it does when somebody begins to wait, and every POLL_S. Who may not wait is answered by
    that statement too. To be entered before anybody waits.
    """

    def __init__(self, pool: asyncpg.Pool, notifications: Notifications) -> None:
        self._pool = pool
        self._notifications = notifications
        self._waiting: dict[asyncio.Future[bool], tuple[UUID, str]] = {}
        self._only_looking: list[asyncio.Future[bool]] = []
        self._slots = Bulkhead(
            "awaited-entries",
            running_max=WAITERS_MAX,
            tenant_running_max=WAITERS_OF_MERCHANT_MAX,
            waiting_max=0,
            wait_max_s=0,
        )
        self._look = asyncio.Event()
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def __aenter__(self) -> Self:
        self._notifications.hearers.append(self._hear)
        self._tasks = (asyncio.create_task(self._listen()), asyncio.create_task(self._answer()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for(self, merchant_id: str, entry_id: UUID, timeout_s: float) -> bool:
        """Return True as soon as the merchant's entry is part of the read model, False when the time is over.

        Where WAITERS_OF_MERCHANT_MAX wait for this merchant's, it is looked for now and when the time is nearly over:
        an answer at once would bring its crowd back at once. With no time at all it is looked for once.

        Raises:
            BulkheadFull: WAITERS_MAX wait already.
        """
        if timeout_s <= 0:
            return await self._look_for(merchant_id, entry_id)
        try:
            async with self._slots.slot(merchant_id):
                return await self._wait_for(merchant_id, entry_id, timeout_s)
        except TenantOverShare:
            if await self._look_for(merchant_id, entry_id):
                return True
        # Those who came together do not go together.
        await asyncio.sleep(timeout_s * random.uniform(0.5, 1))  # noqa: S311 - no secret
        return await self._look_for(merchant_id, entry_id)

    async def _wait_for(self, merchant_id: str, entry_id: UUID, timeout_s: float) -> bool:
        with self._asking_for(merchant_id, entry_id) as applied, suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                return await applied
        return False

    async def _look_for(self, merchant_id: str, entry_id: UUID) -> bool:
        with self._asking_for(merchant_id, entry_id) as applied:
            self._only_looking.append(applied)
            return await applied

    @contextmanager
    def _asking_for(self, merchant_id: str, entry_id: UUID) -> Iterator[asyncio.Future[bool]]:
        applied = asyncio.get_running_loop().create_future()
        self._waiting[applied] = (entry_id, merchant_id)
        self._look.set()
        try:
            yield applied
        finally:
            del self._waiting[applied]

    async def _listen(self) -> None:
        while True:
            await self._notifications.wait(POLL_S)
            self._look.set()

    def _hear(self, payload: str) -> None:
        if payload and self._waiting:
            self._wake({(UUID(entry_id), merchant_id) for entry_id, merchant_id in orjson.loads(payload)})

    async def _answer(self) -> None:
        while True:
            await self._look.wait()
            self._look.clear()
            if self._waiting:
                only_looking, self._only_looking = self._only_looking, []
                await self._wake_applied()
                for applied in only_looking:
                    if not applied.done():
                        applied.set_result(False)

    async def _wake_applied(self) -> None:
        entry_ids, merchant_ids = map(set, zip(*self._waiting.values(), strict=True))
        try:
            rows = await self._pool.fetch(read_sql.APPLIED, ",".join(merchant_ids), entry_ids)
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait are looked up again in POLL_S
            log.warning("consolidation cannot be looked up", reason=type(error).__name__)
            return
        self._wake({(row["event_id"], row["merchant_id"]) for row in rows})

    def _wake(self, entries: Collection[tuple[UUID, str]]) -> None:
        for applied, wanted in self._waiting.items():
            if wanted in entries and not applied.done():
                applied.set_result(True)
