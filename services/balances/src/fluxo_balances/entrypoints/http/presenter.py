"""Balances as JSON: money as decimal strings, instants in UTC with microseconds."""

from datetime import UTC, datetime
from typing import Any, Final

import orjson

from fluxo_balances.domain.daily_balance import DailyBalance, RangeBalance, Standing, Totals

MINOR_UNITS_PER_UNIT: Final = 100


def render_day(standing: Standing, balance: DailyBalance) -> bytes:
    return orjson.dumps(_day(balance, standing.currency, _instant(standing.as_of)))


def render_range(standing: Standing, balance: RangeBalance) -> bytes:
    currency, as_of = standing.currency, _instant(standing.as_of)
    return orjson.dumps(
        {
            "currency": currency,
            "from": balance.items[0].date,
            "to": balance.items[-1].date,
            **_sums(balance.opening_minor, balance.totals, balance.closing_minor),
            "as_of": as_of,
            "items": [_day(item, currency, as_of) for item in balance.items],
        }
    )


def mark_stale(answer: bytes) -> bytes:
    """Return a rendered answer with `"stale": true` added."""
    return answer.removesuffix(b"}") + b',"stale":true}'


def money(amount_minor: int) -> str:
    """Return minor units as a decimal string: -15000 is "-150.00"."""
    units, cents = divmod(abs(amount_minor), MINOR_UNITS_PER_UNIT)
    return f"{'-' if amount_minor < 0 else ''}{units}.{cents:02d}"


def _day(balance: DailyBalance, currency: str, as_of: str | None) -> dict[str, Any]:
    return {
        "date": balance.date,
        "currency": currency,
        **_sums(balance.opening_minor, balance.totals, balance.closing_minor),
        "as_of": as_of,
    }


def _sums(opening_minor: int, totals: Totals, closing_minor: int) -> dict[str, Any]:
    return {
        "opening_balance": money(opening_minor),
        "total_credits": money(totals.credits_minor),
        "total_debits": money(totals.debits_minor),
        "net": money(totals.net_minor),
        "closing_balance": money(closing_minor),
        "entry_count": totals.entry_count,
    }


def _instant(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
