"""The branch policy's eyes: from an event to the case that the rules judge.

Everything is asked of the forge afresh. The event only says which change is meant: an event is replayed when
a run is repeated, and what it says of titles, commits and reviews is old then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from counterseal.checks.branch_case import BranchCase, Subject, with_actors
from counterseal.checks.branch_context import (
    members_of,
    merged,
    merges_of,
    posture_of,
    verifications_of,
)
from counterseal.checks.branch_subjects import Found, find_changes
from counterseal.checks.branch_tickets import ask_tracker, named_tickets, uses_among, uses_before
from counterseal.checks.trusted import Trusted
from counterseal.clients.forge import Forge
from counterseal.clients.git import GitRepository
from counterseal.clients.tracker import Tracker
from counterseal.errors import Inconclusive, MalformedError, NothingToJudge
from counterseal.host.event import Event
from counterseal.manifest.record import Reason
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Gap
from counterseal.policy.rules.context import Context


@dataclass(frozen=True)
class Observer:
    """Observes what a branch policy is judged by.

    Attributes:
        forge: the forge.
        trusted: the policy.
        root: the working directory, which may be a checkout.
        tracker: the ticket tracker; None when none is named.
    """

    forge: Forge
    trusted: Trusted
    root: Path
    tracker: Tracker | None = None

    def observe(self, event: Event, ref: str | None, commit: str | None) -> BranchCase:
        """Return the case of an event; what cannot be observed at all stands in it as its failure.

        Args:
            event: the event.
            ref: the ref that the run is for, in full.
            commit: the commit that the run is for.

        Raises:
            NothingToJudge: the policy demands nothing of changes.
            UsageError: the event is about no change.
        """
        policy = self.trusted.policy.branch
        if policy is None:
            remedy = "add `branch: {}`, or the rules that are wanted"
            raise NothingToJudge("the policy has no section branch", where=self.trusted.where, remedy=remedy)
        case = BranchCase(
            policy=policy,
            policy_digest=self.trusted.digest,
            policy_where=self.trusted.where,
            policy_commit=self.trusted.commit,
            people_digest=self.trusted.people_digest,
            event=event.name,
            commit=commit,
        )
        try:
            now = self.forge.now()
            found = find_changes(self.forge, event, ref, commit)
            subjects = tuple(self._subject(one, found, policy, now) for one in found)
        except (Inconclusive, MalformedError) as error:
            failure = Reason(
                rule="observation",
                message=error.message[:1000],
                subject=(error.where or "")[:1000] or None,
                remedy=error.remedy or "run this again",
            )
            return replace(case, failure=failure, requests=self.forge.requests)
        return replace(case, subjects=subjects, now=now, requests=self.forge.requests)

    def _subject(self, found: Found, others: Sequence[Found], policy: Branch, now: str) -> Subject:
        change = self._whole_record(found, policy)
        base = replace(found.context, people=self.trusted.people, duties=self.trusted.policy.duties, now=now)
        if base.kind == "merge-group":
            made = merged(self.root, change.head, found.onto or change.head, found.heads)
            return Subject(name=found.name, change=change, context=replace(base, merges=(made,)))
        context = self._with_forge(change, policy, base)
        context = self._with_checkout(change, policy, context, now)
        context = self._with_tickets(found, change, others, policy, context)
        return with_actors(Subject(name=found.name, change=change, context=context))

    def _whole_record(self, found: Found, policy: Branch) -> ChangeFacts:
        """Return the change with everybody who has pushed to its branch, where machines are exempt."""
        change, rules = found.change, (policy.names, policy.tickets)
        wanted = any(rule is not None and rule.exempt_bots for rule in rules)
        if not wanted or change.pull_request or found.context.protected is not False or change.deleted:
            return change
        try:
            return replace(change, pushes=self.forge.pushes(change.head_ref))
        except Inconclusive as error:
            gap = Gap(topic="pushes", message=error.diagnosis()[:1000], subject=change.head_ref)
            return replace(change, gaps=(*change.gaps, gap))

    def _with_forge(self, change: ChangeFacts, policy: Branch, context: Context) -> Context:
        if policy.posture and not change.base_ref.startswith("refs/tags/") and context.protected is not False:
            posture, gap = posture_of(self.forge, change.base_ref, policy.posture)
            context = replace(context, posture=posture, gaps=(*context.gaps, *([gap] if gap else [])))
        if policy.protected_paths and not change.deleted:
            approval = self.trusted.policy.approval
            groups = approval.groups if approval else {}
            members = members_of(self.forge, groups, [policy.protected_paths.owners])
            context = replace(context, members=members)
        return context

    def _with_checkout(self, change: ChangeFacts, policy: Branch, context: Context, now: str) -> Context:
        context = replace(context, merges=merges_of(self.root, change.commits))
        if policy.signatures:
            signers = self.trusted.allowed_signers
            found, gap = verifications_of(self.root, change.commits, policy.signatures, signers, now)
            gaps = (*context.gaps, *([gap] if gap else []))
            context = replace(context, verifications=found, gaps=gaps)
        return context

    def _with_tickets(
        self, found: Found, change: ChangeFacts, others: Sequence[Found], policy: Branch, context: Context
    ) -> Context:
        rules = policy.tickets
        keys = named_tickets(change, rules, context) if rules and not change.deleted else ()
        if rules is None or not keys:
            return context
        if rules.tracker:
            context = replace(context, tickets=ask_tracker(keys, self.tracker))
        if rules.one_change_set:
            pulls = [(one.name, one.change) for one in others if one.change.pull_request]
            near = uses_among(keys, found.change, pulls if change.pull_request else [], rules)
            onto = found.onto or self.forge.tip(change.base_ref)
            far, gap = uses_before(keys, GitRepository(self.root), onto, change, rules)
            gaps = (*context.gaps, *([gap] if gap else []))
            context = replace(context, uses=(*near, *far), gaps=gaps)
        return context
