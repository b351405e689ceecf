"""The merchant's first page, as the server renders it from both services' answers."""

import time
from array import array
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from fluxo_cli.load.measured import percentile

from benchmarks.cost import cost_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.seeding import seed_history
from benchmarks.system import System

MERCHANT: Final = "page-today"
ENTRIES_A_DAY: Final = 20
WARM_UP: Final = 50


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    bench.say("one merchant with a year of entries")
    seed_history(system, [MERCHANT], years=1, entries_a_day=ENTRIES_A_DAY)
    connection = HTTPConnection(urlsplit(system.page_url).netloc)
    headers = {"Cookie": _signed_in(connection, system)}
    for _ in range(WARM_UP):
        _page(connection, headers)
    for _ in bench.rounds():
        until_quiet(system)
        took_s = array("d")
        ends_at = time.perf_counter() + bench.pace.seconds
        with cost_of(system) as cost:
            while time.perf_counter() < ends_at:
                took_s.append(_page(connection, headers))
        found = sorted(took_s)
        yield Round(
            {"p50_ms": percentile(found, 50) * 1e3, "p99_ms": percentile(found, 99) * 1e3},
            {"the first page": cost.us_per(len(found))},
        )


def _signed_in(connection: HTTPConnection, system: System) -> str:
    """Return the session's cookie."""
    connection.request("GET", urlsplit(system.link(MERCHANT)).path)
    answer = connection.getresponse()
    answer.read()
    return (answer.headers["Set-Cookie"] or "").partition(";")[0]


def _page(connection: HTTPConnection, headers: dict[str, str]) -> float:
    """Return the seconds that the page took; the last byte of it is `</html>`, so it is the page and no refusal."""
    started = time.perf_counter()
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    took_s = time.perf_counter() - started
    if answer.status != 200 or b'id="balance"' not in body:
        raise ConnectionError(f"no page but {answer.status}")
    return took_s


SCENARIO = Scenario(
    name="page-today",
    title="The merchant's first page",
    method=(
        "One client with a session asks for `/` again and again: the dashboard asks the balances service for 31 days "
        "and the entries service for the latest ten, both on the same machine, and renders them. The merchant has a "
        "year of twenty entries a day."
    ),
    measure=measure,
    targets=(Target("p50_ms", at_most=15),),
    is_quick=False,
)
