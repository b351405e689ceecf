"""What every answer of the balances service must keep within itself, whatever is going on."""

from decimal import Decimal
from itertools import pairwise

from ledger import Json

FIGURES = ("opening_balance", "total_credits", "total_debits", "net", "closing_balance")


def day_errors(day: Json) -> list[str]:
    """Return what is wrong with a day (or a range's head) taken by itself."""
    opening, credits_, debits, net, closing = (Decimal(day[figure]) for figure in FIGURES)
    errors = []
    if net != credits_ - debits:
        errors.append("net is not credits - debits")
    if closing != opening + credits_ - debits:
        errors.append("closing is not opening + credits - debits")
    return [f"{error} in {without_items(day)}" for error in errors]


def range_errors(answer: Json) -> list[str]:
    """Return what is wrong with a range: its days, what they carry, and its head."""
    items = answer["items"]
    errors = [error for item in (answer, *items) for error in day_errors(item)]
    errors += [
        f"{after['date']} opens with {after['opening_balance']}, the day before closed with {before['closing_balance']}"
        for before, after in pairwise(items)
        if before["closing_balance"] != after["opening_balance"]
    ]
    ends = (items[0]["opening_balance"], items[-1]["closing_balance"])
    if ends != (answer["opening_balance"], answer["closing_balance"]):
        errors.append(f"a range of {ends} says of itself {without_items(answer)}")
    for figure in ("total_credits", "total_debits"):
        if sum(Decimal(item[figure]) for item in items) != Decimal(answer[figure]):
            errors.append(f"{figure} of the days do not add up to {answer[figure]}")
    if sum(item["entry_count"] for item in items) != answer["entry_count"]:
        errors.append(f"entry_count of the days do not add up to {answer['entry_count']}")
    return errors


def without_items(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name != "items"}
