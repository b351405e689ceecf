"""How the tables hold totals that are beyond a bigint (ADR 0032).

A total is `<total>_minor` and, on top, `<total>_carry` times CARRY_MINOR. What is above CARRY_MINOR is carried over
when more is added, so that there is always room for a batch: 80,000 of the greatest entries.
"""

from typing import Final

CARRY_MINOR: Final = 10**18


def added(*totals: str) -> str:
    """Return the SET of an upsert that adds `excluded` to the row `total`; what is inserted has no carry yet."""
    return ", ".join(
        f"{each}_carry = total.{each}_carry + total.{each}_minor / {CARRY_MINOR}, "
        f"{each}_minor = total.{each}_minor % {CARRY_MINOR} + excluded.{each}_minor"
        for each in totals
    )


def whole(total: str) -> str:
    """Return the total as one numeric."""
    return f"{total}_minor + {total}_carry * {CARRY_MINOR}::numeric"


def summed(total: str) -> str:
    """Return the sum of a total over rows. Two sums of integers are quicker than one of numerics."""
    return f"sum({total}_minor) + sum({total}_carry) * {CARRY_MINOR}::numeric"


NET_SUM: Final = f"""
    sum(credits_minor - debits_minor) + sum(credits_carry - debits_carry) * {CARRY_MINOR}::numeric
"""
"""The sum of credits less debits, over rows."""
