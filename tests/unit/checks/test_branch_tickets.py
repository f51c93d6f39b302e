from __future__ import annotations

import pytest

from counterseal.checks.branch_tickets import ask_tracker, uses_among, uses_before
from counterseal.clients.git import GitRepository
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.branch import Tickets
from counterseal.policy.ticket import Ticket
from simulators.changes import commit, pull, sha

RULES = Tickets()


class Tracker:
    """A tracker that knows one ticket."""

    def __init__(self, error=None):
        self.error, self.asked = error, []

    def ticket(self, key):
        self.asked.append(key)
        if self.error:
            raise self.error
        if key != "PAY-1":
            raise MalformedError("the tracker has no such ticket", where=key)
        return Ticket(key=key, project="PAY", kind="Bug", state="Open", created_at="2026-11-24T10:00:00Z")


def test_a_ticket_that_is_there_one_that_is_not_and_a_tracker_that_fails_are_three_things():
    there, gone = ask_tracker(["PAY-1", "PAY-2"], Tracker())
    assert (there.ticket.key, there.problem, gone.ticket, gone.problem) == ("PAY-1", None, None, "missing")
    (denied,) = ask_tracker(["PAY-1"], Tracker(Inconclusive("status 401")))
    assert (denied.problem, "401" in denied.message) == ("unknown", True)


def test_without_a_tracker_every_ticket_is_unknown():
    assert [one.problem for one in ask_tracker(["PAY-1"], None)] == ["unknown"]


def test_a_change_that_names_very_many_tickets_does_not_make_us_ask_for_all():
    tracker = Tracker()
    answers = ask_tracker([f"PAY-{number}" for number in range(1, 100)], tracker)
    assert len(tracker.asked) == 50
    assert {one.problem for one in answers[50:]} == {"unknown"}


def test_two_pull_requests_of_one_group_that_share_a_ticket_are_two_change_sets():
    one, other = pull(pr_title="PAY-1"), pull(pr_title="PAY-1 again", pr_number=13)
    both = [("#12", one), ("#13", other)]
    assert {(use.key, use.by) for use in uses_among(["PAY-1"], one, both, RULES)} == {("PAY-1", "#13")}
    assert uses_among(["PAY-2"], one, both, RULES) == ()


def test_a_ticket_that_a_commit_of_the_base_names_is_reused(repository):
    used = repository.commit("Merge pull request #9 from acme/feature/PAY-1-x")
    repository.commit("PAY-10 something else")
    onto = repository.git("rev-parse", "HEAD")
    uses, gap = uses_before(["PAY-1"], GitRepository(repository.root), onto, pull(), RULES)
    assert [(use.key, use.by) for use in uses] == [("PAY-1", used)]
    assert gap is None


def test_the_commits_of_the_change_itself_do_not_count(repository):
    own = repository.commit("PAY-1 x")
    change = pull(commit(id=own))
    assert uses_before(["PAY-1"], GitRepository(repository.root), own, change, RULES) == ((), None)


def test_a_shallow_or_absent_history_is_a_gap(repository, tmp_path):
    repository.commit("second")
    shallow = tmp_path / "shallow"
    repository.git("clone", "-q", "--depth=1", repository.root.as_uri(), str(shallow))
    onto = repository.git("rev-parse", "HEAD")
    for root in (shallow, tmp_path):
        uses, gap = uses_before(["PAY-1"], GitRepository(root), onto, pull(), RULES)
        assert (uses, gap.topic) == ((), "ticket-uses")


@pytest.mark.parametrize("onto", [sha("nowhere")])
def test_a_base_that_is_not_checked_out_is_a_gap(repository, onto):
    _, gap = uses_before(["PAY-1"], GitRepository(repository.root), onto, pull(), RULES)
    assert gap is not None
