"""How each control stands by an answer: what the audit found about it, from the worst down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from counterseal.audit.answer import Answer, Grade, Judged, Verdict
from counterseal.audit.clauses import Catalogue, Control

_WRONG = frozenset({Grade.GAP, Grade.TAMPERED})


@dataclass(frozen=True)
class Standing:
    """A control and what was found about it.

    Attributes:
        control: the control.
        state: `satisfied`; `failed` where something is wrong; `unknown` where it could not be told;
            `not-assessed` where an audit does not look at it.
        found: what speaks of it, other than that something is covered.
    """

    control: Control
    state: Literal["satisfied", "failed", "unknown", "not-assessed"]
    found: tuple[tuple[Judged, Verdict], ...] = ()


def standings(answer: Answer, catalogue: Catalogue) -> tuple[Standing, ...]:
    """Return every control of the catalogue as it stands.

    What could not be enumerated leaves every control unknown that is not proven wrong: nobody can tell what
    was not read.
    """
    found: dict[str, list[tuple[Judged, Verdict]]] = defaultdict(list)
    for element in answer.elements:
        for verdict in element.verdicts:
            if verdict.grade is not Grade.COVERED:
                found[catalogue.control_of(verdict.code).id].append((element, verdict))
    whole = bool(answer.elements) and not any(one.gaps for one in answer.censuses)
    return tuple(_standing(control, tuple(found[control.id]), whole=whole) for control in catalogue.controls)


def _standing(control: Control, found: tuple[tuple[Judged, Verdict], ...], *, whole: bool) -> Standing:
    grades = {verdict.grade for _, verdict in found}
    if not control.verdicts:
        return Standing(control, "not-assessed")
    if grades & _WRONG:
        return Standing(control, "failed", found)
    if Grade.UNPROVABLE in grades or not whole:
        return Standing(control, "unknown", found)
    return Standing(control, "satisfied", found)
