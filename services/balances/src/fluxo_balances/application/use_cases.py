"""Every command and query of the service, by the process that runs it."""

from dataclasses import dataclass
from typing import Final

from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.application.projecting.purge_inbox import PurgeInbox
from fluxo_balances.application.projecting.redrive_dead_letter import RedriveDeadLetter
from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.application.reading.list_projected_categories import ListProjectedCategories
from fluxo_balances.application.reading.list_projected_days import ListProjectedDays
from fluxo_balances.application.rebuilding.rebuild_projection import RebuildProjection


@dataclass(frozen=True, slots=True)
class ApiUseCases:
    get_daily_balance: GetDailyBalance
    get_daily_balances: GetDailyBalances
    get_category_totals: GetCategoryTotals
    await_entry: AwaitEntry
    follow_changes: FollowChanges
    list_api_key_uses: ListApiKeyUses


@dataclass(frozen=True, slots=True)
class ProjectorUseCases:
    project_entries: ProjectEntries
    purge_inbox: PurgeInbox


OPERATOR_USE_CASES: Final = (ListProjectedDays, ListProjectedCategories, RedriveDeadLetter, RebuildProjection)
"""Each in a process of its own."""
