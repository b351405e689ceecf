import sys
from contextlib import AsyncExitStack
from datetime import date, datetime

from fluxo_chassis.postgres import connect

from fluxo_balances.adapters.postgres.projected_categories import PostgresProjectedCategories
from fluxo_balances.adapters.postgres.projected_days import PostgresProjectedDays
from fluxo_balances.application.reading.list_projected_categories import ListProjectedCategories
from fluxo_balances.application.reading.list_projected_days import ListProjectedDays
from fluxo_balances.entrypoints.totals import write_category_totals, write_totals
from fluxo_balances.settings import DatabaseSettings


async def print_totals(
    settings: DatabaseSettings,
    merchant_id: str | None,
    from_date: date | None,
    to_date: date | None,
    cut_off: datetime | None,
) -> None:
    """Print the days of the read model, then the months of its categories, one JSON object a line."""
    connection = await connect(settings.balances_database_url, {"jit": "off"})
    async with AsyncExitStack() as opened:
        opened.push_async_callback(connection.close)
        # One snapshot: the categories hold the entries that the cut-off says.
        await opened.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
        list_projected_days = ListProjectedDays(PostgresProjectedDays(connection))
        await write_totals(list_projected_days, sys.stdout.buffer, merchant_id, from_date, to_date, cut_off)
        list_projected_categories = ListProjectedCategories(PostgresProjectedCategories(connection))
        await write_category_totals(list_projected_categories, sys.stdout.buffer, merchant_id, to_date)
