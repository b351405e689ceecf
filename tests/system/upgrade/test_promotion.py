"""PostgreSQL dies, and its standby takes over: what was replicated is counted once, what was not is gone."""

from uuid import uuid4

import httpx2
import redis
from fluxo_cli.operations.reconciliation import Difference
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_local.embedded.probe import ASKS_FOR_PASSWORD, greet_postgres
from fluxo_local.spawn import kill_family

from tests.harness.standby import copy_cluster

XID_BITS = 48
SALE = {"direction": "credit", "amount": "1.00", "description": "Venda"}


class Pair:
    """The fleet's PostgreSQL, and a standby that streams from it."""

    def __init__(self, fleet):
        self.fleet, self.primary = fleet, fleet.postgres
        self.standby = fleet.another_postgres("standby", 61)
        assert copy_cluster(self.primary, self.standby).wait(60) == 0, "basebackup.log says why"
        with (self.standby.directory / "server.log").open("ab") as log:
            self.standby.spawn(log)
        fleet.until(lambda: greet_postgres(self.standby.port) == ASKS_FOR_PASSWORD)
        fleet.until(lambda: self.on_primary("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == 1)
        both = ",".join(f"127.0.0.1:{server.port}" for server in (self.primary, self.standby))
        fleet.databases_at = dict.fromkeys(fleet.databases_at, both)

    def on_primary(self, *statements):
        return self.fleet.ask(self.primary.admin_url, *statements)

    def on_standby(self, *statements):
        return self.fleet.ask(self.standby.admin_url, *statements)

    def make_synchronous(self):
        self.on_primary("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        self.fleet.until(lambda: self.on_primary("SELECT sync_state FROM pg_stat_replication") == "sync")

    def stop_replicating(self):
        """All that is committed so far is replayed; what comes is not even received."""
        position = self.on_primary("SELECT pg_current_wal_flush_lsn()::text")
        self.fleet.until(lambda: self.on_standby(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"))
        self.on_standby("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        self.fleet.until(lambda: self.on_primary("SELECT count(*) FROM pg_stat_replication") == 0)

    def fail_over(self):
        kill_family(self.primary.process)
        self.primary.process.wait()
        assert self.on_standby("SELECT pg_promote()")


def published(fleet, generation):
    """Return the ids of the entries that the stream has in a generation, in its order."""
    with redis.Redis.from_url(fleet.streams.url) as client:
        return [
            str(decode(fields[b"event"]).id)
            for stream_id, fields in client.xrange(ENTRIES_STREAM)
            if int(stream_id.split(b"-")[0]) >> XID_BITS == generation
        ]


def test_what_was_not_yet_replicated_is_lost_and_everything_else_is_published_again_and_counted_once(
    fleet, this_release
):
    pair = Pair(fleet)
    # The balances live in a cluster of their own, so that they know of the entry that the entries service will lose.
    balances_server = fleet.another_postgres("balances", 62)
    balances_server.start()
    fleet.make_database("balances", balances_server)
    fleet.databases_at["balances"] = f"127.0.0.1:{balances_server.port}"
    fleet.migrate(this_release)
    entries, balances, _, projector = fleet.start(this_release, instance=1)
    kept = [fleet.record(entries)["id"] for _ in range(9)]
    fleet.shows(balances, kept[-1])
    pair.stop_replicating()
    key = str(uuid4())
    lost = fleet.record(entries, key)["id"]
    fleet.shows(balances, lost)
    assert published(fleet, 1) == [*kept, lost]

    pair.fail_over()
    repeated = fleet.record(entries, key)["id"]
    assert repeated != lost, "its key went with it"
    kept += [repeated, fleet.record(entries)["id"]]
    fleet.shows(balances, kept[-1])

    assert published(fleet, 2) == kept, "all of the outbox, in its order"
    assert projector.metric("fluxo_projected_events_total") >= len(kept) + 9, "the first nine came twice"
    _, differences = min(fleet.compare(this_release, settle_s=0).wrong.items())
    assert Difference("entry_count", expected=len(kept), found=len(kept) + 1) in differences, "they still count it"

    fleet.rebuild(this_release)
    assert fleet.compare(this_release).agrees
    fleet.until(lambda: fleet.day(balances) == (len(kept), len(kept)))


def test_a_synchronous_standby_that_takes_over_under_load_has_all_that_was_acknowledged(fleet, this_release):
    pair = Pair(fleet)
    fleet.migrate(this_release)
    pair.make_synchronous()
    _, balances, _, _ = fleet.start(this_release, instance=1)
    traffic = fleet.traffic()
    with traffic.going_on():
        pair.fail_over()
        traffic.until_each_has_answered_more()

    assert len({entry["id"] for entry in traffic.recorded}) == len(traffic.recorded)
    fleet.until(lambda: fleet.day(balances) == traffic.total())
    compared = fleet.compare(this_release)
    assert (compared.wrong, compared.wrong_categories, compared.days) == ({}, {}, 1)
    assert set(published(fleet, 2)) == {entry["id"] for entry in traffic.recorded}


def test_while_the_synchronous_standby_is_unavailable_nothing_is_acknowledged(fleet, this_release):
    pair = Pair(fleet)
    fleet.migrate(this_release)
    pair.make_synchronous()
    (entries,) = fleet.start(this_release, "entries-api", instance=1)
    fleet.record(entries)
    pair.stop_replicating()

    headers = fleet.authorization | {"Idempotency-Key": "sale"}
    in_bulk = {"mode": "atomic", "entries": [SALE | {"idempotency_key": f"bulk-{number}"} for number in range(3)]}
    url = f"{entries.url}/v1/entries"
    for _ in range(3):
        for answer in (
            httpx2.post(url, json=SALE, headers=headers, timeout=20),
            httpx2.post(f"{url}/bulk", json=in_bulk, headers=headers, timeout=20),
        ):
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/outcome-unknown")
    listed = httpx2.get(url, headers=headers, timeout=20).json()
    assert len(listed["items"]) == 1, "what nobody else has, nobody sees"
