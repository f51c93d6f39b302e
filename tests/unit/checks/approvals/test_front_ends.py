"""Where people decide: reviews, comments, environments, signed files and change records."""

from __future__ import annotations

import pytest

from counterseal.approval.model import State
from counterseal.checks.approvals.change_records import change_record, record_events
from counterseal.checks.approvals.comments import comment_events
from counterseal.checks.approvals.environments import environment_events
from counterseal.checks.approvals.reviews import review_events
from counterseal.clients.forge import EnvironmentReview
from counterseal.errors import Inconclusive, MalformedError
from counterseal.manifest.record import Digest
from counterseal.policy.ticket import Ticket
from counterseal.seal.trust import add_key
from factories import COMMIT
from simulators.changes import ANN, BOB, DAN, commit, pull
from simulators.firm import BEGUN, STRANGER, new_sealer, record, rules

AT = "2026-11-24T10:00:00Z"


@pytest.fixture
def reviewing(firm):
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask(pull_request=12)
    return firm.at("10:00:00")


def actions(events):
    return [(one.account and one.account.login, one.action) for one in events]


# -- reviews --------------------------------------------------------------------------------------------


def test_a_request_without_a_pull_request_has_no_reviews(firm):
    assert list(review_events(firm.forge, firm.binding())) == []


def test_reviews_that_only_comment_or_wait_decide_nothing(reviewing):
    for state in ("commented", "pending", "dismissed"):
        reviewing.review(BOB, state=state)
    reviewing.review(BOB, submitted_at=None)
    assert list(review_events(reviewing.forge, reviewing.asked.request.binding)) == []


def test_a_comment_after_an_approval_takes_nothing_back(reviewing):
    reviewing.review(BOB)
    reviewing.review(BOB, state="commented")
    assert reviewing.case().decision.state is State.APPROVED


def test_changes_that_are_asked_for_deny_and_a_later_dismissal_does_not_undo_it(reviewing):
    review = reviewing.review(BOB, state="changes-requested")
    assert reviewing.case().decision.state is State.DENIED
    reviewing.forge.change_pull(12, reviews=())
    reviewing.review(BOB, id=review.id, state="dismissed")
    reviewing.review(DAN)
    assert reviewing.case().decision.state is State.DENIED


def test_an_approval_that_is_dismissed_counts_no_more(reviewing):
    review = reviewing.review(BOB)
    assert reviewing.case().decision.state is State.APPROVED
    reviewing.forge.change_pull(12, reviews=())
    reviewing.review(BOB, id=review.id, state="dismissed")
    assert "event-edited" in rules(reviewing.case())


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"commit": None}, "event-without-commit"),
        ({"commit": "e" * 40}, "event-other-commit"),
        ({"author": None}, "event-nobody"),
        ({"edited": True}, "event-edited"),
        ({"edited": None}, "event-edited"),
        ({"submitted_at": "2026-11-24T08:00:00Z"}, "event-before-request"),
    ],
)
def test_a_review_counts_only_when_everything_about_it_is_known(reviewing, parts, rule):
    parts = dict(parts)
    reviewing.review(parts.pop("author", BOB), **parts)
    case = reviewing.case()
    assert (case.decision.state, rule in rules(case)) == (State.PENDING, True)


def test_a_review_of_the_same_tree_is_a_review_of_this(reviewing):
    reviewing.forge.trees["e" * 40] = reviewing.asked.request.binding.tree
    reviewing.review(BOB, commit="e" * 40)
    assert reviewing.case().decision.state is State.APPROVED


def test_a_tree_that_cannot_be_read_is_another_one(reviewing):
    reviewing.review(BOB, commit="e" * 40)
    reviewing.forge.fail("tree", Inconclusive("status 502"))
    assert "event-other-commit" in rules(reviewing.case())


def test_what_is_said_beside_is_kept_in_a_form_that_can_be_sealed(reviewing):
    reviewing.review(BOB, body="x" * 999 + "\ud800" + "y" * 5000)
    (event,) = reviewing.case().events
    assert event.reason == "x" * 999 + "?"


# -- comments -------------------------------------------------------------------------------------------


def test_comments_name_their_request_their_stage_and_their_reason(asked):
    comment = asked.say(BOB, "/deny", " stage=lead\r\nbecause of the freeze")
    (event,) = comment_events(asked.forge, asked.asked.request.issue)
    assert (event.id, event.action, event.stage) == (f"comment:{comment.id}", "deny", "lead")
    assert (event.at, event.reason, event.request) == (AT, "because of the freeze", asked.asked.id)


def test_a_withdrawal_takes_the_approval_back(asked):
    asked.say(BOB)
    asked.at("10:01:00").say(BOB, "/withdraw")
    assert asked.case().decision.state is State.PENDING


def test_hostile_words_are_kept_and_hurt_nothing(asked):
    asked.say(BOB, rest="\n::set-output name=x::y\n\x1b[31m\u202e<script>\ud800 | @everyone")
    case = asked.case()
    assert case.decision.lets_through
    assert asked.sweep()[0].error is None


# -- environments ---------------------------------------------------------------------------------------


def answers(*given, environment="production"):
    return tuple(EnvironmentReview(state, who, (environment,)) for who, state in given)


def test_a_review_of_the_environment_has_the_time_of_its_first_sight(asked):
    asked.forge.environment_answers[100] = answers((BOB, "approved"))
    (first,) = asked.at("18:59:00").case().events
    case = asked.at("19:00:01").case()
    assert (first.at, case.events[0].at) == ("2026-11-24T18:59:00Z",) * 2
    assert case.decision.state is State.APPROVED


def test_a_review_that_is_first_seen_after_the_deadline_is_late(asked):
    asked.forge.environment_answers[100] = answers((BOB, "approved"))
    case = asked.at("19:00:01").case()
    assert (case.decision.state, "event-late" in rules(case)) == (State.EXPIRED, True)


def test_reviews_are_the_same_in_whatever_order_they_are_told(asked):
    asked.forge.environment_answers[100] = answers((STRANGER, "approved"), (BOB, "approved"))
    before = {one.id for one in asked.case().events}
    asked.forge.environment_answers[100] = answers((BOB, "approved"), (STRANGER, "approved"))
    case = asked.at("10:30:00").case()
    assert {one.id for one in case.events} == before
    assert case.decision.lets_through


def test_a_rejection_denies(asked):
    asked.forge.environment_answers[100] = answers((BOB, "approved"), (DAN, "rejected"))
    assert asked.case().decision.state is State.DENIED


def test_only_the_environment_that_was_asked_about_counts(asked):
    asked.forge.environment_answers[100] = answers((BOB, "approved"), environment="staging")
    assert asked.case().events == ()


@pytest.mark.parametrize("who", [STRANGER, ANN], ids=["no listed approver", "the author"])
def test_who_may_not_approve_does_not_by_the_environment_either(asked, who):
    asked.forge.environment_answers[100] = answers((who, "approved"))
    assert not asked.case().decision.lets_through


@pytest.mark.parametrize("run", [None, "100/2"])
def test_a_run_without_a_number_or_started_again_has_no_reviews(firm, run):
    firm.forge.environment_answers[100] = answers((BOB, "approved"))
    assert list(environment_events(firm.forge, firm.binding(run=run), AT)) == []


# -- signed files ---------------------------------------------------------------------------------------


def test_a_signed_file_decides_and_needs_to_be_handed_over_once(asked):
    assert asked.case(asked.signed()).decision.lets_through
    assert asked.case().decision.lets_through
    assert asked.use().decision.lets_through


def test_a_signed_file_counts_from_its_first_sight_whatever_it_says(asked):
    file = asked.signed(signed_at=BEGUN)
    case = asked.at("19:00:01").case(file)
    assert (case.decision.state, "event-late" in rules(case)) == (State.EXPIRED, True)


def test_a_signed_denial_denies(asked):
    asked.say(BOB)
    assert asked.case(asked.signed("deny")).decision.state is State.DENIED


def test_a_signature_for_another_request_or_candidate_does_not_count(asked):
    others = asked.signed(request="0" * 16), asked.signed(candidate=Digest(sha256="0" * 64))
    found = set(rules(asked.case(*others)))
    assert {"event-other-request", "event-other-candidate"} <= found
    assert not asked.case(*others).decision.lets_through


def test_what_nobody_may_sign_decides_nothing_and_is_told(asked):
    looked = asked.look(b"{}", asked.signed(sealer=asked.sealer), asked.asked.bundle)
    assert [one.rule for one in looked.notes] == ["signed-approval"] * 3
    assert looked.case.events == ()
    assert looked.case.decision.certain


def test_two_people_may_sign_the_same_words(asked):
    bobs, key = new_sealer("approval")
    asked.trust = add_key(asked.trust, key)
    asked.people["people"][1]["keys"] = [key.keyid]
    asked.publish()
    case = asked.case(asked.signed(), asked.signed(sealer=bobs))
    assert len({one.id for one in case.events}) == 2
    assert {one.person for stage in case.decision.stages for one in stage.counted} <= {"e-bob", "e-dan"}
    assert "event-edited" not in rules(asked.case())


# -- change records -------------------------------------------------------------------------------------


class Tracker:
    def __init__(self, answer):
        self.answer = answer

    def change(self, _):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ticket(**parts):
    made = {"key": "CHG1", "project": "CHG", "kind": "change", "state": "open", "created_at": BEGUN}
    return Ticket(**(made | parts))


def test_a_change_record_is_read_with_its_verdict_and_its_window(firm):
    firm.policy["approval"]["parity"] = {"tracker": "servicenow"}
    firm.publish()
    firm.tracker = Tracker(ticket(verdict="approved", approvers=("t-bob",), decided_at=AT, window_from=BEGUN))
    firm.ask("board", ticket="CHG1")
    found = firm.case().facts.change_record
    assert (found.verdict, found.approvers, found.at, found.window_from) == (
        "approved",
        ("t-bob",),
        AT,
        BEGUN,
    )


@pytest.mark.parametrize("error", [Inconclusive("no answer"), MalformedError("no such ticket"), None])
def test_a_board_that_cannot_be_asked_lets_nothing_through(firm, error):
    firm.tracker = Tracker(error) if error else None
    firm.ask("board", ticket="CHG1")
    firm.at("10:00:00").say(BOB)
    case = firm.case()
    assert (case.decision.lets_through, case.decision.certain, "gap" in rules(case)) == (False, False, True)


def test_a_board_that_is_only_compared_with_holds_nothing_up(firm):
    firm.policy["approval"]["parity"] = {"tracker": "jira", "binding": "counterseal"}
    firm.publish()
    firm.tracker = Tracker(Inconclusive("no answer"))
    firm.ask("board", ticket="CHG1")
    firm.at("10:00:00").say(BOB)
    assert firm.case().decision.lets_through


def test_without_a_ticket_no_tracker_is_asked(firm):
    request = firm.ask().request
    assert change_record(Tracker(AssertionError()), request, firm.around().trusted.policy.approval) == (
        None,
        None,
    )


@pytest.mark.parametrize(("verdict", "state"), [("approved", State.APPROVED), ("rejected", State.DENIED)])
def test_a_stage_that_is_decided_in_the_tracker_takes_the_decision_from_there(firm, verdict, state):
    digest = firm.binding().candidate.sha256
    firm.tracker = Tracker(ticket(verdict=verdict, approvers=("t-bob",), decided_at=AT, candidate=digest))
    firm.ask("recorded", ticket="CHG1")
    assert firm.at("11:00:00").case().decision.state is state


def test_a_tracker_approves_nothing_where_no_stage_asks_it(firm):
    rule = firm.around().trusted.policy.approval.classes
    assert list(record_events(record(), rule["board"])) == []
    assert list(record_events(record(), None)) == []
    assert list(record_events(record(at=None), rule["recorded"])) == []
    assert list(record_events(record(verdict="pending"), rule["recorded"])) == []
    assert actions(record_events(record(), rule["recorded"])) == [(None, "approve")]
