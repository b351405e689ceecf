from dataclasses import dataclass, field
from typing import Final

from fluxo_entries.application.importing.ports import Summary
from fluxo_entries.application.importing.statements import Difference, StatementBalance, StatementColumns
from fluxo_entries.domain.statement_line import StatementLine

ACCOUNTS_MAX: Final = 1_000
GUESSED_MAX: Final = 20
_GUESSED_LENGTH_MAX: Final = 300
_MINOR_MAX: Final = 2**63 - 1


@dataclass(slots=True)
class _Account:
    lines_minor: int = 0
    opening: StatementBalance | None = None
    closing: StatementBalance | None = None


@dataclass(slots=True)
class Sums:
    """Adds up what a file says, account by account, while it is read."""

    format: str | None = None
    heading: str | None = None
    line_count: int = 0
    columns: StatementColumns | None = None
    guessed: dict[str, None] = field(default_factory=dict)
    breaks_minor: int = 0
    """What running balances leap by beyond their lines."""
    accounts: dict[str | None, _Account] = field(default_factory=dict)

    def add_line(self, line: StatementLine) -> None:
        self._account(line.account).lines_minor += line.amount_minor
        for sentence in line.guessed:
            if len(self.guessed) < GUESSED_MAX:
                self.guessed[sentence[:_GUESSED_LENGTH_MAX]] = None

    def add_difference(self, of: Difference) -> None:
        self.breaks_minor += of.found_minor - of.expected_minor

    def add_balance(self, balance: StatementBalance) -> None:
        """Keep it if it is the first to open or the last to close its account."""
        account = self._account(balance.account)
        if balance.kind == "opening":
            if account.opening is None or balance.day < account.opening.day:
                account.opening = balance
        elif account.closing is None or balance.day >= account.closing.day:
            account.closing = balance

    def summary(self) -> Summary:
        """Return what the file says; a balance of all accounts only where each that has any has it."""
        known = [each for each in self.accounts.values() if each.opening or each.closing]
        openings = [each.opening.amount_minor for each in known if each.opening]
        closings = [each.closing.amount_minor for each in known if each.closing]
        opening = sum(openings) if known and len(openings) == len(known) else None
        closing = sum(closings) if known and len(closings) == len(known) else None
        difference = None
        if opening is not None and closing is not None and len(self.accounts) <= ACCOUNTS_MAX:
            difference = closing - opening - sum(each.lines_minor for each in known)
        difference = difference or self.breaks_minor or difference
        opening, closing, difference = map(_told, (opening, closing, difference))
        guessed = tuple(self.guessed)
        return Summary(self.format, self.heading, guessed, opening, closing, difference, self.line_count, self.columns)

    def _account(self, name: str | None) -> _Account:
        if len(self.accounts) > ACCOUNTS_MAX:  # One more than there may be: nothing is said of them all.
            return _Account()
        return self.accounts.setdefault(name, _Account())


def _told(minor: int | None) -> int | None:
    """Return what a database can keep: no account has more, and a file that says so is wrong in that only."""
    return minor if minor is not None and abs(minor) <= _MINOR_MAX else None
