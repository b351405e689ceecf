import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from fluxo_entries.application.recording.merchant_settings import MerchantChange
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.errors import IdempotencyKeyReusedError, RejectedFieldsError

pytestmark = pytest.mark.anyio

SALE = Draft(Direction.CREDIT, Decimal("150.00"), "Venda balcão", "vendas")


@pytest.fixture
def record(service):
    async def record(draft=SALE, key="k1", merchant="padaria"):
        return await service.use_cases.record_entry(merchant, draft, idempotency_key=key, traceparent="00-trace")

    return record


async def test_the_same_key_with_another_body_is_refused(service, record):
    await record()
    others = [
        SALE._replace(amount=Decimal("150.01")),
        SALE._replace(direction=Direction.DEBIT),
        SALE._replace(description="Venda"),
        SALE._replace(category=None),
        SALE._replace(currency="BRL"),
        SALE._replace(business_date=date(2026, 11, 22)),
    ]
    for other in others:
        with pytest.raises(IdempotencyKeyReusedError):
            await record(other)
    assert len(service.entries) == 1


async def test_of_many_at_once_with_one_key_one_is_recorded_and_all_get_its_entry(service, record):
    answers = await asyncio.gather(*(record() for _ in range(20)))
    assert len({answer.entry.id for answer in answers}) == len(service.entries) == 1


async def test_a_retry_after_midnight_is_the_same_request(service, record):
    service.clock.set(datetime(2026, 11, 23, 2, 59, tzinfo=UTC))
    first = await record()
    service.clock.advance(minutes=2)
    again = await record()
    assert again.replayed
    assert again.entry.business_date == first.entry.business_date == date(2026, 11, 22)


async def test_what_was_recorded_once_is_replayed_even_if_a_rule_refuses_it_now(service, record):
    dated = SALE._replace(business_date=date(2026, 11, 22))
    first = await record(dated)
    service.clock.set(datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert (await record(dated)).entry == first.entry
    with pytest.raises(IdempotencyKeyReusedError):
        await record(dated._replace(amount=Decimal("0.01")))
    with pytest.raises(RejectedFieldsError):
        await record(dated, key="k2")


async def test_what_was_refused_once_may_be_sent_again_when_its_day_has_come(service, record):
    tomorrow = SALE._replace(business_date=date(2026, 11, 23))
    with pytest.raises(RejectedFieldsError):
        await record(tomorrow)
    service.clock.advance(days=1)
    assert not (await record(tomorrow)).replayed


async def test_another_time_zone_moves_today(service, record):
    await service.use_cases.change_merchant("padaria", MerchantChange(time_zone="Pacific/Kiritimati"))
    assert (await record()).entry.business_date == date(2026, 11, 23)
