"""The identity map: which accounts, addresses, keys and tracker ids are one natural person.

It is the only answer to a second account of the same person. It is kept where the policy is, at the trusted
ref, and a change to it is a change to a protected path.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.approval import Date
from counterseal.policy.base import AccountId, Section, Slug

Address = Annotated[str, msgspec.Meta(min_length=3, max_length=320)]


class PersonEntry(Section, frozen=True, kw_only=True):
    """One natural person.

    Attributes:
        id: the employee's number or name in the firm's own register.
        accounts: their accounts on the forge, by number, alternates included.
        addresses: mail addresses in their commits: these may add them to who acted, and never grant anything.
        keys: fingerprints of keys that they sign with (`SHA256:...`), or keyless subjects.
        tracker: their ids in the ticket tracker.
        from: their first day.
        until: their last day; what they approve later does not count.
    """

    id: Slug
    accounts: tuple[AccountId, ...] = ()
    addresses: tuple[Address, ...] = ()
    keys: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...] = ()
    tracker: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...] = ()
    from_: Date | None = msgspec.field(name="from", default=None)
    until: Date | None = None


class BotEntry(Section, frozen=True, kw_only=True):
    """A machine that may take part in changes, and never approves.

    Attributes:
        account: its account on the forge.
        name: what it is called.
    """

    account: AccountId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class People(Section, frozen=True, kw_only=True):
    """The identity map.

    Attributes:
        version: the version of this format.
        people: everybody.
        bots: the machines.
    """

    version: Literal[1]
    people: tuple[PersonEntry, ...] = ()
    bots: tuple[BotEntry, ...] = ()
