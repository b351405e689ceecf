import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

log = structlog.get_logger(__name__)

Status = Literal["pass", "warn", "fail"]
INTERVAL_S = 1.0
PROBE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What a probe saw. `output` says in a few words why a check is not `pass`; never a secret."""

    status: Status
    observed_value: object = None
    observed_unit: str | None = None
    output: str | None = None


Probe = Callable[[], Awaitable[Observation]]


class _Dependency:
    def __init__(self, name: str, probe: Probe, *, required: bool) -> None:
        self.name = name
        self.required = required
        self.seen = Observation("fail", output="not observed yet")
        self.seen_at: datetime | None = None
        self._probe = probe

    async def observe(self) -> None:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                seen = await self._probe()
        except TimeoutError:
            seen = Observation("fail", output=f"no answer within {PROBE_TIMEOUT_S:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a driver raises means the same here
            # The kind only: a driver's message may hold an address or a user name.
            seen = Observation("fail", output=type(error).__name__)
        if seen.status != self.seen.status and self.seen_at is not None:
            log.warning("a dependency changed", dependency=self.name, status=seen.status, output=seen.output)
        self.seen, self.seen_at = seen, datetime.now(UTC)


class Health:
    """Watches each dependency once a second, with a time-out of one second, while `monitoring()` is entered."""

    def __init__(self) -> None:
        self._dependencies: dict[str, _Dependency] = {}
        self._alternatives: list[tuple[str, ...]] = []
        self._is_monitored = False

    def add(self, name: str, probe: Probe, *, required: bool) -> None:
        """A dependency; when `required`, the process is not ready without it. A probe that raises has failed."""
        self._dependencies[name] = _Dependency(name, probe, required=required)

    def require_any(self, *names: str) -> None:
        """The process is ready only while at least one of these passes."""
        self._alternatives.append(names)

    def status(self, name: str) -> Status:
        """What was seen last; `fail` before the first look."""
        return self._dependencies[name].seen.status

    def is_ready(self) -> bool:
        required = all(self._works(name) for name, dependency in self._dependencies.items() if dependency.required)
        return required and all(any(self._works(name) for name in names) for names in self._alternatives)

    def report(self) -> dict[str, object]:
        """The body of `/health` (draft-inadarei-api-health-check): `fail` when not ready, `warn` when only hampered."""
        statuses = {dependency.seen.status for dependency in self._dependencies.values()}
        status = "fail" if not self.is_ready() else "pass" if statuses <= {"pass"} else "warn"
        return {"status": status, "checks": {name: [_check(each)] for name, each in self._dependencies.items()}}

    @asynccontextmanager
    async def monitoring(self) -> AsyncIterator[None]:
        """Looks once before it is entered, then every second. Entered again inside itself, it does nothing."""
        if self._is_monitored:
            yield
            return
        self._is_monitored = True
        await self._observe_all()
        task = asyncio.create_task(self._monitor(), name="health-monitor")
        try:
            yield
        finally:
            self._is_monitored = False
            task.cancel()
            await asyncio.wait([task])

    async def _monitor(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._observe_all()

    async def _observe_all(self) -> None:
        await asyncio.gather(*(dependency.observe() for dependency in self._dependencies.values()))

    def _works(self, name: str) -> bool:
        return self.status(name) != "fail"


def _check(dependency: _Dependency) -> dict[str, object]:
    seen = dependency.seen
    check = {
        "status": seen.status,
        "observedValue": seen.observed_value,
        "observedUnit": seen.observed_unit,
        "time": dependency.seen_at and dependency.seen_at.isoformat().replace("+00:00", "Z"),
        "output": seen.output,
    }
    return {key: value for key, value in check.items() if value is not None}
