"""Whether a statement agrees with itself: opening + lines = closing; each running balance the one before + its line."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from fluxo_statements.model import BalanceKind, Item, Place, StatementBalance, StatementLine, UnreadableLine

MOST: Final = 100
"""So many differences are kept: a column that is no balance after all differs in every line."""


class Difference(NamedTuple):
    """A balance in the file that its lines do not lead to; the account's, on the day that the balance is of."""

    place: Place
    account: str | None
    day: date
    expected_minor: int
    """What the balance before and the lines since make."""
    found_minor: int
    """What the file says."""


@dataclass(slots=True)
class _Account:
    opening: int | None = None
    closing: StatementBalance | None = None
    """One that stands before its lines, as where the newest come first."""
    lines: int = 0
    moved: int = 0
    running: StatementLine | None = None
    """The last line that had a balance."""
    since: int = 0
    """What moved in the lines after it."""
    newest_first: bool | None = None


@dataclass(slots=True)
class BalanceChecks:
    """Given a file's items one by one, keeps what does not agree. A balance that the file has not is not missed."""

    differences: list[Difference] = field(default_factory=list)
    _accounts: dict[str | None, _Account] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        if isinstance(item, UnreadableLine):
            return
        account = self._accounts.setdefault(item.account, _Account())
        if isinstance(item, StatementLine):
            self._line(account, item)
        elif item.kind is BalanceKind.OPENING:
            if account.closing is not None:
                self._expect(account.closing, item.amount_minor + account.moved, account.closing.amount_minor)
                self._accounts.pop(item.account)
            else:
                self._accounts[item.account] = _Account(opening=item.amount_minor)
        elif account.opening is not None:
            self._expect(item, account.opening + account.moved, item.amount_minor)
            self._accounts.pop(item.account)
        else:
            self._accounts[item.account] = _Account(closing=None if account.lines else item)

    def _line(self, account: _Account, line: StatementLine) -> None:
        account.lines += 1
        account.moved += line.amount_minor
        if line.balance_minor is None:
            account.since += line.amount_minor
            return
        if (before := account.running) is not None and before.balance_minor is not None:
            forward = before.balance_minor + account.since + line.amount_minor
            backward = before.balance_minor - account.since - before.amount_minor
            if account.newest_first is None and (line.booked_on != before.booked_on or forward != backward):
                account.newest_first = line.booked_on < before.booked_on or (
                    line.booked_on == before.booked_on and line.balance_minor == backward
                )
            self._expect(line, backward if account.newest_first else forward, line.balance_minor)
        account.running, account.since = line, 0

    def _expect(self, item: StatementLine | StatementBalance, expected: int, found: int) -> None:
        if expected != found and len(self.differences) < MOST:
            day = item.booked_on if isinstance(item, StatementLine) else item.day
            self.differences.append(Difference(item.place, item.account, day, expected, found))
