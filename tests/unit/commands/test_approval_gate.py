"""`approval-gate`: asking once, deciding on record, using once, waiting, and sweeping everything."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from counterseal.approval.replay import differs, read_case
from counterseal.commands import _desk, _forge, _run
from counterseal.errors import Inconclusive, UsageError
from counterseal.ledger.requests import RequestBook
from counterseal.policy.forge import Account, RunFacts
from counterseal.seal.trust import add_key, parse_trust
from counterseal.store.casefile import CaseFile
from counterseal.store.open import open_store
from simulators.changes import ANN, BOB, CARL, EVE, commit, pull, review
from simulators.fake_forge import FakeForge
from simulators.firm import ANN_AGAIN, STRANGER
from unit.commands.conftest import new_key

BEGUN, LATER, LATE = "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T19:00:00Z"
PEOPLE = {
    "version": 1,
    "people": [
        {"id": "e-ann", "accounts": [1, 11]},
        {"id": "e-bob", "accounts": [2]},
        {"id": "e-carl", "accounts": [3]},
        {"id": "e-eve", "accounts": [5]},
    ],
    "bots": [],
}
POLICY = {
    "version": 1,
    "duties": {"identities": ".github/people.yml"},
    "approval": {
        "groups": {"leads": {"accounts": [1, 2, 5, 11]}, "reviewers": {"accounts": [3]}},
        "classes": {
            "normal": {"stages": [{"name": "lead", "groups": ["leads"]}], "deadline": 10},
            "emergency": {
                "stages": [{"name": "lead", "groups": ["leads"]}],
                "break-glass": {"post-review": ["reviewers"], "within": 24},
            },
        },
        "environments": {"production": {"classes": ["normal", "emergency"], "default": "normal"}},
    },
}


class Pipeline:
    """A pipeline that asks in one run and deploys in another."""

    def __init__(self, workspace, forge, monkeypatch):
        self.workspace, self.forge, self.patch = workspace, forge, monkeypatch
        self.commit = workspace.repository.git("rev-parse", "HEAD")
        self.kept = workspace.home / "kept"
        self.publish(POLICY)

    def publish(self, policy):
        key = parse_trust(self.workspace.trust.read_bytes(), where="trust").keys[0].keyid
        people = {**PEOPLE, "bots": [{"account": 90, "name": "pipeline", "keys": [key]}]}
        self.forge.put(".github/counterseal.yml", json.dumps(policy))
        self.forge.put(".github/people.yml", json.dumps(people))

    def in_run(self, number, attempt=1, actor=EVE):
        self.forge.runs.setdefault(number, [])
        if len(self.forge.runs[number]) < attempt:
            self.forge.runs[number].append(
                RunFacts(
                    id=number,
                    attempt=attempt,
                    commit=self.commit,
                    event="push",
                    actor=EVE,
                    triggering_actor=actor,
                )
            )
        values = {
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_REPOSITORY_ID": 1,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": number,
            "GITHUB_RUN_ATTEMPT": attempt,
            "GITHUB_ACTOR": EVE.login,
            "GITHUB_ACTOR_ID": EVE.id,
            "GITHUB_SHA": self.commit,
        }
        for name, value in values.items():
            self.patch.setenv(name, str(value))

    @property
    def places(self):
        space = self.workspace
        return {"store": str(space.store), "trust": str(space.trust), "key": space.key}

    def gate(self, mode, **inputs):
        return self.workspace.run("approval-gate", mode=mode, **{**self.places, **inputs})

    def ask(self, **inputs):
        done = self.gate("request", environment="production", **inputs)
        if done.code == 0:
            self.id, self.issue = done.outputs["request-id"], int(done.outputs["issue"])
            shutil.rmtree(self.kept, ignore_errors=True)
            shutil.copytree(self.workspace.root / "counterseal-evidence", self.kept)
        return done

    def say(self, who, words="/approve"):
        return self.forge.add_comment(self.issue, f"{words} {self.id}", who)

    def deploy(self, number=200, attempt=1, actor=CARL, *, fresh=True):
        """Use the approval in the deploying job, which has fetched the evidence."""
        self.in_run(number, attempt, actor)
        if fresh:
            self.fetch()
        words = {"mode": "decide", "environment": "production", **self.places}
        return self.workspace.run("approval-gate --use", **words)

    def fetch(self):
        self.workspace.forget()
        shutil.copytree(self.kept, self.workspace.root / "counterseal-evidence")

    @property
    def files(self):
        return CaseFile(self.workspace.root / "counterseal-evidence")

    @property
    def book(self):
        trust = parse_trust(self.workspace.trust.read_bytes(), where="trust")
        return RequestBook(open_store(f"dir:{self.workspace.store}"), trust)

    def records(self):
        return {
            one.statement.predicate.name: one.statement.predicate
            for one in self.files.records()
            if one.statement.predicate.stage == "approval-gate"
        }


@pytest.fixture
def pipeline(workspace, monkeypatch):
    """A pipeline that has built and signed a merged change, and has asked nobody."""
    forge = FakeForge(clock=BEGUN)
    made = Pipeline(workspace, forge, monkeypatch)
    forge.add_pull(pull(commit(), pr_state="merged", pr_merge_commit=made.commit, pr_merger=CARL))
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    made.in_run(100)
    assert workspace.record().code == 0
    assert workspace.sign().code == 0
    return made


@pytest.fixture
def asked(pipeline):
    """A pipeline that has asked, an hour ago."""
    assert pipeline.ask().code == 0
    pipeline.forge.clock = LATER
    return pipeline


def test_the_case_keeps_when_each_pull_request_was_opened_reviewed_and_merged(pipeline):
    seen = [
        review(1, CARL, pipeline.commit, "commented", submitted_at="2026-11-24T08:30:00Z"),
        review(2, BOB, pipeline.commit, submitted_at="2026-11-24T08:40:00Z"),
        review(3, ANN, pipeline.commit, submitted_at="2026-11-24T08:10:00Z"),  # the author's own
    ]
    moments = {"pr_opened_at": "2026-11-24T08:00:00Z", "pr_merged_at": "2026-11-24T08:50:00Z"}
    merged = {"pr_state": "merged", "pr_merge_commit": pipeline.commit, "pr_merger": CARL}
    pipeline.forge.add_pull(pull(commit(), reviews=tuple(seen), **merged, **moments))
    assert pipeline.ask().code == 0
    pipeline.forge.clock = LATER
    pipeline.say(BOB)
    assert pipeline.deploy().code == 0
    record = pipeline.records()["approval"]
    case = read_case(pipeline.files.blob(record.evidence[0]).read_bytes(), "case")
    (brought,) = case.facts.brought
    assert brought.commits == (pipeline.commit,)
    found = (brought.opened_at, brought.reviewed_at, brought.merged_at)
    assert found == ("2026-11-24T08:00:00Z", "2026-11-24T08:30:00Z", "2026-11-24T08:50:00Z")


# -- asking ---------------------------------------------------------------------------------------------


def test_asking_tells_people_and_the_next_steps(pipeline):
    done = pipeline.ask()
    assert (done.code, done.outputs["state"]) == (0, "pending")
    assert done.outputs["deadline"] == LATE
    said = pipeline.forge.talk[pipeline.issue][0].body
    assert f"/approve {pipeline.id}" in said
    assert pipeline.forge.reports[pipeline.id].conclusion is None
    assert list(pipeline.book.open_ids()) == [pipeline.id]
    assert len(pipeline.files.requests()) == 1


def test_asking_again_in_the_same_run_is_asking_once(pipeline):
    first = pipeline.ask()
    again = pipeline.ask()
    assert first.outputs["request-id"] == again.outputs["request-id"]
    assert (len(pipeline.forge.issues), len(pipeline.forge.talk[pipeline.issue])) == (1, 1)
    assert len(list(pipeline.book.open_ids())) == 1


@pytest.mark.parametrize("method", ["open_issue", "say", "report", "comments", "now", "run", "members"])
def test_asking_that_was_interrupted_is_taken_up_again(pipeline, method):
    pipeline.forge.fail(method, Inconclusive("status 502"), times=1)
    pipeline.ask()
    done = pipeline.ask()
    assert done.code == 0
    assert (len(pipeline.forge.issues), len(list(pipeline.book.open_ids()))) == (1, 1)
    assert len(pipeline.forge.talk[pipeline.issue]) == 1


def test_another_class_is_another_question_of_the_same_run(pipeline):
    normal = pipeline.ask().outputs["request-id"]
    emergency = pipeline.ask(change_class="emergency", reason="it burns", incident="INC-1")
    assert emergency.outputs["request-id"] != normal
    assert len(pipeline.forge.issues) == 2


def test_what_has_run_out_can_be_asked_again(asked):
    first, asked.forge.clock = asked.id, LATE
    assert asked.gate("sweep").code == 0
    assert asked.ask().code == 0
    assert asked.id != first
    assert len(asked.forge.issues) == 2


@pytest.mark.parametrize("name", ["Production", "prod", "staging", "../x", ""])
def test_an_environment_that_the_policy_does_not_name_is_refused_before_anything_is_fixed(pipeline, name):
    done = pipeline.gate("request", **({"environment": name} if name else {}))
    assert done.code == 2
    assert pipeline.files.candidate() is None
    assert pipeline.ask().code == 0


def test_an_emergency_that_says_too_little_is_denied(pipeline):
    assert pipeline.ask(change_class="emergency").outputs["state"] == "denied"
    pipeline.forge.clock = LATER
    pipeline.say(BOB)
    assert pipeline.deploy().code == 11


def test_nobody_is_asked_as_long_as_it_is_not_known_who_asks(pipeline, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTOR_ID")
    done = pipeline.ask()
    assert (done.code, done.result["reasons"][0]["subject"]) == (2, "GITHUB_ACTOR_ID")
    assert (pipeline.forge.issues, list(pipeline.book.open_ids())) == ({}, [])


def test_outside_a_runner_an_approval_is_used_once_as_well(pipeline, monkeypatch):
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"):
        monkeypatch.delenv(name)
    pipeline.workspace.forget()
    assert pipeline.workspace.record().code == 0
    assert pipeline.ask().code == 0
    pipeline.say(BOB)
    monkeypatch.setenv("GITHUB_ACTOR", CARL.login)
    monkeypatch.setenv("GITHUB_ACTOR_ID", str(CARL.id))
    codes = []
    for _ in range(2):
        pipeline.fetch()
        words = {"mode": "decide", "environment": "production", **pipeline.places}
        codes.append(pipeline.workspace.run("approval-gate --use", **words).code)
    assert codes == [0, 11]


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "²"])
def test_a_pull_request_has_a_number(pipeline, number):
    assert pipeline.ask(pull_request=number).code == 2


def test_a_pull_request_takes_the_place_of_an_issue(pipeline):
    done = pipeline.ask(pull_request="12")
    assert (done.outputs["issue"], pipeline.forge.issues) == ("12", {})
    assert pipeline.book.read(pipeline.id).request.binding.base_ref == "refs/heads/main"


# -- deciding and using ---------------------------------------------------------------------------------


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


# -- waiting --------------------------------------------------------------------------------------------


@pytest.fixture
def slept(monkeypatch):
    """The seconds that were slept; whatever is put in as `then` happens meanwhile."""

    class Slept(list):
        def __init__(self):
            self.then = {}

        def __call__(self, seconds):
            self.append(seconds)
            self.then.pop(len(self), lambda: None)()

    made = Slept()
    monkeypatch.setattr(_desk, "time", SimpleNamespace(sleep=made))  # subprocesses go on sleeping
    return made


def test_waiting_ends_with_the_approval(asked, slept):
    slept.then[3] = lambda: asked.say(BOB)
    done = asked.gate("wait", request=asked.id, seconds="20")
    assert (done.code, list(slept)) == (0, [20.0] * 3)
    assert asked.records()[f"decision-{asked.id}"].outcome == "passed"


def test_waiting_ends_with_a_denial(asked, slept):
    slept.then[1] = lambda: asked.say(BOB, "/deny")
    assert (asked.gate("wait", request=asked.id).outputs["state"], len(slept)) == ("denied", 1)


def test_waiting_is_bounded_and_ends_with_a_decision(asked, slept):
    done = asked.gate("wait", request=asked.id, minutes="2", seconds="30")
    assert (done.code, done.outputs["state"], sum(slept)) == (11, "pending", 120)


def test_waiting_looks_at_least_once_however_long_it_pauses(asked, slept):
    slept.then[1] = lambda: asked.say(BOB)
    assert asked.gate("wait", request=asked.id, minutes="1", seconds="300").code == 0
    assert list(slept) == [60.0]


def test_waiting_goes_on_while_the_forge_does_not_answer(asked, slept):
    asked.say(BOB)
    asked.forge.fail("comments", Inconclusive("status 502"), times=2)
    assert (asked.gate("wait", request=asked.id).code, len(slept)) == (0, 2)


def test_waiting_does_not_wait_for_people_who_are_not_there(pipeline, slept):
    alone = json.loads(json.dumps(POLICY))
    alone["approval"]["groups"]["leads"]["accounts"] = [1]
    pipeline.publish(alone)
    pipeline.ask()
    done = pipeline.gate("wait", request=pipeline.id)
    assert (done.code, "quorum-unreachable" in done.rules, list(slept)) == (11, True, [])


def test_waiting_asks_who_touched_the_change_at_the_beginning_and_at_the_end(asked, slept):
    asked.forge.calls.clear()
    asked.gate("wait", request=asked.id, minutes="5", seconds="30")
    assert len([call for call in asked.forge.calls if call[0] == "change_of_pull"]) == 2
    assert len([call for call in asked.forge.calls if call[0] == "comments"]) == len(slept) + 1


@pytest.mark.parametrize(
    ("minutes", "seconds"),
    [("0", "20"), ("31", "20"), ("x", "20"), ("10", "4"), ("10", "301"), ("1.5", "20")],
)
def test_waiting_takes_minutes_and_never_hours(asked, slept, minutes, seconds):
    assert asked.gate("wait", request=asked.id, minutes=minutes, seconds=seconds).code == 2
    assert list(slept) == []


# -- sweeping -------------------------------------------------------------------------------------------


def test_a_sweep_starts_what_was_approved_and_tells_people(asked):
    asked.say(BOB)
    done = asked.gate("sweep", dispatch="deploy.yml")
    assert (done.code, done.outputs["open"]) == (0, "1")
    assert asked.forge.dispatched[0][2]["request"] == asked.id
    assert asked.forge.reports[asked.id].conclusion == "success"


def test_a_sweep_that_cannot_see_everything_says_so_and_goes_on(asked):
    asked.forge.fail("comments", Inconclusive("status 502"))
    done = asked.gate("sweep")
    assert (done.code, done.outputs["outcome"], done.rules) == (14, "inconclusive", ["sweep"])


def test_a_repository_that_cannot_be_opened_is_tried_once(asked, monkeypatch):
    asked.in_run(101)
    asked.ask()
    assert len(list(asked.book.open_ids())) == 2
    tries = []

    def closed(*_):
        tries.append(1)
        raise UsageError("there is no token")

    monkeypatch.setattr(_forge, "open_forge", closed)
    done = asked.gate("sweep")
    assert (done.code, done.rules, tries) == (14, ["sweep", "sweep"], [1])


def test_a_sweep_of_nothing_is_nothing(pipeline):
    assert pipeline.gate("sweep").outputs == {"outcome": "passed", "open": "0"}


# -- the rest -------------------------------------------------------------------------------------------


def test_hostile_names_stay_text_in_every_output(pipeline, monkeypatch, tmp_path):
    out, summary = tmp_path / "out", tmp_path / "summary"
    for name, path in (("GITHUB_OUTPUT", out), ("GITHUB_STEP_SUMMARY", summary)):
        path.touch()
        monkeypatch.setenv(name, str(path))
    evil = "x\u202e::set-output name=state::approved <img> @everyone | y"
    pipeline.ask(reason=evil)
    pipeline.forge.clock = LATER
    pipeline.say(replace(STRANGER, login=evil), "/deny")
    done = pipeline.gate("decide", request=pipeline.id)
    assert done.outputs["state"] == "pending"
    for text in (summary.read_text(), *[one.body for one in pipeline.forge.talk[pipeline.issue][:1]]):
        assert "<img>" not in text
        assert "@everyone" not in text


@pytest.mark.parametrize("mode", ["", "approve", "REQUEST"])
def test_a_mode_is_one_of_four(pipeline, mode):
    assert pipeline.workspace.run("approval-gate", **({"mode": mode} if mode else {})).code == 2


def test_numbers_are_digits():
    with pytest.raises(UsageError):
        _run.number({"minutes": "1_0"}, "minutes", 1, 30)
    assert _run.number({"minutes": "10"}, "minutes", 1, 30) == 10
