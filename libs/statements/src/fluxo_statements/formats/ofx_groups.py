"""The groups of tags in an OFX file: SGML does not say which tags hold others, so those that matter are named here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.ofx_tags import Tag
from fluxo_statements.text import one_line

STATEMENTS: Final = ("STMTRS", "CCSTMTRS")
ACCOUNTS: Final = ("BANKACCTFROM", "CCACCTFROM")
# Any other tag holds a value or, if it holds tags, what they say counts as said by the group that it stands in.
_GROUPS: Final = frozenset(
    {*STATEMENTS, *ACCOUNTS, "OFX", "BANKTRANLIST", "STMTTRN", "STMTTRNP", "LEDGERBAL", "AVAILBAL", "BAL", "PAYEE"}
    | {"CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO"}
)
_LINES: Final = ("STMTTRN", "STMTTRNP")
_VALUES: Final = frozenset(
    {"TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "CORRECTFITID", "NAME", "MEMO", "CURSYM", "CURDEF", "BANKID", "BRANCHID"}
    | {"ACCTID", "ACCTTYPE", "BALAMT", "DTASOF", "DTEND"}
)
# Beyond what any bank writes, so that a hostile file costs no more time and memory than another one of its size.
_DEPTH_MAX: Final = 32
_REPEATS_MAX: Final = 16


@dataclass(slots=True)
class Group:
    name: str
    start: int
    """Where its first tag begins; `stop` is the byte behind its last one, once it is closed."""
    stop: int = 0
    values: dict[str, list[str]] = field(default_factory=dict)
    """By tag, in order: those that are asked for, and not empty."""
    groups: dict[str, "Group"] = field(default_factory=dict)
    """The newest of each name that is closed; lines are not kept."""

    def text(self, *names: str) -> str:
        """Return the first value of the first of these tags that has one, else nothing."""
        return next((one_line(self.values[name][0]) for name in names if name in self.values), "")


def closed_groups(tags: Iterable[Tag]) -> Iterator[tuple[Group, Group | None]]:
    """Yield each group when it ends, and the statement that it stands in.

    Raises:
        UnreadableFileError: groups in groups in groups, or an amount that is no line's; neither is what a bank wrote.
    """
    opened: list[Group] = []
    for tag in tags:
        if tag.name not in _GROUPS:
            if tag.is_end or not tag.value or tag.name not in _VALUES:
                continue
            if tag.name == "TRNAMT" and not (opened and opened[-1].name in _LINES):
                raise UnreadableFileError(
                    f"An amount ({tag.value[:40]}) stands outside the OFX file's lines. Export it again."
                )
            values = opened[-1].values.setdefault(tag.name, []) if opened else []
            values.extend([tag.value] if len(values) < _REPEATS_MAX else [])
        elif tag.is_end:
            yield from _close(opened, tag.name, tag.stop)
        else:
            if tag.name == "STMTTRN":  # one that begins inside another: the end tag of the first is missing
                yield from _close(opened, tag.name, tag.start)
            if len(opened) == _DEPTH_MAX:
                raise UnreadableFileError(
                    f"The OFX file has {_DEPTH_MAX} groups in each other; the end tags are missing."
                )
            opened.append(Group(tag.name, tag.start))


def _close(opened: list[Group], name: str, stop: int) -> Iterator[tuple[Group, Group | None]]:
    if all(group.name != name for group in opened):
        return
    closed = ""
    while closed != name:
        group = opened.pop()
        group.stop, closed = stop, group.name
        yield group, next((each for each in reversed(opened) if each.name in STATEMENTS), None)
        if opened and closed != "STMTTRN":
            opened[-1].groups[closed] = group
