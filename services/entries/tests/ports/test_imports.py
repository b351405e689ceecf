"""What becomes of a file's lines: each case runs in memory and over PostgreSQL, as the API's role."""

import hashlib
import io
from contextlib import nullcontext
from datetime import UTC, date, datetime

import pytest
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.application.importing.imports import ConfirmImport, GetImport, ListImports, RemoveImport
from fluxo_entries.application.importing.ports import WAITING_MAX, ImportState
from fluxo_entries.application.importing.preview_import import PreviewImport, Upload
from fluxo_entries.application.importing.record_imports import RecordImports
from fluxo_entries.application.recording.ports import EntryFilter, Recording
from fluxo_entries.application.recording.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import (
    IdempotencyKeyReusedError,
    ImportConfirmedError,
    ImportNotFoundError,
    ImportNotReadyError,
    TooManyImportsError,
)

from services.entries.tests.conftest import TRACEPARENT
from services.entries.tests.fake_imports import FakeReader
from services.entries.tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
BREAD = "2026-11-20;10.00;Pão;a-1;acc"
MILK = "2026-11-20;-4.50;Leite;a-2;acc"
NEW, DUPLICATE, POSSIBLE, INVALID = "new", "duplicate", "possible_duplicate", "invalid"


class Importing:
    """A merchant's imports, from the file to the entries."""

    def __init__(self, imports, lines, merchants, journal, entries, day_closes):
        self.imports, self.lines, self.entries, self.journal = imports, lines, entries, journal
        self.clock, self.ids = FakeClock(NOW), Uuid7EntryIds()
        self.preview = PreviewImport(imports, lines, merchants, day_closes, FakeReader(), self.clock, self.ids)
        self.record = RecordImports(
            imports,
            lines,
            RecordEntriesInBulk(merchants, journal, self.clock, self.ids),
            day_closes,
            lambda _merchant_id: nullcontext(),
        )

    async def begin(self, *lines, merchant_id="padaria", key=None, **how):
        content = "\n".join(lines).encode()
        upload = Upload("extrato.txt", hashlib.sha256(content).digest(), None, key, **how)
        begun, is_new = await self.preview.begin(merchant_id, upload, io.BytesIO(content))
        if is_new:
            await self.preview.read(begun, io.BytesIO(content))
        return begun.id

    async def confirm(self, import_id, *, records_possible=False, merchant_id="padaria", category=None):
        confirm = ConfirmImport(self.imports, self.clock)
        return await confirm(merchant_id, import_id, records_possible=records_possible, category=category)

    async def work(self):
        while await self.record(TRACEPARENT):
            pass

    async def get(self, import_id, merchant_id="padaria"):
        return await GetImport(self.imports)(merchant_id, import_id)

    async def statuses(self, import_id):
        return [line.status.value for line in await self.lines.page("padaria", import_id, [], 0, 100)]

    async def record_all(self, *lines, **how):
        """Import the lines; return what became of each."""
        import_id = await self.begin(*lines)
        statuses = await self.statuses(import_id)
        await self.confirm(import_id, **how)
        await self.work()
        return statuses

    async def recorded(self):
        found = await self.entries.page("padaria", EntryFilter(), None, 100)
        return sorted((str(each.entry.direction), each.entry.amount_minor, each.entry.description) for each in found)

    async def add_entry(self, description, amount_minor=1000, direction=Direction.CREDIT, reverses=None):
        day, entry_id = date(2026, 11, 20), self.ids.next()
        entry = Entry(entry_id, "padaria", direction, amount_minor, "BRL", day, description, None, reverses, NOW)
        await self.journal.append(Recording(entry, str(entry_id), bytes(32), TRACEPARENT))
        return entry_id


@pytest.fixture
def importing(imports, import_lines, merchants, journal, entries, day_closes):
    return Importing(imports, import_lines, merchants, journal, entries, day_closes)


async def test_lines_become_entries_once_they_are_confirmed(importing):
    import_id = await importing.begin("opening;2026-11-19;1.00;acc", BREAD, MILK, "closing;2026-11-20;6.50;acc")
    ready = await importing.get(import_id)
    assert ready.state == ImportState.READY
    assert (ready.summary.format, ready.summary.line_count, ready.summary.guessed) == (
        "Tiny",
        2,
        ("days come first",),
    )
    assert (ready.summary.opening_minor, ready.summary.closing_minor, ready.summary.difference_minor) == (100, 650, 0)
    assert ready.totals == {NEW: (2, 1000, 450)}
    assert await importing.recorded() == []
    await importing.work()
    assert await importing.recorded() == []
    await importing.confirm(import_id, category="banco")
    await importing.work()
    done = await importing.get(import_id)
    assert (done.state, done.recorded_count) == (ImportState.DONE, 2)
    assert await importing.recorded() == [("credit", 1000, "Pão"), ("debit", 450, "Leite")]
    lines = await importing.lines.page("padaria", import_id, [], 0, 100)
    found = [await importing.entries.get("padaria", line.entry_id) for line in lines]
    assert [(each.entry.description, each.entry.category) for each in found] == [("Pão", "banco"), ("Leite", "banco")]


async def test_the_difference_to_the_banks_own_balance_is_told(importing):
    import_id = await importing.begin("opening;2026-11-19;1.00;acc", BREAD, "closing;2026-11-20;12.00;acc")
    assert (await importing.get(import_id)).summary.difference_minor == 100


async def test_balances_that_no_account_has_are_not_told(importing):
    huge = 10**18
    import_id = await importing.begin(f"opening;2026-11-19;{huge}.00;acc", BREAD, f"closing;2026-11-20;-{huge}.00;acc")
    summary = (await importing.get(import_id)).summary
    assert (summary.opening_minor, summary.closing_minor, summary.difference_minor) == (None, None, None)
    assert await importing.statuses(import_id) == [NEW]


async def test_the_same_file_again_adds_nothing(importing):
    assert await importing.record_all(BREAD, MILK) == [NEW, NEW]
    assert await importing.record_all(BREAD, MILK) == [DUPLICATE, DUPLICATE]
    assert len(await importing.recorded()) == 2


async def test_a_longer_export_adds_only_what_is_new(importing):
    await importing.record_all(BREAD, MILK)
    assert await importing.record_all(MILK, BREAD, "2026-11-21;1.00;Café;a-3;acc") == [DUPLICATE, DUPLICATE, NEW]
    assert len(await importing.recorded()) == 3


@pytest.mark.parametrize("line", [BREAD, "2026-11-20;10.00;Pão"], ids=["with an id", "without one"])
async def test_twins_are_two_entries_and_stay_two(importing, line):
    assert await importing.record_all(line, line) == [NEW, NEW]
    assert await importing.record_all(line, line, line) == [DUPLICATE, DUPLICATE, NEW]
    assert len(await importing.recorded()) == 3


async def test_what_lies_in_closed_days_is_invalid_but_where_it_is_recorded(importing, day_closes, acknowledged):
    await importing.record_all(BREAD)
    waits = await importing.begin("2026-11-20;7.00;Bolo;a-9;acc")
    await acknowledged()
    await day_closes.close("padaria", date(2026, 11, 20), "ana")
    import_id = await importing.begin(BREAD, MILK, "2026-11-21;1.00;Café;a-3;acc")
    assert await importing.statuses(import_id) == [DUPLICATE, INVALID, NEW]
    _, milk, _ = await importing.lines.page("padaria", import_id, [], 0, 100)
    assert "2026-11-21" in milk.reason
    # Closed since the preview.
    await importing.confirm(waits)
    await importing.work()
    (cake,) = await importing.lines.page("padaria", waits, [], 0, 100)
    assert (cake.status, cake.reason) == (INVALID, milk.reason)
    assert len(await importing.recorded()) == 1


async def test_a_close_that_comes_to_nothing_makes_no_line_invalid(importing, guard):
    import_id = await importing.begin(BREAD, "2026-11-21;1.00;Café;a-3;acc")
    await importing.confirm(import_id)
    await guard(date(2026, 11, 20))
    assert await importing.statuses(await importing.begin(MILK)) == [NEW]
    for _ in range(2):
        assert await importing.record(TRACEPARENT) is None
    assert (await importing.get(import_id)).state == ImportState.RECORDING
    await guard(None)
    await importing.work()
    done = await importing.get(import_id)
    assert (done.state, done.recorded_count) == (ImportState.DONE, 2)
    assert await importing.statuses(import_id) == [NEW, NEW]
    assert await importing.recorded() == [("credit", 100, "Café"), ("credit", 1000, "Pão")]


async def test_an_id_that_a_bank_gives_twice_is_another_line_with_another_amount(importing):
    await importing.record_all(BREAD)
    assert await importing.record_all(BREAD.replace("10.00", "11.00")) == [NEW]


@pytest.mark.parametrize(
    ("again", "status"),
    [
        ("2026-11-20;10.00;Pão;a-9;acc", POSSIBLE),
        ("2026-11-20;10.00;Pão;a-1;other", POSSIBLE),
        ("2026-11-20;10.00;Pão;;other", POSSIBLE),
        ("2026-11-20;10.00;Pão;;acc", DUPLICATE),
        ("2026-11-20;10.00;Pão", DUPLICATE),
    ],
    ids=["another id", "another account", "another account, no id", "no id", "no account"],
)
async def test_a_line_of_another_account_or_under_another_id_only_may_be_what_an_import_recorded(
    importing, again, status
):
    await importing.record_all(BREAD)
    assert await importing.statuses(await importing.begin(again)) == [status]


async def test_one_equal_entry_stands_for_one_of_two_equal_lines(importing):
    typed = await importing.add_entry("Pão")
    import_id = await importing.begin(BREAD, BREAD)
    first, second = await importing.lines.page("padaria", import_id, [], 0, 100)
    assert (first.status, first.duplicate_of) == (DUPLICATE, typed)
    assert (second.status, second.duplicate_of) == (NEW, None)


async def test_another_description_makes_a_possible_duplicate_of_one_line(importing):
    typed = await importing.add_entry("Pão da Ana")
    import_id = await importing.begin(BREAD, BREAD, MILK)
    lines = await importing.lines.page("padaria", import_id, [], 0, 100)
    assert [(line.status, line.duplicate_of) for line in lines] == [(POSSIBLE, typed), (NEW, None), (NEW, None)]
    assert [line.position for line in await importing.lines.page("padaria", import_id, [POSSIBLE], 0, 9)] == [1]


@pytest.mark.parametrize(("records_possible", "count"), [(True, 3), (False, 2)])
async def test_possible_duplicates_are_recorded_or_not_as_confirmed(importing, records_possible, count):
    await importing.add_entry("Pão da Ana")
    await importing.record_all(BREAD, MILK, records_possible=records_possible)
    assert len(await importing.recorded()) == count


async def test_what_is_reversed_stands_for_no_line(importing):
    undone = await importing.add_entry("Pão")
    await importing.add_entry("Engano", direction=Direction.DEBIT, reverses=undone)
    assert await importing.statuses(await importing.begin(BREAD, "2026-11-20;-10.00;Engano")) == [NEW, NEW]


async def test_what_was_recorded_since_the_preview_is_not_recorded_again(importing):
    import_id = await importing.begin(BREAD, MILK)
    await importing.add_entry("Pão")
    await importing.confirm(import_id)
    await importing.work()
    assert await importing.statuses(import_id) == [DUPLICATE, NEW]
    assert len(await importing.recorded()) == 2


async def test_two_previews_of_the_same_lines_record_them_once(importing):
    first, second = await importing.begin(BREAD), await importing.begin(BREAD, MILK)
    for each in (first, second):
        await importing.confirm(each)
    await importing.work()
    assert len(await importing.recorded()) == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-11-23;1.00;Cedo", "The date is after today, 2026-11-22 in America/Sao_Paulo."),
        ("1899-12-31;1.00;Tarde", "Dates start with the year 1900."),
        ("2026-11-20;1.00;Dolar;;;;USD", "It is in USD. Your entries are in BRL."),
        ("2026-11-20;9999999999999999.00;Muito", "An amount is a decimal string"),
        ("ontem;1.00;Nunca", "It cannot be read"),
    ],
)
async def test_what_no_rule_lets_in_is_named_and_not_recorded(importing, line, reason):
    import_id = await importing.begin(line, BREAD)
    invalid, good = await importing.lines.page("padaria", import_id, [], 0, 100)
    assert (invalid.status, invalid.source, good.status) == (INVALID, line, NEW)
    assert invalid.reason.startswith(reason)
    await importing.confirm(import_id)
    await importing.work()
    assert len(await importing.recorded()) == 1


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("", "PIX"),
        ("Pa\u202eo\u0000 de  mel", "Pa o de mel"),
        ("m" * 201, "m" * 199 + "\u2026"),
    ],
    ids=["none", "control characters", "too long"],
)
async def test_a_description_is_made_one_that_may_be_recorded(importing, given, recorded):
    await importing.record_all(f"2026-11-20;1.00;{given};;;PIX")
    assert await importing.recorded() == [("credit", 100, recorded)]


async def test_the_same_file_or_key_is_the_same_import_until_it_is_confirmed(importing):
    first = await importing.begin(BREAD, key="k-1")
    assert await importing.begin(BREAD) == first
    assert await importing.begin(BREAD, merchant_id="farmacia") != first
    await importing.confirm(first)
    assert await importing.begin(BREAD, key="k-1") == first
    assert await importing.begin(BREAD) != first
    with pytest.raises(IdempotencyKeyReusedError):
        await importing.begin(MILK, key="k-1")


async def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(importing):
    import_id = await importing.begin("unreadable")
    failed = await importing.get(import_id)
    assert (failed.state, failed.reason) == (ImportState.FAILED, "This is no statement that can be read here.")
    with pytest.raises(ImportNotReadyError):
        await importing.confirm(import_id)
    assert await importing.statuses(await importing.begin("opening;2026-11-19;1.00")) == []


async def test_confirmed_again_it_answers_the_same_and_is_not_removed(importing):
    import_id = await importing.begin(BREAD)
    confirmed = await importing.confirm(import_id, records_possible=True)
    assert await importing.confirm(import_id, records_possible=True) == confirmed
    remove = RemoveImport(importing.imports, importing.lines)
    with pytest.raises(ImportConfirmedError):
        await remove("padaria", import_id)


async def test_one_that_is_not_confirmed_is_removed_by_its_merchant_only(importing):
    import_id = await importing.begin(BREAD)
    remove = RemoveImport(importing.imports, importing.lines)
    with pytest.raises(ImportNotFoundError):
        await remove("farmacia", import_id)
    await remove("padaria", import_id)
    with pytest.raises(ImportNotFoundError):
        await importing.get(import_id)
    assert await importing.statuses(import_id) == []


async def test_imports_are_listed_newest_first_in_pages(importing):
    made = [await importing.begin(BREAD, f"2026-11-20;{number}.00;Pão") for number in range(1, 4)]
    await importing.begin(BREAD, merchant_id="farmacia")
    page, following = await ListImports(importing.imports)("padaria", None, 2)
    assert [each.id for each in page] == made[:0:-1]
    page, following = await ListImports(importing.imports)("padaria", following, 2)
    assert ([each.id for each in page], following) == (made[:1], None)


async def test_a_line_that_a_rule_refuses_by_now_is_named_and_the_others_recorded(importing):
    import_id = await importing.begin(BREAD, "2026-11-22;1.00;Hoje", MILK)
    await importing.confirm(import_id)
    importing.clock.advance(days=-1)
    await importing.work()
    assert await importing.statuses(import_id) == [NEW, INVALID, NEW]
    done = await importing.get(import_id)
    assert (done.recorded_count, done.totals[INVALID].lines) == (2, 1)


async def test_no_merchant_fills_the_database_with_previews(importing):
    for number in range(WAITING_MAX):
        last = await importing.begin(f"2026-11-20;{number + 1}.00;Pão")
    with pytest.raises(TooManyImportsError):
        await importing.begin(BREAD)
    await importing.begin(BREAD, merchant_id="farmacia")
    await importing.confirm(last)
    await importing.begin(BREAD)


async def test_a_slice_that_was_recorded_and_not_noted_is_recorded_once(importing, monkeypatch):
    import_id = await importing.begin(BREAD, MILK)
    await importing.confirm(import_id)
    lines = importing.lines

    async def dies(*_arguments):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(lines, "record", dies)
        with pytest.raises(ConnectionError):
            await importing.record(TRACEPARENT)
    importing.imports.leased = set()
    assert len(await importing.recorded()) == 2
    await importing.imports.set_state("padaria", import_id, ImportState.RECORDING, ImportState.RECORDING)
    stale = await importing.get(import_id)
    recorded = []
    assert await lines.record(stale, 1, recorded, {})
    assert not await lines.record(stale, 2, recorded, {})


HEADER = "day;amount"
MEANT = "date=#1,money_out=#2"


async def test_columns_that_were_confirmed_hold_for_the_merchants_next_file_with_this_header(importing):
    first = await importing.begin(HEADER, BREAD, columns=MEANT)
    assert (await importing.get(first)).summary.columns.origin == "given"
    waits = await importing.begin(HEADER, MILK)
    assert (await importing.get(waits)).summary.columns.origin == "header"
    await importing.confirm(first)
    later = (await importing.get(await importing.begin(HEADER, BREAD, MILK))).summary.columns
    assert (later.origin, later.text, later.meanings) == ("remembered", MEANT, ["date", "money_out"])
    others = await importing.begin(HEADER, BREAD, merchant_id="farmacia")
    assert (await importing.get(others, "farmacia")).summary.columns.origin == "header"
    await importing.confirm(await importing.begin(HEADER, MILK, columns="date=#1,amount=#2"))
    assert await importing.imports.known_columns("padaria") == {HEADER: "date=#1,amount=#2"}


async def test_an_entry_that_was_reversed_since_makes_its_line_a_possible_duplicate(importing):
    line = "2026-11-20;10.00;Pão"
    assert await importing.record_all(line, line) == [NEW, NEW]
    first, _ = [each.entry for each in await importing.entries.page("padaria", EntryFilter(), None, 100)]
    await importing.add_entry("engano", direction=Direction.DEBIT, reverses=first.id)
    assert sorted(await importing.record_all(line, line)) == [DUPLICATE, POSSIBLE]
    assert len(await importing.recorded()) == 3
    import_id = await importing.begin(line, line)
    (possible,) = await importing.lines.page("padaria", import_id, [POSSIBLE], 0, 10)
    assert (possible.reason_code, possible.duplicate_of) == ("entry_reversed", first.id)
    await importing.confirm(import_id, records_possible=True)
    await importing.work()
    assert await importing.recorded() == [("credit", 1000, "Pão")] * 3 + [("debit", 1000, "engano")]
    # It is another entry now, and known as such.
    assert await importing.record_all(line, line, line) == [DUPLICATE, DUPLICATE, NEW]


async def test_a_reversed_one_that_was_recorded_again_by_hand_is_a_duplicate(importing):
    await importing.record_all(BREAD)
    (entry,) = [each.entry for each in await importing.entries.page("padaria", EntryFilter(), None, 100)]
    await importing.add_entry("engano", direction=Direction.DEBIT, reverses=entry.id)
    await importing.add_entry("Pão")
    assert await importing.record_all(BREAD) == [DUPLICATE]


async def test_a_line_that_may_be_another_entry_is_recorded_although_its_own_was_reversed(importing):
    await importing.record_all(BREAD)
    (entry,) = [each.entry for each in await importing.entries.page("padaria", EntryFilter(), None, 100)]
    await importing.add_entry("engano", direction=Direction.DEBIT, reverses=entry.id)
    await importing.add_entry("Bolo")
    assert await importing.record_all(BREAD, records_possible=True) == [POSSIBLE]
    assert len(await importing.recorded()) == 4


async def test_a_preview_is_made_anew_once_its_days_have_other_entries(importing):
    first = await importing.begin(BREAD, MILK, key="k-1")
    assert await importing.begin(BREAD, MILK) == first
    await importing.add_entry("Pão")
    assert await importing.begin(BREAD, MILK, key="k-1") == first
    second = await importing.begin(BREAD, MILK)
    assert await importing.statuses(second) == [DUPLICATE, NEW]
    with pytest.raises(ImportNotFoundError):
        await importing.get(first)


async def test_a_preview_is_made_anew_once_its_days_are_closed_or_reopened(importing, day_closes, acknowledged):
    await importing.record_all(BREAD)
    first = await importing.begin(BREAD, MILK)
    assert await importing.statuses(first) == [DUPLICATE, NEW]
    await acknowledged()
    await day_closes.close("padaria", date(2026, 11, 20), "ana")
    second = await importing.begin(BREAD, MILK)
    assert await importing.statuses(second) == [DUPLICATE, INVALID]
    assert await importing.begin(BREAD, MILK) == second
    await day_closes.reopen("padaria", date(2026, 11, 20), "engano", "ana")
    third = await importing.begin(BREAD, MILK)
    assert await importing.statuses(third) == [DUPLICATE, NEW]
    assert len({first, second, third}) == 3


async def test_a_preview_is_made_anew_once_its_columns_are_known_better(importing):
    await importing.begin(HEADER, BREAD)
    await importing.confirm(await importing.begin(HEADER, MILK, columns=MEANT))
    assert (await importing.get(await importing.begin(HEADER, BREAD))).summary.columns.origin == "remembered"


async def test_confirmed_again_in_another_way_it_is_refused(importing):
    import_id = await importing.begin(BREAD)
    await importing.confirm(import_id, category="banco")
    await importing.confirm(import_id, category="banco")
    for how in ({"category": "outra"}, {}, {"category": "banco", "records_possible": True}):
        with pytest.raises(ImportConfirmedError):
            await importing.confirm(import_id, **how)


async def test_the_same_file_read_in_another_way_takes_the_place_of_the_one_that_waits(importing):
    first = await importing.begin(HEADER, BREAD, key="k-1")
    assert await importing.begin(HEADER, BREAD, key="k-1") == first
    with pytest.raises(IdempotencyKeyReusedError):
        await importing.begin(HEADER, BREAD, key="k-1", columns=MEANT)
    second = await importing.begin(HEADER, BREAD, columns=MEANT)
    assert await importing.begin(HEADER, BREAD, columns=MEANT) == second != first
    with pytest.raises(ImportNotFoundError):
        await importing.get(first)
    assert await importing.lines.page("padaria", first, [], 0, 10) == []


async def test_what_is_being_read_is_not_taken_the_place_of(importing):
    content = b"day;amount\n" + BREAD.encode()
    upload = Upload("extrato.txt", hashlib.sha256(content).digest())
    await importing.preview.begin("padaria", upload, io.BytesIO(content))
    with pytest.raises(ImportNotReadyError):
        await importing.begin(HEADER, BREAD, columns=MEANT)


NET = "2026-11-20;9.00;Pix 1;;;;;10.00"
GROSS = "2026-11-20;10.00;Pix 1;;;;;9.00"


async def test_a_sale_recorded_without_its_fee_apart_may_be_recorded_where_it_comes_with_it(importing):
    assert await importing.record_all(NET) == [NEW]
    assert await importing.record_all(NET) == [DUPLICATE]
    import_id = await importing.begin(GROSS, BREAD, fees_apart=True)
    (entry,) = [each.entry for each in (await importing.entries.page("padaria", EntryFilter(), None, 100))]
    first, second = await importing.lines.page("padaria", import_id, [], 0, 10)
    assert (first.status, first.duplicate_of, second.status) == (POSSIBLE, entry.id, NEW)


async def test_and_the_other_way_about(importing):
    assert await importing.record_all(GROSS, GROSS) == [NEW, NEW]
    assert await importing.record_all(GROSS, GROSS) == [DUPLICATE, DUPLICATE]
    assert await importing.record_all(NET, NET, MILK) == [POSSIBLE, POSSIBLE, NEW]
    assert len(await importing.recorded()) == 3


async def test_the_same_file_with_fees_apart_is_another_import(importing):
    first = await importing.begin(NET)
    assert await importing.begin(NET, fees_apart=True) != first
