from __future__ import annotations

import pytest

from counterseal.policy.duties import Duties, Separation
from counterseal.policy.forge import Gap
from counterseal.policy.people import People, PersonEntry
from simulators.changes import ANN, BOB, blocking, came_to, commit, judge, pull, push, pushed, sha

MAP = People(version=1, people=(PersonEntry(id="e-1", accounts=(1,), addresses=("ann@example.com",)),))
TRAILER = "x\n\nCo-authored-by: {}"


def test_known_people_pass():
    assert judge("duties", pull()) == []
    assert judge("duties", pull(), people=MAP) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"commits": (commit(author="Zoe <zoe@example.com>"),)},
        {"commits": (commit(message=TRAILER.format("Zoe <zoe@example.com>")),)},
        {"pr_opener": None},
        {"pushes": (push(sha(1), None),)},
        {"pr_opener": BOB},
    ],
)
def test_somebody_whom_nobody_can_name_fails(parts):
    findings = judge("duties", pull(**parts), people=MAP)
    assert came_to(findings) == "failed"
    assert blocking(findings)[0].rule == "duties.unresolved"
    lenient = judge("duties", pull(**parts), people=MAP, duties=Duties(unresolved="inconclusive"))
    assert came_to(lenient) == "inconclusive"


def test_a_co_author_who_is_known_passes():
    assert judge("duties", pull(commit(message=TRAILER.format("Ann <ann@example.com>"))), people=MAP) == []


def test_roles_that_are_kept_apart_are_two_peoples():
    duties = Duties(apart=(Separation(role="merger", from_=("author",)),))
    merged = {"pr_state": "merged", "pr_merge_commit": sha("m")}
    assert came_to(judge("duties", pull(pr_merger=ANN, **merged), duties=duties)) == "failed"
    assert judge("duties", pull(pr_merger=BOB, **merged), duties=duties) == []


@pytest.mark.parametrize("topic", ["pushes", "commits"])
def test_when_not_everybody_is_known_it_is_inconclusive(topic):
    change = pull(gaps=(Gap(topic=topic, message="hidden"),))
    assert came_to(judge("duties", change)) == "inconclusive"


def test_a_tag_on_a_commit_that_was_judged_before_is_nobodys_change():
    gap = (Gap(topic="pushes", message="the forge keeps no record of who moves a tag"),)
    assert judge("duties", pushed(ref="refs/tags/v1", pushes=(), gaps=gap)) == []
    assert (
        came_to(judge("duties", pushed(commit(), ref="refs/tags/v1", pushes=(), gaps=gap))) == "inconclusive"
    )
