"""The gate: one request, looked at once: facts and events observed, decided, and ready to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Debt, Decision, Event, Facts, State
from counterseal.approval.moments import order
from counterseal.checks.approvals.candidates import Touched, touched_by
from counterseal.checks.approvals.facts import Scene, facts_of
from counterseal.checks.approvals.observe import Ear, Heard, membership, remembered
from counterseal.checks.trusted import Trusted
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError, UsageError
from counterseal.ledger.requests import Asked, RequestBook
from counterseal.ledger.requests_debts import Doubt, Owed
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.forge import Gap
from counterseal.seal.trust import Trust


@dataclass(frozen=True)
class Looked:
    """What a look at a request has shown.

    Attributes:
        case: the case, with its decision.
        touched: who touched the candidate.
        notes: what was handed over and is no evidence of anything, such as a file that nobody signed.
    """

    case: Case
    touched: Touched
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Gate:
    """Looks at requests.

    Attributes:
        book: where requests and first sights are kept.
        trust: whose seals are believed.
    """

    book: RequestBook
    trust: Trust

    def look(self, asked: Asked, scene: Scene, files: Iterable[bytes] = ()) -> Looked:
        """Return the case of a request as it stands now, with its decision.

        What cannot be found out stands as a gap in the facts, so that the case lets nothing through.

        Args:
            asked: the request.
            scene: what surrounds it.
            files: signed approvals that were handed over.

        Raises:
            UsageError: the policy has no section `approval`.
            SealError: something that was seen before was altered.
        """
        policy = approval_of(scene.trusted)
        binding = asked.request.binding
        touched = scene.touched or touched_by(scene.forge, binding, scene.candidate, scene.signers)
        facts = facts_of(asked, scene, touched, policy)
        debts, unclear = self._debts(asked, policy)
        facts = replace(facts, debts=debts, gaps=(*facts.gaps, *unclear))
        heard, now = self._hear(asked, scene, policy, facts, files)
        facts = replace(facts, gaps=(*facts.gaps, *heard.gaps))
        events = tuple(heard.events.values())
        facts, decision = _decide(asked, events, scene.trusted, facts, heard.gone, now)
        case = Case(
            request_id=asked.id,
            request=asked.request,
            events=events,
            policy=policy,
            duties=scene.trusted.policy.duties,
            facts=facts,
            now=now,
            decision=decision,
        )
        return Looked(case, touched, tuple(heard.notes))

    def _hear(
        self, asked: Asked, scene: Scene, policy: ApprovalPolicy, facts: Facts, files: Iterable[bytes]
    ) -> tuple[Heard, str]:
        """Return what people did, and what time it is after they were heard.

        Without the time nothing new is heard: a first sight that is dated wrongly would stay so.
        """
        begun, gap = _time(scene.forge)
        if gap is not None:
            events, latest = remembered(self.book, asked)
            return Heard(events={one.id: one for one in events}, gaps=[gap]), latest
        rules = policy.classes.get(asked.request.change_class)
        members = membership(policy, facts)
        names = scene.trusted.pseudonyms
        ear = Ear(asked, self.book, scene.forge, self.trust, members, rules, scene.change_record, names)
        heard = ear.hear(begun, files)
        ended, gap = _time(scene.forge)
        heard.gaps += [gap] if gap else []
        return heard, max(begun, ended or begun, key=order)

    def _debts(self, asked: Asked, policy: ApprovalPolicy) -> tuple[tuple[Debt, ...], tuple[Gap, ...]]:
        """Return the reviews that are owed of other emergencies of the same repository and environment.

        Of which it cannot be told is a gap; none for an emergency, which no debt holds up.
        """
        here = asked.request.binding.repository, asked.request.binding.environment
        others = [one for one in self.book.debts.standing() if one.request != asked.id]
        owed = [one for one in others if isinstance(one, Owed) and (one.repository, one.environment) == here]
        doubts = [one for one in others if isinstance(one, Doubt) and self._place_of(one) in {here, None}]
        rules = policy.classes.get(asked.request.change_class)
        if rules is not None and rules.break_glass is not None:
            doubts = []
        return (
            tuple(Debt(request=one.request, due_at=one.due_at, environment=one.environment) for one in owed),
            tuple(Gap(topic="debts", message=one.message[:1000], subject=one.request) for one in doubts),
        )

    def _place_of(self, doubt: Doubt) -> tuple[str, str] | None:
        """Return the repository and environment of an emergency, or None when nobody can tell."""
        if doubt.owed is not None:
            return doubt.owed.repository, doubt.owed.environment
        try:
            binding = self.book.read(doubt.request).request.binding
        except CountersealError:
            return None
        return binding.repository, binding.environment


def approval_of(trusted: Trusted) -> ApprovalPolicy:
    """Return the policy's section `approval`.

    Raises:
        UsageError: it has none.
    """
    if trusted.policy.approval is None:
        raise UsageError("the policy has no section approval", where=trusted.where)
    return trusted.policy.approval


def _decide(
    asked: Asked, events: tuple[Event, ...], trusted: Trusted, facts: Facts, gone: list[Gap], now: str
) -> tuple[Facts, Decision]:
    """Decide; a place that is no more keeps a request from being approved, and not from running out."""
    policy, duties = approval_of(trusted), trusted.policy.duties
    doubtful = replace(facts, gaps=(*facts.gaps, *gone))
    decision = decide(asked.request, asked.id, events, policy, duties, doubtful, now)
    if gone and decision.state is State.EXPIRED:
        return facts, decide(asked.request, asked.id, events, policy, duties, facts, now)
    return doubtful, decision


def _time(forge: Forge) -> tuple[str, Gap | None]:
    """Return the forge's time, or why nobody knows it."""
    try:
        return forge.now(), None
    except CountersealError as error:
        return "", Gap(topic="time", message=error.diagnosis()[:1000])
