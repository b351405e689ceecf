from datetime import date
from typing import BinaryIO

import msgspec

from fluxo_balances.application.reading.list_projected_days import ListProjectedDays


async def write_totals(
    list_projected_days: ListProjectedDays,
    out: BinaryIO,
    merchant_id: str | None,
    from_date: date | None,
    to_date: date | None,
) -> None:
    """Write one JSON object a line for each day that has totals, by merchant and date; amounts in minor units.

    After a merchant's last day comes the first day of the month after, unless that lies beyond `to_date`: it has zero
    totals, and its opening rests on every month, the last one included.
    """
    encode = msgspec.json.Encoder().encode
    async for day in list_projected_days(merchant_id, from_date, to_date):
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
