"""Stream, read model and cache together: each entry counts once, whatever goes wrong on the way."""

import asyncio
import random
from collections import Counter
from datetime import date, timedelta

import asyncpg
import pytest
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)


async def drain(project, member, limit: int = 100) -> int:
    """Project until nothing new comes; returns how many entries were applied."""
    applied, quiet = 0, 0
    while quiet < 2:
        deliveries = await member.read(limit, 0.05)
        quiet = 0 if deliveries else quiet + 1
        applied += (await project(project.decode(deliveries))).applied
        await project.make_visible()
        await project.acknowledge_visible()
    return applied


async def test_a_projector_that_dies_before_it_acknowledges_is_followed_by_one_that_counts_nothing_twice(
    projecting, member, stream, cache, cache_client, recorded, day_totals, eventually
):
    await stream.publish(*(recorded("m1", NOV_22, credit=1) for _ in range(10)))
    dying, project = member("p1"), projecting("p1")
    await dying.read(100, 0.05)
    await project(project.decode(await dying.read(100, 0.05)))  # applied; neither told the cache nor acknowledged

    # A reader has filled the cache meanwhile, from what it read before the commit.
    balance_cache = RedisBalanceCache(cache_client)
    lease = (await balance_cache.look_up("m1", "2026-11-22")).lease
    await balance_cache.store("m1", "2026-11-22", b"old", lease)

    assert await drain(projecting("p1"), member("p1")) == 0
    assert (await balance_cache.look_up("m1", "2026-11-22")).answer is None
    assert await day_totals() == {("m1", NOV_22): (10, 0, 10)}
    await eventually(stream.is_acknowledged)


async def test_a_stream_that_was_lost_and_published_again_counts_nothing_twice(
    projecting, member, stream, streams, recorded, day_totals
):
    entries = [recorded("m1", NOV_22, credit=1) for _ in range(20)]
    project, events = projecting("p1"), member("p1")
    await stream.publish(*entries[:10])
    assert await drain(project, events) == 10
    await streams.flushdb()
    await stream.publish(*entries)
    assert await drain(project, events) == 10
    assert await day_totals() == {("m1", NOV_22): (20, 0, 20)}


async def test_two_projectors_with_overlapping_deliveries_apply_5000_events_once(
    projecting, member, stream, recorded, day_totals, eventually
):
    days = [NOV_22 - timedelta(days=offset) for offset in range(60)]
    entries = [recorded(f"m{number % 20}", days[number % 60], credit=number + 1) for number in range(5_000)]
    doubled = random.Random(22).sample(entries + entries[:1_000], 6_000)
    for start in range(0, len(doubled), 500):
        await stream.publish(*doubled[start : start + 500])

    async def work(consumer: str) -> int:
        project, events = projecting(consumer), member(consumer)
        chance, applied, quiet = random.Random(consumer), 0, 0
        while quiet < 3:
            deliveries = await events.take_over(200, idle_s=0) + await events.read(200, 0.05)
            quiet = 0 if deliveries else quiet + 1
            applied += (await project(project.decode(deliveries))).applied
            if deliveries and chance.random() < 0.3:
                # It dies here, applied and not acknowledged: these are due again, for whoever comes first.
                await stream.age(consumer, *(each.stream_id for each in deliveries), idle_s=3_600)
                project = projecting(consumer)
            await project.make_visible()
            await project.acknowledge_visible()
        return applied

    assert sum(await asyncio.gather(work("p1"), work("p2"))) == 5_000
    expected = Counter()
    for entry in entries:
        expected[entry.merchant_id, entry.business_date] += entry.credit_minor
    assert {key: credits_minor for key, (credits_minor, _, _) in (await day_totals()).items()} == expected
    await eventually(stream.is_acknowledged)


async def test_a_bug_that_hits_one_event_ends_in_one_dead_letter(
    projecting, member, stream, balances_database, pool, recorded, day_totals, eventually
):
    ids = await stream.publish(*(recorded(merchant, NOV_22, credit=1) for merchant in ("m1", "cursed", "m2")))
    owner = await asyncpg.connect(balances_database.owner_url)
    await owner.execute(
        """
        CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.merchant_id = 'cursed' THEN RAISE EXCEPTION 'a bug'; END IF;
            RETURN NEW;
        END $$
        """
    )
    await owner.execute("CREATE TRIGGER curse BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION curse()")
    await owner.close()
    project, events = projecting("p1"), member("p1")
    await events.read(10, 0.05)
    failed = await project(project.decode(await events.read(10, 0.05)))
    assert (failed.applied, [str(failure) for failure in failed.failures]) == (0, ["a bug"])
    assert len(await stream.pending()) == 3

    await stream.age("p1", *ids, idle_s=3_600, deliveries=7)
    tried_alone = await project(project.decode(await events.take_over(10, idle_s=30)))
    await project.make_visible()
    await project.acknowledge_visible()
    assert tried_alone.applied == 2
    assert [(letter["stream_id"], letter["reason"]) for letter in await stream.dead_letters()] == [(ids[1], "a bug")]
    assert set(await day_totals()) == {("m1", NOV_22), ("m2", NOV_22)}
    await eventually(stream.is_acknowledged)
