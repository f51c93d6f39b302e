"""Who took part in a change, as natural persons: nobody of them grants a waiver for it."""

from __future__ import annotations

from counterseal.checks.actors import actors_of, co_authors_in
from counterseal.checks.branch_subjects import find_changes
from counterseal.clients.forge import Forge
from counterseal.clients.git import GitRepository
from counterseal.errors import CountersealError
from counterseal.host.event import Event
from counterseal.policy.people import Identities, addresses_in
from counterseal.policy.pseudonyms import Pseudonyms
from counterseal.policy.separation import INCOMPLETE, people_of, unresolved


def participants(
    forge: Forge, event: Event, ref: str | None, commit: str | None, identities: Identities
) -> frozenset[str] | None:
    """Return the persons who touched the changes of an event; None when nobody can tell, or is unknown.

    Args:
        forge: the forge.
        event: the event.
        ref: the ref that the run is for, in full.
        commit: the commit that the run is for.
        identities: who is behind an account.
    """
    try:
        changes = [found.change for found in find_changes(forge, event, ref, commit)]
    except CountersealError:
        return None
    if any(gap.topic in INCOMPLETE for change in changes for gap in change.gaps):
        return None
    actors = [actor for change in changes for actor in actors_of(change)]
    if unresolved(actors, identities):
        return None  # somebody whom nobody knows may be anybody
    return frozenset(person for actor in actors for person in people_of(actor, identities))


def participants_of_checkout(
    repository: GitRepository,
    since: str | None,
    identities: Identities,
    pseudonyms: Pseudonyms | None = None,
) -> frozenset[str] | None:
    """Return the persons whom the commits of a checkout name, for a rehearsal without a forge.

    Args:
        repository: the checkout.
        since: the commit that the change starts from; only the newest commit is looked at when None.
        identities: who is behind an address.
        pseudonyms: what the identity map names people by; None where it names them.
    """
    try:
        head, _ = repository.head()
        history = repository.history(head, since, 250 if since else 1)
    except CountersealError:
        return None
    if since and (history.missing or history.more):
        return None
    lines = [
        line
        for commit in history.commits
        for line in (commit.author, commit.committer, *co_authors_in(commit.message))
    ]
    addresses = [address for line in lines for address in addresses_in(line)]
    known = map(pseudonyms.address, addresses) if pseudonyms else addresses
    people = [identities.person_of_address(address) for address in known]
    return frozenset(person for person in people if person) if people and all(people) else None
