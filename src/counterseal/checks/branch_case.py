"""The case of a branch policy run: all that was judged, kept as evidence so that it can be judged again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from counterseal.checks.actors import actors_of
from counterseal.checks.evidence import Facts
from counterseal.errors import MalformedError
from counterseal.manifest import canonical
from counterseal.manifest.record import Reason
from counterseal.manifest.types import GitObject, Name, Outcome, Sha256, Struct, Time
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, inconclusive, outcome_of
from counterseal.policy.rules import Verdict, judge_change
from counterseal.policy.rules.context import Context


class Subject(Struct, frozen=True, kw_only=True):
    """One change that is judged.

    Attributes:
        name: what it is called: `#12`, a ref, or `merge group`.
        change: the change.
        context: what was observed beside it.
    """

    name: Name
    change: ChangeFacts
    context: Context = Context()


class BranchCase(Struct, frozen=True, kw_only=True):
    """Everything that a verdict was made from.

    Attributes:
        subjects: the changes.
        policy: the policy's section `branch`.
        policy_digest: the digest of the policy file.
        policy_where: where it was read.
        policy_commit: the commit that it was read from.
        people_digest: the digest of the identity map.
        event: the event that asked.
        commit: the commit that the run is about.
        now: when the facts were observed, by the forge's clock.
        requests: how many requests that took.
        failure: why the facts could not be observed at all.
    """

    subjects: tuple[Subject, ...] = ()
    policy: Branch = Branch()
    policy_digest: Sha256 | None = None
    policy_where: Name | None = None
    policy_commit: GitObject | None = None
    people_digest: Sha256 | None = None
    event: Name | None = None
    commit: GitObject | None = None
    now: Time | None = None
    requests: int = 0
    failure: Reason | None = None

    def encode(self) -> bytes:
        """Return the case as canonical JSON."""
        return canonical.encode(msgspec.to_builtins(self))


@dataclass(frozen=True)
class Judged:
    """A subject with what every rule says of it.

    Attributes:
        subject: the subject, with its actors.
        verdicts: what the rules say.
    """

    subject: Subject
    verdicts: tuple[Verdict, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the rules."""
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)


def read_case(data: bytes, where: str) -> BranchCase:
    """Read a case: the evidence of a run, or one that somebody wrote for a simulation.

    Args:
        data: the file's bytes.
        where: the file's name, for the error.

    Raises:
        MalformedError: it is not a case.
    """
    try:
        return msgspec.convert(canonical.parse(data, where=where), BranchCase)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"not the facts of a change: {str(cause)[:300]}", where=where) from cause


def with_actors(subject: Subject) -> Subject:
    """Return a subject with everybody who touched the change; the forge's own merges are nobody's."""
    if subject.context.kind == "merge-group":
        return subject
    return replace(subject, context=replace(subject.context, actors=actors_of(subject.change)))


def judge_case(case: BranchCase) -> tuple[Judged, ...]:
    """Judge every change of a case; pure, so that the same case has the same verdict for ever.

    Who touched a change is told from its facts, never taken from the case.
    """
    return tuple(
        Judged(subject, judge_change(subject.change, case.policy, subject.context))
        for subject in map(with_actors, case.subjects)
    )


def facts_of(case: BranchCase, judged: Iterable[Judged]) -> Facts:
    """Return what a case comes to; nothing judged is never a pass."""
    every = list(judged)
    found: list[tuple[Subject | None, Finding]] = [
        (one.subject, finding) for one in every for finding in one.findings
    ]
    if case.failure:
        found.append((None, Finding(Outcome.INCONCLUSIVE, case.failure)))
    elif not every:
        found.append((None, inconclusive("history", "there is no change to judge")))
    outcome = outcome_of(finding for _, finding in found)
    return Facts(
        outcome,
        counts={
            "changes": len(every),
            "commits": sum(len(one.subject.change.commits) for one in every),
            "failures": sum(finding.outcome is Outcome.FAILED for _, finding in found),
            "inconclusive": sum(finding.outcome is Outcome.INCONCLUSIVE for _, finding in found),
            "requests": case.requests,
        },
        reasons=tuple(_reason(subject, finding, several=len(every) > 1) for subject, finding in found),
    )


def _reason(subject: Subject | None, finding: Finding, *, several: bool) -> Reason:
    reason = finding.reason
    name = subject.name if subject else None
    message = f"{name}: {reason.message}" if several and name else reason.message
    return Reason(
        rule=reason.rule,
        message=message[:16384],
        subject=reason.subject or name,
        digest=reason.digest,
        remedy=reason.remedy,
    )
