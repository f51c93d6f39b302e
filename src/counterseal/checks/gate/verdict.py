"""The verdict of the policy gate over a case: one function, for a release and for an audit years later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from counterseal.checks.rego.verdict import Denial, RegoVerdict
from counterseal.checks.scan import CanaryMissed, Judged, Seen, judge_scan
from counterseal.manifest.types import Outcome
from counterseal.policy.code.waived import Waivers
from counterseal.policy.code.waivers import load_waivers
from counterseal.policy.file import Policy, load_policy
from counterseal.policy.finding import Finding
from counterseal.policy.gate import Gate
from counterseal.policy.gate.case import Blocked, Case, Verdict, said
from counterseal.policy.gate.judge import Judgement, judge_document, nothing_stated, unproven
from counterseal.policy.gate.rule import STAGE
from counterseal.policy.gate.view import view_of
from counterseal.policy.people import Identities, load_people
from counterseal.policy.problem import Kind, Problem, counted, fingerprint
from counterseal.policy.rego import Rego
from counterseal.policy.severity import Rating, Severity

RunRego: TypeAlias = Callable[[Rego, Mapping[str, str], Mapping[str, object]], RegoVerdict]
"""Judges the document as rules in Rego see it: the policy's part, modules and data by path, the document."""

_DETECTED: Final = frozenset({"secret", "personal-data"})


@dataclass(frozen=True)
class Ruled:
    """What a case comes to, with all that there is to say.

    Attributes:
        judgements: what each built-in rule says.
        rego: what the organisation's own rules say; None where there are none.
        judged: the problems and findings of all of them, under the waivers.
        policy: the policy that judged.
    """

    judgements: tuple[Judgement, ...]
    rego: RegoVerdict | None
    judged: Judged
    policy: Policy

    def verdict(self) -> Verdict:
        """Return what the case comes to, as it is kept."""
        through = self.judged.gated.let_through
        told = self.judged.seen.problems
        open_ = tuple(one for one in self.judged.findings if one.outcome is not Outcome.PASSED)
        blocking = {one.fingerprint for one in self.judged.gated.blocking}
        return Verdict(
            outcome=self.judged.outcome,
            blocking=tuple(_blocked(one) for one in told if one.fingerprint in blocking),
            waived=tuple(_blocked(one) for one in told if one.fingerprint in through),
            undetermined=tuple(said(one) for one in open_ if one.outcome is Outcome.INCONCLUSIVE),
            engine=f"{self.rego.engine} {self.rego.version}" if self.rego else None,
        )


def rule_on(case: Case, run_rego: RunRego, policy: str | None = None) -> Ruled:
    """Judge a case.

    Args:
        case: the case; its own verdict is not looked at.
        run_rego: runs rules in Rego.
        policy: the text of another policy to judge it by; that of the case when None.

    Raises:
        CanaryMissed: a rule let through what was planted to break it, so nothing that it says counts.
        MalformedError: a policy, or one of its files, is none.
    """
    rules = load_policy((policy or case.rules.policy).encode(), where="policy")
    gate = rules.gate or Gate()
    if blind := unproven(case.document, rules):
        raise CanaryMissed(f"the rule {blind[0]} let through what was planted to break it", where=STAGE)
    judgements = judge_document(case.document, rules)
    rego = run_rego(gate.rego, case.rules.files, view_of(case.document)) if gate.rego else None
    seen = Seen(
        problems=counted(_problems(case, judgements, rego)),
        kinds=_kinds(gate),
        findings=(*_findings(case, judgements, rego), *nothing_stated(rules)),
        counts=_counts(case, judgements, rego),
    )
    judged = judge_scan(STAGE, seen, lambda one: blocks(one, gate), _waivers(case, rules))
    return Ruled(judgements, rego, judged, rules)


def blocks(problem: Problem, gate: Gate) -> bool:
    """Tell whether a problem blocks: what a detector found by its part, all else unless it is a warning."""
    if problem.kind in _DETECTED and gate.contents is not None:
        return gate.contents.blocks(problem)
    return problem.rating.severity not in (Severity.NONE, Severity.LOW)


def _problems(case: Case, judgements: Iterable[Judgement], rego: RegoVerdict | None) -> Iterable[Problem]:
    yield from case.observed
    for one in judgements:
        yield from one.problems
    if rego:
        yield from (_denied(one, Severity.HIGH) for one in rego.denials)
        yield from (_denied(one, Severity.LOW) for one in rego.warnings)


def _denied(denial: Denial, severity: Severity) -> Problem:
    """Return what a rule in Rego denies; its waiver is bound to the whole message."""
    subject = denial.subject or denial.rule
    return Problem(
        kind="policy",
        tool="rego",
        rule=denial.rule[:1024],
        message=denial.message[:16384],
        rating=Rating(severity=severity, source="policy"),
        subject=subject[:1024],
        fingerprint=fingerprint("rego", denial.rule, subject, denial.message),
        remedy=denial.remedy,
    )


def _findings(case: Case, judgements: Iterable[Judgement], rego: RegoVerdict | None) -> tuple[Finding, ...]:
    observed = [Finding(one.outcome, one.reason) for one in case.said]
    open_ = [finding for one in judgements for finding in one.findings]
    return (*observed, *open_, *(rego.findings if rego else ()))


def _kinds(gate: Gate) -> frozenset[Kind]:
    kinds: set[Kind] = {"policy"}
    kinds |= {"placement"} if gate.data else set()
    kinds |= {"access"} if gate.access else set()
    detected = gate.contents.blocking_kinds() if gate.contents else ()
    return frozenset({*kinds, *detected})


def _counts(case: Case, judgements: Iterable[Judgement], rego: RegoVerdict | None) -> dict[str, int]:
    document = case.document
    return {
        "rules": sum(1 for one in judgements if one.stated),
        "rego-rules": rego.evaluated if rego else 0,
        "records": len(document.records),
        "earlier-problems": len(document.problems),
        "components": len(document.components or ()),
        "resources": len(document.resources or ()),
    }


def _waivers(case: Case, policy: Policy) -> Waivers | None:
    """Return the waivers that the case was judged with."""
    rules = policy.code.waivers if policy.code else None
    if rules is None or case.rules.waivers is None:
        return None
    people = case.rules.people
    identities = Identities(load_people(people.encode(), "people") if people is not None else None)
    taking_part = case.document.release.participants
    persons = frozenset(taking_part) if taking_part is not None else None
    entries = load_waivers(case.rules.waivers.encode(), rules.file).waivers
    return Waivers(entries, rules, identities, case.document.now, persons)


def _blocked(one: Problem) -> Blocked:
    return Blocked(
        kind=one.kind, rule=one.rule, subject=one.subject, fingerprint=one.fingerprint, message=one.message
    )
