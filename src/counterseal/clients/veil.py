"""A veil before a forge or a tracker: whatever it answers names people by pseudonyms.

All of an answer is gone through, whichever method gave it, so a new method is veiled too. Which text is a
name, and which is prose that may hold one, is written down here for every structure; anything else stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from counterseal.clients.forge import EnvironmentReview, Forge
from counterseal.clients.tracker import Tracker
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.release import Change, Person, SignatureState
from counterseal.policy.forge import Account, ForgeCommit, Gap, GitPerson, Verification
from counterseal.policy.issue import Comment, Issue
from counterseal.policy.pseudonyms import Pseudonyms
from counterseal.policy.pull_request import PullRequest, Review
from counterseal.policy.ticket import Ticket, TicketChange

Value = TypeVar("Value")
_Word = Callable[[Pseudonyms, str], str]

_prose: _Word = Pseudonyms.prose
_key: _Word = Pseudonyms.key
_tracker: _Word = Pseudonyms.tracker

WORDS: Final[Mapping[type, Mapping[str, _Word]]] = {
    ApprovalRequest: {"reason": _prose},
    Change: {"title": _prose},
    Comment: {"body": _prose},
    EnvironmentReview: {"comment": _prose},
    ForgeCommit: {"message": _prose},
    Gap: {"message": _prose},
    Issue: {"title": _prose, "body": _prose},
    PullRequest: {"title": _prose, "body": _prose},
    Review: {"body": _prose},
    SignatureState: {"signer": _key},
    Ticket: {"assignee": _tracker, "approvers": _tracker},
    TicketChange: {"person": _tracker, "before": _tracker, "after": _tracker},
    Verification: {"signer": _key},
}
"""What becomes of the text in a field that names somebody, or may."""

_WHOLE: Final[Mapping[type, Callable[[Pseudonyms, Any], Any]]] = {
    Account: Pseudonyms.account,
    GitPerson: Pseudonyms.git_person,
    Person: Pseudonyms.person,
}
_PLAIN_FIELDS: Final = frozenset({"priority", "resolution", "state", "status"})
"""Fields of a ticket of which the values are words of the tracker's, and nobody's name."""


def veiled(value: Value, pseudonyms: Pseudonyms | None) -> Value:
    """Return a value of structures, tuples and mappings that names nobody; the same without pseudonyms."""
    return value if pseudonyms is None else cast("Value", _veil(value, pseudonyms))


def veiled_forge(forge: Forge, pseudonyms: Pseudonyms | None) -> Forge:
    """Return a forge that names nobody; the same where people are named."""
    return forge if pseudonyms is None else cast("Forge", _Veil(forge, pseudonyms))


def veiled_tracker(tracker: Tracker | None, pseudonyms: Pseudonyms | None) -> Tracker | None:
    """Return a tracker that names nobody; the same where people are named, and where there is none."""
    return tracker if pseudonyms is None or tracker is None else cast("Tracker", _Veil(tracker, pseudonyms))


class _Veil:
    """Whatever is behind it, seen with pseudonyms."""

    def __init__(self, behind: object, pseudonyms: Pseudonyms) -> None:
        self._behind, self._pseudonyms = behind, pseudonyms

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if not callable(found):
            return _veil(found, self._pseudonyms)
        return lambda *words, **named: _veil(found(*words, **named), self._pseudonyms)


def _veil(value: Any, pseudonyms: Pseudonyms) -> Any:
    if (whole := _WHOLE.get(type(value))) is not None:
        return whole(pseudonyms, value)
    if isinstance(value, tuple | list):
        return type(value)(_veil(one, pseudonyms) for one in value)
    if isinstance(value, dict):
        return {name: _veil(one, pseudonyms) for name, one in value.items()}
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **_fields(value, value.__struct_fields__, pseudonyms))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **_fields(value, names, pseudonyms))
    return value


def _fields(value: object, names: Any, pseudonyms: Pseudonyms) -> dict[str, Any]:
    words = WORDS.get(type(value), {})
    if isinstance(value, TicketChange) and value.field.casefold() in _PLAIN_FIELDS:
        words = {"person": _tracker}
    told = {name: _field(getattr(value, name), words.get(name), pseudonyms) for name in names}
    if isinstance(value, ForgeCommit):  # a rule may limit it, and names are not as long as pseudonyms
        told |= {"title_length": len(value.message.partition("\n")[0].rstrip("\r"))}
    return told


def _field(value: Any, word: _Word | None, pseudonyms: Pseudonyms) -> Any:
    if word is None:
        return _veil(value, pseudonyms)
    if isinstance(value, tuple):
        return tuple(word(pseudonyms, one) for one in value)
    return word(pseudonyms, value) if value else value
