"""What can go wrong with a request: each is could-not-determine, and some may mean more to who asked."""

from __future__ import annotations

from counterseal.errors import Inconclusive


class Missing(Inconclusive):
    """The forge says that there is no such thing, or hides it from this token: 404 and 410 look alike."""


class Absent(Missing):
    """The forge shows what surrounds it, so it says positively that there is no such thing."""


class Forbidden(Inconclusive):
    """The token may not do this, or counts for nothing."""


class Refused(Inconclusive):
    """The forge understood the request, and refuses it as it is; nothing was done."""


class Unclear(Inconclusive):
    """A write was sent and no answer tells whether it was done."""


class Limited(Inconclusive):
    """The forge wants us to come back later than we may wait."""


def changed(what: str) -> Inconclusive:
    """Return the error for something that did not hold still while it was read."""
    return Inconclusive(f"{what} changed while it was read", remedy="run this again")


def incomplete(what: str, why: str) -> Inconclusive:
    """Return the error for a listing that cannot be proven whole."""
    return Inconclusive(f"the list of {what} is not complete: {why}", where=what, remedy="run this again")
