"""Once a database is known to be down nobody finds out by a time-out, and once it is back nobody waits for it."""

import time

from tests.harness.slowness import slowness

WRITERS = 30
RECOVERS_WITHIN_S = 5.0
"""On an idle machine it takes a probe, some 0.3 s; waiting for a connection that hangs takes much longer."""
REFUSED_AT_ONCE = 'http_request_duration_seconds_bucket{le="0.5",method="POST",route="/v1/entries",status="503"}'
"""As the service saw it: many clients in one process are slow themselves. A time-out takes 0.8 s at least."""


def opens_circuit(degraded) -> bool:
    degraded.all([degraded.post() for _ in range(5)])
    return degraded.metric(degraded.entries, 'circuit_breaker_state{name="entries-database"}') > 0


def refuses_a_crowd_at_once(degraded) -> bool:
    before = degraded.metric(degraded.entries, REFUSED_AT_ONCE)
    refused = degraded.all([degraded.post() for _ in range(WRITERS)])
    assert {(each.status, each.headers["retry-after"]) for each in refused} == {(503, "1")}
    # One or two of them may be probes, which wait for the database.
    return degraded.metric(degraded.entries, REFUSED_AT_ONCE) - before >= WRITERS - 2


def tells_since_when(degraded) -> bool:
    """`/health` tells what was seen at the last look, up to a second ago."""
    (check,) = degraded.get(f"{degraded.entries}/health").body["checks"]["entries-database-circuit"]
    return check["status"] == "warn" and check.get("output", "").startswith("away since")


def test_while_the_database_hangs_writers_are_refused_at_once_and_served_as_soon_as_it_is_back(degraded):
    with degraded.stopped("postgres"):
        degraded.until(lambda: opens_circuit(degraded))
        # A crowd that finds out by time-outs never manages that, however often it tries.
        degraded.until(lambda: refuses_a_crowd_at_once(degraded))
        degraded.until(lambda: tells_since_when(degraded))
        degraded.until(lambda: degraded.get(f"{degraded.entries}/health/ready").status == 503)
    back = time.monotonic()
    degraded.until(lambda: degraded.one(degraded.post()).status == 201)
    assert time.monotonic() - back < RECOVERS_WITHIN_S * slowness()
    degraded.heal()


def test_workers_say_since_when_they_wait(degraded):
    relay, projector = (f"http://127.0.0.1:{degraded.system.port_base + port}/health" for port in (11, 31))

    def circuits(url):
        checks = degraded.get(url).body["checks"]
        return {name: checks[name][0]["status"] for name in checks if name in ("publishing", "projecting", "applying")}

    degraded.until(lambda: {*circuits(relay).values(), *circuits(projector).values()} == {"pass"})
    degraded.merchant.record("credit", "1.00")
    with degraded.stopped("valkey-streams"):
        degraded.until(lambda: circuits(relay)["publishing"] == "warn" and circuits(projector)["projecting"] == "warn")
    degraded.until(lambda: {*circuits(relay).values(), *circuits(projector).values()} == {"pass"})
