"""Moments as text: compared without being parsed, and calculated with where that is needed."""

from __future__ import annotations

from datetime import timedelta

from counterseal.errors import MalformedError
from counterseal.manifest.types import format_time, parse_time


def order(moment: str) -> str:
    """Return what a `Time` is compared by: text that sorts as time does, the same for the same moment.

    Args:
        moment: RFC 3339 in UTC with four digits for the year, so that only the fraction has to be put right.
    """
    plain = moment[:-1]
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def later(moment: str, *, hours: int = 0, seconds: int = 0) -> str:
    """Return the moment that lies so much later, to the second.

    Raises:
        MalformedError: when there is no such moment.
    """
    try:
        return format_time(parse_time(moment) + timedelta(hours=hours, seconds=seconds))
    except OverflowError as cause:
        raise MalformedError(f"nothing can be reckoned from {moment}: the calendar ends") from cause


def earliest(moments: list[str], *, after: str) -> str | None:
    """Return the first of the moments that comes after another; None when there is none."""
    now = order(after)
    return min((moment for moment in moments if order(moment) > now), key=order, default=None)
