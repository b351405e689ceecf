from collections.abc import Sequence
from datetime import date, datetime
from typing import BinaryIO
from uuid import UUID

import msgspec
from fluxo_contracts.cut_off import CutOff, encode_cut_off

from fluxo_balances.application.reading.list_projected_categories import ListProjectedCategories
from fluxo_balances.application.reading.list_projected_days import ListProjectedDays


async def write_totals(
    list_projected_days: ListProjectedDays,
    out: BinaryIO,
    merchant_id: str | None,
    from_date: date | None,
    to_date: date | None,
    cut_off: datetime | None = None,
) -> None:
    """Write one JSON object a line for each day that has totals, by merchant and date; amounts in minor units.

    After a merchant's last day comes the first day of the month after, unless that lies beyond `to_date`: it has zero
    totals, and its opening rests on every month, the last one included.

    With `cut_off` the first line is the CutOff of the snapshot.
    """

    def hear(since: UUID, applied: Sequence[UUID]) -> None:
        out.write(encode_cut_off(CutOff(since=since, applied=applied)))
        out.flush()

    encode = msgspec.json.Encoder().encode
    async for day in list_projected_days(merchant_id, from_date, to_date, cut_off, hear):
        line = {
            "merchant_id": day.merchant_id,
            "date": day.business_date,
            "credits_minor": day.totals.credits_minor,
            "debits_minor": day.totals.debits_minor,
            "entry_count": day.totals.entry_count,
            "opening_minor": day.opening_minor,
            "closing_minor": day.closing_minor,
        }
        out.write(encode(line) + b"\n")
    out.flush()


async def write_category_totals(
    list_projected_categories: ListProjectedCategories, out: BinaryIO, merchant_id: str | None, to_date: date | None
) -> None:
    """Write one JSON object a line for each month of a category, by merchant, month and category; `category` folded.

    Entries without one have the empty category.
    """
    encode = msgspec.json.Encoder().encode
    async for each in list_projected_categories(merchant_id, to_date):
        line = {
            "merchant_id": each.merchant_id,
            "month": each.month,
            "category": each.category,
            "credits_minor": each.totals.credits_minor,
            "debits_minor": each.totals.debits_minor,
            "entry_count": each.totals.entry_count,
        }
        out.write(encode(line) + b"\n")
    out.flush()
