"""What people decided about a candidate: the sealed request and the decision on record, both stored."""

from __future__ import annotations

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Event, Facts, Member
from counterseal.approval.record import approvals_of
from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest, Binding
from counterseal.manifest.assemble import Decided, digest_of_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person, ReleaseCandidate, Stream
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.policy.approval import ApprovalPolicy, ChangeClass, EnvironmentRule, Group, Stage
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Account
from counterseal.store.blobs import put_blob
from simulators.listed import listed

ASKED, SAID, DECIDED = "2026-11-23T09:00:00Z", "2026-11-23T09:20:00Z", "2026-11-23T09:30:00Z"
MIA = Account(id=41002, login="mia")
_GROUP = "managers"


def approve(candidate: ReleaseCandidate, stream: Stream, sealing: Sealing) -> Decided:
    """Ask about a candidate, have it approved, store what is to be kept, and return what a manifest lists."""
    case, sealer = _case(candidate, stream), sealing.sealer
    request, (decision, data) = request_payload(candidate, stream), decision_about(candidate, stream)
    put_blob(sealing.store, data)
    payload = encode_statement(decision)
    record = Digest(sha256=sha256(payload))
    return Decided(
        approvals=tuple(approvals_of(case.request, case.events, case.decision, record=record)),
        requests=(sealing.keep(sealer.seal(request), request, APPROVAL_REQUEST, "approval-request"),),
        records=(listed(decision, sealing),),
        evidence=decision.predicate.evidence,
    )


def request_payload(candidate: ReleaseCandidate, stream: Stream, run: str | None = None) -> bytes:
    """Return the payload of the request about a candidate that was built in a run."""
    subjects = (
        subject_of_file("candidate", digest_of_candidate(candidate)),
        subject_of_commit(stream.repository, candidate.source.commit),
    )
    return encode_statement(Statement(subjects, APPROVAL_REQUEST, _case(candidate, stream, run=run).request))


def decision_about(
    candidate: ReleaseCandidate, stream: Stream, *, approved: bool = True, run: str | None = None
) -> tuple[Statement, bytes]:
    """Return the record of a decision and the case that it relies on."""
    case = _case(candidate, stream, approved=approved, run=run)
    data, evidence = case_evidence(case)
    return record_of(case, "approval", origin_of(case), evidence), data


def _case(
    candidate: ReleaseCandidate, stream: Stream, *, approved: bool = True, run: str | None = None
) -> Case:
    """Return a case in which Mia, who may, has approved or denied what Dana has asked for."""
    environment = stream.environment
    binding = Binding(
        repository=stream.repository,
        environment=environment,
        commit=candidate.source.commit,
        tree=candidate.source.tree,
        candidate=Digest(sha256=digest_of_candidate(candidate)),
        policy=Digest(sha256="a" * 64),
        run=run,
    )
    identity = sha256(binding.candidate.sha256.encode())[:16]
    request = ApprovalRequest(
        binding=binding,
        change_class="normal",
        requested_at=ASKED,
        requested_by=Person(id=41001, login="dana"),
        nonce="0" * 32,
    )
    policy = ApprovalPolicy(
        groups={_GROUP: Group(accounts=(MIA.id,))},
        classes={"normal": ChangeClass(stages=(Stage(name="release", groups=(_GROUP,)),))},
        environments={environment: EnvironmentRule(classes=("normal",), default="normal")},
    )
    facts = Facts(binding=binding, members=(Member(group=_GROUP, accounts=(MIA.id,)),))
    said = Event(
        id="comment:1",
        source="comment",
        action="approve" if approved else "deny",
        at=SAID,
        account=MIA,
        request=identity,
    )
    decision = decide(request, identity, (said,), policy, Duties(), facts, DECIDED)
    return Case(
        request_id=identity,
        request=request,
        events=(said,),
        policy=policy,
        duties=Duties(),
        facts=facts,
        now=DECIDED,
        decision=decision,
    )
