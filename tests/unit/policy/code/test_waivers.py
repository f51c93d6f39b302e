from __future__ import annotations

import pytest

from counterseal.errors import MalformedError
from counterseal.policy.code.waived import as_record
from counterseal.policy.code.waivers import WaiverRules, load_waivers
from counterseal.policy.people import Identities
from simulators.problems import DANA, LEO, MIA, NOW, problem, waiver, waivers

FILE = """version: 1
waivers:
  - id: w-1
    kind: dependency
    rule: GHSA-2gwj-7jmv-h26r
    subject: pkg:pypi/django
    version: "3.2.0"
    reason: not reachable
    ticket: SEC-12
    approver: 41004
    granted: "2026-11-01"
    expires: "2027-01-15"
"""


def wrong(text):
    with pytest.raises(MalformedError) as caught:
        load_waivers(text.encode(), "w.yml")
    return caught.value.where, caught.value.message


def test_a_waiver_is_read_with_all_that_it_says():
    (entry,) = load_waivers(FILE.encode(), "w.yml").waivers
    assert (entry.id, entry.version, entry.lasts.days) == ("w-1", "3.2.0", 75)


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('    version: "3.2.0"\n', "", "w.yml:4:5", "names the version"),
        ("kind: dependency", "kind: code", "w.yml:4:5", "names the fingerprint"),
        ("kind: dependency", "kind: secret", "w.yml:4:5", "names the fingerprint"),
        ("2027-01-15", "2026-10-15", "w.yml:12:5", "expires before it is granted"),
        ("2027-01-15", "2027-02-30", "w.yml:12:5", "not a day of the calendar"),
        ('"2027-01-15"', '""', "w.yml:12:5", "expires"),
        ("    ticket: SEC-12\n", "", "w.yml:3:5", "ticket"),
        ("    approver: 41004\n", "", "w.yml:3:5", "approver"),
        ("    approver: 41004\n", "    approver: mia\n", "w.yml:10:5", "approver"),
        ("    reason:", "    reasons:", "w.yml:8:5", "reasons"),
        ("version: 1", "version: 2", "w.yml:1:1", "version"),
    ],
)
def test_what_no_waiver_may_lack_is_told_with_line_and_column(old, new, place, message):
    where, said = wrong(FILE.replace(old, new, 1))
    assert message in said
    assert where == place


def test_a_name_is_granted_once():
    _, again = FILE.split("waivers:\n")
    assert wrong(FILE + again)[1] == "'w-1' is granted twice"


def test_a_waiver_fits_what_it_names_and_nothing_else():
    one = problem(aliases=("CVE-2026-1",))
    assert waiver(one).fits(one)
    assert waiver(one, rule="CVE-2026-1").fits(one)
    assert waiver(one, subject="src/**").fits(one)
    for other in (
        problem(rule="B603"),
        problem(subject="lib/pay.py"),
        problem(message="another line"),
        problem(kind="secret", fingerprint=one.fingerprint),
    ):
        assert not waiver(one).fits(other)
    assert not waiver(one, subject="*").fits(one)


def test_a_waiver_of_one_version_says_nothing_of_the_next():
    old, new = (problem(kind="dependency", subject="pkg:pypi/django", version=one) for one in ("3.2", "3.3"))
    assert waiver(old).fits(old)
    assert not waiver(old).fits(new)


def test_a_waiver_that_keeps_every_rule_holds():
    assert waivers().refusal(waiver()) is None


@pytest.mark.parametrize(
    ("entry", "around", "outcome", "message"),
    [
        ({"expires": "2026-11-25"}, {}, "failed", "it expired after 2026-11-25"),
        ({"granted": "2026-11-27"}, {}, "failed", "which is to come"),
        ({"expires": "2027-01-31"}, {}, "failed", "it lasts 91 days; the policy allows 90"),
        ({"approver": LEO}, {}, "failed", "nobody whom the identity map knows today"),
        ({"approver": 9}, {}, "failed", "nobody whom the identity map knows today"),
        ({}, {"rules": WaiverRules(approvers=(DANA,))}, "failed", "may not grant waivers"),
        ({}, {"participants": frozenset({"mia"})}, "failed", "took part in this change"),
        ({}, {"participants": None}, "inconclusive", "nobody can tell"),
    ],
)
def test_a_waiver_that_breaks_a_rule_holds_nothing(entry, around, outcome, message):
    found = waivers(**around).refusal(waiver(**entry))
    assert (found.outcome, message in found.reason.message) == (outcome, True)


def test_the_last_day_belongs_to_it():
    assert waivers(now="2027-01-15T23:59:59Z").refusal(waiver()) is None
    assert waivers(now="2027-01-16T00:00:00Z").refusal(waiver()) is not None


def test_one_that_holds_is_found_before_one_that_does_not():
    old = waiver(id="w-0", granted="2026-05-01", expires="2026-06-01")
    assert waivers(old, waiver()).find(problem()).id == "w-1"
    assert waivers(old).find(problem()).id == "w-0"
    assert waivers(old).find(problem(rule="B101")) is None


def test_without_a_map_whoever_grants_it_is_an_account_of_its_own():
    own = waivers(participants=frozenset({f"account:{MIA}"}))
    own = type(own)(own.entries, own.rules, Identities(None), NOW, own.participants)
    assert "took part" in own.refusal(waiver()).reason.message


def test_unused_and_soon_expiring_ones_are_told():
    soon = waiver(id="w-2", expires="2026-12-10")
    book = waivers(waiver(), soon, waiver(problem(kind="secret"), id="w-3"))
    told = [one.reason.message for one in book.remarks(frozenset({"code"}), [soon])]
    assert told == ["waiver w-1 fits nothing; remove it", "waiver w-2 ends after 2026-12-10"]


def test_the_record_names_who_let_what_through_until_when():
    made = as_record(waiver(), problem())
    assert (made.id, made.approver, made.expires_at) == (
        "B602 src/pay.py",
        f"account:{MIA}",
        "2027-01-15T23:59:59Z",
    )
    assert (made.ticket, made.reason) == ("SEC-12", "w-1: the argument is a constant")
