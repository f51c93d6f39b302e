"""The identity map: which accounts, addresses, keys and tracker ids are one natural person.

It is the only answer to a second account of the same person. It is kept where the policy is, at the trusted
ref, and a change to it is a change to a protected path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.types import parse_time
from counterseal.policy.approval import Date
from counterseal.policy.base import AccountId, Section, Slug, is_day
from counterseal.policy.forge import Account
from counterseal.policy.located import place_of, read_document
from counterseal.policy.tree import Tree

Address = Annotated[str, msgspec.Meta(min_length=3, max_length=320)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
# The forge's own addresses for those who hide theirs ("Setting your commit email address").
_HIDDEN = re.compile(r"([1-9][0-9]{0,15})\+[^\s<>@]+@users\.noreply\.github\.com", re.IGNORECASE)


class PersonEntry(Section, frozen=True, kw_only=True):
    """One natural person.

    Attributes:
        id: the employee's number or name in the firm's own register.
        accounts: their accounts on the forge, by number, alternates included.
        addresses: mail addresses in their commits: these may add them to who acted, and never grant anything.
        keys: fingerprints of keys that they sign with (`SHA256:...`); `issuer subject` for keyless signing.
        tracker: their ids in the ticket tracker.
        from: their first day.
        until: their last day; what they approve later does not count.
    """

    id: Slug
    accounts: tuple[AccountId, ...] = ()
    addresses: tuple[Address, ...] = ()
    keys: tuple[Key, ...] = ()
    tracker: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...] = ()
    from_: Date | None = msgspec.field(name="from", default=None)
    until: Date | None = None


class BotEntry(Section, frozen=True, kw_only=True):
    """A machine that may take part in changes, and never approves.

    Attributes:
        account: its account on the forge.
        name: what it is called.
        keys: fingerprints of keys that it signs with, such as the release key of the pipeline.
    """

    account: AccountId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    keys: tuple[Key, ...] = ()


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


class Identities:
    """Who is behind an account, an address, a key or a tracker's id.

    Without a map every account is a person of its own (`account:<number>`), and nothing else is anybody.

    Args:
        people: the identity map, or None where the policy names none.
    """

    def __init__(self, people: People | None) -> None:
        self._mapped = people is not None
        entries = people.people if people else ()
        self._entries = {entry.id: entry for entry in entries}
        self._accounts = {one: entry.id for entry in entries for one in entry.accounts}
        self._addresses = {one.casefold(): entry.id for entry in entries for one in entry.addresses}
        self._keys = {one: entry.id for entry in entries for one in entry.keys}
        self._trackers = {one: entry.id for entry in entries for one in entry.tracker}
        self._bots = {bot.account for bot in people.bots} if people else set()
        self._bot_keys = {key for bot in people.bots for key in bot.keys} if people else set()

    def person_of_account(self, number: int) -> str | None:
        """Return the person who has an account; None for a machine and for an account that is not listed."""
        return self._accounts.get(number) if self._mapped else f"account:{number}"

    def person_of_address(self, mail: str) -> str | None:
        """Return the person whom an address names, to add them to who acted and for nothing else."""
        if found := self._addresses.get(mail.casefold()):
            return found
        hidden = account_hidden_in(mail)
        return self.person_of_account(hidden) if hidden else None

    def person_of_key(self, keyid: str) -> str | None:
        """Return the person who signs with a key, by its fingerprint, or with a keyless subject."""
        return self._keys.get(keyid)

    def person_of_tracker(self, name: str) -> str | None:
        """Return the person who has an id in the ticket tracker."""
        return self._trackers.get(name)

    def is_bot(self, account: Account | int) -> bool:
        """Tell whether the map lists an account as a machine; what the forge says of it does not matter."""
        return (account.id if isinstance(account, Account) else account) in self._bots

    def is_bot_key(self, keyid: str) -> bool:
        """Tell whether the map lists a key as one that a machine signs with."""
        return keyid in self._bot_keys

    def employed(self, person: str, moment: str) -> bool:
        """Tell whether somebody belongs to the firm on the day of a moment; days are those of UTC.

        Args:
            person: an id of the map, or `account:<number>` where there is none.
            moment: the moment, as a `Time`.
        """
        if not self._mapped:
            return person.startswith("account:")
        entry = self._entries.get(person)
        if entry is None:
            return False
        day = parse_time(moment).date().isoformat()
        return (entry.from_ or day) <= day <= (entry.until or day)


def addresses_in(text: str) -> tuple[str, ...]:
    """Return every mail address in a line such as `name <address>`, however it is written."""
    return tuple(_ADDRESS.findall(text))


def account_hidden_in(mail: str) -> int | None:
    """Return the number in the forge's own address of somebody who hides theirs; None for any other."""
    hidden = _HIDDEN.fullmatch(mail)
    return int(hidden[1]) if hidden else None


def load_people(data: bytes, where: str) -> People:
    """Read an identity map.

    Args:
        data: the file's bytes.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    document = read_document(data, People, where)
    people, tree = document.value, document.tree
    _require_distinct(tree, where, people)
    _require_sense(tree, where, people)
    return people


def _require_distinct(tree: Tree, where: str, people: People) -> None:
    """Refuse a map in which two entries, people or machines, claim the same thing."""
    owners: dict[str, str] = {}
    for path, claim, shown in _claims(people):
        if (first := owners.setdefault(claim, path)) != path:
            raise MalformedError(
                f"{shown[:200]!r} is listed twice",
                where=place_of(tree, where, path),
                remedy=f"it is first listed at line {tree.places[first][0]}; it can belong to one alone",
            )


def _claims(people: People) -> Iterator[tuple[str, str, str]]:
    """Yield everything that may belong to one alone: its path, what it is compared by, and how it reads."""
    for at, entry in enumerate(people.people):
        path = f"$.people[{at}]"
        yield f"{path}.id", f"id {entry.id}", entry.id
        for number, account in enumerate(entry.accounts):
            yield f"{path}.accounts[{number}]", f"account {account}", str(account)
        for number, address in enumerate(entry.addresses):
            hidden = account_hidden_in(address)
            # Who lists both an account and its hidden address says the same thing twice, which is no quarrel.
            if not hidden or hidden not in entry.accounts:
                claim = f"account {hidden}" if hidden else f"address {address.casefold()}"
                yield f"{path}.addresses[{number}]", claim, address
        for number, key in enumerate(entry.keys):
            yield f"{path}.keys[{number}]", f"key {key}", key
        for number, name in enumerate(entry.tracker):
            yield f"{path}.tracker[{number}]", f"tracker {name.casefold()}", name
    for at, bot in enumerate(people.bots):
        yield f"$.bots[{at}].account", f"account {bot.account}", str(bot.account)
        for number, key in enumerate(bot.keys):
            yield f"$.bots[{at}].keys[{number}]", f"key {key}", key


def _require_sense(tree: Tree, where: str, people: People) -> None:
    for at, entry in enumerate(people.people):
        for number, address in enumerate(entry.addresses):
            if not _ADDRESS.fullmatch(address):
                place = place_of(tree, where, f"$.people[{at}].addresses[{number}]")
                raise MalformedError(f"{address[:200]!r} is not a mail address", where=place)
        for name, day in (("from", entry.from_), ("until", entry.until)):
            if day and not is_day(day):
                place = place_of(tree, where, f"$.people[{at}].{name}")
                raise MalformedError(f"{day} is not a day of the calendar", where=place)
        if entry.from_ and entry.until and entry.from_ > entry.until:
            place = place_of(tree, where, f"$.people[{at}].until")
            raise MalformedError("the last day is before the first", where=place)
