"""`approval-gate`: waiting, for minutes and never for hours."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from counterseal.commands import _desk
from counterseal.errors import Inconclusive
from simulators.changes import BOB
from unit.commands.pipeline import POLICY


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
