"""Fault runs: each call of a full decision fails in turn, in each way that a forge can fail.

A pass is a pass only when the facts were complete; and whatever fails, once the forge works again everything
has been said, started and used exactly once. An approval that was first seen while nobody could tell who is
in a team has to be given again: that is safe, and counted.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import contextmanager

import pytest

from attacks.conftest import Bank  # noqa: F401 - the type that the fixture gives
from counterseal.clients.github.session import Session
from counterseal.sandbox.faults import Fault

KINDS = {
    "403": {"status": 403, "message": "Resource not accessible by integration"},
    "403-with-retry-after": {"status": 403, "retry_after": 1, "message": "secondary rate limit"},
    "404-as-hidden": {"status": 404, "message": "Not Found"},
    "401-token-ran-out": {"status": 401, "times": 40, "message": "Bad credentials"},
    "429-with-retry-after": {"status": 429, "retry_after": 1, "message": "too many"},
    "502-before": {"status": 502},
    "502-after-the-effect": {"status": 502, "done": True},
    "502-for-long": {"status": 502, "times": 40},
    "cut-before": {"kind": "cut"},
    "cut-after-the-effect": {"kind": "cut", "done": True},
    "cut-in-the-body": {"kind": "cut-body"},
    "page-cut-short": {"kind": "truncate"},
    "wrong-total": {"kind": "total"},
    "same-page-again": {"kind": "same-next"},
}
ENDS = {0, 2, 11, 12, 13, 14}
PARTS = 4
"""The calls are shared out, so that several processes can try them at once."""


@pytest.fixture
def asked(bank, monkeypatch):
    """A bank in which a release was asked for, and chris has approved it; nobody waits for anything."""
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "sleep", lambda _: None)
    assert bank.release(bank.change()).code == 0
    bank.approve(bank.chris)
    return bank


@contextmanager
def unchanged(bank):
    """Put the store and the forge back as they were: each run begins at the same point."""
    kept, repository, issue = bank.home / "kept", bank.repository, bank.issue
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(bank.store, kept)
    before = (list(issue.comments), issue.state, list(repository.dispatches), list(repository.checks))
    runs = dict(repository.runs)
    yield
    bank.sandbox.faults.clear()
    shutil.rmtree(bank.store)
    shutil.copytree(kept, bank.store)
    issue.comments[:], issue.state = before[0], before[1]
    repository.dispatches[:], repository.checks[:] = before[2], before[3]
    repository.runs.clear()
    repository.runs.update(runs)


def calls_of(bank, act):
    """Return how many calls an act makes when nothing fails, and see that it passes."""
    with unchanged(bank):
        before = len(bank.sandbox.log)
        assert act(bank).code == 0
        return len(bank.sandbox.log) - before


def sweep(bank):
    return bank.gate("sweep", dispatch="deploy.yml")


def doubled(bank):
    """Return the markers of our own comments that occur more than once."""
    markers = [
        line
        for one in bank.issue.comments
        if not one.deleted and one.author is bank.world.actions_bot
        for line in one.body.splitlines()
        if line.startswith("<!--")
    ]
    return [marker for marker, times in Counter(markers).items() if times > 1]


def said_approved(bank):
    return any("Approved" in one.body for one in bank.issue.comments)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_sweep_says_and_starts_everything_once_whichever_call_fails(asked, part):
    calls, ends = calls_of(asked, sweep), Counter()
    for at in range(part, calls, PARTS):
        for name, words in KINDS.items():
            with unchanged(asked):
                asked.sandbox.faults.add(Fault("*", "/", after=at, **words))
                code = sweep(asked).code
                asked.sandbox.faults.clear()
                again = sweep(asked)
                if not said_approved(asked):
                    asked.approve(asked.chris)
                    again = sweep(asked)
                    ends["given again"] += 1
                ends[code] += 1
                assert code in ENDS, (at, name, code)
                assert again.code == 0, (at, name, again)
                assert doubled(asked) == [], (at, name)
                assert len(asked.repository.dispatches) <= 1, (at, name)
                assert said_approved(asked), (at, name)
                assert {one.conclusion for one in asked.repository.checks} == {"success"}, (at, name)
    print(
        f"sweep: every {PARTS}th of {calls} calls x {len(KINDS)} faults, "
        f"ends by exit code {dict(ends)}, doubled 0"
    )
    assert ends[14] > 0
    assert ends[0] > 0


@pytest.mark.parametrize("part", range(PARTS))
def test_a_deployment_goes_ahead_on_complete_facts_only_whichever_call_fails(asked, part):
    def use(bank, run=None):
        return bank.decide(use=True, run=run)

    calls, ends = calls_of(asked, use), Counter()
    for at in range(part, calls, PARTS):
        for name, words in KINDS.items():
            with unchanged(asked):
                run = asked.deployment()
                asked.sandbox.faults.add(Fault("*", "/", after=at, **words))
                done = use(asked, run)
                asked.sandbox.faults.clear()
                ends[done.code] += 1
                assert done.code in ENDS, (at, name, done)
                if done.code == 0:
                    assert (done.state, "gap" in done.rules) == ("approved", False), (at, name, done)
                again = use(asked, run)
                if again.code == 11:
                    asked.approve(asked.chris)
                    again = use(asked, run)
                    ends["given again"] += 1
                assert again.code == 0, (at, name, again)
                assert use(asked).code == 11, (at, name)
                assert len(list(asked.store.rglob("used.json"))) == 1
    print(
        f"deployment: every {PARTS}th of {calls} calls x {len(KINDS)} faults, "
        f"ends by exit code {dict(ends)}, used once each"
    )
    assert ends[14] > 0
    assert ends[0] > 0
