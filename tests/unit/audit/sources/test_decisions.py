"""What was decided, made again: whatever lies in the store, an audit has an answer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.replay import encode_case, read_case
from counterseal.audit.answer import EXIT_CODES, Grade
from counterseal.audit.sources import decisions
from counterseal.audit.sources.decisions import Judges, decided_of, gated_of
from counterseal.checks.approvals.decided import decision_problems
from counterseal.checks.gate.verdict import rule_on
from counterseal.checks.rego.verdict import RegoVerdict
from counterseal.errors import Inconclusive, MalformedError
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, Digest, EvidenceReference, Origin, Reason
from counterseal.manifest.types import Outcome
from counterseal.policy.finding import Finding
from counterseal.policy.gate.case import encode_case as encode_gate_case
from counterseal.policy.gate.case import read_case as read_gate_case
from counterseal.store.blobs import blob_key
from simulators.bank import POLICY, URI
from simulators.planned import no_rego
from simulators.wrongs.planted import publish

NEVER = "2026-02-30T00:00:00Z"
JUDGES = Judges(no_rego)


def codes(answer):
    return {verdict.code for one in answer.elements for verdict in one.verdicts}


def record_of(stage, *names, outcome=Outcome.PASSED):
    files = tuple(
        EvidenceReference(
            name=name, media_type="application/json", size=1, digest=Digest(sha256=sha256(b"x"))
        )
        for name in names
    )
    return ControlRecord(
        stage=stage,
        name=stage,
        kind="policy",
        outcome=outcome,
        created_at="2026-09-01T00:00:00Z",
        origin=Origin(repository=URI, commit="0" * 40),
        evidence=files,
    )


@pytest.mark.parametrize(("names", "evidence"), [((), ()), (("other.json",), (b"x",))])
def test_a_gate_that_keeps_no_case_is_unproven(names, evidence):
    (gated,) = gated_of("0" * 64, record_of("policy-gate", *names), evidence, JUDGES)
    assert (gated.follows, gated.unproven) == (True, "the record keeps no case")


def test_a_gate_case_that_is_not_there_as_it_was_kept_is_unproven():
    (gated,) = gated_of("0" * 64, record_of("policy-gate", "gate-case.json"), (b"",), JUDGES)
    assert gated.follows
    assert gated.unproven


@pytest.mark.parametrize("data", [b"x", b"{}", b'{"a":1,"a":1}', b"\xff", b"[" * 100_000])
def test_a_sealed_gate_case_that_is_none_does_not_follow(data):
    record = record_of("policy-gate", "gate-case.json")
    file = replace(record.evidence[0], digest=Digest(sha256=sha256(data)))
    (gated,) = gated_of("0" * 64, replace(record, evidence=(file,)), (data,), JUDGES)
    assert not gated.follows


def approval_case(history):
    manifest = history.releases[4].statement.predicate
    return read_case(history.store.get(blob_key(manifest.decision_evidence[0].digest.sha256)), "x")


@pytest.mark.parametrize("where", ["event", "decision", "policy"])
def test_an_approval_case_of_impossible_times_does_not_follow(clean, where):
    """Whoever holds a record key can seal it; an audit and `verify` name it, and go on."""
    case = approval_case(clean)
    if where == "event":
        case = replace(case, events=(replace(case.events[0], at=NEVER),))
    elif where == "decision":
        case = replace(case, decision=replace(case.decision, post_review_due_at=NEVER))
    else:
        case = replace(case, request=replace(case.request, change_class="no-such-class"))
    record, data = record_of("approval-gate", "approval-case.json"), encode_case(case)
    (decided,) = decided_of("0" * 64, record, (data,), JUDGES)
    assert not decided.follows
    assert decided.review_due_at is None
    assert list(decision_problems(record, (data,)))


def test_nobody_can_tell_of_a_review_at_an_impossible_time_whether_it_was_given(history):
    publish(history, change_class="emergency")
    debts = history.debts()
    owed = next(iter(debts.unpaid()))
    with pytest.raises(MalformedError):
        debts.pay(owed.request, NEVER)
    debts._keep(owed.request, "paid", {"paidAt": NEVER})  # whoever holds the key need not ask us
    answer = history.audit()
    assert "cannot-enumerate" in codes(answer)
    assert EXIT_CODES[answer.grade] == 14


def test_what_an_audit_without_an_engine_could_not_tell_is_not_kept(history, tmp_path, monkeypatch):
    """Later audits of the same state have the engine, and have to use it."""
    parts = {"state": tmp_path / "state", "sealer": history.auditor}

    def no_engine(*_):
        raise Inconclusive("there is no engine for rules in Rego")

    with monkeypatch.context() as without:
        without.setattr(decisions, "rule_on", no_engine)
        assert "gate-unproven" in codes(history.audit(**parts))
    for _ in range(2):
        answer = history.audit(**parts)
        assert "gate-unproven" not in codes(answer)
        assert answer.grade is Grade.NOTE


@pytest.mark.parametrize(
    ("outcome", "kept", "follows"),
    [
        (Outcome.INCONCLUSIVE, Outcome.PASSED, None),  # there is no engine here
        (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, True),  # there was none then either
        (Outcome.FAILED, Outcome.PASSED, False),  # the rules could not have been used then
    ],
)
def test_rules_that_cannot_be_run_here_accuse_nobody(clean, outcome, kept, follows):
    """Without an engine the verdict of then is unproven; that of rules that ran is held against it."""

    def run_rego(*_):
        reason = Reason(rule="rego", message="the libraries cannot be installed")
        return RegoVerdict(findings=(Finding(outcome, reason),))

    manifest = clean.releases[4].statement.predicate
    key = next(one.digest.sha256 for one in manifest.candidate.evidence if one.name == "gate-case.json")
    case = read_gate_case(clean.store.get(blob_key(key)), "x")
    rules = replace(case.rules, policy=POLICY + "  rego: {files: [.github/rules/own.rego]}\n")
    case = replace(case, rules=rules)
    verdict = replace(case.verdict, outcome=kept)
    if kept is Outcome.INCONCLUSIVE:
        verdict = rule_on(case, run_rego).verdict()
    data = encode_gate_case(replace(case, verdict=verdict))
    record = record_of("policy-gate", "gate-case.json", outcome=kept)
    file = replace(record.evidence[0], digest=Digest(sha256=sha256(data)))
    (gated,) = gated_of("0" * 64, replace(record, evidence=(file,)), (data,), Judges(run_rego))
    assert (gated.unproven is not None) == (follows is None)
    assert gated.follows is (follows is not False)
