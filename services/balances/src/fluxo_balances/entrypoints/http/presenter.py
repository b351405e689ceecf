"""Balances as JSON: money as decimal strings, instants in UTC with microseconds."""

from datetime import UTC, date, datetime
from typing import Any, Final

import orjson

from fluxo_balances.domain.daily_balance import DailyBalance, RangeBalance, Standing

MINOR_UNITS_PER_UNIT: Final = 100

_CENTS: Final = tuple(f".{cents:02d}" for cents in range(MINOR_UNITS_PER_UNIT))

_BLANK: Final = "@"
"""Stands for a value in the form that all days of a range share; in no currency and no instant."""


def render_day(standing: Standing, balance: DailyBalance) -> bytes:
    return orjson.dumps(_day(standing, balance.date, _sums_of(balance)))


def render_range(standing: Standing, balance: RangeBalance) -> bytes:
    return orjson.dumps(
        {
            "currency": standing.currency,
            "from": balance.days.first,
            "to": balance.days.last,
            **_sums_of(balance),
            "as_of": _instant(standing.as_of),
            "items": orjson.Fragment(f"[{','.join(_days(standing, balance))}]"),
        }
    )


def mark_stale(answer: bytes) -> bytes:
    """Return a rendered answer with `"stale": true` added."""
    return answer.removesuffix(b"}") + b',"stale":true}'


def money(amount_minor: int) -> str:
    """Return minor units as a decimal string: -15000 is "-150.00"."""
    if amount_minor < 0:
        return f"-{-amount_minor // MINOR_UNITS_PER_UNIT}{_CENTS[-amount_minor % MINOR_UNITS_PER_UNIT]}"
    return f"{amount_minor // MINOR_UNITS_PER_UNIT}{_CENTS[amount_minor % MINOR_UNITS_PER_UNIT]}"


def _days(standing: Standing, balance: RangeBalance) -> list[str]:
    """Return every day to the byte as `render_day` has it: the form is rendered once, and filled in for each day."""
    form = orjson.dumps(
        _day(standing, _BLANK, _sums(_BLANK, _BLANK, _BLANK, _BLANK, _BLANK, orjson.Fragment(_BLANK)))
    ).decode()
    start, to_opening, to_credits, to_debits, to_net, to_closing, to_count, end = form.split(_BLANK)
    balances = [money(balance_minor) for balance_minor in balance.balances_minor]
    columns = balance.days, balances, balance.credits_minor, balance.debits_minor, balances[1:], balance.entry_counts
    return [
        f"{start}{day.isoformat()}{to_opening}{opening}{to_credits}{money(credit)}{to_debits}{money(debit)}"
        f"{to_net}{money(credit - debit)}{to_closing}{closing}{to_count}{entry_count}{end}"
        for day, opening, credit, debit, closing, entry_count in zip(*columns, strict=False)
    ]


def _day(standing: Standing, day: date | str, sums: dict[str, Any]) -> dict[str, Any]:
    return {"date": day, "currency": standing.currency, **sums, "as_of": _instant(standing.as_of)}


def _sums_of(balance: DailyBalance | RangeBalance) -> dict[str, Any]:
    totals = balance.totals
    return _sums(
        money(balance.opening_minor),
        money(totals.credits_minor),
        money(totals.debits_minor),
        money(totals.net_minor),
        money(balance.closing_minor),
        totals.entry_count,
    )


def _sums(opening: str, credits_: str, debits: str, net: str, closing: str, entry_count: object) -> dict[str, Any]:
    return {
        "opening_balance": opening,
        "total_credits": credits_,
        "total_debits": debits,
        "net": net,
        "closing_balance": closing,
        "entry_count": entry_count,
    }


def _instant(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
