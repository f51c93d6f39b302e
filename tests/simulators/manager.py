"""What the bank decided about a candidate: one manager, once, for or against its own rules."""

from __future__ import annotations

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Event, Facts, Member
from counterseal.approval.record import approvals_of
from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
from counterseal.ledger.requests_debts import Debts, Owed
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest, Binding
from counterseal.manifest.assemble import Decided, digest_of_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person, ReleaseCandidate, SealedReference
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.policy.duties import Actor
from counterseal.store.blobs import put_blob
from simulators.bank import APPROVAL, CHRIS, DANA, MIA, NAMES, PEOPLE, RITA, SHADOW, URI, later
from simulators.listed import listed
from simulators.release_plan import Plan


class Manager:
    """The manager who decides about the candidate of a plan.

    Args:
        plan: the plan.
        sealing: seals and stores what is decided.
        run: the run that asks.
        author: who wrote the change.
        debts: where the reviews of emergencies are owed.
    """

    def __init__(self, plan: Plan, sealing: Sealing, run: str, author: str, debts: Debts) -> None:
        self._plan, self._sealing, self._run = plan, sealing, run
        self._author, self._debts = author, debts

    def decided(self, candidate: ReleaseCandidate) -> Decided:
        """Decide about a candidate, store what is to be kept, and return what a manifest lists."""
        case, request = self._case(candidate)
        data, evidence = case_evidence(case)
        put_blob(self._sealing.store, data)
        decision = record_of(case, "approval", origin_of(case), evidence)
        reference = listed(decision, self._sealing)
        if self._plan.change_class == "emergency":
            owed = Owed(case.request_id, case.decision.post_review_due_at or "", URI, "production")
            self._debts.owe(owed)
        return Decided(
            approvals=tuple(approvals_of(request, case.events, case.decision, record=reference.payload)),
            requests=(self._sealed(request, candidate),),
            records=(reference,),
            evidence=decision.predicate.evidence,
        )

    def _sealed(self, request: ApprovalRequest, candidate: ReleaseCandidate) -> SealedReference:
        sealing = self._sealing
        subjects = (
            subject_of_file("candidate", digest_of_candidate(candidate)),
            subject_of_commit(URI, candidate.source.commit),
        )
        payload = encode_statement(Statement(subjects, APPROVAL_REQUEST, request))
        return sealing.keep(sealing.sealer.seal(payload), payload, APPROVAL_REQUEST, "approval-request")

    def _case(self, candidate: ReleaseCandidate) -> tuple[Case, ApprovalRequest]:
        """Return the case in which the approver has approved a candidate."""
        digest = digest_of_candidate(candidate)
        identity = sha256(digest.encode())[:16]
        binding = Binding(
            repository=URI,
            environment="production",
            commit=candidate.source.commit,
            tree=candidate.source.tree,
            candidate=Digest(sha256=digest),
            policy=Digest(sha256=sha256(self._plan.policy.encode())),
            run=self._run,
        )
        request = self._question(binding)
        said = self._plan.said_at or later(self._plan.at, hours=-1)
        facts = self._facts(binding)
        event = Event(
            id="comment:1",
            source="comment",
            action="approve",
            at=said,
            account=self._plan.approver,
            request=identity,
        )
        now = max(later(self._plan.at, minutes=-5), said)
        decision = decide(request, identity, (event,), APPROVAL, self._plan.duties, facts, now)
        case = Case(
            request_id=identity,
            request=request,
            events=(event,),
            policy=APPROVAL,
            duties=self._plan.duties,
            facts=facts,
            now=now,
            decision=decision,
        )
        return case, request

    def _question(self, binding: Binding) -> ApprovalRequest:
        emergency = self._plan.change_class == "emergency"
        return ApprovalRequest(
            binding=binding,
            change_class=self._plan.change_class,
            requested_at=later(self._plan.at, hours=-2),
            requested_by=Person(id=RITA.id, login=RITA.login),
            nonce="0" * 32,
            reason="payments fail" if emergency else None,
            incident="INC-7" if emergency else None,
        )

    def _facts(self, binding: Binding) -> Facts:
        actors = self._plan.actors or (
            Actor(role="author", account=NAMES[self._author], text=self._author),
            Actor(role="merger", account=RITA),
            Actor(role="requester", account=RITA),
        )
        accounts = (MIA.id, DANA.id, CHRIS.id, SHADOW.id)
        return Facts(
            binding=binding,
            actors=actors,
            members=(Member(group="managers", accounts=accounts),),
            people=PEOPLE,
        )
