import sys
from datetime import date

from fluxo_chassis.postgres import open_pool

from fluxo_entries.adapters.postgres.category_totals import PostgresCategoryTotals
from fluxo_entries.adapters.postgres.day_totals import PostgresDayTotals
from fluxo_entries.application.totals.list_category_totals import ListCategoryTotals
from fluxo_entries.application.totals.list_day_totals import ListDayTotals
from fluxo_entries.entrypoints.totals import read_cut_off, write_category_totals, write_totals
from fluxo_entries.settings import TotalsSettings


async def print_totals(
    settings: TotalsSettings, merchant_id: str | None, from_date: date | None, to_date: date | None, *, cut_off: bool
) -> None:
    """Print days, then categories, one JSON object a line; with `cut_off`, up to the one on standard input."""
    until = read_cut_off(sys.stdin.buffer) if cut_off else None
    async with await open_pool(settings.entries_database_url, application_name=settings.instance, max_size=1) as pool:
        await write_totals(ListDayTotals(PostgresDayTotals(pool)), sys.stdout, merchant_id, from_date, to_date, until)
        categories = ListCategoryTotals(PostgresCategoryTotals(pool))
        await write_category_totals(categories, sys.stdout, merchant_id, to_date, until)
