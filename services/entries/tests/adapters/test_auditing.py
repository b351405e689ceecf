"""Events lost from the middle of the stream, in every way that operators know, come again; and nothing else does."""

import pytest
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_entries.adapters.redis import entries_stream
from fluxo_entries.application.publishing.measure_outbox import MeasureGroups

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(line):
    """Twelve events: three acknowledged, three delivered, the rest unread; the stream trimmed as far as it may be."""
    await line.send(12)
    await line.make_group()
    await line.consume(3)
    await line.read(3)
    assert (await line.purge()).stream_entries_trimmed == 3
    assert await line.audit() is None
    return line


async def trim_unread(line):
    await line.client.xtrim(ENTRIES_STREAM, minid=(await line.stream_ids())[-2], approximate=False)


async def trim_everything(line):
    await line.client.xtrim(ENTRIES_STREAM, maxlen=0, approximate=False)


async def trim_delivered(line):
    await line.client.xtrim(ENTRIES_STREAM, minid=(await line.stream_ids())[1], approximate=False)


async def trim_delivered_and_a_consumer_gives_them_up(line):
    # Died before it applied them; the next one finds them gone, and acknowledges what it cannot have.
    line.received = line.received[:3]
    await trim_delivered(line)
    await line.acknowledge(await line.read(again=True))


async def delete_unread(line):
    await line.client.xdel(ENTRIES_STREAM, (await line.stream_ids())[-2])


async def delete_the_last(line):
    await line.client.xdel(ENTRIES_STREAM, (await line.stream_ids())[-1])


async def delete_unread_and_the_group_reads_on(line):
    await delete_unread(line)
    await line.acknowledge(await line.read())
    await line.acknowledge(await line.read(again=True))


async def make_the_group_at_the_end(line):
    await line.client.xgroup_destroy(ENTRIES_STREAM, line.group)
    await line.make_group("$")


async def set_the_group_to_the_end(line):
    await line.client.xgroup_setid(ENTRIES_STREAM, line.group, "$")


async def set_the_stream_ahead(line):
    await line.set_stream_ahead()


async def set_the_group_back_behind_the_trimmed(line):
    line.received.clear()
    await line.client.xgroup_setid(ENTRIES_STREAM, line.group, "0")


async def make_the_group_anew(line):
    line.received.clear()
    await line.client.xgroup_destroy(ENTRIES_STREAM, line.group)
    await line.make_group()


LOSSES = {
    trim_unread: "trimmed",
    trim_everything: "trimmed",
    trim_delivered: "trimmed",
    trim_delivered_and_a_consumer_gives_them_up: "trimmed",
    delete_unread: "deleted",
    delete_the_last: "deleted",
    delete_unread_and_the_group_reads_on: "deleted",
    make_the_group_at_the_end: "skipped by group group",
    set_the_group_to_the_end: "skipped by group group",
    set_the_stream_ahead: "missing at the stream's end",
}
SET_BACK = {set_the_group_back_behind_the_trimmed: "trimmed", make_the_group_anew: "trimmed"}
"""Nothing is lost here: the group had acknowledged what was trimmed. It is given it again all the same."""


@pytest.mark.parametrize("lose", LOSSES | SET_BACK, ids=lambda lose: lose.__name__)
async def test_what_was_lost_comes_again_and_is_noticed_once(line, lose):
    await lose(line)
    await line.purge()

    gap = await line.audit()

    assert gap is not None
    assert gap.reason.startswith((LOSSES | SET_BACK)[lose])
    assert await line.audit() is None, "before it is published again"
    for _ in await line.publish():
        assert await line.audit() is None
    await line.consume()
    assert set(line.received) == await line.recorded_ids()
    assert await line.generation() == 2
    assert await line.audit() is None
    await line.acknowledge(await line.read(again=True))
    await line.purge()
    assert await line.audit() is None


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_it_comes_again_however_soon_the_traffic_goes_on(line, lose):
    await lose(line)
    await line.send(2)
    await line.consume(3)
    await line.send(2)
    await line.acknowledge(await line.read(again=True))
    await line.purge()

    for _ in range(3):
        await line.audit()
        await line.publish()
        await line.purge()
    await line.consume()

    assert set(line.received) == await line.recorded_ids()
    assert await line.generation() == 2
    assert await line.audit() is None


async def test_without_a_group_all_must_be_there_that_was_not_trimmed_for_the_last_one(line):
    await line.client.xgroup_destroy(ENTRIES_STREAM, line.group)
    assert await line.audit() is None
    await trim_unread(line)
    assert (await line.audit()).reason.startswith("trimmed")


async def test_a_group_at_the_end_of_a_stream_that_everybody_read_skips_nothing(line):
    await line.consume()
    await line.acknowledge(await line.read(again=True))
    await line.purge()
    await make_the_group_at_the_end(line)
    assert await line.audit() is None
    await line.record(1)
    assert {step.gap for step in await line.publish()} == {None}
    assert await line.generation() == 1


async def test_a_loss_of_the_whole_stream_is_no_gap(line):
    await line.client.flushdb()
    assert await line.audit() is None
    await line.publish()
    assert await line.audit() is None
    await line.make_group()
    await line.consume()
    await line.purge()
    assert await line.audit() is None
    assert await line.generation() == 1


async def test_a_stream_set_back_to_an_earlier_copy_is_no_gap(line):
    keys = {key: await line.client.dump(key) for key in await line.client.keys()}
    assert len(keys) == 2, "the stream and its mark"
    await line.send(5)
    await line.consume()
    await line.acknowledge(await line.read(again=True))
    await line.purge()
    for key, earlier in keys.items():
        await line.client.restore(key, 0, earlier, replace=True)

    assert await line.audit() is None
    await line.publish()
    assert await line.audit() is None
    assert await line.generation() == 1


@pytest.mark.parametrize("forgets", [True, False], ids=["forgetful", "other"])
async def test_a_server_that_forgets_counts_in_a_restart_has_them_written_down(line, monkeypatch, forgets):
    if forgets:
        monkeypatch.setattr(entries_stream, "FORGETFUL", b"redis_version:")
    await line.consume()
    # What a restart leaves of it: the count at the last audit, while the group went on.
    last = (await line.stream_ids())[-1]
    await line.client.xgroup_setid(ENTRIES_STREAM, line.group, last, entries_read=5)
    await line.client.xgroup_create(ENTRIES_STREAM, "unread", id="0")
    await line.client.xgroup_create(ENTRIES_STREAM, "put at the end", id="$")

    assert (await line.audit()).reason in ("skipped by group put at the end", "trimmed before it was acknowledged")

    forgets = forgets or (await line.client.info("server"))["redis_version"].startswith("7.0.")
    groups = {group["name"]: group for group in await line.client.xinfo_groups(ENTRIES_STREAM)}
    assert groups[b"group"]["entries-read"] == (12 if forgets else 5)
    assert groups[b"group"]["last-delivered-id"] == last
    assert groups[b"unread"]["entries-read"] is groups[b"put at the end"]["entries-read"] is None


async def test_one_relay_at_a_time_audits(line):
    await trim_unread(line)
    async with line.outbox.leadership():
        assert await line.audit() is None
    assert await line.audit() is not None


async def test_how_far_each_group_lags_is_measured_in_time(line, owner):
    await owner.execute("UPDATE outbox SET created_at = created_at - interval '90 s'")
    await line.client.xgroup_create(ENTRIES_STREAM, "finished", id="0")
    await line.client.xreadgroup("finished", "one", {ENTRIES_STREAM: ">"}, noack=True)
    await line.record(1)

    ages_s = await MeasureGroups(line.outbox, line.stream)()

    assert set(ages_s) == {"group", "finished"}
    assert 90 <= ages_s["group"] < 120
    assert ages_s["finished"] == 0
