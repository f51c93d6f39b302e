"""`approval-gate`: sweeping every open request."""

from __future__ import annotations

from counterseal.commands import _forge
from counterseal.errors import Inconclusive, UsageError
from simulators.changes import BOB


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
