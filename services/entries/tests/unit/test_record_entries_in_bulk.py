from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.application.recording.record_entries_in_bulk import BulkItem
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.errors import (
    IdempotencyKeyRepeatedError,
    IdempotencyKeyReusedError,
    RejectedFieldsError,
    RejectedItemsError,
    ReusedKeysError,
)

pytestmark = pytest.mark.anyio


def item(key: str, amount_minor: int = 100, day: date | None = None) -> BulkItem:
    return BulkItem(key, Draft(Direction.CREDIT, Decimal(amount_minor).scaleb(-2), "Venda", business_date=day))


TOO_LATE = date(2026, 11, 23)


@pytest.fixture
def atomic(service):
    return lambda *items: service.use_cases.record_entries_in_bulk.atomic("padaria", items, traceparent="")


@pytest.fixture
def partial(service):
    return lambda *items: service.use_cases.record_entries_in_bulk.partial("padaria", items, traceparent="")


async def test_atomic_records_all_in_the_order_given(service, atomic):
    answers = await atomic(item("b", 2), item("a", 1), item("c", 3))
    assert [answer.entry.amount_minor for answer in answers] == [2, 1, 3]
    assert len(service.entries) == 3


async def test_atomic_records_none_when_items_break_a_rule_and_names_them_all(service, atomic):
    with pytest.raises(RejectedItemsError) as refused:
        await atomic(item("a"), item("b", day=TOO_LATE), item("c"), item("d", day=TOO_LATE))
    assert list(refused.value.rejections) == [1, 3]
    assert service.entries == []


async def test_a_key_of_two_items_is_told_from_one_of_an_earlier_request(service, atomic, partial):
    await atomic(item("used", 1))
    items = [item("used", 2), item("b", 1), item("b", 2), item("used", 3), item("b", 1), item("b", 3)]
    with pytest.raises(ReusedKeysError) as refused:
        await atomic(*items)
    assert {index: getattr(each, "first", None) for index, each in refused.value.reused.items()} == {
        0: None, 2: 1, 3: None, 5: 1
    }  # fmt: skip
    results = await partial(*items)
    assert [getattr(each, "first", None) for each in results] == [None, None, 1, None, None, 1]
    assert [type(each) for each in results if not isinstance(each, Outcome)] == [
        IdempotencyKeyReusedError, IdempotencyKeyRepeatedError, IdempotencyKeyReusedError, IdempotencyKeyRepeatedError
    ]  # fmt: skip
    assert len(service.entries) == 2


async def test_atomic_sent_again_replays_all_even_when_a_rule_refuses_them_now(service, atomic):
    items = [item("a", day=date(2026, 11, 22)), item("b")]
    first = await atomic(*items)
    service.clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    again = await atomic(*items)
    assert [answer.entry for answer in again] == [answer.entry for answer in first]
    assert all(answer.replayed for answer in again)


async def test_a_reused_key_under_a_rejected_item_still_records_none(service, atomic):
    await atomic(item("a", 1))
    with pytest.raises(RejectedItemsError):
        await atomic(item("b"), item("a", 2, day=TOO_LATE))
    assert len(service.entries) == 1


async def test_an_item_twice_with_one_key_is_one_entry(service, atomic):
    first, second = await atomic(item("a"), item("a"))
    assert second.entry == first.entry
    assert second.replayed
    assert len(service.entries) == 1


async def test_partial_records_what_it_can_and_says_why_not_for_each_other(service, partial):
    await partial(item("used", 1))
    results = await partial(item("a"), item("b", day=TOO_LATE), item("used", 2), item("used", 1), item("c"))
    assert [type(result) for result in results] == [
        Outcome, RejectedFieldsError, IdempotencyKeyReusedError, Outcome, Outcome
    ]  # fmt: skip
    assert results[3].replayed
    assert len(service.entries) == 3


async def test_partial_replays_a_stored_item_that_a_rule_refuses_now(service, partial):
    stored = item("a", day=date(2026, 11, 22))
    await partial(stored)
    service.clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    (again,) = await partial(stored)
    assert again.replayed


async def test_an_item_of_a_bulk_sent_alone_is_the_same_request(service, atomic):
    (in_bulk,) = await atomic(item("a"))
    alone = await service.use_cases.record_entry("padaria", item("a").draft, idempotency_key="a", traceparent="")
    assert alone.replayed
    assert alone.entry == in_bulk.entry
