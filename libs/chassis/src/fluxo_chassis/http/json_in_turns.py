"""A large JSON object, read in turns with whatever else the process does: a few milliseconds of it in one go.

What may be large in it is one list, with many small items. Whatever else there is must fit into what is read at once.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

from fluxo_chassis.http.given_once import parse_json

AT_ONCE_BYTES: Final = 65_536
"""A text that is parsed in one go, in some milliseconds; no item of a list is longer, nor any string."""

ITEMS_MAX: Final = 10_000
DEPTH_MAX: Final = 200
TOO_LARGE: Final = ValueError("It is too large.")
"""Stands for an item of a list that is not looked into."""

Pause = Callable[[], Awaitable[None]]
"""What is awaited between two slices of long work, for others to have their turns."""

_CHUNK_BYTES: Final = 16_384
_SIGNS_AT_ONCE: Final = 2_000
"""Two milliseconds' worth. Of what is meant to be read here, 64 KiB have six hundred; of brackets only, 65,536."""

_SIGNS_MAX: Final = 100
"""Of an item: strings, brackets and commas. An object without another in it is one, up to 64 strings."""

_OPEN, _LIST, _QUOTE, _COMMA = b'{[",'
# `*+` never tries twice. The last quote is left out where a text is cut.
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_SIGN: Final = re.compile(
    rb'\{[^{}\[\]"]*+(?:%b"[^{}\[\]"]*+){0,64}+\}|%b(?:"|\\?\Z)|[{}\[\],]' % (_STRING, _STRING), re.DOTALL
)


class BodyTooLargeError(Exception):
    """More than one list is large, or a string is."""


class TooManyItemsError(Exception):
    """`name` is the member whose list is too long."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def a_turn() -> None:
    """Let the event loop serve others once."""
    await asyncio.sleep(0)


async def parse_in_turns(content: bytes, pause: Pause = a_turn) -> Any:
    """Return what `parse_json` would, but for large items; `pause` comes between some milliseconds of it and the next.

    Raises:
        BodyTooLargeError: it is large, and not for the items of one list.
        TooManyItemsError: a list is longer than ITEMS_MAX.
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    if len(content) <= AT_ONCE_BYTES:
        return parse_json(content)
    found = await _LongList(content, pause).find()
    if len(content) - found.end + found.begin > AT_ONCE_BYTES:
        raise BodyTooLargeError
    value = parse_json(content[: found.begin] + content[found.end :])
    items = await found.parse()
    if isinstance(value, dict):
        value[_first_list(value)] = items
    return value


def _first_list(value: dict[str, Any]) -> str:
    # A name given twice stands for no list any more, and is refused whatever another holds.
    return next((name for name, member in value.items() if isinstance(member, list)), "")


class _LongList:
    """The first list that is a member of an object: where it begins and ends, and so each of its items."""

    def __init__(self, content: bytes, pause: Pause) -> None:
        self._content = content
        self._pause = pause
        self._ends: list[int] = []
        self._large: set[int] = set()
        self.begin = self.end = 0

    async def find(self) -> "_LongList":
        depth = signs = 0
        async for sign, at, end in _signs(self._content, self._pause):
            signs += 1
            if not self.begin and at > AT_ONCE_BYTES:
                raise BodyTooLargeError
            if sign == _COMMA:
                if depth == 2 and self.begin:  # noqa: PLR2004 - in the list
                    self._note(at, signs)
                    signs = 0
            elif sign in (_OPEN, _LIST):
                depth += end - at == 1  # Else it is an object that is closed already.
                if depth > DEPTH_MAX:
                    raise RecursionError
                if sign == _LIST and depth == 2 and not self.begin:  # noqa: PLR2004 - a member of the object
                    self.begin, signs = end, 0
            elif sign != _QUOTE:
                depth -= 1
                if depth == 1 and self.begin:
                    self._note(at, signs)
                    self.end = at
                    return self
        raise ValueError("the list does not end") if self.begin else BodyTooLargeError

    def _note(self, at: int, signs: int) -> None:
        if len(self._ends) == ITEMS_MAX:
            raise TooManyItemsError(_first_list(parse_json(self._content[: self.begin] + b"]}")))
        begin = self._ends[-1] + 1 if self._ends else self.begin
        if at - begin > AT_ONCE_BYTES or signs > _SIGNS_MAX:
            self._large.add(len(self._ends))
        self._ends.append(at)

    async def parse(self) -> list[Any]:
        items: list[Any] = []
        for begin, end, count in self._chunks():
            if count:
                items += _parsed(self._content[begin:end], count)
                await self._pause()
            else:
                items.append(TOO_LARGE)
        return items

    def _chunks(self) -> Iterator[tuple[int, int, int]]:
        """Yield where items begin and end that are parsed together, and how many; 0 for one that is not."""
        begin, last, count = self.begin, self.begin, 0
        for index, end in enumerate(self._ends):
            if count and (index in self._large or end - begin > _CHUNK_BYTES):
                yield begin, last, count
                begin, count = last + 1, 0
            if index in self._large:
                yield begin, end, 0
                begin = end + 1
            else:
                count += 1
            last = end
        if count:
            yield begin, last, count


async def _signs(content: bytes, pause: Pause) -> AsyncIterator[tuple[int, int, int]]:
    """Yield strings, brackets and commas: the first byte of each, where it begins and ends."""
    at = 0
    while at < len(content):
        if at:
            await pause()
        until = at + AT_ONCE_BYTES
        for number, found in enumerate(_SIGN.finditer(content, at, until), 1):
            if not number % _SIGNS_AT_ONCE:
                await pause()
            sign = content[found.start()]
            if sign == _QUOTE and found.end() >= until:
                if found.start() == at:
                    raise BodyTooLargeError
                until = found.start()
                break
            yield sign, found.start(), found.end()
        at = until


def _parsed(text: bytes, count: int) -> list[Any]:
    items: list[Any] = parse_json(b"[%b]" % text)
    if len(items) != count:
        raise ValueError("an item is missing")
    return items
