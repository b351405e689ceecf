"""How often the relay takes a step, whatever stands behind its ports."""

import asyncio
import itertools
from functools import partial

import pytest
from fluxo_chassis.health import Observation
from fluxo_entries.application.publishing.move_bulk_events import Moved
from fluxo_entries.application.publishing.ports import Backlog
from fluxo_entries.application.publishing.publish_outbox import Step
from fluxo_entries.application.publishing.purge_outbox import Purged
from fluxo_entries.application.publishing.stream_state import StreamPosition
from fluxo_entries.application.use_cases import RelayUseCases
from fluxo_entries.entrypoints.relay import (
    AHEAD_POLL_S,
    BUSY_FOR_S,
    GATHER_ROWS,
    GATHER_S,
    LOOK_EVERY_S,
    POLL_S,
    SEAL_ON_S,
    SEAL_REST_WHILE_BUSY,
    Relay,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

STEPS = 50
STEPS_MAX = 1_000_000
SEALING_S = 0.01


async def nothing():
    return None


async def no_bulk(_found):
    return Moved.NOTHING


class Silence:
    """Nobody notifies; `waits` are those that the relay made, and end `at_once` where something always comes."""

    def __init__(self, *, is_listening=True, at_once=False):
        self.is_listening = is_listening
        self.hearers = []
        self._at_once = at_once
        self.waits = []

    def wake(self): ...

    async def wait(self, timeout_s):
        self.waits.append(timeout_s)
        await asyncio.sleep(0 if self._at_once else timeout_s)


async def test_health_warns_of_whose_transaction_holds_events_back():
    backlogs = iter([Backlog(0, 0, 0), Backlog(3, 70, 65.43, "prepared transaction 'x' of ana"), Backlog(3, 1, 0.5)])

    async def measure_backlog():
        return next(backlogs)

    async def measure_groups():
        return {}

    relay = Relay(RelayUseCases(nothing, no_bulk, nothing, nothing, measure_backlog, measure_groups), Silence())
    assert await relay.observe_held_back() == Observation("pass", 0.0, "s")
    seen = []
    for _ in range(3):
        await relay.measure()
        seen.append(await relay.observe_held_back())
    assert seen == [
        Observation("pass", 0, "s"),
        Observation("warn", 65.4, "s", "events wait for prepared transaction 'x' of ana"),
        Observation("pass", 0.5, "s"),
    ]


class Publishing:
    """A stream whose position is the next of those given, and steps that publish what is given."""

    def __init__(self, positions, published):
        self.positions = iter(positions)
        self.published = iter(published)
        self.steps = 0

    async def position(self):
        return StreamPosition(1, next(self.positions))

    async def __call__(self):
        self.steps += 1
        published = next(self.published)
        return Step(published, published, is_held_back=False)


async def steps_taken(publishing, turns, *, is_listening=False):
    """How many steps a relay has taken after each of so many turns."""
    silence = Silence(is_listening=is_listening)
    relay = Relay(RelayUseCases(publishing, no_bulk, nothing, nothing, nothing, nothing), silence)
    taken = []
    for _ in range(turns):
        await relay.publish_next(asyncio.Event())
        taken.append(publishing.steps)
    return taken, silence.waits


async def seconds_for(published):
    """How long so many steps take that each find so many rows."""
    stop, taken = asyncio.Event(), 0

    async def publish():
        nonlocal taken
        taken += 1
        await asyncio.sleep(0)
        if taken == STEPS:
            stop.set()
        return Step(published, published, is_held_back=False)

    relay = Relay(RelayUseCases(publish, no_bulk, nothing, nothing, nothing, nothing), Silence(at_once=True))
    began = asyncio.get_running_loop().time()
    await relay.retry.for_ever(lambda: relay.publish_next(stop), stop)
    return asyncio.get_running_loop().time() - began


async def test_while_rows_come_thick_a_step_gathers_them():
    assert await seconds_for(GATHER_ROWS.start) == pytest.approx((STEPS - 1) * GATHER_S)


@pytest.mark.parametrize("published", [1, GATHER_ROWS.start - 1, GATHER_ROWS.stop])
async def test_a_lone_row_and_a_full_step_are_followed_at_once(published):
    assert await seconds_for(published) == 0


async def test_the_relay_that_is_notified_publishes_and_never_looks_what_others_do():
    taken, waits = await steps_taken(Publishing([], [1, 1, 0]), 3, is_listening=True)
    assert taken == [1, 2, 3]
    assert waits == [GATHER_S, GATHER_S, POLL_S]


async def test_another_relay_only_looks_while_the_stream_moves():
    taken, waits = await steps_taken(Publishing([5, 6, 7, 8], []), 4)
    assert taken == [0, 0, 0, 0]
    assert waits == [LOOK_EVERY_S] * 4


async def test_another_relay_publishes_when_the_stream_stands_still_until_nothing_is_left():
    taken, waits = await steps_taken(Publishing([5, 5, 9, 12], [3, 4, 0]), 6)
    assert taken == [0, 1, 2, 3, 3, 3]
    assert waits == [LOOK_EVERY_S, GATHER_S, GATHER_S, *[LOOK_EVERY_S] * 3]


async def seconds_to_seal(batches, *, is_listening=True, found=0, sealing_s=SEALING_S, steps_max=STEPS_MAX):
    """How long sealing takes while the first steps find so many rows; and how many of the batches were sealed."""
    sealed, steps, stop = 0, itertools.count(), asyncio.Event()

    async def seal():
        nonlocal sealed
        sealed += 1
        await asyncio.sleep(sealing_s)
        return 1_000, sealed < batches

    async def publish():
        rows = found if next(steps) < steps_max else 0
        return Step(rows, rows, is_held_back=False)

    async def publishing():
        while True:
            await relay.publish_next(stop)

    silence = Silence(is_listening=is_listening)
    relay = Relay(RelayUseCases(publish, no_bulk, nothing, nothing, nothing, nothing, seal), silence)
    if is_listening:
        await relay.publish_next(stop)
    others = asyncio.create_task(publishing() if found else nothing())
    began = asyncio.get_running_loop().time()
    await relay.seal(stop)
    others.cancel()
    return asyncio.get_running_loop().time() - began, sealed


async def test_a_relay_that_starts_tidies_up_though_one_work_at_a_time_has_the_lead():
    leads: list[str] = []

    async def lead(work: str):
        if not leads:
            leads.append(work)
            await asyncio.sleep(0.1)
            stop.set()

    async def purge():
        await lead("purge")
        return Purged()

    async def measure_groups():
        return {}

    stop = asyncio.Event()
    use_cases = RelayUseCases(
        partial(asyncio.sleep, 0, Step(0, 0, is_held_back=False)),
        no_bulk,
        partial(lead, "audit"),
        purge,
        partial(asyncio.sleep, 0, Backlog(0, 0, 0)),
        measure_groups,
    )
    await Relay(use_cases, Silence()).run(stop)
    assert leads == ["purge"]


async def test_a_backlog_is_sealed_soon_and_slowly_while_rows_come_thick():
    assert await seconds_to_seal(4) == (pytest.approx(4 * SEALING_S + 3 * SEAL_ON_S), 4)
    slowly = (pytest.approx(4 * SEALING_S + 3 * SEALING_S * SEAL_REST_WHILE_BUSY), 4)
    assert await seconds_to_seal(4, found=GATHER_ROWS.start) == slowly
    assert await seconds_to_seal(1, found=GATHER_ROWS.start) == (pytest.approx(SEALING_S), 1)


async def test_sealing_rests_for_a_second_at_most_however_long_a_batch_took():
    took, _ = await seconds_to_seal(3, found=GATHER_ROWS.start, sealing_s=0.5)
    assert took == pytest.approx(3 * 0.5 + 2 * BUSY_FOR_S)


async def test_a_second_after_rows_came_thick_sealing_is_soon_again():
    batches = 20
    took, _ = await seconds_to_seal(batches, found=GATHER_ROWS.start, steps_max=2)
    busy = round(BUSY_FOR_S / (SEALING_S * (1 + SEAL_REST_WHILE_BUSY)))
    assert took == pytest.approx(
        batches * SEALING_S + busy * SEALING_S * SEAL_REST_WHILE_BUSY + (batches - 1 - busy) * SEAL_ON_S
    )


async def test_a_relay_that_is_not_notified_seals_nothing_nor_does_one_without_a_key():
    assert await seconds_to_seal(4, is_listening=False) == (0, 0)
    await Relay(RelayUseCases(nothing, no_bulk, nothing, nothing, nothing, nothing), Silence()).seal(asyncio.Event())


class Bulks:
    """Parts of bulks, each given with what comes of moving it; `looks` says how often somebody looked."""

    def __init__(self, moved):
        self._moved = iter(moved)
        self.looks = 0

    async def __call__(self, _found):
        self.looks += 1
        return next(self._moved, Moved.NOTHING)


def relay_of(found, bulks, silence):
    """A relay that is notified, and whose steps find what is given."""
    each = iter(found)

    async def publish():
        rows = next(each)
        return Step(rows, rows, is_held_back=False)

    return Relay(RelayUseCases(publish, bulks, nothing, nothing, nothing, nothing), silence)


async def test_a_part_of_a_bulk_is_published_at_once_and_the_next_one_when_consumers_get_on():
    found, silence = [0, 250, 250, 3, 0], Silence()
    bulks = Bulks([Moved.A_PART, Moved.A_PART, Moved.NOT_YET, Moved.A_PART])
    relay = relay_of(found, bulks, silence)
    for _ in found:
        await relay.publish_next(asyncio.Event())
    assert silence.waits == [AHEAD_POLL_S, POLL_S]


async def test_bulks_are_looked_for_when_one_is_announced_and_once_a_second():
    silence, bulks = Silence(at_once=True), Bulks([])
    relay = relay_of([1] * 12, bulks, silence)
    looks = []
    for announced in (None, "", "bulk", ""):
        for hear in silence.hearers if announced is not None else ():
            hear(announced)
        await relay.publish_next(asyncio.Event())
        looks.append(bulks.looks)
    await asyncio.sleep(POLL_S)
    await relay.publish_next(asyncio.Event())
    assert [*looks, bulks.looks] == [1, 1, 2, 2, 3]
