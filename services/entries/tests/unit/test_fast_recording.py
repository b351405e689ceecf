"""`POST /v1/entries` by the fast path and by the slow one: the same bytes for whatever is sent, however it arrives."""

import asyncio
import json
import re
from collections import Counter
from datetime import date

import asyncpg
import pytest
from fluxo_chassis.health import Health
from fluxo_chassis.resilience import current_tenant
from fluxo_chassis.resilience.rate_limits import RateLimits
from fluxo_entries.application.cooperative import short_work
from fluxo_entries.domain.errors import (
    DayClosedError,
    OutcomeUnknownError,
    OverloadedError,
    OverShareError,
    RejectedFieldsError,
)
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_entries.entrypoints.http.fast_recording import FastRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.tests.things import OverAWire
from services.entries.tests.fakes import FakeService, FakeVerifier

SALE = {"direction": "credit", "amount": "150.00", "business_date": "2026-11-22", "description": "Venda balcão"}
CLOSED_DAY = date(2026, 11, 19)
WRITER = "Bearer padaria/entries:read,entries:write"


class Way(OverAWire):
    """The entries API behind one of the two ways, over a memory of its own."""

    def __init__(self, *, is_fast: bool) -> None:
        self.service, verifier = FakeService(), FakeVerifier()
        self._fast = FastRecording(self.service.use_cases.record_entry, verifier)
        app = create_entries_app(self.service.use_cases, health=Health(), verifier=verifier)
        super().__init__(app, self._fast if is_fast else None)

    def limit(self, per_s: float) -> None:
        self._app.state.rate_limits = self._fast._limits = RateLimits(per_s, clock=lambda: 0.0)

    async def answer(self, chunks, failure=None, *, are_waited_for=True) -> bytes:
        """What is written when the chunks come to a service that has recorded nothing."""
        memory = self.service.memory
        for held in (memory.merchants, memory.entries, memory.keys, memory.traceparents):
            held.clear()
        memory.merchants["padaria"] = Merchant("padaria", "padaria", closed_through=CLOSED_DAY)
        self.service.journal.failure = failure
        return await super().answer(chunks, are_waited_for=are_waited_for)


def normal(answers: bytes) -> bytes:
    """Ids by the order in which they come: those made up by chance, and those of entries, which refusals use up too."""
    known: dict[bytes, int] = {}
    ids = rb"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    return re.sub(ids, lambda found: b"id %d" % known.setdefault(found[0], len(known)), answers)


@pytest.fixture(scope="module")
def fast():
    return Way(is_fast=True)


@pytest.fixture(scope="module")
def slow():
    return Way(is_fast=False)


def post(
    body: bytes, key: str | None = "k-1", token: str | None = WRITER, *more: str, kind="application/json"
) -> bytes:
    headers = {"Host": "t", "Authorization": token, "Idempotency-Key": key, "Content-Type": kind}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    head = "\r\n".join((*lines, *more, f"Content-Length: {len(body)}"))
    return f"POST /v1/entries HTTP/1.1\r\n{head}\r\n\r\n".encode("latin-1") + body


def body_of(**changes) -> bytes:
    return json.dumps({name: value for name, value in (SALE | changes).items() if value is not ...}).encode()


_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({})
_TEXTS = st.sampled_from(
    ["", " ", "a" * 201, "Caf\u00e9 ", "\u202e", "\ud800", "a\nb", "150", "0.01", "1.005", "-1", "1e3"]
)
_FIELDS = {
    "direction": st.sampled_from(["credit", "debit", "Credit"]) | _VALUES,
    "amount": st.sampled_from(["1", "0.01", "1.5", "999999999999.99", "0", "01", "1.005"]) | _TEXTS | _VALUES,
    "description": _TEXTS | _VALUES,
    "business_date": st.sampled_from(["2026-11-22", "2026-11-23", "2026-11-19", "2024-02-30", "1899-12-31"]) | _VALUES,
    "category": _TEXTS | _VALUES,
    "currency": st.sampled_from(["BRL", "USD", "brl"]) | _VALUES,
    "amout": _VALUES,
}
_GOOD = st.fixed_dictionaries(
    {}, optional={"category": st.just("vendas"), "business_date": st.sampled_from(["2026-11-21", "2026-11-19"])}
)
_CHANGES = _GOOD | st.fixed_dictionaries({}, optional={n: st.just(...) | value for n, value in _FIELDS.items()})
_MANGLED = st.sampled_from(
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"amount":"1","amount":"2"}',
        b"[" * 5_000,
        b"{}" + b" " * 16_380,
    ]
)
_BODIES = st.builds(lambda changes: body_of(**changes), _CHANGES) | _MANGLED
_KEYS = st.sampled_from(["k-1", "k-1", "k-2", "k-3", '"k-1"', '"k\\\\1"', "", '"', "k" * 256, "\xe9", None])
_TOKENS = st.sampled_from(
    [WRITER] * 6 + ["Bearer bar/entries:write", "Bearer padaria/entries:read", "Bearer x", "", None]
)
_MORE = st.lists(
    st.sampled_from(
        ["X-Request-Id: order-7", "Idempotency-Key: k-1", "Connection: close", "Expect: 100-continue", "TE: x"]
    ),
    max_size=1,
)
_KINDS = st.sampled_from(["application/json"] * 5 + ["application/json; charset=utf-8", "text/plain", None])
_ANY = st.builds(
    lambda body, key, token, more, kind: post(body, key, token, *more, kind=kind),
    _BODIES, _KEYS, _TOKENS, _MORE, _KINDS,
)  # fmt: skip
_PLAIN = st.builds(post, st.builds(lambda fields: body_of(**fields), _GOOD), st.sampled_from(["k-1", "k-2"]))
_REQUESTS = st.lists(_PLAIN | _PLAIN | _ANY, min_size=1, max_size=4)
_CUTS = st.lists(st.integers(1, 600), max_size=5)
FAILURES = [
    OverloadedError(),
    OverShareError(),
    OutcomeUnknownError(),
    DayClosedError(date(2026, 11, 20)),
    RejectedFieldsError(("currency", "The merchant's currency was changed a moment ago.")),
    asyncpg.CannotConnectNowError("the entries database is unavailable"),
    LookupError("nobody expects it"),
]


def pieces(data: bytes, cuts) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(requests=_REQUESTS, cuts=_CUTS, are_waited_for=st.booleans(), failure=st.sampled_from([None] * 6 + FAILURES))
@settings(max_examples=500)
def test_nobody_can_tell_the_two_ways_apart(fast, slow, requests, cuts, are_waited_for, failure):
    chunks = pieces(b"".join(requests), cuts) if cuts else requests
    are_waited_for &= not cuts
    expected = asyncio.run(slow.answer(chunks, failure, are_waited_for=are_waited_for))
    assert normal(asyncio.run(fast.answer(chunks, failure, are_waited_for=are_waited_for))) == normal(expected)
    assert held(fast) == held(slow)
    assert fast.faults == []


def test_the_fast_path_is_what_was_tried(fast):
    assert fast.begun > 100


def held(way: Way) -> list:
    return [(entry.amount_minor, entry.category, entry.business_date) for entry in way.service.entries]


def test_what_is_good_takes_the_fast_path(fast):
    before = fast.begun
    requests = [
        post(body_of(), "k-1"),
        post(body_of(), "k-1"),
        post(body_of(amount="7"), "k-1"),
        post(body_of(), "k-2"),
    ]
    answers = asyncio.run(fast.answer(requests))
    assert fast.begun == before + 4
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"201", b"201", b"422", b"201"]
    assert answers.count(b"idempotent-replayed: true") == 1


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_what_fails_once_it_is_begun_is_told_as_on_the_slow_path(fast, slow, failure):
    before = fast.begun
    request = [post(body_of(), "k-1", WRITER, "X-Request-Id: order-7")]
    answer = asyncio.run(fast.answer(request, failure))
    assert fast.begun == before + 1
    assert normal(answer) == normal(asyncio.run(slow.answer(request, failure)))


@pytest.mark.parametrize("failure", [None, *FAILURES], ids=lambda failure: type(failure).__name__)
def test_it_is_short_work_until_it_is_answered(fast, monkeypatch, failure):
    seen, append = [], fast.service.journal.append
    monkeypatch.setattr(
        fast.service.journal, "append", lambda each: asyncio.get_running_loop().call_soon(look) and append(each)
    )

    def look():
        seen.append(short_work.under_way)

    asyncio.run(fast.answer([post(body_of(), "k-1")], failure))
    assert seen == [1]
    assert short_work.under_way == 0


def test_an_entry_of_a_closed_day_is_refused_past_the_framework_too(fast, slow):
    before = fast.begun
    request = [post(body_of(business_date=str(CLOSED_DAY)), "k-1", WRITER, "X-Request-Id: order-7")]
    answer = asyncio.run(fast.answer(request))
    assert fast.begun == before + 1
    assert b'"first_open_day":"2026-11-20"' in answer
    assert normal(answer) == normal(asyncio.run(slow.answer(request)))


def test_who_asks_for_too_much_is_told_so_by_the_slow_path(fast, slow):
    # A write costs ten: of ten a second, ten at once.
    requests = [post(body_of(), f"k-{number}") for number in range(12)]
    statuses = []
    for way in (fast, slow):
        way.limit(10)
        statuses.append(Counter(re.findall(rb"HTTP/1.1 (\d+)", asyncio.run(way.answer(requests)))))
        way.limit(1e9)
    assert statuses == [{b"201": 10, b"429": 2}] * 2


def test_what_the_slow_path_has_to_refuse_is_charged_once(fast):
    # Twenty at once, ten each: a second charge for the one that is refused would leave nothing for the other.
    tomorrow = post(body_of(business_date="2026-11-23"), "k-1")
    fast.limit(2)
    answers = asyncio.run(fast.answer([tomorrow, post(body_of(), "k-2")]))
    fast.limit(1e9)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"422", b"201"]


def test_whoever_is_looked_up_is_so_in_the_merchants_turn(fast, monkeypatch):
    seen, known = [], fast.service.use_cases.record_entry._merchants.known
    merchants = fast.service.use_cases.record_entry._merchants
    monkeypatch.setattr(merchants, "known", lambda merchant_id: seen.append(current_tenant.get()) or known(merchant_id))
    asyncio.run(fast.answer([post(body_of(), "k-1")]))
    assert seen == ["padaria"]
    assert current_tenant.get() == ""
