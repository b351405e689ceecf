import asyncio
from types import TracebackType

from prometheus_client import Counter, Gauge

from fluxo_chassis.health import Observation
from fluxo_chassis.resilience.turns import NoPlaceLeft, OverShare, Turns

bulkhead_running = Gauge("bulkhead_running", "Callers that hold a slot.", ["name"])
bulkhead_waiting = Gauge("bulkhead_waiting", "Callers that wait for a slot.", ["name"])
bulkhead_refused = Counter("bulkhead_refused", "Callers that were turned away: too many waited, or too long.", ["name"])


class BulkheadFull(Exception):  # noqa: N818 - it names the fact
    """More callers wait than can be served soon; nothing was sent, and the caller may try again."""


class TenantOverShare(BulkheadFull):
    """There is no room for more of this tenant's callers; for others' there may be."""


class Bulkhead:
    """Lets `running_max` through at once and `waiting_max` wait, none longer than `wait_max_s`.

    `async with bulkhead.slot(tenant):` around the work. Whoever waits is served in turns: a slot that comes free goes
    to the tenant that holds the fewest, and in a full queue the tenant with the most waiting gives way. So one tenant
    has everything while nobody else wants it, and its crowd waits for itself when somebody does. `tenant_running_max`
    is what one tenant has even then. A caller that cannot be served soon is refused at once (BulkheadFull, and
    TenantOverShare where its own tenant's crowd is why), and those inside stay as fast as they were.
    """

    def __init__(
        self, name: str, *, running_max: int, waiting_max: int, wait_max_s: float, tenant_running_max: int | None = None
    ) -> None:
        self.name = name
        self.running_max = running_max
        self._tenant_running_max = running_max if tenant_running_max is None else tenant_running_max
        self._running = 0
        self._running_of: dict[str, int] = {}
        self._waiting = Turns[asyncio.Future[None]](waiting_max)
        self._waiting_max = waiting_max
        self._wait_max_s = wait_max_s
        self._refused = bulkhead_refused.labels(name)
        bulkhead_running.labels(name).set_function(lambda: self._running)
        bulkhead_waiting.labels(name).set_function(lambda: len(self._waiting))

    async def observe(self) -> Observation:
        """How many wait, as a health check shows it."""
        waiting = len(self._waiting)
        if waiting < self._waiting_max or self._running < self.running_max:
            return Observation("pass", waiting, "waiting")
        return Observation("warn", waiting, "waiting", output="callers are turned away")

    def slot(self, tenant: str) -> "Slot":
        """Return a slot of the tenant's, to be held by `async with`."""
        return Slot(self, tenant)

    async def take(self, tenant: str) -> None:
        if self._running < self.running_max and self._may_run(tenant):
            self._let_in(tenant)
        else:
            await self._wait(tenant)

    def give_back(self, tenant: str) -> None:
        self._running -= 1
        if left := self._running_of.pop(tenant) - 1:
            self._running_of[tenant] = left
        while (following := self._next()) is not None:
            turn = self._waiting.take(following)
            if not turn.done():  # its caller went away a moment ago
                self._let_in(following)
                turn.set_result(None)
                return

    def _may_run(self, tenant: str) -> bool:
        return self._running_of.get(tenant, 0) < self._tenant_running_max

    def _let_in(self, tenant: str) -> None:
        self._running += 1
        self._running_of[tenant] = self._running_of.get(tenant, 0) + 1

    def _next(self) -> str | None:
        """Return who waits, may run, and holds the fewest slots, by turns; looks past those that hold some only."""
        found, fewest = None, self._tenant_running_max
        for tenant in self._waiting:
            held = self._running_of.get(tenant, 0)
            if held < fewest:
                found, fewest = tenant, held
            if not fewest:
                break
        return found

    async def _wait(self, tenant: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        try:
            given_up = self._waiting.put(tenant, turn)
        except NoPlaceLeft as error:
            # Where slots are free, there is none for this tenant.
            is_over_share = isinstance(error, OverShare) or self._running < self.running_max
            raise self._refusal(is_over_share=is_over_share) from None
        if given_up is not None and not given_up.done():
            given_up.set_exception(self._refusal(is_over_share=True))
        try:
            async with asyncio.timeout(self._wait_max_s):
                await turn
        except BaseException as error:
            self._waiting.leave(tenant, turn)
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back(tenant)  # it came in the moment in which its caller gave up
            if isinstance(error, TimeoutError):
                raise self._refusal() from None  # Too slow, which may be anybody's doing.
            raise

    def _refusal(self, *, is_over_share: bool = False) -> BulkheadFull:
        self._refused.inc()
        return TenantOverShare(self.name) if is_over_share else BulkheadFull(self.name)


class Slot:
    """One slot of a bulkhead for the length of a block."""

    __slots__ = ("_bulkhead", "_tenant")

    def __init__(self, bulkhead: Bulkhead, tenant: str) -> None:
        self._bulkhead = bulkhead
        self._tenant = tenant

    async def __aenter__(self) -> None:
        await self._bulkhead.take(self._tenant)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bulkhead.give_back(self._tenant)
