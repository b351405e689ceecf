"""Everything the service does, in one place.

Commands, run by the projector: `ProjectEntries`, `PurgeInbox`; by an operator: `RedriveDeadLetter`,
`RebuildProjection`. Queries, answered by the API, below; `ReadyAnswers` stands in front of them.
"""

from dataclasses import dataclass

from fluxo_balances.application.await_entry import AwaitEntry
from fluxo_balances.application.get_daily_balance import GetDailyBalance
from fluxo_balances.application.get_daily_balances import GetDailyBalances


@dataclass(frozen=True, slots=True)
class Queries:
    """What the API answers."""

    get_daily_balance: GetDailyBalance
    get_daily_balances: GetDailyBalances
    await_entry: AwaitEntry
