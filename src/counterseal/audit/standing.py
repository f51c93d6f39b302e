"""How each control stands by an answer: what the audit found about it, and whether it was there to be seen.

A control is satisfied only where it was seen to work at least once: by a record of a stage that carries it
out, or by an element that it was needed for. Where nothing speaks of it, nothing speaks for it either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from counterseal.audit.answer import Answer, Grade, Judged, Verdict
from counterseal.audit.clauses import Catalogue, Control
from counterseal.audit.population import Release
from counterseal.manifest.types import Outcome

STAMP: Final = "stamp"
"""The case of a release whose seal has a time stamp of an authority that is believed."""

_WRONG: Final = frozenset({Grade.GAP, Grade.TAMPERED})
_FINE: Final = frozenset({Grade.COVERED, Grade.NOTE})

State = Literal["satisfied", "failed", "unknown", "no-case", "not-assessed"]
Found = tuple[Judged, Verdict]


@dataclass(frozen=True)
class Standing:
    """A control and what was found about it.

    Attributes:
        control: the control.
        state: `satisfied`; `failed` where something is wrong; `unknown` where it could not be told; `no-case`
            where nothing happened that would show it; `not-assessed` where an audit does not look at it.
        found: what speaks of it, other than that something is covered.
        cases: how often it was seen to work, by what showed it: a stage, a population, a verdict.
    """

    control: Control
    state: State
    found: tuple[Found, ...] = ()
    cases: tuple[tuple[str, int], ...] = ()


def exercised(releases: Iterable[Release], elements: Iterable[Judged]) -> dict[str, int]:
    """Return how many records that passed each stage has in the releases that were judged, and the stamps.

    A release in which something does not verify shows nothing.
    """
    judged = {one.name for one in elements if one.population == "releases"}
    found = Counter[str]()
    for one in releases:
        if one.manifest is None or one.troubles or one.name not in judged:
            continue
        records = (*one.manifest.candidate.records, *one.manifest.decisions)
        found.update(record.stage for record in records if record.outcome is Outcome.PASSED)
        found[STAMP] += one.trusted_time is not None
    return {name: count for name, count in sorted(found.items()) if count}


def standings(answer: Answer, catalogue: Catalogue) -> tuple[Standing, ...]:
    """Return every control of the catalogue as it stands.

    What could not be enumerated leaves every control unknown that is not proven wrong: nobody can tell what
    was not read.
    """
    found = _found(answer, catalogue)
    seen = _seen(answer)
    whole = bool(answer.elements) and not any(one.gaps for one in answer.censuses)
    return tuple(_standing(one, tuple(found[one.id]), seen, whole=whole) for one in catalogue.controls)


def _found(answer: Answer, catalogue: Catalogue) -> Mapping[str, list[Found]]:
    found: dict[str, list[Found]] = defaultdict(list)
    for element in answer.elements:
        for verdict in element.verdicts:
            if verdict.grade is not Grade.COVERED:
                for control in catalogue.controls:
                    if _speaks_of(verdict, control):
                        found[control.id].append((element, verdict))
    return found


def _speaks_of(verdict: Verdict, control: Control) -> bool:
    """Tell whether a verdict is about a control.

    That a stage was not run is about those that it carries out; where it is not said which, about all.
    """
    if verdict.code in control.verdicts:
        return True
    return verdict.code == "control-not-run" and verdict.stage in (None, *control.cases)


def _seen(answer: Answer) -> Counter[str]:
    """Return how often each case was seen: records, covered elements, verdicts that are no wrong."""
    seen = Counter(answer.exercised)
    for element in answer.elements:
        codes = [one.code for one in element.verdicts if one.grade in _FINE]
        seen.update(codes)
        seen[element.population] += "covered" in codes
    return seen


def _standing(control: Control, found: tuple[Found, ...], seen: Counter[str], *, whole: bool) -> Standing:
    if not control.cases:
        return Standing(control, "not-assessed", found)
    cases = tuple((name, seen[name]) for name in control.cases if seen[name])
    return Standing(control, _state(found, whole=whole, any_case=bool(cases)), found, cases)


def _state(found: tuple[Found, ...], *, whole: bool, any_case: bool) -> State:
    grades = {verdict.grade for _, verdict in found}
    if grades & _WRONG:
        return "failed"
    if Grade.UNPROVABLE in grades or not whole:
        return "unknown"
    return "satisfied" if any_case else "no-case"
