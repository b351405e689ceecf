import asyncio
from datetime import date
from decimal import Decimal

import pytest
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.errors import (
    EntryAlreadyReversedError,
    IdempotencyKeyReusedError,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sale(service, anyio_backend):
    draft = Draft(Direction.CREDIT, Decimal("150.00"), "Venda", business_date=date(2026, 11, 1))
    answer = await service.use_cases.record_entry("padaria", draft, idempotency_key="sale", traceparent="")
    return answer.entry


@pytest.fixture
def reverse(service, sale):
    async def reverse(entry_id=sale.id, key="r1", reason="Errado", day=None, merchant="padaria"):
        return await service.use_cases.reverse_entry(
            merchant, entry_id, reason, day, idempotency_key=key, traceparent=""
        )

    return reverse


async def test_of_many_at_once_with_one_key_all_get_the_one_reversal(service, reverse):
    answers = await asyncio.gather(*(reverse() for _ in range(10)))
    assert len({answer.entry.id for answer in answers}) == 1
    assert len(service.entries) == 2


async def test_of_many_at_once_with_keys_of_their_own_one_wins(service, reverse):
    results = await asyncio.gather(*(reverse(key=f"r{n}") for n in range(10)), return_exceptions=True)
    assert [type(result) for result in results].count(EntryAlreadyReversedError) == 9
    assert len(service.entries) == 2


async def test_a_retry_that_lost_its_first_answer_midway_still_replays(service, reverse, monkeypatch):
    """The reversal commits between the reading of the original and the writing."""
    append = service.journal.append

    async def append_after_the_first_try_committed(recording):
        monkeypatch.setattr(service.journal, "append", append)
        await append(recording)
        raise EntryAlreadyReversedError(recording.entry.reverses)

    monkeypatch.setattr(service.journal, "append", append_after_the_first_try_committed)
    assert (await reverse()).replayed


async def test_the_key_of_another_request_is_refused_whatever_the_entry_became(reverse):
    await reverse()
    for other in ({"reason": "Outro"}, {"day": date(2026, 11, 2)}):
        with pytest.raises(IdempotencyKeyReusedError):
            await reverse(**other)
    with pytest.raises(IdempotencyKeyReusedError):
        await reverse(key="sale")
