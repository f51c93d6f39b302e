"""Problems of earlier stages, judged once more: a stage that noted one does not decide for the release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.gate.document import Document, ProblemFact
from counterseal.policy.gate.rule import Said, breach
from counterseal.policy.severity import Severity, reaches

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate.demands import SeverityRule

ID: Final = "severity"
TITLE: Final = "No grave problem is left"
WHY: Final = (
    "Stages have thresholds of their own, and only look at what a change brings in; a release is the whole."
)
REMEDY: Final = "mend it, or have a waiver granted for it in its own stage"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 6.3.1 and 6.3.3: vulnerabilities are ranked, and critical ones are mended",
    "DORA (EU 2022/2554), article 9(4)(f): vulnerabilities are patched",
    "ISO/IEC 27001:2022, A.8.8: management of technical vulnerabilities",
)


def demand(policy: PolicyFile) -> SeverityRule | None:
    """Return what is too grave; None where the policy states nothing."""
    return policy.gate.severity if policy.gate else None


def judge(document: Document, rules: SeverityRule) -> Said:
    """Yield every problem that is grave enough and that nobody waived."""
    for one in document.problems:
        if not one.waived and _blocks(one, rules):
            message = (
                f"{one.stage}: {one.rule} ({one.severity}) in {one.subject} {one.version or ''}".rstrip()
            )
            yield breach(ID, one.subject, message, REMEDY, version=one.version, binds=one.fingerprint)


def plant(document: Document, rules: SeverityRule) -> Document:
    """Return a release with one critical problem of a kind that is looked at."""
    planted = ProblemFact(
        stage="sca",
        kind=next(iter(rules.kinds), "dependency"),
        tool="counterseal",
        rule="counterseal-canary",
        severity="critical",
        subject="counterseal-canary",
        fingerprint="0" * 64,
    )
    return replace(document, problems=(planted,))


def _blocks(problem: ProblemFact, rules: SeverityRule) -> bool:
    if rules.kinds and problem.kind not in rules.kinds:
        return False
    severity = Severity(problem.severity)
    if severity is Severity.UNKNOWN:
        return rules.unknown == "block"
    return reaches(severity, Severity(rules.block))
