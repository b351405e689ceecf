"""A backlog of a million events: how fast a relay publishes it, and how fast a projector applies it."""

from collections.abc import Iterator

from benchmarks.backlog import Backlog
from benchmarks.scenario import Bench, Round, Scenario, Target


def measure(bench: Bench) -> Iterator[Round]:
    for _ in bench.rounds():
        # Each round has a system of its own: the stream keeps what was applied, and three millions would fill memory.
        with bench.start() as system, Backlog(system) as backlog:
            backlog.fill(bench.pace.backlog_events, say=bench.say)
            bench.say("the relay publishes")
            published = backlog.publish()
            bench.say("the projector applies")
            projected = backlog.project()
        yield Round(
            {
                "projected_per_s": projected.events_per_s,
                "published_per_s": published.events_per_s,
                "events": bench.pace.backlog_events,
            },
            {"event published": published.cpu_us, "event projected": projected.cpu_us},
        )


SCENARIO = Scenario(
    name="backlog",
    title="A backlog, worked off by one relay and then by one projector",
    method=(
        "While no service runs, entries of 100 merchants are recorded by SQL with the outbox rows that the service "
        "would write. Then one relay alone publishes them, and after that one projector alone applies them. "
        "Measured from the first batch to the last, without the start of the process; afterwards the totals must be "
        "those of all entries."
    ),
    measure=measure,
    targets=(Target("projected_per_s", at_least=60_000),),
)
