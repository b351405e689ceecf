"""What an operator does with events that could not be applied, over real servers."""

import hashlib
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.dead_letters import PAGE, RedisDeadLetters
from fluxo_balances.application.ports import CacheUnavailableError, ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import Delivery, RecordedEntry
from fluxo_balances.application.projecting.redrive_dead_letter import RedriveDeadLetter
from fluxo_balances.entrypoints.dead_letters import DeadLetterCommands
from fluxo_chassis.process import SystemClock
from fluxo_contracts import merchant_changed
from fluxo_contracts.envelope import encode
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM

from tests.harness.processes import clean_environment

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)


@pytest.fixture
def letters(streams_client) -> RedisDeadLetters:
    return RedisDeadLetters(streams_client)


@pytest.fixture
def ask(letters, pool, cache, cache_client):
    """Ask the commands for something, and get its lines: `await ask("redrive", [letter_id])`."""

    async def ask(action: str, letter_ids: list[str] | None, **replaced: object) -> list[dict]:
        parts = {
            "letters": letters,
            "projection": PostgresProjection(pool),
            "answers": RedisBalanceCache(cache_client),
            "clock": SystemClock(),
            "decode": EventReader().told_by,
        }
        out = io.BytesIO()
        commands = DeadLetterCommands(letters, RedriveDeadLetter(**(parts | replaced)), out)
        await getattr(commands, action)(letter_ids)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return ask


@pytest.fixture
def dead_letter(projecting, member, stream):
    """Publish an event, let a projector dead_letter it, and return the letter's id."""

    async def dead_letter(event: bytes | RecordedEntry) -> str:
        events, project = member("p1"), projecting("p1")
        await events.read(1, 0.01)
        await (stream.publish_raw(event=event) if isinstance(event, bytes) else stream.publish(event))
        await project(project.decode([each for _ in range(2) for each in await events.read(10, 0.05)]))
        ((letter_id, _),) = await stream.client.xrevrange(ENTRIES_DEAD_LETTERS_STREAM, count=1)
        return letter_id.decode()

    return dead_letter


@pytest.fixture
async def refused(pool, recorded, dead_letter):
    """A letter whose cause can be mended: an entry that is not in its merchant's currency, as it was noted wrongly."""
    entry = recorded("m1", NOV_22, credit=150)
    await pool.execute("INSERT INTO merchants VALUES ('m1', 'USD', now())")
    letter_id = await dead_letter(entry)

    async def mend() -> None:
        await pool.execute("UPDATE merchants SET currency = 'BRL'")

    return letter_id, entry, mend


async def test_letters_are_listed_oldest_first_with_what_they_say_about_themselves(ask, refused, dead_letter):
    letter_id, entry, _ = refused
    garbage = await dead_letter(b"\xffgarbage")

    first, second = await ask("show", None)

    assert first | {"buried_at": ""} == {
        "id": letter_id,
        "buried_at": "",
        "reason": "The entry's currency is not the merchant's.",
        "stream_id": first["stream_id"],
        "deliveries": 1,
        "redrives": 0,
        "redriven_at": None,
        "entry_id": str(entry.id),
        "merchant_id": "m1",
        "recorded_at": entry.recorded_at.isoformat().replace("+00:00", "Z"),
    }
    assert datetime.now(UTC) - datetime.fromisoformat(first["buried_at"]) < timedelta(minutes=1)
    assert (second["id"], second["entry_id"], second["merchant_id"]) == (garbage, None, None)


async def test_one_letter_is_shown_with_its_event_even_when_it_is_no_text(ask, dead_letter):
    letter_id = await dead_letter(b"\xffgarbage")
    (shown,) = await ask("show", [letter_id])
    assert shown["event"] == "\\xffgarbage"
    assert shown["sha256"] == hashlib.sha256(b"\xffgarbage").hexdigest()


@pytest.mark.parametrize("letter_id", ["1-1", "nonsense", "-", "99999999999999999999999-0"])
@pytest.mark.parametrize("action", ["show", "redrive", "discard"])
async def test_a_letter_that_is_not_there_is_said_to_be_missing(ask, streams, action, letter_id):
    assert await ask(action, [letter_id]) == [{"id": letter_id, "outcome": "missing"}]


async def test_more_letters_than_a_page_are_all_listed(ask, streams):
    async with streams.pipeline() as pipeline:
        for number in range(PAGE + 5):
            pipeline.xadd(ENTRIES_DEAD_LETTERS_STREAM, {"reason": str(number)})
        await pipeline.execute()
    assert [letter["reason"] for letter in await ask("show", None)] == [str(number) for number in range(PAGE + 5)]


async def test_a_letter_whose_cause_is_mended_is_applied_and_gone(ask, refused, day_totals, cache):
    letter_id, _, mend = refused
    await mend()
    await cache.hset("balances:m1", "2026-11-22", "old")

    assert await ask("redrive", [letter_id]) == [{"id": letter_id, "outcome": "applied", "reason": None}]

    assert await day_totals() == {("m1", NOV_22): (150, 0, 1)}
    assert await cache.exists("balances:m1") == 0
    assert await ask("show", None) == []


async def test_redriving_twice_counts_once(ask, refused, day_totals):
    letter_id, _, mend = refused
    await mend()
    await ask("redrive", [letter_id])
    assert await ask("redrive", [letter_id]) == [{"id": letter_id, "outcome": "missing"}]
    assert await day_totals() == {("m1", NOV_22): (150, 0, 1)}


async def test_a_crash_between_applying_and_removing_counts_nothing_twice(ask, refused, day_totals, cache, letters):
    letter_id, _, mend = refused
    await mend()

    class CrashError(Exception):
        pass

    class DiesBeforeItRemoves(RedisDeadLetters):
        async def remove(self, letter_id: str) -> bool:
            raise CrashError

    with pytest.raises(CrashError):
        await ask("redrive", [letter_id], letters=DiesBeforeItRemoves(letters._redis))
    assert await day_totals() == {("m1", NOV_22): (150, 0, 1)}
    await cache.hset("balances:m1", "2026-11-22", "old")

    (line,) = await ask("redrive", [letter_id])

    assert line["outcome"] == "applied-before"
    assert await day_totals() == {("m1", NOV_22): (150, 0, 1)}
    assert await cache.exists("balances:m1") == 0
    assert await ask("show", None) == []


async def test_a_letter_that_fails_again_stays_with_the_new_reason_and_is_counted(ask, refused):
    letter_id, _, _ = refused

    def broken(_delivery: Delivery):
        raise ValueError("The decoder is broken.")

    for _ in range(2):
        (line,) = await ask("redrive", [letter_id], decode=broken)
        assert line == {"id": letter_id, "outcome": "failed", "reason": "The decoder is broken."}

    (shown,) = await ask("show", None)
    assert (shown["reason"], shown["redrives"]) == ("The decoder is broken.", 2)
    assert datetime.now(UTC) - datetime.fromisoformat(shown["redriven_at"]) < timedelta(minutes=1)
    (line,) = await ask("redrive", [letter_id])
    assert line["reason"] == "The entry's currency is not the merchant's."


async def test_all_are_redriven_and_one_that_fails_hinders_no_other(ask, dead_letter, recorded, day_totals, refused):
    _, _, mend = refused
    garbage = await dead_letter(b"garbage")
    late = recorded("m1", NOV_22, debit=50)
    await dead_letter(late)
    await mend()

    outcomes = [line["outcome"] for line in await ask("redrive", None)]

    assert outcomes == ["applied", "failed", "applied"]
    assert await day_totals() == {("m1", NOV_22): (150, 50, 2)}
    assert [letter["id"] for letter in await ask("show", None)] == [garbage]


async def test_an_event_older_than_the_inbox_remembers_is_refused_with_the_way_out(
    ask, dead_letter, recorded, day_totals
):
    old = recorded("m1", NOV_22, credit=150, at=datetime.now(UTC) - timedelta(days=41))
    letter_id = await dead_letter(old)

    (line,) = await ask("redrive", [letter_id])

    assert line["outcome"] == "too-old"
    assert "run `fluxo rebuild`" in line["reason"]
    assert await day_totals() == {}
    assert len(await ask("show", None)) == 1


async def test_an_event_of_the_far_future_is_not_redriven_before_its_time(ask, dead_letter, recorded, day_totals):
    letter_id = await dead_letter(recorded("m1", NOV_22, credit=150, at=datetime.now(UTC) + timedelta(days=400)))
    (line,) = await ask("redrive", [letter_id])
    assert (line["outcome"], "more than a year ahead" in line["reason"]) == ("failed", True)
    assert await day_totals() == {}


async def test_a_letter_from_before_its_type_was_skipped_is_skipped_now_and_goes(ask, streams, day_totals):
    event = b'{"type": "fluxo.merchant.closed.v1"}'
    letter_id = (await streams.xadd(ENTRIES_DEAD_LETTERS_STREAM, {"event": event, "reason": "$.type"})).decode()
    (line,) = await ask("redrive", [letter_id])
    assert (line["outcome"], "not read" in line["reason"]) == ("skipped", True)
    assert await ask("show", None) == []
    assert await day_totals() == {}


async def test_a_merchants_settings_are_redriven_at_any_age_and_leave_later_ones(ask, streams, pool):
    async def redriven(event):
        fields = {"event": encode(event), "reason": "a bug"}
        letter_id = (await streams.xadd(ENTRIES_DEAD_LETTERS_STREAM, fields)).decode()
        (line,) = await ask("redrive", [letter_id])
        return line["outcome"], await pool.fetchval("SELECT changed_at FROM merchant_settings")

    now = merchant_changed.EXAMPLE
    long_ago = msgspec.structs.replace(now, time=now.time - timedelta(days=400))
    assert await redriven(long_ago) == ("applied", long_ago.time)
    assert await redriven(now) == ("applied", now.time)
    assert await redriven(long_ago) == ("applied-before", now.time)
    assert await ask("show", None) == []


async def test_an_event_whose_age_is_unknown_is_not_applied(ask, dead_letter, recorded, day_totals):
    undated = recorded("m1", NOV_22, credit=150)._replace(id=uuid4())
    letter_id = await dead_letter(undated)
    (line,) = await ask("redrive", [letter_id])
    assert (line["outcome"], line["reason"]) == ("failed", "The entry's id is no UUIDv7, so its age is unknown.")
    assert await day_totals() == {}


async def test_a_server_that_is_unavailable_is_no_failure_of_the_letter(ask, refused):
    letter_id, _, mend = refused

    class DatabaseIsAway:
        async def apply(self, entries):
            raise ReadModelUnavailableError

    class CacheIsAway:
        async def invalidate(self, merchant_ids):
            raise CacheUnavailableError

    class ForgetsWhatItApplied:
        async def apply(self, entries):
            return len(entries)

        async def confirm(self, entry_ids):
            return False

    with pytest.raises(ReadModelUnavailableError):
        await ask("redrive", [letter_id], projection=DatabaseIsAway())
    with pytest.raises(ReadModelUnavailableError):
        await ask("redrive", [letter_id], projection=ForgetsWhatItApplied())
    await mend()
    with pytest.raises(CacheUnavailableError):
        await ask("redrive", [letter_id], answers=CacheIsAway())

    (shown,) = await ask("show", None)
    assert (shown["redrives"], shown["reason"]) == (0, "The entry's currency is not the merchant's.")
    (line,) = await ask("redrive", [letter_id])
    assert line["outcome"] == "applied-before"


async def test_discarding_removes_the_letter_and_its_notes_and_tells_what_went(ask, dead_letter, streams):
    letter_id = await dead_letter(b"garbage")
    await ask("redrive", [letter_id])

    (line,) = await ask("discard", [letter_id])

    digest = hashlib.sha256(b"garbage").hexdigest()
    assert line == {"id": letter_id, "outcome": "discarded", "sha256": digest}
    assert await streams.keys("*dead*:*") == []
    assert await ask("show", None) == []


async def test_a_failure_of_a_letter_that_is_gone_leaves_no_notes(letters, streams):
    await letters.note_failure("1-1", "why", datetime.now(UTC))
    assert await streams.keys("*") == []


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fluxo_balances", "dead-letters", *arguments]
    environment = clean_environment() | {f"FLUXO_{name}": value for name, value in variables.items()}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def urls(balances_database, streams_url, cache_url) -> dict[str, str]:
    return {"BALANCES_DATABASE_URL": balances_database.url, "STREAMS_URL": streams_url, "CACHE_URL": cache_url}


async def test_the_process_answers_on_standard_output_and_logs_what_it_discards_on_the_other(dead_letter, urls):
    letter_id = await dead_letter(b"garbage")

    ended = run("discard", letter_id, **urls)

    assert ended.returncode == 0, ended.stderr
    (line,) = map(json.loads, ended.stdout.splitlines())
    assert line["outcome"] == "discarded"
    assert line["sha256"] in ended.stderr
    assert json.loads(run("show", "--all", **urls).stdout or "null") is None


@pytest.mark.parametrize(
    ("away", "sentence"),
    [
        ("BALANCES_DATABASE_URL", "The balances database cannot be reached"),
        ("STREAMS_URL", "The streams server cannot be reached"),
        ("CACHE_URL", "The cache cannot be reached"),
    ],
)
async def test_a_server_that_is_unavailable_is_named_without_its_password(
    dead_letter, recorded, pool, urls, away, sentence
):
    await pool.execute("INSERT INTO merchants VALUES ('m1', 'USD', now())")
    await dead_letter(recorded("m1", NOV_22, credit=150))
    await pool.execute("UPDATE merchants SET currency = 'BRL'")
    scheme = "postgresql" if "DATABASE" in away else "redis"

    ended = run("redrive", "--all", **(urls | {away: f"{scheme}://user:s3cret@127.0.0.1:9/0"}))

    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "s3cret" not in ended.stderr
