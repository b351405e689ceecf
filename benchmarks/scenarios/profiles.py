"""Where the time of the APIs and of the projector goes, for each kind of work whose cost is theirs."""

from collections.abc import Callable, Iterator, Mapping

from fluxo_cli.load.pacing import run_precisely

from benchmarks import wrk
from benchmarks.backlog import Backlog
from benchmarks.cost import cost_of
from benchmarks.entries import bulk_request
from benchmarks.profiling import profile_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario
from benchmarks.scenarios import bulk, cached_day, long_range, record_entry, uncached_day
from benchmarks.seeding import seed_history
from benchmarks.system import System
from benchmarks.tools import PY_SPY, WRK
from benchmarks.wrk import business_today

ENTRIES_API, BALANCES_API = "entries-api", "balances-api"

Work = Callable[[], float]
"""Does some work and returns how many things were done."""


def measure(bench: Bench) -> Iterator[Round]:
    figures: dict[str, float] = {}
    cpu_us: dict[str, Mapping[str, float]] = {}
    with bench.start() as system:
        for what, role, work in _works(bench, system):
            bench.say(what)
            until_quiet(system)
            with profile_of(system.pids()[f"{role}-1"]) as profile, cost_of(system) as cost:
                done = work()
            figures[f"samples_of_{what.replace(' ', '_')}"] = profile.samples.total()
            cpu_us[f"{what}, by part of the {role.replace('-api', ' API')}"] = profile.split(cost.us_per(done)[role])
    with bench.start() as system, Backlog(system) as backlog:
        backlog.fill(bench.pace.backlog_events, say=bench.say)
        backlog.publish()
        bench.say("projected event")
        projected = backlog.project(profiled=True)
    if projected.profile is not None:
        figures["samples_of_projected_event"] = projected.profile.samples.total()
        of_an_event = projected.profile.split(projected.cpu_us["balances-projector"])
        cpu_us["projected event, by part of the projector"] = of_an_event
    yield Round(figures, cpu_us)


def _works(bench: Bench, system: System) -> Iterator[tuple[str, str, Work]]:
    seconds = bench.pace.seconds
    tokens = [system.token("profile")]

    def record() -> float:
        entries = wrk.Entries(tokens, "profile")
        return wrk.record(system.entries_url, entries, connections=record_entry.CONNECTIONS, seconds=seconds).requests

    yield "recorded entry", ENTRIES_API, record

    bulks = [
        bulk_request(system.entries, tokens[0], [business_today()] * bulk.ENTRIES) for _ in range(bulk.BULKS_A_ROUND)
    ]
    yield (
        "entry of a bulk",
        ENTRIES_API,
        lambda: run_precisely(bulk.send_in_turn(system, bulks)).requests * bulk.ENTRIES,
    )

    today = f"{system.balances_url}/v1/daily-balances/{business_today()}"
    yield (
        "cached day",
        BALANCES_API,
        lambda: wrk.get(today, connections=cached_day.CONNECTIONS, seconds=seconds, token=tokens[0]).requests,
    )

    merchants = [f"profile-day-{number}" for number in range(20)]
    seed_history(system, merchants, years=1, entries_a_day=1)
    days = uncached_day.unread_days(system, merchants)
    yield "uncached day", BALANCES_API, lambda: run_precisely(uncached_day.read_at_rate(system, days, seconds)).requests

    ranges = long_range.Ranges(bench, system)
    yield "range of 3,650 days", BALANCES_API, lambda: run_precisely(ranges.read_next()).requests


WHAT_WOULD_HAVE_TO_CHANGE = """\
What would have to change to go further:
- **A recorded entry.** What the process hands to the kernel and takes from it, one request and one answer at a
  time, is a large part that stays, and the rest is Python in many small pieces. One process answers as much as one
  core gives; more come from more processes. Less work for each would take a server that is not written in Python in
  front of the use case.
- **An entry of a bulk.** An object for each entry, its validation, its hash, its event and its rows: handling a
  bulk by columns would save some of it, at the price of a second shape of the domain. The database's part is its
  foreign keys and indexes, and for the one caller it comes after the API's. Search by words, lists by category and
  the wall around a merchant's reversals each have an index, and rows that a policy holds cannot come by COPY: so a
  bulk is slower than before there were these.
- **A lone write.** Its answer comes with its commit. What it takes beyond the statement is mostly the entry before
  it: relay, projector and a second commit to the same log are still at work on that one.
- **A cached day.** Two fifths is the fast path, which takes the head apart and finds token, limits and answer; two
  fifths is the server's, and handing bytes to the kernel once a turn for all connections. Each is a few calls of
  Python from C: less would take a server that is not written in Python, and knows tokens.
- **An uncached day.** Two questions, to the cache and to the database, one after the other: the lease must be older
  than what is read. Of many, those that are asked for while two statements are under way share the next, and those
  of one turn a write to the cache; of a lone one most is sending, being woken, and taking a connection from the
  pool. Unix sockets to servers on the same host would save some of that.
- **A projected event.** The projector reads, decodes and writes while the servers work, so it goes at the pace of
  its own CPU as long as there is a core for it and one for them; on two cores the sum of all processes' CPU bounds
  it. A third of its time is encoding columns for PostgreSQL (asyncpg looks at each element of an array two or three
  times to find out whether it is an array itself), and more than a third is proving and decoding events, one by
  one. To go further, the columns would have to be written by code that is not Python, or the entries of a batch be
  added up before they are sent, which takes a second statement for batches with duplicates. More projectors share
  the stream where there are more cores.
- **A range.** PostgreSQL sends columns, and the answer is text filled into a form: what is left is a few
  microseconds for each day, most of them making its amounts."""


SCENARIO = Scenario(
    name="profiles",
    title="Where the time goes",
    method=(
        "The scenarios that one process bounds, once more and for a few seconds each, while py-spy samples the "
        "stack of that process. A sample counts for the innermost frame that is not the standard library's; the "
        "CPU time of each request, as in the scenario itself, is divided by the samples."
    ),
    measure=measure,
    reading=lambda _: WHAT_WOULD_HAVE_TO_CHANGE,
    is_quick=False,
    needs=(WRK, PY_SPY),
)
