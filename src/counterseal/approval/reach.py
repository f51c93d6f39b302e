"""Whether the quorums can be reached at all, by anybody who is there: a deadlock is said, not waited for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from counterseal.approval.quorum import StageRule
from counterseal.approval.roll import Roll
from counterseal.manifest.record import Reason

_REMEDY = "add people who have not touched the change, or have it made by somebody else"


def unreachable(stages: Sequence[StageRule], roll: Roll, now: str) -> Iterator[Reason]:
    """Yield the stages that nobody can pass any more, those who join by escalation included.

    Nothing is said about a stage of which not every possible member is known.
    """
    known = [rule for rule in stages if not roll.hidden(_groups(rule))]
    people = {rule.name: roll.candidates(_groups(rule), now) for rule in known}
    short = [rule for rule in known if len(people[rule.name]) < rule.quorum]
    for rule in short:
        found = len(people[rule.name])
        yield _reason(rule.name, f"{rule.quorum} are needed, and only {found} could approve")
    if not short and len(known) == len(stages):
        yield from _shared(stages, people)


def _shared(stages: Sequence[StageRule], people: dict[str, frozenset[str]]) -> Iterator[Reason]:
    """Yield the first stage that is left short because nobody counts in two of those that are distinct."""
    apart = [rule for at, rule in enumerate(stages) if at == 0 or rule.distinct]
    taken: dict[str, tuple[str, int]] = {}
    for rule in apart:
        for place in range(rule.quorum):
            if not _assign((rule.name, place), people, taken, set()):
                yield _reason(
                    rule.name, "the same people are needed in more than one stage, and count in one"
                )
                return


def _assign(
    place: tuple[str, int],
    people: dict[str, frozenset[str]],
    taken: dict[str, tuple[str, int]],
    tried: set[str],
) -> bool:
    """Find somebody for a place, moving others where that helps (augmenting paths in a bipartite graph)."""
    for person in people[place[0]]:
        if person in tried:
            continue
        tried.add(person)
        if person not in taken or _assign(taken[person], people, taken, tried):
            taken[person] = place
            return True
    return False


def _groups(rule: StageRule) -> Iterable[str]:
    return (group for group, _ in rule.groups)


def _reason(stage: str, message: str) -> Reason:
    return Reason(rule="quorum-unreachable", message=message, subject=stage, remedy=_REMEDY)
