"""Time zones, from the package `tzdata` alone and never from the machine.

So a deadline that is reckoned again elsewhere is the same wherever the same version of that package is
installed, and a zone that the policy names is known everywhere or nowhere.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from counterseal.errors import MalformedError


@cache
def zone_names() -> frozenset[str]:
    """Return the name of every zone that is known."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def zone(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        MalformedError: when there is none of that name.
    """
    if name not in zone_names():
        raise MalformedError(f"{name[:64]!r} is no time zone", remedy="name one as Europe/Berlin is named")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
