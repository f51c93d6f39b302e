"""The roll: who is behind an event, which groups they belong to, and what else they did about the change.

Everything that is the same for all events is prepared once, so that each event costs a look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from counterseal.approval.model import Event, Facts
from counterseal.host.text import one_line
from counterseal.manifest.approval import ApprovalRequest
from counterseal.policy.approval import ApprovalPolicy, ChangeClass, Group
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Account
from counterseal.policy.people import Identities
from counterseal.policy.separation import apart_from, people_of

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Who:
    """Who is behind an event.

    Attributes:
        shown: how they are called in messages.
        person: the natural person; None when nobody knows who it is.
        groups: the groups that they belong to.
        machine: whether it is no human.
        conflict: what else they did about the change that keeps them from approving it.
    """

    shown: str
    person: str | None = None
    groups: frozenset[str] = _NOBODY
    machine: bool = False
    conflict: Actor | None = None


class Roll:
    """Who may decide about a request.

    Args:
        request: what was asked; who asked is one of the actors.
        policy: the policy's section `approval`.
        duties: the policy's section `duties`.
        facts: what is true.
    """

    def __init__(
        self, request: ApprovalRequest, policy: ApprovalPolicy, duties: Duties, facts: Facts
    ) -> None:
        self.identities = Identities(facts.people)
        self.actors = (*facts.actors, requester_of(request))
        self._conflicts = _conflicts(self.actors, self.identities, duties)
        self._accounts: dict[str, frozenset[int]] = {}
        self._hidden: set[str] = set()
        for name in _groups_of(policy.classes[request.change_class]):
            self._accounts[name] = _members(name, policy, facts)
            if not _is_complete(name, policy, facts):
                self._hidden.add(name)
        self._of_account = _inverted(self._accounts)
        self._of_person = self._persons()
        self._known: dict[tuple[object, ...], Who] = {}
        self._employed: dict[tuple[str, str], bool] = {}

    def who(self, event: Event) -> Who:
        """Return who is behind an event."""
        account = event.account
        key = (event.source, account and (account.id, account.login, account.bot), event.keyid, event.tracker)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = self._look_up(event)
        return known

    def employed(self, person: str, moment: str) -> bool:
        """Tell whether a person belongs to the firm on the day of a moment."""
        key = (person, moment[:10])
        if (known := self._employed.get(key)) is None:
            known = self._employed[key] = self.identities.employed(person, moment)
        return known

    def conflict(self, person: str) -> Actor | None:
        """Return what a person did about the change that keeps them from approving it."""
        return self._conflicts.get(person)

    def hidden(self, groups: Iterable[str]) -> list[str]:
        """Return those of the groups of which not every member is known."""
        return [group for group in dict.fromkeys(groups) if group in self._hidden]

    def candidates(self, groups: Iterable[str], now: str) -> frozenset[str]:
        """Return the people of the groups who could approve: those whom nothing known keeps from it."""
        accounts = {one for group in groups for one in self._accounts.get(group, ())}
        people = {
            self.identities.person_of_account(one) for one in accounts if not self.identities.is_bot(one)
        }
        return frozenset(
            person
            for person in people
            if person and person not in self._conflicts and self.employed(person, now)
        )

    def _look_up(self, event: Event) -> Who:
        if event.source == "signed-file":
            key = event.keyid or ""
            machine = self.identities.is_bot_key(key)
            return self._by_person(f"key {key or 'unknown'}", self.identities.person_of_key(key), machine)
        if event.source == "change-record":
            name = event.tracker or ""
            return self._by_person(
                f"{name or 'nobody'} of the tracker", self.identities.person_of_tracker(name)
            )
        return self._by_account(event.account)

    def _by_account(self, account: Account | None) -> Who:
        if account is None:
            return Who("a deleted account")
        person = self.identities.person_of_account(account.id)
        return Who(
            f"{one_line(account.login, limit=100)}, account {account.id}",
            person,
            self._of_account.get(account.id, _NOBODY),
            account.bot or self.identities.is_bot(account),
            self._conflicts.get(person) if person else None,
        )

    def _by_person(self, shown: str, person: str | None, machine: bool = False) -> Who:
        shown = one_line(shown, limit=200)
        if person is None:
            return Who(shown, machine=machine)
        groups = self._of_person.get(person, _NOBODY)
        return Who(f"{person}, {shown}", person, groups, machine, self._conflicts.get(person))

    def _persons(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for account, groups in self._of_account.items():
            if person := self.identities.person_of_account(account):
                found[person] = found.get(person, _NOBODY) | groups
        return found


def requester_of(request: ApprovalRequest) -> Actor:
    """Return who asked, as an actor; without an account only their text names them."""
    asked = request.requested_by
    if asked.id is None:
        return Actor(role="requester", text=asked.text or asked.login)
    return Actor(role="requester", account=Account(id=asked.id, login=asked.login or f"account {asked.id}"))


def _conflicts(actors: Iterable[Actor], identities: Identities, duties: Duties) -> dict[str, Actor]:
    """Return the people who may not approve, with what they did: what `conflicts` says, for all at once."""
    others = apart_from("approver", duties)
    found: dict[str, Actor] = {}
    for actor in actors:
        if actor.role in others:
            for person in people_of(actor, identities):
                found.setdefault(person, actor)
    return found


def _groups_of(rules: ChangeClass) -> Iterator[str]:
    for stage in rules.stages:
        yield from stage.groups
    for step in rules.escalate:
        yield from step.add
    if rules.break_glass:
        yield from rules.break_glass.post_review


def _members(name: str, policy: ApprovalPolicy, facts: Facts) -> frozenset[int]:
    group = policy.groups.get(name, Group())
    seen = (member.accounts for member in facts.members if group.teams and member.group == name)
    return frozenset(group.accounts).union(*seen)


def _is_complete(name: str, policy: ApprovalPolicy, facts: Facts) -> bool:
    """Tell whether all members of a group are known: the policy lists them, or somebody saw them all."""
    if not policy.groups.get(name, Group()).teams:
        return True
    seen = [member.complete for member in facts.members if member.group == name]
    return bool(seen) and all(seen)


def _inverted(accounts: dict[str, frozenset[int]]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for group, members in accounts.items():
        for one in members:
            found.setdefault(one, set()).add(group)
    return {one: frozenset(groups) for one, groups in found.items()}
