from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.application.reading.await_entry import RECENT, AwaitEntry, NotYetConsolidatedError
from fluxo_balances.domain.inbox import REMEMBERED_FOR

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Answers:
    is_unavailable: bool = False
    invalidated: list[str] = field(default_factory=list)

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        self.invalidated += merchant_ids
        if self.is_unavailable:
            raise CacheUnavailableError


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def await_entry(memory_consolidation, answers) -> AwaitEntry:
    return AwaitEntry(memory_consolidation, answers, FixedClock())


@pytest.mark.parametrize("is_unavailable", [False, True])
async def test_who_has_seen_an_entry_sees_it_from_then_on_though_the_projector_removes_answers_later(
    await_entry, memory_consolidation, answers, uuid7, is_unavailable
):
    answers.is_unavailable = is_unavailable
    entry_id = uuid7(NOW)
    memory_consolidation.applied.add(("m1", entry_id))
    await await_entry("m1", entry_id)
    assert answers.invalidated == ["m1"]


async def test_an_entry_that_does_not_come_is_waited_for_two_seconds(await_entry, memory_consolidation, answers, uuid7):
    with pytest.raises(NotYetConsolidatedError):
        await await_entry("m1", uuid7(NOW))
    assert memory_consolidation.waited_s == [2.0]
    assert answers.invalidated == []


async def test_an_entry_older_than_the_inbox_remembers_is_not_waited_for(await_entry, memory_consolidation, uuid7):
    await await_entry("m1", uuid7(NOW - REMEMBERED_FOR - timedelta(seconds=1)))
    assert memory_consolidation.waited_s == []


@pytest.mark.parametrize("made", [None, -RECENT, RECENT], ids=["who knows when", "a while ago", "in the future"])
async def test_an_id_that_is_not_of_the_last_minutes_is_looked_for_once(
    await_entry, memory_consolidation, answers, uuid7, made
):
    entry_id = uuid4() if made is None else uuid7(NOW + made + made / 100)
    with pytest.raises(NotYetConsolidatedError):
        await await_entry("m1", entry_id)
    memory_consolidation.applied.add(("m1", entry_id))
    await await_entry("m1", entry_id)
    assert memory_consolidation.waited_s == [0, 0]
    assert answers.invalidated == ["m1"]
