"""What cannot be found out lets nothing through, and takes nothing away that was seen before."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.model import State
from counterseal.errors import CountersealError, Inconclusive, MalformedError, SealError, UsageError
from counterseal.ledger.requests_seen import Sighting
from counterseal.manifest.release import ChangeSet
from factories import COMMIT
from simulators.changes import ANN, BOB, CARL, DAN, EVE, commit, pull
from simulators.fake_forge import FakeForge
from simulators.firm import Firm, rules
from simulators.memory_store import MemoryStore

READS = ("now", "repository", "pulls_of_commit", "change_of_pull", "run", "members", "comments", "reviews")
READS += ("environment_reviews",)


@pytest.fixture
def approved(firm) -> Firm:
    """A request about a pull request and a team, which Bob has approved."""
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask("team", pull_request=12)
    firm.at("10:00:00").say(BOB)
    assert firm.case().decision.lets_through
    return firm


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("error", [Inconclusive("status 502"), MalformedError("no such thing")])
def test_whatever_fails_nothing_is_let_through(approved, method, error):
    around = approved.around()
    approved.around = lambda: around
    approved.forge.fail(method, error)
    case = approved.case()
    assert (case.decision.lets_through, case.decision.certain) == (False, False), rules(case)
    approved.forge.heal(method)
    assert approved.case().decision.lets_through


@pytest.mark.parametrize("method", ["comments", "reviews", "environment_reviews"])
def test_a_denial_stands_although_its_place_or_another_cannot_be_read(approved, method):
    approved.say(DAN, "/deny")
    assert approved.case().decision.state is State.DENIED
    approved.forge.fail(method, Inconclusive("status 502"))
    assert approved.case().decision.state is State.DENIED


def test_an_approval_does_not_count_as_edited_because_it_cannot_be_read_again(approved):
    approved.forge.fail("comments", Inconclusive("status 502"))
    assert "event-edited" not in rules(approved.case())


def test_without_the_time_nothing_is_seen_for_the_first_time(firm):
    firm.ask()
    firm.at("19:30:00").say(BOB)
    around = firm.around()
    firm.around = lambda: around
    firm.forge.fail("now", Inconclusive("no date"))
    before = dict(firm.store.objects)
    case = firm.case(firm.signed())
    assert (case.decision.certain, case.events, firm.store.objects) == (False, (), before)
    firm.forge.heal("now")
    assert firm.case(firm.signed()).decision.state is State.EXPIRED


def test_without_the_time_a_denial_of_before_still_denies(asked):
    asked.say(BOB, "/deny")
    asked.case()
    around = asked.around()
    asked.around = lambda: around
    asked.forge.fail("now", Inconclusive("no date"))
    assert asked.case().decision.state is State.DENIED


def test_the_time_is_the_one_after_people_were_heard(asked):
    class Slow(FakeForge):
        """A forge whose time moves with every comment that is read."""

        def comments(self, number):
            self.clock = "2026-11-24T10:00:30Z"
            return super().comments(number)

    asked.forge.__class__ = Slow
    asked.say(BOB)
    asked.forge.talk[asked.asked.request.issue][-1] = replace(
        asked.forge.talk[asked.asked.request.issue][-1], created_at="2026-11-24T10:00:20Z"
    )
    case = asked.case()
    assert (case.now, case.decision.lets_through) == ("2026-11-24T10:00:30Z", True)


def test_a_sighting_that_is_of_no_event_stops_everything(asked):
    asked.book.sightings.see(asked.asked.id, "comment:7", lambda: Sighting({"id": "comment:7"}, "x"))
    with pytest.raises(SealError, match="no event"):
        asked.case()


def test_a_release_whose_changes_are_not_all_known_is_not_let_through(firm):
    firm.release = replace(firm.release, changes=ChangeSet(complete=False, note="the history is shallow"))
    firm.ask()
    firm.at("10:00:00").say(BOB)
    case = firm.case()
    assert (case.decision.certain, "gap" in rules(case)) == (False, True)


def test_everybody_who_touched_it_is_among_the_facts(asked):
    again = replace(asked.forge.runs[100][0], attempt=2, triggering_actor=DAN)
    asked.forge.runs[100].append(again)
    found = {(one.role, one.account.id) for one in asked.use(deployer=BOB).facts.actors if one.account}
    assert found >= {
        ("opener", ANN.id),
        ("author", ANN.id),
        ("pusher", ANN.id),
        ("merger", CARL.id),
        ("run-starter", EVE.id),
        ("re-run-starter", DAN.id),
        ("deployer", BOB.id),
    }


def test_whoever_deploys_does_not_approve(asked):
    asked.say(BOB)
    assert asked.use(deployer=DAN).decision.lets_through
    assert not asked.use(deployer=BOB).decision.lets_through


def test_a_run_that_a_deleted_account_started_has_an_unknown_starter(asked):
    asked.forge.runs[100] = [replace(asked.forge.runs[100][0], actor=None)]
    asked.say(BOB)
    assert "duties.unresolved" in rules(asked.case())


def test_a_policy_without_approvals_decides_nothing(firm):
    firm.ask()
    firm.forge.put(".github/counterseal.yml", '{"version": 1}')
    with pytest.raises(UsageError, match="no section approval"):
        firm.case()


def test_a_class_that_the_policy_has_no_more_is_denied_or_void(asked):
    del asked.policy["approval"]["classes"]["normal"]
    asked.policy["approval"]["environments"]["production"] |= {"classes": ["team"], "default": "team"}
    asked.publish()
    asked.say(BOB)
    case = asked.case()
    assert (case.decision.state, "class-unknown" in rules(case)) == (State.REVOKED, True)


def test_only_the_teams_that_matter_are_asked_about(asked):
    asked.forge.calls.clear()
    asked.case()
    assert [call[1] for call in asked.forge.calls if call[0] == "members"] == ["acme/heads"]


def test_an_ordinary_look_is_a_dozen_requests(asked):
    asked.forge.calls.clear()
    asked.say(BOB)
    assert asked.case().decision.lets_through
    assert len([call for call in asked.forge.calls if call[0] not in {"now", "repository"}]) <= 12


class Counting(MemoryStore):
    """A store that counts how often it is listed."""

    listings = 0

    def keys(self, prefix, *, after=""):
        self.listings += 1
        return super().keys(prefix, after=after)


def test_many_comments_are_heard_in_as_many_listings_as_few(firm):
    firm.store = Counting()
    firm.ask()
    firm.at("10:00:00").say(BOB)
    listings = []
    for count in (0, 300, 0):
        for _ in range(count):
            firm.say(ANN)
        before = firm.store.listings
        assert firm.case().decision.lets_through
        listings.append(firm.store.listings - before)
    assert len(set(listings)) == 1


def test_an_unreadable_candidate_stops_the_look(asked):
    key = next(key for key in asked.store.objects if key.endswith("/candidate.json"))
    asked.store.objects[key] = b"{}"
    with pytest.raises(CountersealError):
        asked.case()
