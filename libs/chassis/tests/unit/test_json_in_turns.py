"""A large body is read as a small one would be, in slices that others' turns lie between."""

import asyncio
import json

import pytest
from fluxo_chassis.http import json_in_turns
from fluxo_chassis.http.given_once import REPEATED, parse_json
from fluxo_chassis.http.json_in_turns import (
    AT_ONCE_BYTES,
    ITEMS_MAX,
    TOO_LARGE,
    BodyTooLargeError,
    TooManyItemsError,
    parse_in_turns,
)

pytestmark = pytest.mark.anyio

ITEM = {"key": 'a "b" \\ ],}', "amount": "1.00", "none": None, "list": [1, [2.5], {}], "object": {"entries": [0]}}


def body(*items: bytes, before: bytes = b'"mode":"x",', after: bytes = b"") -> bytes:
    return b'{%b"entries": [%b]%b}' % (before, b" , ".join(items), after)


@pytest.fixture
def parsed_at_once(monkeypatch):
    """The lengths of the texts that were parsed, each in one go."""
    lengths = []

    def parse(content):
        lengths.append(len(content))
        return parse_json(content)

    monkeypatch.setattr(json_in_turns, "parse_json", parse)
    return lengths


@pytest.mark.parametrize(
    "content",
    [
        body(*[json.dumps(ITEM).encode()] * 2_000),
        body(*[json.dumps(ITEM, indent=2, ensure_ascii=False).encode()] * 2_000, after=b',"z":{"list":[1,2]}'),
        body(*[b'{"a":"\\u00e9","b":{"c":[]}}'] * 5_000, before=b'"first":{"list":[[1]]},'),
        body(*[b'{"a":1,"a":2}', b"7", b'"x"', b"[]", b"[[1,2],3]", b"true"] * 1_600),
        body(*[b"1" * 4_000] * 30, b'"%b"' % (b"x" * 60_000), after=b',"mode":2,"mode":3'),
    ],
)
async def test_it_is_read_as_in_one_go(content, parsed_at_once):
    assert len(content) > AT_ONCE_BYTES
    assert await parse_in_turns(content) == parse_json(content)
    assert max(parsed_at_once) < AT_ONCE_BYTES
    assert sum(parsed_at_once) < len(content) * 1.01


async def test_others_have_a_turn_for_every_slice():
    content = body(*[json.dumps(ITEM).encode()] * 5_000)
    turns = 0

    async def somebody_else():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    await parse_in_turns(content)
    other.cancel()
    assert turns > 2 * len(content) / AT_ONCE_BYTES


async def test_others_have_a_turn_for_every_two_thousand_brackets():
    turns = 0

    async def somebody_else():
        nonlocal turns
        turns += 1
        await asyncio.sleep(0)

    await parse_in_turns(body(*[b"[" * 30 + b"]" * 30] * 2_000), somebody_else)
    assert turns > 2_000 * 60 / 2_000


@pytest.mark.parametrize(
    "large",
    [
        b"{%b}" % b",".join(b'"%d":0' % number for number in range(20_000)),
        b"[%b]" % b",".join([b"[]"] * 600),
        b"1" * 70_000,
        b" " * 70_000 + b"1",
    ],
)
async def test_a_large_item_is_not_looked_into(large, parsed_at_once):
    value = await parse_in_turns(body(b'{"a":1}', large, b'{"a":2}', *[b'{"a": "%b"}' % (b"x" * 1_000)] * 70))
    assert value["entries"][:3] == [{"a": 1}, TOO_LARGE, {"a": 2}]
    assert max(parsed_at_once) < AT_ONCE_BYTES


async def test_a_list_that_is_too_long_is_named_before_it_is_parsed(parsed_at_once):
    with pytest.raises(TooManyItemsError) as error:
        await parse_in_turns(body(*[b"{   }"] * (ITEMS_MAX + 1)))
    assert error.value.name == "entries"
    assert sum(parsed_at_once) < 100
    assert len((await parse_in_turns(body(*[b"{   }"] * ITEMS_MAX)))["entries"]) == ITEMS_MAX


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"{%b}" % b",".join(b'"%d":0' % number for number in range(20_000)), BodyTooLargeError),
        (body(b"1", after=b',"b":[%b]' % b",".join([b"10"] * 30_000)), BodyTooLargeError),
        (body(b'"%b"' % (b"x" * 70_000)), BodyTooLargeError),
        (body(b'"%b"' % (b"\\n" * 70_000)), BodyTooLargeError),
        (b'{"\\"' * 30_000 + b"\\", BodyTooLargeError),
        (b"[" * 100_000, RecursionError),
        (b'{"a":' * 100_000, RecursionError),
        (body(*[b"1" * 70] * 1_000, b""), ValueError),
        (body(*[b"1" * 70] * 1_000)[:-2], ValueError),
        (body(*[b"1" * 70] * 1_000)[:-2] + b"}}", ValueError),
        (body(*[b"1" * 70] * 1_000)[:-1] + b"]", ValueError),
        (body(*[b"{'a':1%b}" % (b" " * 70)] * 1_000), ValueError),
        (body(*['{"a": "b"}'.encode("utf-16")] * 5_000), ValueError),
    ],
)
async def test_what_cannot_be_read_so_is_refused_soon(content, error):
    with pytest.raises(error):
        await parse_in_turns(content)


async def test_of_a_list_given_twice_neither_is_taken():
    content = body(*[b"1" * 70] * 1_000, after=b',"entries":1')
    assert (await parse_in_turns(content))["entries"] is REPEATED
