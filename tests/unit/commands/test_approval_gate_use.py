"""`approval-gate`: deciding on record, and using once."""

from __future__ import annotations

import json

import pytest

from counterseal.approval.replay import differs, read_case
from counterseal.errors import Inconclusive
from counterseal.ledger.requests import RequestBook
from counterseal.policy.forge import Account
from counterseal.seal.trust import add_key, parse_trust
from simulators.changes import ANN, BOB, CARL, EVE
from simulators.firm import ANN_AGAIN, STRANGER
from unit.commands.conftest import new_key
from unit.commands.pipeline import LATER, POLICY


def test_nothing_is_deployed_before_somebody_approves(asked):
    done = asked.deploy()
    assert (done.code, done.outputs["state"], "quorum-missing" in done.rules) == (11, "pending", True)
    assert asked.book.used_by(asked.id) is None
    assert asked.records()["approval"].outcome == "failed"


def test_what_is_approved_is_deployed_once_and_everything_is_on_record(asked):
    asked.say(BOB)
    done = asked.deploy()
    assert (done.code, done.outputs["state"]) == (0, "approved")
    assert asked.book.used_by(asked.id) == "200/1"
    made = asked.records()["approval"]
    assert (made.outcome, made.kind, made.origin.run) == ("passed", "approval", "200/1")
    case = read_case(asked.files.blob(made.evidence[0]).read_bytes(), "case")
    assert (case.facts.using, case.facts.deployment, differs(case)) == (True, "200/1", ())

    second = asked.deploy(number=201)
    assert (second.code, second.outputs["state"], "used" in second.rules) == (11, "revoked", True)
    assert asked.records()["approval"].outcome == "failed"


def test_the_same_deployment_may_ask_again_and_finds_its_own_record(asked):
    asked.say(BOB)
    first = asked.deploy()
    again = asked.deploy(fresh=False)
    assert (again.code, again.outputs["decision-digest"]) == (0, first.outputs["decision-digest"])
    assert asked.files.refused() == []


def test_another_attempt_of_the_deploying_run_is_another_deployment(asked):
    asked.say(BOB)
    assert asked.deploy().code == 0
    assert asked.deploy(attempt=2).code == 11


def test_whoever_is_slower_is_refused_and_that_is_on_record(asked, monkeypatch):
    asked.say(BOB)
    use = RequestBook.use

    def overtaken(book, name, by, at):
        use(book, name, "999/1", at)
        return use(book, name, by, at)

    monkeypatch.setattr(RequestBook, "use", overtaken)
    done = asked.deploy()
    assert (done.code, done.outputs["state"], "used" in done.rules) == (11, "revoked", True)
    assert asked.records()["approval"].outcome == "failed"


@pytest.mark.parametrize("who", [ANN, ANN_AGAIN, EVE, STRANGER], ids=lambda who: who.login)
def test_nobody_approves_their_own_change_by_whatever_account(asked, who):
    asked.say(who)
    assert asked.deploy().code == 11


def test_who_made_the_change_does_not_deploy_it(asked):
    asked.say(BOB)
    done = asked.deploy(actor=ANN)
    assert (done.code, "duties" in done.rules) == (11, True)


def test_a_machine_that_was_told_to_deploys(asked):
    asked.say(BOB)
    assert asked.deploy(actor=Account(id=90, login="pipeline[bot]", bot=True)).code == 0


@pytest.mark.parametrize("actor", [None, Inconclusive("status 502")], ids=["deleted", "not told"])
def test_a_deployment_of_which_nobody_knows_who_started_it_is_not_let_through(asked, actor):
    asked.say(BOB)
    asked.in_run(200, actor=None if actor is None else CARL)
    if actor is not None:
        asked.forge.fail("run", actor)
    done = asked.deploy(actor=None)
    assert done.code == 14
    assert asked.book.used_by(asked.id) is None


def test_an_emergency_owes_its_review_from_the_moment_that_it_is_used(pipeline):
    pipeline.ask(change_class="emergency", reason="it burns", incident="INC-1")
    pipeline.forge.clock = LATER
    pipeline.say(BOB)
    assert pipeline.deploy().outputs["state"] == "emergency"
    (owed,) = pipeline.book.debts.unpaid()
    assert (owed.request, owed.due_at) == (pipeline.id, "2026-11-25T10:00:00Z")


def record_changed(pipeline):
    path = pipeline.kept / "records" / "record" / "unit-tests.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"tests":2', b'"tests":9'))
    assert path.read_bytes() != before


def record_removed(pipeline):
    next((pipeline.kept / "records").rglob("*.json")).unlink()


def artifact_changed(pipeline):
    path = next((pipeline.kept / "artifacts").rglob("*.json"))
    path.write_bytes(path.read_bytes().replace(b"payments", b"paymentz"))


def candidate_changed(pipeline):
    path = pipeline.kept / "candidate.json"
    path.write_bytes(path.read_bytes().replace(b"payments-1.0.0", b"payments-6.6.6"))


def commit_changed(pipeline):
    pipeline.workspace.repository.commit("evil")


@pytest.mark.parametrize(
    "attack", [record_changed, record_removed, artifact_changed, candidate_changed, commit_changed]
)
def test_32_what_changed_between_approval_and_deployment_is_refused(asked, attack):
    asked.say(BOB)
    attack(asked)
    assert asked.deploy().code in {2, 11, 12}
    assert asked.book.used_by(asked.id) is None


def test_a_policy_that_changed_after_approval_is_another_question(asked):
    asked.say(BOB)
    changed = json.loads(json.dumps(POLICY))
    changed["approval"]["classes"]["normal"]["deadline"] = 20
    asked.publish(changed)
    done = asked.deploy()
    assert (done.code, "binding-policy" in done.rules) == (11, True)


def test_a_decision_can_be_looked_at_without_a_checkout_and_uses_nothing(asked, monkeypatch):
    asked.say(BOB)
    bare = asked.workspace.home / "bare"
    bare.mkdir()
    monkeypatch.chdir(bare)
    done = asked.gate("decide", request=asked.id)
    assert (done.code, done.outputs["state"]) == (0, "approved")
    assert asked.book.used_by(asked.id) is None


@pytest.mark.parametrize("request_id", ["0" * 16, "x", "../../x"])
def test_a_request_that_was_never_asked_decides_nothing(asked, request_id):
    assert asked.gate("decide", request=request_id).code in {2, 13}


def test_without_a_request_in_the_folder_one_has_to_be_named(pipeline):
    done = pipeline.gate("decide", environment="production")
    assert (done.code, "request" in done.errors + json.dumps(done.result)) == (2, True)


def test_a_signed_approval_is_handed_over_as_a_file(asked):
    trust = add_key(
        parse_trust(asked.workspace.trust.read_bytes(), where="trust"),
        new_key(asked.workspace.home / "bob.pem", "approval"),
    )
    asked.workspace.trust.write_bytes(trust.encode())
    people = json.loads(asked.forge.file(".github/people.yml", asked.forge.tip("refs/heads/main")))
    people["people"][1]["keys"] = [trust.keys[-1].keyid]
    asked.forge.put(".github/people.yml", json.dumps(people))
    signed = asked.workspace.root / "bob.json"
    request = next((asked.kept / "requests").glob("*.json"))
    done = asked.workspace.run(
        "approve",
        request_file=str(request),
        trust=str(asked.workspace.trust),
        key=f"file:{asked.workspace.home / 'bob.pem'}",
        candidate=asked.book.read(asked.id).request.binding.candidate.sha256,
        out=str(signed),
    )
    assert done.code == 0
    assert asked.gate("decide", request=asked.id, signed="bob.json").outputs["state"] == "approved"
    signed.unlink()
    assert asked.deploy().code == 0
