from enum import StrEnum


class Direction(StrEnum):
    """In the sense of a bank statement: a credit is money in, a debit money out."""

    CREDIT = "credit"
    DEBIT = "debit"

    def opposite(self) -> "Direction":
        return Direction.DEBIT if self is Direction.CREDIT else Direction.CREDIT


NO_DIRECTION = "This must be 'credit' or 'debit'."
_BY_VALUE = {direction.value: direction for direction in Direction}


def parse_direction(text: str) -> Direction:
    """Return the direction.

    Raises:
        ValueError: neither of the two.
    """
    direction = _BY_VALUE.get(text)
    if direction is None:
        raise ValueError(NO_DIRECTION)
    return direction
