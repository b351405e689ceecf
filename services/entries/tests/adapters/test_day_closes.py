"""Days are closed while entries are recorded: what an acknowledged close holds stays as it is (ADR 0044)."""

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta

import asyncpg
import pytest
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from fluxo_contracts.streams import BULK_PART_EVENTS
from fluxo_entries.adapters.postgres import day_closes as closing
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.day_closes import PostgresDayCloses
from fluxo_entries.adapters.postgres.insert import insert
from fluxo_entries.domain.errors import CloseHeldUpError, DayClosedError, NotConsolidatedError

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 20)
GUARD = "SELECT closed_through FROM merchants WHERE merchant_id = 'padaria'"
with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])


@pytest.fixture
def day_closes(api_pool):
    return PostgresDayCloses(api_pool)


@pytest.fixture
async def all_acknowledged(owner):
    """Let every row count as acknowledged: what comes of it is not asked here."""
    await owner.execute("UPDATE acknowledged SET generation = 1, xid = '9223372036854775807'")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(closing, "ACKNOWLEDGED_WITHIN_S", 0)


@pytest.fixture
def balance(owner):
    async def up_to(day, merchant_id="padaria"):
        return await owner.fetchval(
            "SELECT coalesce(sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END), 0)::bigint "
            "FROM entries WHERE merchant_id = $1 AND business_date <= $2",
            merchant_id,
            day,
        )

    return up_to


@pytest.fixture
def a_slow_writer(entries_database):
    """Somebody who has written an entry, and whose transaction is still open."""

    @asynccontextmanager
    async def begin(recording):
        connection = await asyncpg.connect(entries_database.api_url)
        transaction = connection.transaction()
        await transaction.start()
        await insert(connection, [recording])
        yield transaction
        await connection.close()

    return begin


@pytest.mark.usefixtures("all_acknowledged")
@with_and_without
async def test_a_close_waits_for_those_who_write_in_its_days(
    guarded, monkeypatch, day_closes, a_slow_writer, recording, balance
):
    if not guarded:
        monkeypatch.setattr(PostgresDayCloses, "_wait_for_writers", lambda *_: asyncio.sleep(0))
    await day_closes.close("padaria", DAY - timedelta(days=9), "ana")
    async with a_slow_writer(recording(business_date=DAY)) as transaction:
        closing_day = asyncio.create_task(day_closes.close("padaria", DAY, "ana"))
        done, _ = await asyncio.wait([closing_day], timeout=0.3)
        assert bool(done) is not guarded
        await transaction.commit()
        line, _ = await closing_day
    assert (line.closing_balance_minor == await balance(DAY)) is guarded


@pytest.mark.usefixtures("all_acknowledged")
async def test_a_close_that_waits_too_long_leaves_the_days_open(
    monkeypatch, day_closes, a_slow_writer, recording, journal
):
    monkeypatch.setattr(closing, "WRITERS_WITHIN_S", 0.1)
    await day_closes.close("padaria", DAY - timedelta(days=9), "ana")
    async with a_slow_writer(recording(business_date=DAY)) as transaction:
        with pytest.raises(CloseHeldUpError):
            await day_closes.close("padaria", DAY, "ana")
        await journal.append(recording(business_date=DAY))
        await transaction.commit()
    assert (await day_closes.close("padaria", DAY, "ana"))[1]


@pytest.mark.usefixtures("all_acknowledged")
async def test_of_two_who_close_at_once_one_is_asked_to_come_again(day_closes, a_slow_writer, recording):
    async with a_slow_writer(recording(business_date=DAY)) as transaction:
        first = asyncio.create_task(day_closes.close("padaria", DAY, "ana"))
        await asyncio.wait([first], timeout=0.1)
        with pytest.raises(CloseHeldUpError):
            await day_closes.close("padaria", DAY - timedelta(days=1), "bia")
        with pytest.raises(CloseHeldUpError):
            await day_closes.reopen("padaria", DAY, "?", "bia")
        assert not first.done()
        await transaction.commit()
        await first


class Race:
    """Writers, closes and reopenings at once; whatever a close counted is all there is until its day is reopened."""

    def __init__(self, day_closes, journal, recording, balance):
        self._day_closes, self._journal, self._recording, self._balance = day_closes, journal, recording, balance
        self._chance = random.Random(16)
        self._days = [DAY - timedelta(days=n) for n in range(6)]
        self._is_over = False
        self._balances = {}
        self.refused = self.wrong = 0

    async def run(self):
        await asyncio.gather(*(self._record() for _ in range(4)), self._close_and_reopen())

    def _some(self):
        for _ in range(20):
            day = self._chance.choice(self._days)
            yield self._recording(amount_minor=self._chance.randint(1, 999), business_date=day)

    async def _record(self):
        while not self._is_over:
            if self._chance.random() < 0.2:
                outcomes = await self._journal.append_all(list(self._some()), atomic=False)
            else:
                outcomes = await asyncio.gather(*map(self._journal.append, self._some()), return_exceptions=True)
            self.refused += sum(isinstance(each, DayClosedError) for each in outcomes)

    async def _close_and_reopen(self):
        for _ in range(12):
            with suppress(DayClosedError):
                await self._close(self._chance.choice(self._days))
            (latest,) = await self._day_closes.trail("padaria", 1)
            if latest.closed_through and self._chance.random() < 0.7:
                await self._look_again(latest.closed_through)
                await self._day_closes.reopen("padaria", latest.closed_through, "Mais", "ana")
        (latest,) = await self._day_closes.trail("padaria", 1)
        self._is_over = True
        if latest.closed_through:
            await self._look_again(latest.closed_through)

    async def _close(self, day):
        line, _ = await self._day_closes.close("padaria", day, "ana")
        self._balances[day] = line.closing_balance_minor
        # One that is sent after the close is recorded, and others with it.
        await self._journal.append(self._recording(business_date=DAY + timedelta(days=1)))
        await self._look_again(day)

    async def _look_again(self, day):
        self.wrong += self._balances[day] != await self._balance(day)


@pytest.mark.parametrize("broken", [None, "APPEND", "TAKE_KEYS"])
@pytest.mark.usefixtures("all_acknowledged")
async def test_what_was_closed_stays_as_it_was_while_many_write(
    broken, monkeypatch, day_closes, journal, recording, balance
):
    if broken is not None:
        text, guard = getattr(sql, broken), "(business_date > closed_through) IS NOT FALSE"
        assert f"WHERE {guard}" in text
        monkeypatch.setattr(sql, broken, text.replace(f"WHERE {guard}", "WHERE true").replace(f"NOT {guard}", "false"))
    race = Race(day_closes, journal, recording, balance)
    await race.run()
    assert (race.wrong == 0) is (broken is None)
    assert race.refused > 0


async def until_guarded(owner):
    async with asyncio.timeout(60):
        while await owner.fetchval(GUARD) is None:  # noqa: ASYNC110 - a server sets no event of ours
            await asyncio.sleep(0.05)


async def test_a_close_waits_until_it_is_noted_what_is_acknowledged(line, day_closes, recording, a_slow_writer, owner):
    await line.send()
    await line.make_group()
    await line.consume()
    closing_day = asyncio.create_task(day_closes.close("padaria", DAY + timedelta(days=30), "ana"))
    assert not (await asyncio.wait([closing_day], timeout=0.4))[0]
    # Until then nobody is refused.
    await line.send()
    await line.consume()
    async with a_slow_writer(recording()) as transaction:
        await line.audit()
        # And what slips in before the guard is waited for, too.
        await until_guarded(owner)
        await transaction.commit()
    assert not (await asyncio.wait([closing_day], timeout=0.4))[0]
    await line.publish()
    await line.consume()
    await line.audit()
    assert (await closing_day)[0].closing_balance_minor == 45_000


async def test_what_is_not_acknowledged_in_time_refuses_nobody(line, day_closes, recording, monkeypatch):
    guards = []
    monkeypatch.setattr(PostgresDayCloses, "_guard", lambda *arguments: guards.append(arguments))
    monkeypatch.setattr(closing, "ACKNOWLEDGED_WITHIN_S", 0.4)
    await line.send()
    with pytest.raises(NotConsolidatedError):
        await day_closes.close("padaria", DAY + timedelta(days=30), "ana")
    assert guards == []


async def test_what_slips_in_and_is_not_acknowledged_in_time_leaves_the_days_open(
    line, day_closes, recording, a_slow_writer, monkeypatch
):
    monkeypatch.setattr(closing, "CLOSE_WITHIN_S", 1.0)
    async with a_slow_writer(recording(business_date=DAY)) as transaction:
        closing_day = asyncio.create_task(day_closes.close("padaria", DAY, "ana"))
        assert not (await asyncio.wait([closing_day], timeout=0.3))[0]
        await transaction.commit()
    with pytest.raises(NotConsolidatedError):
        await closing_day
    await line.journal.append(recording(business_date=DAY))


@pytest.mark.usefixtures("impatient")
async def test_a_day_is_closed_when_all_that_lies_in_it_is_acknowledged(line, day_closes, recording):
    await line.journal.append(recording(business_date=DAY))
    await line.publish()
    await line.make_group()
    await line.audit()
    with pytest.raises(NotConsolidatedError):
        await day_closes.close("padaria", DAY, "ana")
    # What is later, or another merchant's, is not waited for.
    assert (await day_closes.close("padaria", DAY - timedelta(days=1), "ana"))[1]
    assert (await day_closes.close("banca", DAY, "rui"))[1]
    await line.journal.append(recording(business_date=DAY))

    await line.consume()
    await line.audit()
    with pytest.raises(NotConsolidatedError):
        await day_closes.close("padaria", DAY, "ana")
    await line.publish()
    await line.consume()
    await line.audit()

    assert (await day_closes.close("padaria", DAY, "ana"))[0].closing_balance_minor == 30_000


@pytest.mark.usefixtures("impatient")
async def test_what_is_of_a_bulk_and_waits_for_its_turn_is_not_acknowledged(line, day_closes, recording):
    await line.send()
    await line.make_group()
    await line.consume()
    await line.journal.append_all([recording(business_date=DAY) for _ in range(BULK_PART_EVENTS + 1)], atomic=True)
    await line.audit()
    with pytest.raises(NotConsolidatedError):
        await day_closes.close("padaria", DAY, "ana")
    assert (await day_closes.close("padaria", DAY - timedelta(days=1), "ana"))[1]


@pytest.mark.usefixtures("impatient")
async def test_what_another_life_of_the_database_had_acknowledged_does_not_count(line, day_closes, recording, owner):
    await line.journal.append(recording(business_date=DAY))
    await line.publish()
    await line.make_group()
    await line.consume()
    await line.audit()
    await owner.execute("SELECT raise_outbox_generation(1)")
    with pytest.raises(NotConsolidatedError):
        await day_closes.close("padaria", DAY, "ana")


async def test_a_close_that_died_half_way_is_ended_by_the_next(day_closes, owner, journal, recording):
    await day_closes.close("padaria", DAY - timedelta(days=5), "ana")
    await owner.execute("UPDATE merchants SET closed_through = $1", DAY)
    with pytest.raises(DayClosedError):
        await journal.append(recording(business_date=DAY))
    line, is_new = await day_closes.close("padaria", DAY - timedelta(days=1), "ana")
    assert is_new
    assert line.number == 2
    await journal.append(recording(business_date=DAY))


async def test_a_close_whose_answer_is_lost_is_closed_all_the_same(day_closes, monkeypatch, journal, recording):
    add_up = PostgresDayCloses._add_up

    async def commits_and_loses_the_answer(*arguments):
        await add_up(*arguments)
        raise TimeoutError

    monkeypatch.setattr(PostgresDayCloses, "_add_up", commits_and_loses_the_answer)
    with pytest.raises(TimeoutError):
        await day_closes.close("padaria", DAY, "ana")
    with pytest.raises(DayClosedError):
        await journal.append(recording(business_date=DAY))
    line, is_new = await day_closes.close("padaria", DAY, "ana")
    assert (line.number, is_new) == (1, False)


@pytest.mark.parametrize(
    "statement", ["UPDATE day_closes SET by = 'x'", "DELETE FROM day_closes", "TRUNCATE day_closes"]
)
async def test_the_trail_is_immutable_to_the_owner_too(day_closes, owner, statement):
    await day_closes.close("padaria", DAY, "ana")
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute(statement)


async def test_a_trail_is_its_merchants_alone(day_closes, api_pool):
    await day_closes.close("padaria", DAY, "ana")
    async with api_pool.acquire() as connection, connection.transaction():
        await connection.execute(NAME_TENANTS, "banca")
        assert await connection.fetchval("SELECT count(*) FROM day_closes") == 0
