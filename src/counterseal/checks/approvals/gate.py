"""The gate: one request, looked at once: facts and events observed, decided, and ready to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Debt
from counterseal.checks.approvals.facts import Scene, facts_of
from counterseal.checks.approvals.observe import members_by_group, observe
from counterseal.checks.trusted import Trusted
from counterseal.errors import CountersealError, Inconclusive, UsageError
from counterseal.ledger.requests import Asked, RequestBook
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.forge import Gap
from counterseal.seal.trust import Trust


@dataclass(frozen=True)
class Gate:
    """Looks at requests.

    Attributes:
        book: where requests and first sights are kept.
        trust: whose seals are believed.
    """

    book: RequestBook
    trust: Trust

    def look(self, asked: Asked, scene: Scene, files: Iterable[bytes] = ()) -> Case:
        """Return the case of a request as it stands now, with its decision.

        What cannot be found out stands as a gap in the facts, so that the case lets nothing through.

        Args:
            asked: the request.
            scene: what surrounds it.
            files: signed approvals that were handed over.
        """
        policy = approval_of(scene.trusted)
        now, gaps = _time(asked, scene)
        facts = replace(facts_of(asked, scene, policy), debts=tuple(self._debts(asked)))
        try:
            groups = members_by_group(policy, facts)
            events, _ = observe(asked, self.book, scene.forge, self.trust, groups, now, files)
        except Inconclusive as error:
            events = ()
            gaps = (*gaps, Gap(topic="events", message=error.diagnosis()[:1000]))
        facts = replace(facts, gaps=(*facts.gaps, *gaps))
        duties = scene.trusted.policy.duties
        decision = decide(asked.request, asked.id, events, policy, duties, facts, now)
        return Case(
            request_id=asked.id,
            request=asked.request,
            events=events,
            policy=policy,
            duties=duties,
            facts=facts,
            now=now,
            decision=decision,
        )

    def _debts(self, asked: Asked) -> Iterable[Debt]:
        environment = asked.request.binding.environment
        for name, due, where in self.book.owed():
            if name != asked.id and where == environment:
                yield Debt(request=name, due_at=due, environment=where)


def approval_of(trusted: Trusted) -> ApprovalPolicy:
    """Return the policy's section `approval`.

    Raises:
        UsageError: it has none.
    """
    if trusted.policy.approval is None:
        raise UsageError("the policy has no section approval", where=trusted.where)
    return trusted.policy.approval


def _time(asked: Asked, scene: Scene) -> tuple[str, tuple[Gap, ...]]:
    """Return the forge's time; without it nothing is let through."""
    try:
        return scene.forge.now(), ()
    except CountersealError as error:
        return asked.request.requested_at, (Gap(topic="time", message=error.diagnosis()[:1000]),)
