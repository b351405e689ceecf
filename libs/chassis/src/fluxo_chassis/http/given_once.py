"""Names that a request gives more than once: parsers keep the last in silence, and which was meant nobody can tell."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import jiter

REPEATED: Final = ValueError("It is given more than once.")
"""Stands for the value of a member that is given more than once: no field takes it, and each refuses it by its name."""


def repeated(names: Iterable[str]) -> list[str]:
    """Return those of the names that are given more than once, in the order given."""
    return [name for name, times in Counter(names).items() if times > 1]


def parse_json(content: bytes) -> Any:
    """Return what the text stands for, with REPEATED for the members that an object has more than once.

    Raises:
        ValueError: it is not JSON in UTF-8, or begins with a byte order mark.
        RecursionError: it is nested too deeply.
    """
    try:
        return jiter.from_json(content, catch_duplicate_keys=True)
    except ValueError:
        # It is slower and reads more: half a character, which a field then refuses by its name, and the rest of
        # what is given more than once. Bytes it would take for UTF-16 too.
        return json.loads(content.decode(), object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        members |= dict.fromkeys(repeated(name for name, _ in pairs), REPEATED)
    return members
