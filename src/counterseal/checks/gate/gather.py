"""What earlier stages of a run have left on record: outcomes, the problems they found, the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from counterseal.checks.inventory.documents import Unreadable
from counterseal.errors import CountersealError
from counterseal.manifest.canonical import parse
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, EvidenceReference, Origin, Waiver
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, failed, inconclusive
from counterseal.policy.gate.document import ComponentFact, ProblemFact, RecordFact, WaiverFact
from counterseal.policy.gate.rule import STAGE
from counterseal.policy.licence import expression_of
from counterseal.policy.problem import Problem
from counterseal.store.casefile import CaseFile, FiledStatement

SCANS: Final = frozenset({"sast", "sca", "sbom"})
"""The stages that leave every problem that they found beside their record."""

SBOM: Final = "sbom.cdx.json"
"""The name under which the stage `sbom` leaves the inventory."""

_LIMIT: Final = 256 * 1024 * 1024


class _Told(Problem, frozen=True, kw_only=True):
    """A problem as the evidence of its stage tells it.

    Attributes:
        waived: whether a waiver let it through.
        blocks: whether it blocked.
    """

    waived: bool = False
    blocks: bool = False


@dataclass(frozen=True)
class Gathered:
    """What is on record.

    Attributes:
        records: the control records.
        problems: what the stages found.
        components: the inventory; None where there is none.
        findings: what could not be read, or does not belong to this release.
    """

    records: tuple[RecordFact, ...]
    problems: tuple[ProblemFact, ...]
    components: tuple[ComponentFact, ...] | None
    findings: tuple[Finding, ...]


def gather(files: CaseFile, origin: Origin) -> Gathered:
    """Read the case file of a run.

    Args:
        files: the case file.
        origin: what its records must belong to.

    Raises:
        MalformedError: something in it is no record, or was changed.
    """
    records: list[RecordFact] = []
    problems: list[ProblemFact] = []
    components: tuple[ComponentFact, ...] | None = None
    findings = [_refused(title) for title in files.refused()]
    for filed in files.records():
        record: ControlRecord = filed.statement.predicate
        records.append(_record(filed, record))
        findings += _foreign(record, origin)
        try:
            problems += _problems(files, record)
            components = _components(files, record) or components
        except (CountersealError, Unreadable, msgspec.ValidationError, KeyError, TypeError) as cause:
            message = f"the evidence of {record.stage}:{record.name} cannot be read: {cause}"[:500]
            findings.append(inconclusive(STAGE, message, subject=f"{record.stage}:{record.name}"))
    return Gathered(tuple(records), tuple(problems), components, tuple(findings))


def _refused(title: str) -> Finding:
    message = f"a second record {title} was refused in this run, so one of the two is not what counts"
    return failed(STAGE, message, subject=title, remedy="give each record of a run its own name")


def _foreign(record: ControlRecord, origin: Origin) -> Iterator[Finding]:
    """Yield what makes a record one of another release."""
    if (record.origin.repository, record.origin.commit) != (origin.repository, origin.commit):
        message = f"{record.stage}:{record.name} is about {record.origin.commit}, not about what is released"
        yield failed(STAGE, message, subject=f"{record.stage}:{record.name}", remedy="begin the run anew")


def _record(filed: FiledStatement, record: ControlRecord) -> RecordFact:
    validity = record.validity
    return RecordFact(
        stage=record.stage,
        name=record.name,
        kind=record.kind,
        outcome=str(record.outcome),
        issued_at=validity.not_before if validity else record.created_at,
        not_after=validity.not_after if validity else None,
        counts=record.counts,
        waivers=tuple(map(_waiver, record.waivers)),
        digest=sha256(filed.payload),
    )


def _waiver(one: Waiver) -> WaiverFact:
    return WaiverFact(
        id=one.id,
        rule=one.rule,
        reason=one.reason,
        approver=one.approver,
        expires_at=one.expires_at,
        ticket=one.ticket,
    )


def _problems(files: CaseFile, record: ControlRecord) -> Iterator[ProblemFact]:
    """Yield the problems that a scan found; a scan that left none of its own evidence is an error."""
    if record.stage not in SCANS:
        return
    document = _json(files, _named(record, f"{record.stage}-problems.json"))
    for told in msgspec.convert(document["problems"], list[_Told]):
        yield fact_of(record.stage, told, waived=told.waived, blocks=told.blocks)


def fact_of(stage: str, problem: Problem, *, waived: bool, blocks: bool) -> ProblemFact:
    """Return a problem as the document tells it."""
    score = problem.rating.score
    return ProblemFact(
        stage=stage,
        kind=problem.kind,
        tool=problem.tool,
        rule=problem.rule,
        aliases=problem.aliases,
        severity=str(problem.rating.severity),
        score=round(float(score) * 10) if score else None,
        subject=problem.subject,
        version=problem.version,
        introduced=problem.introduced,
        waived=waived,
        blocks=blocks,
        fingerprint=problem.fingerprint,
    )


def _components(files: CaseFile, record: ControlRecord) -> tuple[ComponentFact, ...] | None:
    """Return the inventory of the stage `sbom`; None for any other stage."""
    from counterseal.checks.inventory.cyclonedx import read_cyclonedx

    if record.stage != "sbom":
        return None
    reference = _named(record, SBOM)
    inventory = read_cyclonedx(reference.name, files.blob(reference).read_bytes())
    if inventory.findings:
        raise Unreadable(inventory.findings[0].reason.message)
    return tuple(map(_component, inventory.components))


def _component(one: Component) -> ComponentFact:
    expression = expression_of(one.licence)
    return ComponentFact(
        purl=one.purl,
        name=one.name,
        version=one.version,
        licence=expression,
        stated=one.licence,
        scope=one.scope,
        direct=one.direct,
        own=one.own,
    )


def _named(record: ControlRecord, name: str) -> EvidenceReference:
    found = [one for one in record.evidence if one.name == name]
    if len(found) != 1:
        raise Unreadable(f"it holds {len(found)} files {name}")
    return found[0]


def _json(files: CaseFile, reference: EvidenceReference) -> Any:
    path = files.blob(reference)
    return parse(path.read_bytes(), where=reference.name, limit=_LIMIT)
