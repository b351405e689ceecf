"""What callers get: each shape stands here once, for the documentation, the type checker and the answer itself."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Final, NotRequired
from uuid import UUID

import orjson
from fluxo_contracts.currencies import money_in
from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from fluxo_balances.domain.category_totals import CategorizedRange, CategoryTotals
from fluxo_balances.domain.daily_balance import DailyBalance, MerchantState, RangeBalance, Totals

DAYS_AT_A_TIME: Final = 366
TURNS: Final = 3
"""Rounds of the loop between: a request that came meanwhile is read, looked at, and its statement sent."""

_BLANK: Final[Any] = "@"
"""Stands for a value in the form that all days of a range share; in no currency and no instant."""

_MONEY: Final = r"^-?[0-9]+(?:\.[0-9]{2,4})?$"
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


_Credits = Annotated[str, Field(pattern=_MONEY, description="Money in.")]
_Debits = Annotated[str, Field(pattern=_MONEY, description="Money out.")]
_Net = Annotated[str, Field(pattern=_MONEY, description="Credits less debits; negative when more went out.")]
_AsOf = Annotated[
    Instant | None, Field(description="The newest `recorded_at` in the balance, in UTC; null when there is none.")
]
_Stale = Annotated[
    bool,
    Field(
        default=False, description="Present, and true, while the database is away and this is the last answer known."
    ),
]


class Sums(TypedDict):
    opening_balance: Annotated[str, Field(pattern=_MONEY, description="The sum of all earlier days.")]
    total_credits: _Credits
    total_debits: _Debits
    net: _Net
    closing_balance: Annotated[str, Field(pattern=_MONEY, description="Opening balance plus credits less debits.")]
    entry_count: Annotated[int, Field(ge=0)]
    as_of: _AsOf
    stale: NotRequired[_Stale]


class DailyBalanceBody(Sums):
    """What a day opened and closed with."""

    date: dt.date
    currency: Currency


_Range = TypedDict("_Range", {"currency": Currency, "from": dt.date, "to": dt.date})


class DailyBalancesBody(Sums, _Range):
    """Every day of a range, and their sum."""

    items: Annotated[list[DailyBalanceBody], Field(description="Every day, ascending.", min_length=1)]


class Turnover(TypedDict):
    total_credits: _Credits
    total_debits: _Debits
    net: _Net
    entry_count: Annotated[int, Field(ge=0)]


class CategoryMonthBody(Turnover):
    """What the entries of a category add up to in the days of a month."""

    month: Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
    category: Annotated[
        str | None, Field(description="As it was written first; null for the entries without a category.")
    ]


class CategoryTotalsBody(Turnover, _Range):
    """The categories of a range, month by month, and their sum."""

    as_of: _AsOf
    items: Annotated[
        list[CategoryMonthBody],
        Field(description="By month; in a month those with most money in and out first, then by category."),
    ]
    stale: NotRequired[_Stale]


class ApiKeyUse(TypedDict):
    id: UUID
    last_used_at: Instant | None


class ApiKeyUsesBody(TypedDict):
    """When API keys were used last in this service."""

    items: list[ApiKeyUse]


def render_day(merchant_state: MerchantState, balance: DailyBalance) -> bytes:
    return orjson.dumps(_day(balance.date, merchant_state.currency, _sums_of(merchant_state, balance)))


async def render_range(merchant_state: MerchantState, balance: RangeBalance) -> bytes:
    """Return the answer, and let the event loop serve others after each year: ten take some ten milliseconds."""
    days = _days(merchant_state, balance)
    years = [",".join(islice(days, DAYS_AT_A_TIME))]
    while year := ",".join(islice(days, DAYS_AT_A_TIME)):
        for _ in range(TURNS):
            await asyncio.sleep(0)
        years.append(year)
    items: Any = orjson.Fragment(f"[{','.join(years)}]")
    content: DailyBalancesBody = {
        "currency": merchant_state.currency,
        "from": balance.days.first,
        "to": balance.days.last,
        **_sums_of(merchant_state, balance),
        "items": items,
    }
    return orjson.dumps(content)


def render_categories(merchant_state: MerchantState, balance: CategorizedRange) -> bytes:
    turnover = _turnover(merchant_state, balance.totals)
    content: CategoryTotalsBody = {
        "currency": merchant_state.currency,
        "from": balance.days.first,
        "to": balance.days.last,
        "as_of": instant(merchant_state.as_of),
        "total_credits": turnover["total_credits"],
        "total_debits": turnover["total_debits"],
        "net": turnover["net"],
        "entry_count": turnover["entry_count"],
        "items": [_category(merchant_state, item) for item in balance.items],
    }
    return orjson.dumps(content)


def mark_stale(answer: bytes) -> bytes:
    """Return a rendered answer with `"stale": true` added."""
    return answer.removesuffix(b"}") + b',"stale":true}'


def _days(merchant_state: MerchantState, balance: RangeBalance) -> Iterator[str]:
    """Return every day to the byte as `render_day` has it: the form is rendered once, and filled in for each day."""
    count: Any = orjson.Fragment(_BLANK)
    blanks = _sums(_BLANK, _BLANK, _BLANK, _BLANK, _BLANK, count, merchant_state.as_of)
    form = orjson.dumps(_day(_BLANK, merchant_state.currency, blanks)).decode()
    start, to_opening, to_credits, to_debits, to_net, to_closing, to_count, end = form.split(_BLANK)
    money = money_in(merchant_state.currency)
    balances = [money(balance_minor) for balance_minor in balance.balances_minor]
    columns = balance.days, balances, balance.credits_minor, balance.debits_minor, balances[1:], balance.entry_counts
    return (
        f"{start}{day.isoformat()}{to_opening}{opening}{to_credits}{money(credit)}{to_debits}{money(debit)}"
        f"{to_net}{money(credit - debit)}{to_closing}{closing}{to_count}{entry_count}{end}"
        for day, opening, credit, debit, closing, entry_count in zip(*columns, strict=False)
    )


def _category(merchant_state: MerchantState, item: CategoryTotals) -> CategoryMonthBody:
    return {
        "month": item.month.isoformat()[: len("YYYY-MM")],
        "category": item.category,
        **_turnover(merchant_state, item.totals),
    }


def _turnover(merchant_state: MerchantState, totals: Totals) -> Turnover:
    money = money_in(merchant_state.currency)
    return {
        "total_credits": money(totals.credits_minor),
        "total_debits": money(totals.debits_minor),
        "net": money(totals.net_minor),
        "entry_count": totals.entry_count,
    }


def _day(day: dt.date, currency: str, sums: Sums) -> DailyBalanceBody:
    return {"date": day, "currency": currency, **sums}


def _sums_of(merchant_state: MerchantState, balance: DailyBalance | RangeBalance) -> Sums:
    totals, money = balance.totals, money_in(merchant_state.currency)
    return _sums(
        money(balance.opening_minor),
        money(totals.credits_minor),
        money(totals.debits_minor),
        money(totals.net_minor),
        money(balance.closing_minor),
        totals.entry_count,
        merchant_state.as_of,
    )


def _sums(
    opening: str, credits_: str, debits: str, net: str, closing: str, entry_count: int, as_of: dt.datetime | None
) -> Sums:
    return {
        "opening_balance": opening,
        "total_credits": credits_,
        "total_debits": debits,
        "net": net,
        "closing_balance": closing,
        "entry_count": entry_count,
        "as_of": instant(as_of),
    }


def instant(moment: dt.datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
