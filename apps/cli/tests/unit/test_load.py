"""The driver measures what a caller would have seen, and nothing kinder."""

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from fluxo_cli.load.connection import Exchange
from fluxo_cli.load.measured import Measured, percentile
from fluxo_cli.load.pacing import closed_loop, due_instants, for_seconds, open_loop, run_precisely, with_ticks
from fluxo_cli.load.pool import Pool
from fluxo_cli.load.target import Target

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def server(answer: Callable[[int], bytes | None], delay_s: Callable[[int], float] = lambda _: 0.0):
    """Answers the n-th request with `answer(n)` after `delay_s(n)`; None hangs up instead."""
    numbers = itertools.count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                number = next(numbers)
                await asyncio.sleep(delay_s(number))
                if (content := answer(number)) is None:
                    break
                writer.write(content)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield Target("127.0.0.1", listening.sockets[0].getsockname()[1])


def gets(target: Target) -> Iterator[bytes]:
    return itertools.repeat(target.get("/", "token"))


def measured_of(load, answer=lambda _: OK, delay_s=lambda _: 0.0, *, connections: int, **options) -> Measured:
    """What `load(pool, requests)` measures of a server that answers so."""

    async def measure() -> Measured:
        async with server(answer, delay_s) as target, Pool(target, connections, **options) as pool:
            return await load(pool, gets(target))

    return run_precisely(measure())


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (1, 1), (50, 50), (99, 99), (99.1, 100), (100, 100)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent, expected):
    assert percentile(range(1, 101), percent) == expected


def test_a_percentile_of_nothing_is_no_number():
    assert math.isnan(percentile([], 50))


def test_requests_are_due_at_a_constant_rate_without_drift():
    due = list(due_instants(10.0, 300, 1000))
    assert len(due) == 300_000
    assert due[0] == 10.0
    assert due[-1] == pytest.approx(10.0 + 299_999 / 300, abs=1e-9)


def test_good_answers_have_latencies_and_others_are_errors():
    measured = Measured(seconds=2.0)
    for status in (200, 201, 304, 404, 503, 0):
        measured.add(Exchange(b"", due=1.0, done=lambda _: None, sent=1.5, answered=2.0, status=status))
    assert measured.requests == 6
    assert measured.errors == 3
    assert measured.bad_statuses() == {404: 1, 503: 1, 0: 1}
    assert measured.good_per_s == 1.5
    # From when they were due, not from when they were sent.
    assert measured.percentiles_ms(50) == [1000.0]


def test_a_stall_counts_for_every_request_that_it_held_up():
    def load(pool, requests):
        return open_loop(pool, requests, 20, 0.5)

    # One connection, and its first answer takes half a second: ten requests a second wait behind it.
    measured = measured_of(load, delay_s=lambda number: 0.5 if number == 0 else 0.0, connections=1)
    latencies = sorted(measured.latencies_s)
    assert len(latencies) == 10
    assert latencies[-1] >= 0.5
    # Those that were due 50, 100, ... 450 ms later waited as much less; a closed loop would show one slow request.
    assert sum(latency > 0.09 for latency in latencies) >= 8


def test_a_driver_that_is_late_says_so():
    def slowed(requests: Iterator[bytes]) -> Iterator[bytes]:
        for request in requests:
            time.sleep(0.03)  # keeps the loop busy, as too high a rate does
            yield request

    measured = measured_of(lambda pool, requests: open_loop(pool, slowed(requests), 100, 0.3), connections=4)
    assert measured.late_p99_ms > 300  # 30 requests of 30 ms each, 10 ms apart
    assert measured.percentiles_ms(99)[0] >= measured.late_p99_ms


def test_an_open_loop_does_not_wait_for_answers_to_send():
    def load(pool, requests):
        return open_loop(pool, requests, 100, 0.4)

    measured = measured_of(load, delay_s=lambda _: 0.3, connections=40)
    assert measured.requests == 40
    assert measured.errors == 0
    assert measured.seconds < 6  # one after another would take 12


def test_a_closed_loop_sends_only_when_it_was_answered():
    under_way = [0, 0]

    def delay_s(_: int) -> float:
        under_way[0] += 1
        under_way[1] = max(under_way)
        return 0.01

    def answer(_: int) -> bytes:
        under_way[0] -= 1
        return OK

    def load(pool, requests):
        return closed_loop(pool, requests, 3, lambda measured: measured.requests < 30)

    measured = measured_of(load, answer, delay_s, connections=10)
    assert 30 <= measured.requests <= 32
    assert under_way[1] == 3


def test_a_closed_loop_ends_with_the_requests():
    def load(pool, requests):
        return closed_loop(pool, itertools.islice(requests, 10), 3)

    assert measured_of(load, connections=3).statuses == {200: 10}


def test_a_closed_loop_ends_after_its_seconds():
    def load(pool, requests):
        return closed_loop(pool, requests, 2, for_seconds(0.2))

    assert measured_of(load, connections=2).seconds >= 0.2


def test_a_connection_that_breaks_fails_its_request_and_no_other():
    def load(pool, requests):
        return closed_loop(pool, requests, 2, lambda measured: measured.requests < 20)

    measured = measured_of(load, lambda number: None if number % 5 == 4 else OK, connections=2)
    assert measured.statuses[0] == measured.requests // 5
    assert measured.statuses[200] == measured.requests - measured.statuses[0]


def test_requests_to_nobody_fail_and_nothing_hangs():
    async def measure() -> Measured:
        async with server(lambda _: OK) as target:
            pass
        async with Pool(target, 2) as pool:
            return await open_loop(pool, gets(target), 50, 0.2)

    assert run_precisely(measure()).statuses == {0: 10}


def test_an_answer_that_never_comes_is_given_up():
    def load(pool, requests):
        return open_loop(pool, requests, 10, 0.2)

    assert measured_of(load, delay_s=lambda _: 60.0, connections=1, timeout_s=0.2).statuses == {0: 2}


def test_answers_in_pieces_without_length_and_with_a_cache_status_are_understood():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCACHE-STATUS: fluxo; hit\r\n\r\n"
    pieces = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    seen: list[Exchange] = []

    def load(pool, requests):
        return closed_loop(pool, requests, 1, lambda measured: measured.requests < 2, seen.append)

    assert measured_of(load, lambda _: pieces, connections=1).cache_hits == 2
    assert [exchange.body for exchange in seen] == [b"abcde", b"abcde"]


def test_a_server_that_closes_after_each_answer_gets_a_new_connection():
    last = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)

    def load(pool, requests):
        return closed_loop(pool, requests, 1, lambda measured: measured.requests < 5)

    assert measured_of(load, lambda _: last, connections=1).statuses == {200: 5}


def test_progress_is_told_while_the_work_goes_on():
    ticks: list[float] = []

    async def work() -> str:
        await asyncio.sleep(0.1)
        return "done"

    assert run_precisely(with_ticks(work(), ticks.append, every_s=0.02)) == "done"
    assert len(ticks) >= 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8001", b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1:8001\r\n"),
        ("http://fluxo.example/ledger/", b"GET /ledger/v1/x HTTP/1.1\r\nHost: fluxo.example:80\r\n"),
        ("https://[::1]:9", b"GET /v1/x HTTP/1.1\r\nHost: [::1]:9\r\n"),
    ],
)
def test_a_request_goes_to_the_path_below_the_address(url, expected):
    target = Target.of(url)
    assert target.get("/v1/x", "t").startswith(expected)
    assert (target.tls is not None) == url.startswith("https")


def test_what_is_no_address_is_refused():
    with pytest.raises(ValueError, match="is not an address"):
        Target.of("127.0.0.1:8001")
