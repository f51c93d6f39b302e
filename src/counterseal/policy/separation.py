"""Separation of duties, judged: which roles of a change are one natural person's although they may not be.

Everything here is monotone: another actor can only add a conflict, never take one away. Text and addresses
name people who acted; nobody is cleared by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from counterseal.host.text import one_line
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.finding import Finding, failed, inconclusive
from counterseal.policy.forge import Gap
from counterseal.policy.people import Identities, addresses_in

RULE = "duties"
"""The name under which findings are reported; `duties.unresolved` and `duties.incomplete` belong to it."""

INCOMPLETE = frozenset({"commits", "pushes", "runs"})
"""The topics of gaps with which nobody can say who touched a change."""

_REMEDY_APART = "let somebody else do one of the two"
_REMEDY_UNRESOLVED = "add them to the identity map, or make the change under a known account"


def people_of(actor: Actor, identities: Identities) -> frozenset[str]:
    """Return the natural persons whom an actor may be; each of them counts as having acted."""
    found = {identities.person_of_account(actor.account.id)} if actor.account else set()
    if actor.text:
        found.add(identities.person_of_key(actor.text))
        found |= {identities.person_of_address(address) for address in addresses_in(actor.text)}
    return frozenset(person for person in found if person)


def is_resolved(actor: Actor, identities: Identities) -> bool:
    """Tell whether it is known who an actor is: a person, or a machine that the identity map lists.

    An account has to be known itself; an address beside it does not make up for that. Without an account,
    every address in the text has to be known. No text makes anybody a machine, but the key of an artifact's
    signature, which was verified, does.
    """
    if actor.account:
        known = identities.person_of_account(actor.account.id)
        return known is not None or identities.is_bot(actor.account)
    text = actor.text or ""
    if actor.role == "artifact-signer" and (identities.person_of_key(text) or identities.is_bot_key(text)):
        return True
    people = [identities.person_of_address(address) for address in addresses_in(text)]
    return bool(people) and all(people)


def unresolved(
    actors: Iterable[Actor], identities: Identities, duties: Duties | None = None
) -> tuple[Actor, ...]:
    """Return the actors of whom nobody knows who they are.

    Args:
        actors: everybody who touched the change.
        identities: the identity map.
        duties: when given, only those whose role is kept apart from some other.
    """
    roles = None if duties is None else {role for pair in duties.apart for role in (pair.role, *pair.from_)}
    return tuple(
        actor
        for actor in actors
        if (roles is None or actor.role in roles) and not is_resolved(actor, identities)
    )


def apart_from(role: str, duties: Duties) -> frozenset[str]:
    """Return the roles that a role is kept apart from, whichever of the two the policy states first."""
    stated = {other for pair in duties.apart if pair.role == role for other in pair.from_}
    turned = {pair.role for pair in duties.apart if role in pair.from_}
    return frozenset(stated | turned) - {role}


def conflicts(
    person: str, actors: Iterable[Actor], identities: Identities, duties: Duties, role: str = "approver"
) -> tuple[Actor, ...]:
    """Return what a person has done that keeps them from a role.

    Args:
        person: the natural person, by the identity map's id, else `account:<number>`.
        actors: everybody who touched the change.
        identities: the identity map.
        duties: the policy.
        role: the role that they want to have.
    """
    others = apart_from(role, duties)
    return tuple(actor for actor in actors if actor.role in others and person in people_of(actor, identities))


def judge_duties(
    actors: Sequence[Actor], identities: Identities, duties: Duties, gaps: Iterable[Gap] = ()
) -> Iterator[Finding]:
    """Judge whether roles that are kept apart are different people's.

    Args:
        actors: everybody who touched the change.
        identities: the identity map.
        duties: the policy.
        gaps: what could not be found out about the change.

    Yields:
        One finding for each gap that matters, for each unknown person, and for each person with two roles
        that are kept apart.
    """
    yield from (_incomplete(gap) for gap in gaps if gap.topic in INCOMPLETE)
    yield from _nameless(unresolved(actors, identities, duties), duties)
    held = _roles_held(actors, identities)
    for person in sorted(held):
        yield from _coinciding(person, held[person], duties)


def _incomplete(gap: Gap) -> Finding:
    message = f"who touched the change is not known: {one_line(gap.message, limit=500)}"
    return inconclusive(f"{RULE}.incomplete", message, subject=gap.subject)


def _nameless(actors: Iterable[Actor], duties: Duties) -> Iterator[Finding]:
    """Yield one finding for each unknown person, however many commits are theirs."""
    roles: dict[str, dict[str, str | None]] = {}
    for actor in actors:
        roles.setdefault(name_of(actor), {}).setdefault(actor.role, actor.subject)
    judge = failed if duties.unresolved == "fail" else inconclusive
    for name, had in roles.items():
        message = f"nobody knows who this is: {name} ({', '.join(had)})"
        subject = next((one for one in had.values() if one), None)
        yield judge(f"{RULE}.unresolved", message, subject=subject, remedy=_REMEDY_UNRESOLVED)


def _roles_held(actors: Iterable[Actor], identities: Identities) -> dict[str, dict[str, Actor]]:
    held: dict[str, dict[str, Actor]] = {}
    for actor in actors:
        for person in people_of(actor, identities):
            held.setdefault(person, {}).setdefault(actor.role, actor)
    return held


def _coinciding(person: str, roles: dict[str, Actor], duties: Duties) -> Iterator[Finding]:
    pairs = ((pair.role, other) for pair in duties.apart for other in pair.from_ if other != pair.role)
    seen: set[frozenset[str]] = set()
    for role, other in pairs:
        if role in roles and other in roles and frozenset((role, other)) not in seen:
            seen.add(frozenset((role, other)))
            message = f"{person} is {role} ({name_of(roles[role])}) and {other} ({name_of(roles[other])})"
            yield failed(RULE, message, subject=roles[other].subject, remedy=_REMEDY_APART)


def name_of(actor: Actor) -> str:
    """Return how an actor is called in messages."""
    if actor.account:
        return f"{one_line(actor.account.login, limit=100)}, account {actor.account.id}"
    return one_line(actor.text or "no name at all", limit=200)
