"""Hundreds of good and bad requests, and every byte of their answers as they have been since version 1.

Clients were written against these bytes. After a change that is meant to change them, `FLUXO_WRITE_GOLDEN=1` writes the
file again; read its diff.
"""

import json
import os
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).with_name("golden_answers.jsonl")
TOKEN = "Bearer padaria/entries:read,entries:write"
OTHER = "Bearer another/entries:read,entries:write"
WRONG_SCOPES = "Bearer padaria/entries:write,balances:read"
TOKENS = [None, "", "Bearer", "Bearer x", "Basic YTpi", "bearer padaria/entries:read", "Bearer padaria/x"]
JSON = {"Content-Type": "application/json"}
TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "X-Request-Id": "golden"}
SAME_FOR_ALL = {"x-request-id", "x-content-type-options", "cache-control"}
LONG = 600
MISSING = object()
UNKNOWN_ID = "019ac5a0-7d3e-7c44-b0b1-6c1a2f3e4d5c"
FIRST_ID = "019ac5a0-0000-7000-8000-000000000001"

SALE = {
    "direction": "credit",
    "amount": "150.00",
    "business_date": "2026-11-22",
    "description": "Venda balcão",
    "category": "vendas",
}
VALUES = {
    "direction": ["debit", "Credit", "", 1, None, [], {}, True, MISSING],
    "amount": [
        "0.01", "7.5", "999999999999.99", "1000000000000", "0", "0.00", "-1.00", "+1", "1,50", "1.005", "01", "1e2", "",
        " 1", "1.00\n", "\u0661", 150, 1.5, True, None, [], {}, MISSING,
    ],
    "description": [
        " x ", "e\u0301", "x" * 200, "x" * 201, "\u0958" * 101, "", "  ", "a\nb", "a\u2028b", "a\x00b", "a\x85", 5,
        None, ["a"], {}, MISSING,
    ],
    "category": [None, "", " ", "x" * 60, "x" * 61, "a\tb", 5, False, [], MISSING],
    "currency": ["BRL", "USD", "brl", "XXX", "", None, 986, []],
    "business_date": [
        None, "2026-11-21", "1900-01-01", "1899-12-31", "2026-11-23", "2026-02-29", "2026-13-01", "20261122",
        "22/11/2026", "2026-11-22T00:00:00Z", "", 20261122, [], MISSING,
    ],
    "extra": [1, None],
    "a/b~c": ["x"],
    "id": [UNKNOWN_ID],
    "": ["x"],
}  # fmt: skip
ONE_BAD = {"direction": "in", "amount": 1, "description": "", "category": 5, "currency": "XXX", "business_date": "x"}
BODIES = [
    b"", b" ", b"{", b"[" * 5_000, b"nul", b"{}{}", b"{'a': 1}", b"\xff\xfe{}", b'{"description": "\xe9"}', b"[]", b"5",
    b"null", b"true", b'"text"', b"[{}]", b"{}", b'\xef\xbb\xbf{"amount": 1}', '{"amount": "1"}'.encode("utf-16"),
    b'{"amount": NaN}', b'{"amount": -Infinity}', b'{"amount": 1e999}', b'{"amount": ' + b"9" * 5_000 + b"}",
    b'{"amount": "1", "extra": 1, "amount": 2, "other": 2, "extra": 3}', rb'{"description": "\ud800"}',
    rb'{"description": "a\udfffb"}', rb'{"description": "\u0000"}', b'{"extra": 1, "direction": 2, "more": {"a": []}}',
]  # fmt: skip
QUERIES = [
    "", "?", "limit=1", "limit=0", "limit=501", "limit=1.0", "limit=", "limit", "limit=+1", "limit=1&limit=2",
    "limit=2&limit=x", "from=2026-11-01&to=2026-11-30", "from=2026-11-30&to=2026-11-01", "from=x&to=y&limit=z", "from=",
    "from=2026-02-29", "from=2026-11-01&from=x", "direction=credit", "direction=in", "direction=", "category=vendas",
    "category=", "category=%20", "category=" + "x" * 61, "q=venda", "q=", "q=a%0Ab", "q=%F0%9F", "cursor=x", "cursor=",
    "cursor=" + "x" * 129, "colour=red", "colour=red&colour=blue&from=x", "colour", "a%2Fb=1", "FROM=2026-11-01",
    "from_date=2026-11-01", "limit=%31", "limit=1;from=x",
]  # fmt: skip
KEYS = [
    None, "k", "x" * 255, "x" * 256, "a b", '"quoted"', r'"a\"b"', '"', '""', '"open', r'"a\x"', " ", "a\tb",
    b"caf\xc3\xa9", '"a";p=1',
]  # fmt: skip

LARGE = "x" * 10_000_000
MORE_VALUES = [
    ("direction", "in"), ("amount", "NaN"), ("amount", "9" * 400), ("business_date", "0000-00-00"),
    ("business_date", "2026-11-31"), ("description", "a\x1bb"), ("merchant_id", "another"), ("colour", "red"),
    ("recorded_at", "2026-11-22T00:00:00Z"), ("currency", "CLP"), ("description", LARGE),
]  # fmt: skip
MORE_BODIES = [
    b'{"amount": "1"', b"[" * 50_000, rb'{"\ud800": 1}', b'{"amount": Infinity}',
    b'{"amount": "s3cret", "currency": "s3cret", "direction": "s3cret"}',
]  # fmt: skip
MORE_QUERIES = [
    "limit=-1", "limit=x", "limit=1.5", "limit=%2010", "limit=1_0", "limit=%D9%A1", "category=%00", "q=" + "x" * 201,
    "cursor=%C3%A9", "cursor=AAAA%3D%3D", "form=2026-11-01", "from=x&limit=0&extra=1",
]  # fmt: skip


def with_changes(body, changes):
    return {name: value for name, value in (body | changes).items() if value is not MISSING}


def item(key):
    return SALE | {"idempotency_key": key}


def requests():
    """Yield stories: the requests of each go to a service of their own."""
    yield [
        ("POST", "/v1/entries", {"json": SALE, "key": "a"}),
        ("POST", "/v1/entries", {"json": SALE, "key": "a"}),
        ("POST", "/v1/entries", {"json": SALE | {"amount": "1"}, "key": "a"}),
        ("GET", f"/v1/entries/{FIRST_ID}", {}),
        ("GET", f"/v1/entries/{FIRST_ID.upper()}", {}),
        ("HEAD", f"/v1/entries/{FIRST_ID}", {}),
        ("GET", f"/v1/entries/{FIRST_ID}", {"token": "Bearer another/entries:read"}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": " Errado "}, "key": "b"}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "Errado"}, "key": "b"}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "Errado"}, "key": "c"}),
        ("POST", f"/v1/entries/{FIRST_ID[:-1]}2/reversal", {"json": {"reason": "Errado"}, "key": "d"}),
        ("GET", f"/v1/entries/{FIRST_ID}", {}),
        ("GET", "/v1/entries", {}),
        ("GET", "/v1/entries?limit=1", {}),
    ]
    for field, values in VALUES.items():
        yield [("POST", "/v1/entries", {"json": with_changes(SALE, {field: value})}) for value in values]
        items = [with_changes(SALE, {"idempotency_key": str(n), field: value}) for n, value in enumerate(values)]
        for mode in ("atomic", "partial"):
            yield [("POST", "/v1/entries/bulk", {"json": {"mode": mode, "entries": items}})]
            yield [("POST", "/v1/entries/bulk", {"json": {"mode": mode, "entries": [item]}}) for item in items[:4]]
    yield [
        ("POST", "/v1/entries", {"json": {"z": 1} | SALE | {first: ONE_BAD[first], second: ONE_BAD[second], "a": 2}})
        for first, second in combinations(ONE_BAD, 2)
    ]
    yield [("POST", "/v1/entries", {"json": ONE_BAD | {f"x{n}": n for n in range(120)}})]
    yield [("POST", "/v1/entries", {"json": SALE | {"currency": "USD", "business_date": "2030-01-01"}})]
    reversal = f"/v1/entries/{FIRST_ID}/reversal"
    for path in ("/v1/entries", "/v1/entries/bulk", reversal, f"/v1/entries/{UNKNOWN_ID}/reversal"):
        yield [("POST", path, {"content": body}) for body in BODIES]
        yield [("POST", path, {"json": SALE, "key": key}) for key in KEYS]
        yield [("POST", path, {"json": SALE, "keys": ["a", "b"]}), ("POST", path, {"content": b"{", "token": None})]
        yield [("POST", path, {"content": b"a=1", "headers": {"Content-Type": "text/plain"}})]
        yield [("POST", path, {"content": b'{"a": "%b"}' % (b"x" * 70_000)})]
    yield [("PATCH", "/v1/merchant", {"content": body}) for body in BODIES]
    yield [
        ("POST", "/v1/entries", {"json": SALE}),
        *(
            ("POST", reversal, {"json": body})
            for body in (
                {"reason": 5, "extra": 1}, {"reason": "", "business_date": "x"}, {"business_date": None},
                {"reason": "x", "business_date": "2026-11-21"}, {"reason": "x", "business_date": "2026-11-23"},
                {"reason": "x" * 201}, {"reason": None, "business_date": 5}, {"reason": "x", "business_date": None},
                {"reason": "x"},
            )
        ),
        *(("POST", f"/v1/entries/{each}/reversal", {"json": {"reason": ""}}) for each in ("x", "%00", UNKNOWN_ID)),
        *(("POST", f"/v1/entries/{each}/reversal", {"json": {"reason": "x"}, "key": None}) for each in ("x", FIRST_ID)),
        *(("GET", f"/v1/entries/{each}", {}) for each in ("x", "bulk", "%00", "1", UNKNOWN_ID, f"{FIRST_ID}/", "a%2F")),
    ]  # fmt: skip
    yield [
        ("GET", "/v1/merchant", {}),
        *(
            ("PATCH", "/v1/merchant", {"json": body})
            for body in (
                {"name": " Padaria Sol "}, {"time_zone": "America/Manaus"}, {"currency": "USD"}, {}, {"name": None},
                {"name": "", "currency": "usd", "time_zone": "Mars", "extra": 1}, {"extra": 1}, {"currency": 5},
                {"name": "x" * 101}, {"time_zone": None, "name": "x"},
            )
        ),
        ("GET", "/v1/merchant?x=1", {}),
        ("POST", "/v1/entries", {"json": with_changes(SALE, {"currency": MISSING})}),
        ("PATCH", "/v1/merchant", {"json": {"currency": "BRL"}}),
    ]  # fmt: skip
    yield [
        *(("POST", "/v1/entries", {"json": SALE | {"amount": f"{n}.00"}, "key": str(n)}) for n in range(1, 4)),
        *(("GET", f"/v1/entries?{query}", {}) for query in QUERIES),
    ]
    bulk = [item("a"), item("b")]
    yield [
        ("POST", "/v1/entries/bulk", {"json": body})
        for body in (
            {"mode": "atomic", "entries": bulk}, {"mode": "atomic", "entries": bulk},
            {"mode": "partial", "entries": bulk},
            {"mode": "partial", "entries": [*bulk, 5, {}, None, bulk[0] | {"amount": "1"}, item("c")]},
            {"mode": "atomic", "entries": [bulk[0] | {"amount": "1"}, bulk[1], item("d")]},
            {"mode": "atomic", "entries": [5, {}, None, [], bulk[0] | {"a": 1}, {"idempotency_key": 5, "z": 1}]},
            {"mode": "atomic", "entries": [bulk[0] | {"amount": "0"}] * 120},
            {"mode": "partial", "entries": [item(key) for key in ("", " a", "a ", "é", "x" * 256)]},
            {"mode": "partial", "entries": [item(key) for key in (None, 1, [], "a b")]},
            {"mode": "partial", "entries": [item("e") | {"business_date": "2026-11-23"}, bulk[0]]},
            {"mode": "atomic", "entries": [item("e") | {"business_date": "2026-11-23"}, bulk[0]]},
            {"mode": "atomic", "entries": []}, {"mode": "atomic", "entries": {}}, {"mode": "atomic", "entries": None},
            {"mode": "atomic"}, {"entries": bulk}, {"mode": "some", "entries": bulk}, {"mode": None, "entries": [5]},
            {"mode": 1, "entries": "x", "extra": 1}, {"mode": "partial", "entries": [{}] * 10_001}, {}, {"extra": {}},
        )
    ]  # fmt: skip
    for method, path in (
        ("POST", "/v1/entries"),
        ("GET", "/v1/entries"),
        ("GET", "/v1/merchant"),
        ("PATCH", "/v1/merchant"),
    ):
        body = {} if method == "GET" else {"json": {}}
        yield [(method, path, body | {"token": token}) for token in TOKENS]
    yield [
        (method, path, {})
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW")
        for path in (
            "/v1/entries",
            "/v1/entries/bulk",
            reversal,
            "/v1/merchant",
            "/v1/merchant/",
            "/v1",
            "/",
            "//v1/entries",
        )
    ]
    yield [
        *(("POST", "/v1/entries", {"json": SALE | {field: value}}) for field, value in MORE_VALUES),
        *(("POST", "/v1/entries", {"content": body}) for body in MORE_BODIES),
        ("POST", "/v1/entries/bulk", {"json": {"mode": "atomic", "entries": [item("a") | {"description": LARGE}]}}),
        *(("GET", f"/v1/entries?{query}", {}) for query in MORE_QUERIES),
        ("GET", "/v1/entries", {}),
    ]
    yield [
        ("POST", "/v1/entries", {"json": SALE | {"amount": "150", "business_date": "2026-11-01"}, "key": "till-3"}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "x", "business_date": "2026-10-31"}}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "x", "amount": "1.00"}}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "Errado"}, "token": OTHER}),
        ("POST", f"/v1/entries/{FIRST_ID}/reversal", {"json": {"reason": "Errado"}, "key": "b"}),
        ("POST", f"/v1/entries/{FIRST_ID[:-1]}3/reversal", {"json": {"reason": "De volta"}, "key": "c"}),
        (
            "POST",
            "/v1/entries",
            {"json": dict(reversed((SALE | {"business_date": "2026-11-01"}).items())), "key": '"till-3"'},
        ),
        ("POST", "/v1/entries", {"json": SALE, "key": r'"a\"b\\c"'}),
        ("POST", "/v1/entries", {"json": SALE, "key": r'a"b\c'}),
        *(("POST", "/v1/entries", {"json": SALE, "key": key}) for key in ("~!", 'in"ner', '"a"b', f'"{"x" * 256}"')),
        ("GET", "/v1/entries", {}),
        ("GET", "/v1/entries", {"token": OTHER}),
    ]
    quoted = item("a") | {"description": '"Pão" \\N', "category": None}
    wrong = item("b") | {"business_date": "2026-11-23", "currency": "USD"}
    yield [
        ("POST", "/v1/entries/bulk", {"json": {"mode": "atomic", "entries": [quoted, wrong]}}),
        ("GET", "/v1/entries", {}),
        ("POST", "/v1/entries/bulk", {"json": {"mode": "atomic", "entries": [quoted]}}),
        ("GET", "/v1/entries", {}),
        *(
            ("PATCH", "/v1/merchant", {"json": body})
            for body in (
                {"name": "a\x00"}, {"name": 5}, {"currency": "CLP"}, {"currency": None}, {"merchant_id": "another"},
                {"time_zone": "../../etc/passwd"},
            )
        ),
    ]  # fmt: skip
    address = f"/v1/entries/{FIRST_ID}"
    yield [
        *(
            ("POST", path, {"json": SALE, "token": token})
            for path in (reversal, "/v1/entries/bulk")
            for token in TOKENS
        ),
        *(("GET", address, {"token": token}) for token in TOKENS),
        *(("GET", path, {"token": WRONG_SCOPES}) for path in ("/v1/entries", address, "/v1/merchant")),
        ("GET", "/v1/entries", {}),
        ("POST", "/v1/entries", {"json": SALE}),
        *((method, address, {}) for method in ("PUT", "PATCH", "DELETE")),
        ("GET", address, {}),
    ]


async def ask(api, method, path, *, json=MISSING, content=None, key="", keys=(), token=TOKEN, headers=None):
    sent = [*TRACE.items(), *({} if token is None else {"Authorization": token}).items(), *(headers or {}).items()]
    if method == "POST":
        sent += [("Idempotency-Key", each) for each in keys or ([] if key is None else [key or f"made-up-{path}"])]
    if content is not None and not headers:
        sent += JSON.items()
    body = {} if json is MISSING else {"json": json}
    return await api.client.request(method, path, headers=sent, content=content, **body)


def shown(method, path, options, answer):
    """A line: what was asked, and the answer; what is long, by its beginning and its digest."""
    asked = json.dumps(options, default=lambda raw: raw.decode("latin-1"), ensure_ascii=False)
    body = answer.text if len(answer.content) <= LONG else f"{answer.text[:LONG]} {sha256(answer.content).hexdigest()}"
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name not in SAME_FOR_ALL]
    return f"{method} {path} {asked}"[:160], answer.status_code, *headers, body


async def test_every_byte_is_as_it_was(new_api):
    lines = []
    for story in requests():
        async with new_api() as api:
            for method, path, options in story:
                answer = await ask(api, method, path, **options)
                assert answer.headers["cache-control"] == "private, no-store"
                lines.append(shown(method, path, options, answer))
    written = [json.dumps(line, ensure_ascii=False) for line in lines]
    if os.environ.get("FLUXO_WRITE_GOLDEN"):
        GOLDEN.write_text("\n".join([*written, ""]))
    golden = GOLDEN.read_text().split("\n")
    assert [(old, new) for old, new in zip(golden, [*written, ""], strict=True) if old != new] == []
