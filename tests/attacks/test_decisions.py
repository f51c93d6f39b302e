"""Attacks on a decision: on its words, its time, what it is about, and how often it is used."""

from __future__ import annotations

import shutil

import pytest

from counterseal.sandbox.faults import Fault
from simulators.jira import JiraSimulator, approval


def waits(done, *rules):
    assert (done.code, done.state) == (11, "pending"), done
    for rule in rules:
        assert rule in done.rules, done


def passes(done, state="approved"):
    assert (done.code, done.state) == (0, state), done


def revoked(done, *rules):
    assert (done.code, done.state) == (11, "revoked"), done
    for rule in rules:
        assert rule in done.rules, done


@pytest.fixture
def asked(bank):
    """Dana's change, merged and built by tess, waits for one lead."""
    assert bank.release(bank.change()).code == 0
    return bank


# -- words (6, 7, 41) ---------------------------------------------------------------------------------


def test_an_edited_approval_counts_for_nothing(asked):
    said = asked.repository.comment(asked.issue, asked.chris, "Looks fine, I will see.")
    waits(asked.decide(), "quorum-missing")
    asked.repository.edit(said, asked.mia, f"/approve {asked.request}")
    waits(asked.decide(), "event-edited")
    asked.approve(asked.chris)
    passes(asked.decide(use=True))


def test_an_approval_that_is_edited_after_it_was_seen_counts_no_more(asked):
    said = asked.approve(asked.chris)
    passes(asked.decide())
    asked.repository.edit(said, asked.chris, "I take it back")
    waits(asked.decide(use=True), "event-edited")


def test_a_denial_that_was_edited_still_denies(asked):
    said = asked.approve(asked.chris, "/deny")
    asked.repository.edit(said, asked.dana, "Never mind.")
    waits(asked.decide(), "quorum-missing")  # nobody had seen it before it was edited
    said = asked.approve(asked.chris, "/deny")
    assert asked.decide().state == "denied"
    asked.repository.edit(said, asked.dana, "Never mind.")
    asked.approve(asked.mia)
    assert asked.decide(use=True).state == "denied"


def test_a_denial_that_was_deleted_still_denies(asked):
    said = asked.approve(asked.chris, "/deny")
    assert asked.decide().state == "denied"
    asked.issue.comments.remove(said)
    asked.approve(asked.mia)
    done = asked.decide(use=True)
    assert (done.code, done.state, "denied" in done.rules) == (11, "denied", True), done


def test_a_denial_given_while_a_team_was_hidden_still_denies(asked):
    seeing, asked.members_token = asked.members_token, asked.token
    asked.approve(asked.chris, "/deny")
    done = asked.decide()
    assert done.code == 14, done
    asked.members_token = seeing
    asked.approve(asked.mia)
    assert asked.decide(use=True).state == "denied"


def test_disapprove_is_not_an_approval(asked):
    name = asked.request
    for words in (
        f"/disapprove {name}",
        f"not /approve {name}",
        f"I do not /approve {name}",
        f"> /approve {name}",
        f"/approve {name} never",
        f"/APPROVE {name}",
        f"/approve\u00a0{name}",
        f" /approve {name}",
        f"No.\n/approve {name}",
        f"`/approve {name}`",
        f"/approve {name.upper()}0",
        "/approve 0123456789abcdef",
        "approved, lgtm, yes",
    ):
        asked.repository.comment(asked.issue, asked.chris, words)
    waits(asked.decide(), "quorum-missing")
    asked.repository.comment(asked.issue, asked.chris, f"/approve {name}\r\nbecause it is fine")
    passes(asked.decide(use=True))


@pytest.mark.parametrize("approved", [False, True])
def test_closing_or_locking_the_issue_changes_nothing(asked, approved):
    if approved:
        asked.approve(asked.chris)
    asked.issue.state, asked.issue.locked = "closed", True
    passes(asked.decide(use=True)) if approved else waits(asked.decide(use=True), "quorum-missing")


def test_an_issue_that_was_deleted_lets_nothing_through(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    del asked.repository.issues[asked.issue.number]
    assert asked.decide(use=True).code == 14
    assert not list(asked.store.rglob("used.json"))


# -- what it is about (2, 3, 27, 29, 32, 35) ----------------------------------------------------------


@pytest.fixture
def reviewed(bank):
    """Dana's pull request is built from its head, and chris has approved the very head in a review."""
    bank.pull = bank.change()
    bank.build(bank.pull.head)
    assert bank.ask(pull_request=str(bank.pull.number)).code == 0
    bank.world.clock.advance(minutes=1)
    bank.repository.review(bank.pull, bank.chris, "APPROVED")
    passes(bank.decide())
    return bank


def test_a_push_after_the_approval_voids_it(reviewed):
    head = reviewed.repository.commit(
        "feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, reviewed.dana, "One more"
    )
    reviewed.fetch()
    reviewed.git("checkout", "-q", "--detach", head)
    done = reviewed.decide(use=True)
    assert (done.code, done.rules) == (2, ["usage"]), done
    assert head in done.said
    reviewed.build(head)
    assert reviewed.ask(pull_request=str(reviewed.pull.number)).code == 0
    waits(reviewed.decide(), "event-other-commit")
    reviewed.world.clock.advance(minutes=1)
    reviewed.repository.review(reviewed.pull, reviewed.mia, "APPROVED")
    passes(reviewed.decide(use=True))


def test_a_forced_push_away_and_back_does_not_revive_an_approval(bank):
    branch = "feature/PAY-1-refunds"
    pull = bank.change()
    evil = pull.head
    bank.build(evil)
    assert bank.ask(pull_request=str(pull.number)).code == 0
    decent = bank.repository.commit(branch, {"src/pay.py": "pay = 3\n"}, bank.dana, "Decent", push=False)
    bank.repository.force_push(branch, decent, bank.dana)
    bank.world.clock.advance(minutes=1)
    bank.repository.review(pull, bank.chris, "APPROVED")
    bank.repository.force_push(branch, evil, bank.dana)
    waits(bank.decide(use=True), "event-other-commit")
    bank.repository.review(pull, bank.chris, "APPROVED")
    passes(bank.decide(use=True))


def test_a_new_base_voids_the_approval(reviewed):
    reviewed.repository.move("refs/heads/legacy", reviewed.base, reviewed.tess)
    reviewed.repository.retarget(reviewed.pull, "legacy")
    revoked(reviewed.decide(use=True), "binding-base-ref")


def test_a_tag_that_moved_after_approval_is_refused(bank):
    merged = bank.repository.merge(bank.change(), bank.tess)
    bank.repository.tag("v1.0.0", merged, bank.tess)
    bank.build(merged)
    assert bank.ask().code == 0
    bank.approve(bank.chris)
    evil = bank.repository.commit("main", {"src/pay.py": "evil\n"}, bank.dana, "Evil")
    bank.repository.tag("v1.0.0", evil, bank.dana)
    bank.fetch()
    bank.git("checkout", "-q", "--detach", "refs/remotes/all/tags/v1.0.0")
    done = bank.decide(use=True)
    assert (done.code, done.rules) == (2, ["usage"]), done
    assert merged in done.said
    assert evil in done.said
    bank.git("checkout", "-q", "--detach", merged)
    passes(bank.decide(use=True))


def alter_record(bank):
    """Somebody replaces what the tests have said."""
    kept = bank.home / "artifact"
    path = next(
        path for path in sorted(kept.rglob("*")) if path.is_file() and b"<testsuites>" in path.read_bytes()
    )
    path.write_bytes(path.read_bytes().replace(b'tests="2"', b'tests="9"'))


def remove_record(bank):
    """Somebody takes a record away."""
    kept = bank.home / "artifact"
    first = next(
        path for path in sorted(kept.rglob("*")) if path.is_file() and b"unit-tests" in path.name.encode()
    )
    first.unlink()


def add_record(bank):
    """Somebody puts another record into the evidence."""
    bank.forget_decisions()
    bank.in_run()
    assert bank.command("record", name="more-tests", files="unit.xml", read_as="junit").code == 0
    kept = bank.home / "artifact"
    shutil.rmtree(kept)
    shutil.copytree(bank.root / "counterseal-evidence", kept)


def change_tree(bank):
    """Somebody deploys another commit."""
    bank.git("checkout", "-q", "--detach", bank.base)


@pytest.mark.parametrize(
    ("attack", "code", "rule"),
    [
        (alter_record, 2, "malformed"),
        (remove_record, 2, "usage"),
        (add_record, 12, "seal"),
        (change_tree, 2, "usage"),
    ],
)
def test_what_changed_between_approval_and_deployment_is_refused(asked, attack, code, rule):
    asked.approve(asked.chris)
    passes(asked.decide())
    attack(asked)
    done = asked.decide(use=True)
    assert (done.code, done.rules) == (code, [rule]), done
    assert not list(asked.store.rglob("used.json"))


def test_a_policy_that_changed_after_approval_voids_it(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    asked.rules["approval"]["classes"]["normal"]["deadline"] = 48
    asked.write_policy()
    revoked(asked.decide(use=True), "binding-policy")


@pytest.mark.parametrize("name", ["Production", "prod", "staging"])
def test_an_environment_that_the_policy_does_not_name_is_refused(bank, name):
    bank.merged = bank.repository.merge(bank.change(), bank.tess)
    bank.build(bank.merged)
    done = bank.ask(environment=name)
    assert (done.code, done.rules) == (2, ["usage"]), done
    bank.build(bank.merged)
    assert bank.ask().code == 0
    bank.approve(bank.chris)
    done = bank.decide(use=True, environment=name)
    assert done.code in {2, 11, 12}, done
    assert not list(bank.store.rglob("used.json"))
    passes(bank.decide(use=True))


# -- how often and how long (12, 22, 28, 37, 42) ------------------------------------------------------


def test_a_deployment_without_a_decision_is_refused(asked):
    waits(asked.decide(use=True), "quorum-missing")
    asked.forget()
    assert asked.gate("decide", use="yes", environment="production").code != 0
    assert not list(asked.store.rglob("used.json"))


@pytest.mark.parametrize("event", ["push", "issue_comment", "schedule", "workflow_run"])
def test_nothing_is_deployed_because_of_an_event_alone(asked, event):
    asked.forget_decisions()
    run = asked.deployment()
    asked.in_run(run)
    asked.patch.setenv("GITHUB_EVENT_NAME", event)
    waits(asked.gate("decide", use="yes", environment="production"), "quorum-missing")


def test_an_approval_is_used_once(asked):
    asked.approve(asked.chris)
    first, second = asked.deployment(), asked.deployment()
    passes(asked.decide(use=True, run=first))
    passes(asked.decide(use=True, run=first))
    revoked(asked.decide(use=True, run=second), "used")


def test_an_old_run_cannot_be_replayed(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    asked.repository.rerun(asked.run, asked.dana)
    revoked(asked.decide(use=True), "binding-run")


@pytest.mark.parametrize(
    ("reason", "incident"), [("", ""), ("it burns", ""), ("", "INC-1"), ("it burns", "INC-1")]
)
def test_an_emergency_needs_a_reason_and_an_incident(bank, reason, incident):
    given = {name: value for name, value in {"reason": reason, "incident": incident}.items() if value}
    assert bank.release(bank.change(), change_class="emergency", **given).code == 0
    bank.approve(bank.olga)
    done = bank.decide(use=True)
    if len(given) == 2:
        passes(done, "emergency")
        return
    assert done.code == 11, done
    missing = {"reason", "incident"} - set(given)
    assert {f"emergency-without-{name}" for name in missing} <= set(done.rules)


def test_an_overdue_review_blocks_the_next_release(bank):
    assert (
        bank.release(bank.change(), change_class="emergency", reason="it burns", incident="INC-1").code == 0
    )
    emergency, where = bank.request, bank.issue
    bank.approve(bank.olga)
    passes(bank.decide(use=True), "emergency")
    bank.world.clock.advance(hours=49)
    assert bank.release(bank.change("feature/PAY-2-next", files={"src/new.py": "n\n"})).code == 0
    bank.approve(bank.chris)
    waits(bank.decide(use=True), "post-review-overdue")
    bank.repository.comment(where, bank.rita, f"/approve {emergency} stage=post-review")
    bank.world.clock.advance(minutes=1)
    assert bank.sweep().code == 0
    passes(bank.decide(use=True))


def test_a_sweep_that_never_came_changes_nothing(asked):
    asked.world.clock.advance(hours=25)
    asked.approve(asked.chris)
    done = asked.decide(use=True)
    assert (done.code, done.state) == (11, "expired"), done
    assert "deadline-passed" in done.rules


def test_an_approval_that_nobody_swept_still_runs_out(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    asked.world.clock.advance(hours=13)
    waits(asked.decide(use=True), "approval-lapsed")


def test_a_clock_of_the_runner_decides_nothing(asked, monkeypatch):
    from datetime import UTC, datetime

    from counterseal.commands import _run

    asked.world.clock.advance(hours=25)
    asked.approve(asked.chris)
    monkeypatch.setattr(_run, "now", lambda: datetime(2026, 1, 2, tzinfo=UTC))
    assert asked.decide(use=True).state == "expired"


# -- tickets (33, 34) ---------------------------------------------------------------------------------


@pytest.fixture
def jira(bank):
    """A tracker, which the policy asks about the tickets of changes."""
    bank.rules["branch"]["tickets"] = {
        "tracker": "jira",
        "projects": ["PAY"],
        "states": ["In Progress"],
        "where": ["branch"],
        "one-change-set": True,
    }
    bank.write_policy()
    with JiraSimulator() as made:
        bank.patch.setenv("JIRA", "robot@example.com:s3cret-of-jira")
        bank.tracker = {"tracker_url": made.url, "tracker_credentials": "env:JIRA"}
        made.add("PAY-1")
        made.add("PAY-2")
        yield made


def test_a_borrowed_ticket_is_refused(bank, jira):
    first = bank.change(message="PAY-1 Refund twice")
    done = bank.judge(first, inputs=bank.tracker)
    assert done.code == 0, done
    bank.repository.merge(first, bank.tess)
    second = bank.change("feature/PAY-1-more", message="PAY-1 And more", files={"src/new.py": "n\n"})
    bank.fetch()
    bank.git("checkout", "-q", "--detach", bank.repository.refs["refs/heads/main"])
    done = bank.judge(second, inputs=bank.tracker)
    assert (done.code, set(done.rules)) == (10, {"tickets"}), done
    third = bank.change("feature/PAY-2-more", message="PAY-2 More", files={"src/new.py": "n\n"})
    assert bank.judge(third, inputs=bank.tracker).code == 0


@pytest.mark.parametrize("fields", [{"status": {"name": "Done"}}, None])
def test_a_ticket_that_is_no_ticket_for_this_is_refused(bank, jira, fields):
    jira.add("PAY-1", **fields) if fields else jira.issues.clear()
    done = bank.judge(bank.change(), inputs=bank.tracker)
    assert (done.code, set(done.rules)) == (10, {"tickets"}), done


@pytest.mark.parametrize("fault", [503, "cut", "html", "truncated"])
def test_a_tracker_that_is_down_is_inconclusive(bank, jira, fault, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    jira.always = fault
    done = bank.judge(bank.change(), inputs=bank.tracker)
    assert (done.code, set(done.rules)) == (14, {"tickets"}), done


def test_bad_credentials_are_not_a_missing_ticket(bank, jira):
    pull = bank.change()
    assert bank.judge(pull, inputs=bank.tracker).code == 0
    bank.patch.setenv("JIRA", "robot@example.com:wrong")
    done = bank.judge(pull, inputs=bank.tracker)
    assert (done.code, set(done.rules)) == (14, {"tickets"}), done
    assert bank.judge(pull).code == 14


@pytest.fixture
def board(bank):
    """A board decides too, by a change record in its tracker."""
    bank.rules["approval"]["classes"]["normal"]["change-record"] = True
    bank.rules["approval"]["parity"] = {"tracker": "jira", "binding": "both"}
    for one, tracker in zip(bank.people["people"], ("t-dana", "t-chris", "t-mia", "t-rita"), strict=False):
        one["tracker"] = [tracker]
    bank.write_policy()
    bank.baseline()
    with JiraSimulator() as made:
        bank.patch.setenv("JIRA", "robot@example.com:s3cret-of-jira")
        bank.tracker = {"tracker_url": made.url, "tracker_credentials": "env:JIRA"}
        made.add("PAY-7")
        made.approvals["PAY-7"] = []
        assert bank.release(bank.change(), change_record="PAY-7", **bank.tracker).code == 0
        bank.approve(bank.chris)
        yield made


def signed_off(bank, board, person, key="PAY-7", digest=None):
    digest = digest or next(
        asked.request.binding.candidate.sha256 for asked in bank.requests() if asked.id == bank.request
    )
    board.add(key, description=f"sha256:{digest}")
    board.approvals[key] = [approval("approved", {person: "approved"}, "2026-11-24T10:00:00+0000")]


def test_a_ticket_approved_by_an_actor_is_refused(bank, board):
    signed_off(bank, board, "t-dana")
    waits(bank.decide(use=True, **bank.tracker), "change-record-conflict")
    signed_off(bank, board, "t-rita")
    passes(bank.decide(use=True, **bank.tracker))


def test_a_ticket_edited_after_approval_does_not_let_anything_through(bank, board):
    signed_off(bank, board, "t-rita")
    passes(bank.decide(**bank.tracker))
    signed_off(bank, board, "t-rita", digest="0" * 64)
    waits(bank.decide(use=True, **bank.tracker), "change-record-candidate")


def test_a_board_that_does_not_answer_lets_nothing_through(bank, board, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    signed_off(bank, board, "t-rita")
    board.always = 503
    assert bank.decide(use=True, **bank.tracker).code == 14


# -- the forge and the runner (36, 43) ----------------------------------------------------------------


def test_a_forge_that_does_not_tell_what_people_said_lets_nothing_through(asked, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    asked.approve(asked.chris)
    asked.sandbox.faults.add(Fault("*", "/comments|/graphql", kind="truncate", times=-1))
    assert asked.decide(use=True).code == 14
    asked.sandbox.faults.clear()
    passes(asked.decide(use=True))


def test_no_token_reaches_evidence_output_or_log(bank):
    pull = bank.change()
    outcomes = [bank.judge(pull), bank.release(pull)]
    bank.approve(bank.chris)
    outcomes += [bank.decide(use=True), bank.sweep()]
    said = "\n".join(
        line
        for one in outcomes
        for line in f"{one.result}\n{one.errors}".splitlines()
        if not line.startswith("::add-mask::")
    )
    written = [path for folder in (bank.store, bank.root, bank.home) for path in folder.rglob("*")]
    for secret in (bank.token, bank.members_token):
        assert secret not in said
        assert all(secret.encode() not in path.read_bytes() for path in written if path.is_file())
        assert any(f"::add-mask::{secret}" in one.errors for one in outcomes)
