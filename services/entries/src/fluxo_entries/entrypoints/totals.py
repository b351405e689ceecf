from datetime import date
from typing import BinaryIO, TextIO

import msgspec
from fluxo_contracts.cut_off import decode_cut_off

from fluxo_entries.application.totals.list_category_totals import ListCategoryTotals
from fluxo_entries.application.totals.list_day_totals import ListDayTotals
from fluxo_entries.application.totals.ports import CutOff


async def write_totals(
    list_day_totals: ListDayTotals,
    out: TextIO,
    merchant_id: str | None,
    from_date: date | None,
    to_date: date | None,
    cut_off: CutOff | None = None,
) -> None:
    """Write one JSON line for each merchant and day that has entries, by merchant and date; sums in minor units.

    After a merchant's last day comes the first day of the month after, with zero sums: who holds these lines against
    balances sees there whether the last month was carried on.
    """
    encode = msgspec.json.Encoder().encode
    async for day in list_day_totals(merchant_id, from_date, to_date, cut_off):
        line = {
            "merchant_id": day.merchant_id,
            "date": day.business_date,
            "credits_minor": day.credits_minor,
            "debits_minor": day.debits_minor,
            "entry_count": day.entry_count,
            "currency": day.currency,
        }
        out.write(f"{encode(line).decode()}\n")


async def write_category_totals(
    list_category_totals: ListCategoryTotals,
    out: TextIO,
    merchant_id: str | None,
    to_date: date | None,
    cut_off: CutOff | None = None,
) -> None:
    """Write one JSON line for each month of a category, by merchant, month and category; `category` folded.

    Entries without one have the empty category.
    """
    encode = msgspec.json.Encoder().encode
    async for each in list_category_totals(merchant_id, to_date, cut_off):
        line = {
            "merchant_id": each.merchant_id,
            "month": each.month,
            "category": each.category,
            "credits_minor": each.credits_minor,
            "debits_minor": each.debits_minor,
            "entry_count": each.entry_count,
            "currency": each.currency,
        }
        out.write(f"{encode(line).decode()}\n")


def read_cut_off(pipe: BinaryIO) -> CutOff:
    """Return the cut-off that the other side's first line tells.

    Raises:
        NoCutOffError: it tells none.
    """
    told = decode_cut_off(pipe.readline())
    return CutOff(told.since, told.applied)
