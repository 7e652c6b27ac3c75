"""Compare numbers as AWS does: between -5e9 and 5e9, to six decimals, whatever their spelling."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["LIMIT", "Number", "comparable", "number_key"]

Number = int | float | Decimal
LIMIT = 5_000_000_000
MILLION = 1_000_000


def comparable(value: Number) -> int | None:
    """The value in millionths, or None where AWS does not treat it as a number to compare."""
    if not -LIMIT <= value <= LIMIT:  # also turns away NaN, which compares with nothing
        return None
    if isinstance(value, int):
        return value * MILLION
    if isinstance(value, Decimal):
        scaled = value * MILLION
        return int(scaled) if scaled == scaled.to_integral_value() else None
    nearest = round(value * MILLION)
    return nearest if nearest / MILLION == value else None


def number_key(value: Number) -> int | str:
    """What two numbers must share to be equal: the value, or else the spelling.

    Account numbers are the usual case of a number beyond the range.
    """
    millionths = comparable(value)
    return str(value) if millionths is None else millionths
