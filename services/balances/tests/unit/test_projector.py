"""The projector's loop over a stream in memory: what it reads ahead, and that nothing is lost or doubled by it."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import pytest
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import Delivery, RecordedEntry
from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.entrypoints import projector as loop
from fluxo_balances.entrypoints.projector import Pace, Projector
from fluxo_chassis.process import SystemClock
from fluxo_contracts.streams import BULK_PART_EVENTS

from services.balances.tests.fakes import World

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 22)
BATCH = 3
EVENTS = 11


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Stream(World):
    """The group's only consumer, and the world that it writes to. From its last step on the process is dead."""

    events: dict[str, bytes] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    too_soon: list[str] = field(default_factory=list)
    """What was acknowledged before it was applied and confirmed."""
    steps: int = 0
    last_step: int | None = None
    goes_down_at: int | None = None
    wrote: dict[str, int] = field(default_factory=dict)
    may_write: asyncio.Event = field(default_factory=asyncio.Event)
    is_writing: asyncio.Event = field(default_factory=asyncio.Event)
    has_read: asyncio.Event = field(default_factory=asyncio.Event)
    is_idle: asyncio.Event = field(default_factory=asyncio.Event)
    is_acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    is_confirmed: asyncio.Event = field(default_factory=asyncio.Event)
    """The database keeps every entry, whatever happens to it."""

    @property
    def pending(self) -> list[str]:
        return [each for each in self.delivered if each not in self.acknowledged]

    def restart(self) -> None:
        self.own, self.last_step = self.pending, None
        self.is_idle = asyncio.Event()

    async def read(self, limit: int, timeout_s: float) -> list[Delivery]:
        self._step()
        some, self.own = self.own[:limit], self.own[limit:]
        if not some:
            some = [each for each in self.events if each not in self.delivered][:limit]
            self.delivered += some
        self._step()  # The answer may be what gets lost.
        self.has_read.set()
        if not some and timeout_s:
            self.is_idle.set()
        await asyncio.sleep(0)
        return [Delivery(each, self.events[each], 1) for each in some]

    async def take_over(self, limit: int, idle_s: float) -> list[Delivery]:
        self._step()
        return []

    async def apply(self, entries: Sequence[RecordedEntry]) -> int:
        self._step()
        self.is_writing.set()
        await self.may_write.wait()
        self._step()
        new = {entry.id: entry for entry in entries if entry.id not in self.inbox}
        applied = await super().apply(entries)
        for entry in new.values():
            self.wrote[entry.merchant_id] = self.wrote.get(entry.merchant_id, 0) + entry.credit_minor
        self._step()
        return applied

    def go_down(self) -> None:
        for entry in self.entries.values():
            if entry.id in self.unconfirmed:
                self.wrote[entry.merchant_id] -= entry.credit_minor
        super().go_down()

    async def confirm(self, entry_ids: Collection[UUID]) -> bool:
        self._step()
        is_held = await super().confirm(entry_ids)
        if len(self.inbox) == len(self.events):
            self.is_confirmed.set()
        self._step()
        return is_held

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        self._step()
        await super().invalidate(merchant_ids)
        self._step()

    async def acknowledge(self, stream_ids: Sequence[str]) -> None:
        self._step()
        kept = self.inbox - self.unconfirmed
        self.too_soon += [each for each in stream_ids if self.entries[self.events[each]].id not in kept]
        await super().acknowledge(stream_ids)
        if len(self.acknowledged) == len(self.events):
            self.is_acknowledged.set()
        self._step()

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.goes_down_at:
            self.go_down()
        if self.last_step is not None and self.steps > self.last_step:
            raise KilledError


@pytest.fixture
def stream(recorded) -> Iterator[Stream]:
    stream = Stream()
    stream.may_write.set()
    publish(stream, recorded, EVENTS)
    yield stream
    assert stream.too_soon == []


def publish(stream: Stream, recorded, events: int) -> None:
    for number in range(len(stream.events), events):
        entry = recorded(f"m{number % 2}", TODAY, credit=number + 1)
        stream.now = entry.recorded_at
        stream.entries[entry.id.bytes] = entry
        stream.events[f"{number + 1}-1"] = entry.id.bytes


def told(stream: Stream) -> dict[str, int]:
    """What the totals must be: each entry once."""
    sums = dict[str, int]()
    for entry in stream.entries.values():
        sums[entry.merchant_id] = sums.get(entry.merchant_id, 0) + entry.credit_minor
    return sums


async def everybody_had_a_turn() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class Running:
    """A projector at work on the stream."""

    def __init__(self, stream: Stream, batch: int = BATCH) -> None:
        project = ProjectEntries(stream, stream, stream, SystemClock(), stream.decode)
        self.projector = Projector(project, stream, SystemClock(), Pace(batch, take_over_idle_s=30), lambda _: None)
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.projector.run(self.stop))

    async def until(self, event: asyncio.Event) -> None:
        waiting = asyncio.create_task(event.wait())
        await asyncio.wait({waiting, self.task}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def finish(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, 30)


@pytest.fixture
def running(stream) -> Callable[[], Running]:
    return lambda: Running(stream)


@pytest.fixture
async def writing(stream, running) -> Running:
    """At work, with the first batch under way to the database and the second one read."""
    stream.may_write.clear()
    run = running()
    await run.until(stream.is_writing)
    while len(stream.delivered) < 2 * BATCH:
        stream.has_read.clear()
        await run.until(stream.has_read)
    return run


async def test_the_next_batch_is_read_while_the_database_writes_and_no_third(stream, writing):
    await everybody_had_a_turn()
    assert (len(stream.delivered), stream.acknowledged, stream.inbox) == (2 * BATCH, [], set())
    stream.may_write.set()
    await writing.until(stream.is_idle)
    await writing.finish()
    assert stream.acknowledged == list(stream.events)
    assert stream.wrote == told(stream)


async def test_a_batch_that_is_not_full_has_nothing_behind_it(stream, running):
    for stream_id in list(stream.events)[BATCH - 1 :]:
        del stream.events[stream_id]
    stream.may_write.clear()
    run = running()
    await run.until(stream.is_writing)
    read = stream.steps
    await everybody_had_a_turn()
    assert stream.steps == read
    stream.may_write.set()
    await run.finish()


@pytest.mark.parametrize(
    ("events", "pauses"),
    [(1, 0), (EVENTS, 1), (BULK_PART_EVENTS, 0)],
    ids=["a lone event", "events that come thick", "a part of a bulk"],
)
async def test_only_what_comes_thick_and_one_by_one_is_gathered(stream, recorded, monkeypatch, events, pauses):
    stream.events.clear()
    stream.entries.clear()
    publish(stream, recorded, events)
    waits: list[float] = []

    async def wait_for_stop(stop: asyncio.Event, timeout_s: float) -> None:
        waits.append(timeout_s)
        await asyncio.sleep(0)

    monkeypatch.setattr(loop, "wait_for_stop", wait_for_stop)
    run = Running(stream, batch=2_000)
    await run.until(stream.is_idle)
    await run.finish()
    assert waits.count(loop.GATHER_S) == pauses
    assert stream.wrote == told(stream)


async def test_nothing_is_read_ahead_when_what_may_be_claimed_again_is_to_be_looked_for(stream, running, monkeypatch):
    monkeypatch.setattr(loop, "TAKE_OVER_EVERY_S", 0)
    stream.may_write.clear()
    run = running()
    await run.until(stream.is_writing)
    await everybody_had_a_turn()
    assert len(stream.delivered) == BATCH
    stream.may_write.set()
    await run.until(stream.is_idle)
    await run.finish()
    assert stream.wrote == told(stream)


async def test_a_database_that_is_unavailable_holds_both_batches_up_in_their_order(stream, writing, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.resilience.backoff.Backoff.next", lambda _: 0)
    tried: list[Sequence[RecordedEntry]] = []
    writes = stream.apply

    async def fails_twice(entries: Sequence[RecordedEntry]) -> int:
        tried.append(entries)
        stream.database_is_unavailable = False
        if len(tried) <= 2:
            raise ReadModelUnavailableError
        return await writes(entries)

    monkeypatch.setattr(stream, "apply", fails_twice)
    stream.database_is_unavailable = True
    stream.may_write.set()
    await writing.until(stream.is_idle)
    await writing.finish()
    assert tried[0] == tried[1] == tried[2] != tried[3]
    assert stream.acknowledged == list(stream.events)
    assert stream.wrote == told(stream)


async def test_a_batch_that_failed_waits_and_the_one_that_was_read_behind_it_goes_on(stream, writing):
    failed = list(stream.events)[:BATCH]
    stream.failing = {stream.entries[stream.events[failed[0]]].id}
    stream.may_write.set()
    await writing.until(stream.is_idle)
    await writing.finish()
    assert stream.pending == failed
    assert stream.acknowledged == list(stream.events)[BATCH:]


@pytest.mark.parametrize("confirmed_after_s", [0, 60])
async def test_a_stream_that_is_gone_meanwhile_keeps_no_batch_from_its_end(
    stream, running, monkeypatch, confirmed_after_s
):
    monkeypatch.setattr("fluxo_chassis.resilience.backoff.Backoff.next", lambda _: 0)
    reads = stream.read

    async def fails_ahead(limit: int, timeout_s: float) -> list[Delivery]:
        if not timeout_s:
            raise ConnectionError
        return await reads(limit, timeout_s)

    monkeypatch.setattr(stream, "read", fails_ahead)
    monkeypatch.setattr(loop, "CONFIRM_AFTER_S", confirmed_after_s)
    stream.may_write.clear()
    run = running()
    await run.until(stream.is_writing)
    await everybody_had_a_turn()
    assert len(stream.delivered) == BATCH
    stream.may_write.set()
    await run.until(stream.is_idle)
    await run.finish()
    assert stream.acknowledged == list(stream.events)
    assert stream.wrote == told(stream)


async def test_a_stop_finishes_both_batches_and_reads_no_third(stream, writing):
    writing.stop.set()
    stream.may_write.set()
    await writing.finish()
    assert stream.acknowledged == list(stream.events)[: 2 * BATCH] == stream.delivered


async def test_whenever_it_is_killed_nothing_is_lost_and_nothing_counts_twice(recorded, stream, running):
    """At every step of the way: before and after each call to the stream, the database and the cache."""
    run = running()
    await run.until(stream.is_idle)
    await run.finish()
    steps = stream.steps
    assert steps > 30
    for last_step in range(steps):
        again = Stream(now=stream.now, entries=stream.entries, events=stream.events, last_step=last_step)
        again.may_write.set()
        dying = Running(again)
        await dying.until(again.is_idle)
        dying.stop.set()
        with suppress(KilledError):
            await asyncio.wait_for(dying.task, 30)

        again.restart()
        after = Running(again)
        await after.until(again.is_idle)
        await after.finish()
        assert again.wrote == told(again), last_step
        assert (again.pending, again.too_soon) == ([], []), last_step


async def test_whenever_the_database_goes_down_what_it_had_not_confirmed_is_applied_again(stream, running):
    run = running()
    await run.until(stream.is_idle)
    await run.finish()
    for step in range(stream.steps):
        again = Stream(now=stream.now, entries=stream.entries, events=stream.events, goes_down_at=step)
        again.may_write.set()
        run = Running(again)
        await run.until(again.is_acknowledged)
        await run.finish()
        assert again.wrote == told(again), step
        assert (again.pending, again.too_soon) == ([], []), step


@pytest.mark.parametrize("confirmed_after_s", [0, loop.CONFIRM_AFTER_S])
async def test_whenever_the_database_goes_down_nothing_is_missing_though_the_cache_stays_down(
    stream, running, monkeypatch, confirmed_after_s
):
    monkeypatch.setattr(loop, "CONFIRM_AFTER_S", confirmed_after_s)
    stream.cache_is_unavailable = True
    run = running()
    await run.until(stream.is_idle)
    await run.finish()
    steps = stream.steps
    assert steps > 20
    for step in range(steps):
        again = Stream(
            now=stream.now,
            entries=stream.entries,
            events=stream.events,
            goes_down_at=step,
            cache_is_unavailable=True,
        )
        again.may_write.set()
        run = Running(again)
        await run.until(again.is_confirmed)
        again.go_down()
        assert again.wrote == told(again), step
        await run.finish()
        assert again.acknowledged == [], step


async def test_a_cache_that_stays_down_has_nothing_confirmed_again_and_nobody_woken_for_it(
    stream, running, monkeypatch
):
    stream.cache_is_unavailable = True
    reads, timeouts_s = stream.read, list[float]()

    async def read(limit: int, timeout_s: float) -> list[Delivery]:
        timeouts_s.append(timeout_s)
        return await reads(limit, timeout_s)

    monkeypatch.setattr(stream, "read", read)
    monkeypatch.setattr(loop, "CONFIRM_AFTER_S", 0.5)  # one for all batches, however busy the machine
    run = running()
    await run.until(stream.is_confirmed)
    confirmed = [what for what, _ in stream.journal].count("confirmed")
    for _ in range(3):
        stream.is_idle.clear()
        await run.until(stream.is_idle)
    await run.finish()
    assert [what for what, _ in stream.journal].count("confirmed") == confirmed == 1
    assert timeouts_s[-3:] == [loop.READ_TIMEOUT_S] * 3


async def test_a_cache_that_returns_is_told_while_the_database_cannot_confirm(stream, running, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.resilience.backoff.Backoff.next", lambda _: 0)
    monkeypatch.setattr("fluxo_balances.application.projecting.project_entries.INVALIDATE_AGAIN_AFTER_S", 0)
    confirms, is_told = stream.confirm, asyncio.Event()
    removes = stream.invalidate

    async def fails_until_the_cache_is_told(entry_ids: Collection[UUID]) -> bool:
        stream.cache_is_unavailable = False
        if not is_told.is_set():
            raise ReadModelUnavailableError
        return await confirms(entry_ids)

    async def tells(merchant_ids: Sequence[str]) -> None:
        await removes(merchant_ids)
        is_told.set()

    monkeypatch.setattr(stream, "confirm", fails_until_the_cache_is_told)
    monkeypatch.setattr(stream, "invalidate", tells)
    stream.cache_is_unavailable = True
    run = running()
    await run.until(is_told)
    assert is_told.is_set()
    await run.until(stream.is_acknowledged)
    await run.finish()
    assert (stream.pending, stream.wrote) == ([], told(stream))


async def test_a_stream_that_is_gone_keeps_nothing_from_being_confirmed(stream, running, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.resilience.backoff.Backoff.next", lambda _: 0)
    reads = stream.read

    async def fails_after_the_last(limit: int, timeout_s: float) -> list[Delivery]:
        return await reads(limit, timeout_s) or await fails()

    async def fails() -> list[Delivery]:
        raise ConnectionError

    monkeypatch.setattr(stream, "read", fails_after_the_last)
    run = running()
    await run.until(stream.is_confirmed)
    assert stream.is_confirmed.is_set()
    await run.finish()


async def test_a_projector_that_has_no_room_for_more_wakes_to_have_confirmed_what_it_has(stream, running, monkeypatch):
    for stream_id in list(stream.events)[BATCH:]:
        del stream.events[stream_id]
    monkeypatch.setattr("fluxo_balances.application.projecting.unacknowledged_events.UNACKNOWLEDGED_MAX", BATCH)
    monkeypatch.setattr(loop, "READ_TIMEOUT_S", 600)
    stream.cache_is_unavailable = True
    run = running()
    await run.until(stream.is_confirmed)
    assert stream.is_confirmed.is_set()
    await run.finish()
