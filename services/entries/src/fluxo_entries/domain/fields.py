"""Fields as they come from outside, each held against its rule; all that is wrong is named at once."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from fluxo_entries.domain.errors import RejectedFieldsError


class Rule(NamedTuple):
    """`parse` takes a text, and returns the value or raises ValueError with a sentence; `otherwise` is for no text.

    An optional field may be absent or null, and is None then.
    """

    parse: Callable[[str], Any]
    optional: bool = False
    otherwise: str = "This must be a string."


_ABSENT: Final = object()


def parse_fields(given: Mapping[str, object], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return each rule's value by its field's name. What could not be read is given as the ValueError that says why.

    Raises:
        RejectedFieldsError: fields that break their rule, are missing, or are not known, all of them named: the rules'
            in their order, then the others as given.
    """
    values: dict[str, Any] = {}
    rejected: list[tuple[str, str]] = []
    for name, (parse, optional, otherwise) in rules.items():
        value = given.get(name, _ABSENT)
        if isinstance(value, str):
            try:
                values[name] = parse(value)
            except ValueError as error:
                rejected.append((name, str(error)))
        elif optional and (value is _ABSENT or value is None):
            values[name] = None
        elif isinstance(value, ValueError):
            rejected.append((name, str(value)))
        else:
            rejected.append((name, "This field is required." if value is _ABSENT else otherwise))
    if not given.keys() <= rules.keys():
        # A misspelt optional field must not be lost in silence.
        rejected += [(name, "This field is not known.") for name in given if name not in rules]
    if rejected:
        raise RejectedFieldsError(*rejected)
    return values
