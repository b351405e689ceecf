"""Events that the entries service did not sign change nothing, wherever in the streams server they were put."""

import io
import json
from datetime import date

import pytest
from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.dead_letters import RedisDeadLetters
from fluxo_balances.application.projecting.redrive_dead_letter import RedriveDeadLetter
from fluxo_balances.entrypoints.dead_letters import DeadLetterCommands
from fluxo_chassis.process import SystemClock
from fluxo_contracts import api_key_changed
from fluxo_contracts.envelope import encode
from fluxo_contracts.signatures import EventKeys
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM

from services.balances.tests.adapters.conftest import event_of

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)
KEYS = EventKeys("n" * 32, "o" * 32)
OLD, STRANGE = EventKeys("o" * 32), EventKeys("s" * 32)
UNSIGNED = "The event is not signed."
FOREIGN = "The event's signature is of none of the keys, or of another event."


@pytest.fixture
def project(projecting, member):
    """Project what waits, with the keys given."""

    async def run(keys):
        events = member("p1")
        await events.read(1, 0.01)  # makes the group
        read = await events.read(10, 0.1)
        projector = projecting("p1", events=events, decode=EventReader(keys).told_by)
        await projector(projector.decode(read))
        await projector.make_visible()
        await projector.acknowledge_visible()
        await events.read(1, 0.01)  # takes the acknowledgement along

    return run


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with", "without"])
async def test_only_what_is_signed_is_applied(keys, project, stream, recorded, day_totals):
    signed, rotated, forged, copied, bare = [event_of(recorded("m1", NOV_22, credit=100)) for _ in range(5)]
    await stream.publish_raw(event=signed, signature=KEYS.sign(signed))
    await stream.publish_raw(event=rotated, signature=OLD.sign(rotated))
    await stream.publish_raw(event=forged, signature=STRANGE.sign(forged))
    await stream.publish_raw(event=copied, signature=KEYS.sign(signed))
    await stream.publish_raw(event=bare)

    await project(keys)

    ((_, _, count),) = (await day_totals()).values()
    assert count == (2 if keys else 5), "without keys whoever may write there writes balances"
    letters = await stream.dead_letters()
    assert [letter["reason"] for letter in letters] == ([FOREIGN, FOREIGN, UNSIGNED] if keys else [])
    assert [letter.get("signature") for letter in letters] == (
        [STRANGE.sign(forged).decode(), KEYS.sign(signed).decode(), None] if keys else []
    )
    assert await stream.is_acknowledged()


async def test_a_forged_letter_is_not_redriven_and_a_signed_one_is(
    pool, streams_client, streams, cache_client, recorded, day_totals
):
    letters = RedisDeadLetters(streams_client)
    redrive = RedriveDeadLetter(
        letters, PostgresProjection(pool), RedisBalanceCache(cache_client), SystemClock(), EventReader(KEYS).told_by
    )
    out = io.BytesIO()
    signed, forged = [event_of(recorded("m1", NOV_22, credit=100)) for _ in range(2)]
    for fields in ({"event": signed, "signature": KEYS.sign(signed)}, {"event": forged}):
        await streams.xadd(ENTRIES_DEAD_LETTERS_STREAM, {"reason": "?", "stream_id": "1-1", "deliveries": 1} | fields)

    await DeadLetterCommands(letters, redrive, out).redrive(None)

    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(answer["outcome"], answer["reason"]) for answer in answers] == [("applied", None), ("failed", UNSIGNED)]
    ((_, _, count),) = (await day_totals()).values()
    assert count == 1


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with", "without"])
async def test_an_api_key_is_taken_only_where_events_are_signed(keys, project, stream, pool):
    event = encode(api_key_changed.EXAMPLE)
    await stream.publish_raw(event=event, signature=KEYS.sign(event))
    await stream.publish_raw(event=event)

    await project(keys)

    assert await pool.fetchval("SELECT count(*) FROM api_keys") == (1 if keys else 0)
    reasons = [letter["reason"] for letter in await stream.dead_letters()]
    assert len(reasons) == (1 if keys else 2)
    assert keys or all("FLUXO_EVENTS_KEY" in reason for reason in reasons)
