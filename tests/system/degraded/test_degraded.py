"""Whatever hangs or is down, every request is answered in time, nothing is guessed, and all of it heals by itself."""

import signal
import time

from tests.harness.slowness import slowness


def test_a_database_that_hangs_makes_writes_wait_for_later_and_known_balances_stale(degraded):
    with degraded.stopped("postgres"):
        first = degraded.ask_everything()
        assert {each.status for each in first["entries"] + first["not cached"] + first["after entry"]} == {503}
        assert {each.status for each in first["cached"]} == {200}

        degraded.until(lambda: degraded.check("database") == "fail")
        later = degraded.ask_everything()
        assert {each.status for each in later["entries"] + later["not cached"] + later["after entry"]} == {503}
        assert {each.headers["cache-status"] for each in later["cached"]} == {"fluxo; hit; detail=stale"}
        assert all(each.body["stale"] is True for each in later["cached"])
        assert degraded.one(degraded.after_entry).seconds < 0.5 * slowness()
    degraded.heal()


def test_writes_under_way_when_the_database_hangs_are_answered_in_time_and_none_is_guessed(degraded):
    with degraded.steady_writes() as writes, degraded.stopped("postgres"):
        degraded.until(lambda: writes.statuses[-20:] == [503] * 20)
    assert set(writes.statuses) == {201, 503}
    assert max(writes.seconds) < 2 * slowness()
    degraded.heal()


def test_a_database_that_is_killed_with_all_its_back_ends_comes_back(degraded):
    pid = degraded.system.pid("postgres")
    degraded.signal_families(signal.SIGKILL, "postgres")
    degraded.ask_everything()
    degraded.until(lambda: degraded.system.ready() and degraded.system.pid("postgres") != pid)
    degraded.heal()


def test_a_cache_that_hangs_is_left_alone_and_balances_come_from_the_database(degraded):
    with degraded.stopped("valkey-cache"):
        degraded.ask_everything()
        degraded.until(lambda: degraded.check("cache-circuit") == "warn")
        assert degraded.metric(degraded.balances, 'circuit_breaker_state{name="balance-cache"}') > 0
        found = degraded.ask_everything()
        assert {each.status for each in found["entries"]} == {200, 201, 207}
        assert {each.status for each in found["cached"] + found["not cached"]} == {200}
        assert {each.headers["cache-status"] for each in found["cached"]} == {"fluxo; fwd=miss"}
    degraded.until(lambda: degraded.one(degraded.cached).headers["cache-status"] == "fluxo; hit")
    degraded.until(lambda: degraded.check("cache-circuit") == "pass")
    degraded.heal()


def test_hung_streams_are_felt_by_nobody_but_those_who_wait_for_an_entry(degraded):
    with degraded.stopped("valkey-streams"):
        found = degraded.ask_everything()
        assert {each.status for each in found["entries"]} == {200, 201, 207}
        assert {each.status for each in found["cached"] + found["not cached"]} == {200}
        assert {each.body["type"] for each in found["after entry"]} == {"/problems/not-yet-consolidated"}
    degraded.heal()


def test_without_database_and_cache_balances_are_unavailable_and_say_so_in_time(degraded):
    with degraded.stopped("postgres", "valkey-cache"):
        first = degraded.ask_everything()
        assert {each.status for each in first["entries"] + first["not cached"] + first["after entry"]} == {503}
        # What a process has at hand it has for a second more.
        degraded.until(lambda: degraded.one(degraded.cached).status == 503)
        found = degraded.ask_everything()
        assert {each.status for kind, some in found.items() if kind != "health" for each in some} == {503}
        degraded.until(lambda: degraded.balances_health("/ready").status == 503)
    degraded.heal()


def test_entries_never_feel_that_the_whole_balances_side_hangs(degraded):
    balances_side = ("balances-projector-1", "balances-api-1", "valkey-streams", "valkey-cache")
    with degraded.steady_writes(pause_s=0.3) as writes:
        before = len(writes.statuses)
        with degraded.stopped(*balances_side):
            since = time.monotonic()
            degraded.until(lambda: degraded.pending_rows() > 0)
            degraded.until(lambda: time.monotonic() - since > 8)
        during = writes.seconds[before:]
    assert set(writes.statuses) == {201}
    assert len(during) > 200
    assert max(during) < 1 * slowness()
    degraded.until(lambda: degraded.pending_rows() == 0)
    degraded.heal()
