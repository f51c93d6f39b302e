"""Wrongs of clocks: releases that are dated otherwise."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.manifest.release import ReleaseCandidate
from simulators.bank import later
from simulators.history import History
from simulators.release_plan import Plan
from simulators.wrongs.planted import (
    GAP,
    MERGED,
    RELEASED,
    TAMPERED,
    Named,
    evidence_of,
    named,
    publish,
    wrong,
)


@wrong
def a_clock_that_is_far_off(history: History) -> Named:
    name = publish(history, created_at=later(RELEASED, days=-9), said_at=None)
    return named(
        "clock-doubtful", "releases", name, GAP, "approved-late", "evidence-stale", "evidence-foreign"
    )


_BEFORE = "2026-08-01T00:00:00Z"


@wrong
def a_release_dated_before_the_window(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None)
    return named("clock-doubtful", "releases", name, GAP, "not-reviewed")


@wrong
def a_release_dated_before_the_window_without_provenance(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None, proven=False)
    return named("artifact-unproven", "releases", name, GAP, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_window_without_a_policy(history: History) -> Named:
    def without(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, policy=None)

    name = publish(history, created_at=_BEFORE, approver=None, candidate_of=without)
    return named("policy-absent", "releases", name, GAP, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_window_with_evidence_removed(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None)
    del history.store.objects[evidence_of(history, 11)]
    return named("evidence-missing", "releases", name, TAMPERED, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_one_that_it_follows(history: History) -> Named:
    commit, at, made = history.merge_pull(212, "Too soon", MERGED), RELEASED, later(RELEASED, days=-11)
    history.publish(Plan(commit, at, history.source(10), created_at=made, approver=None))
    history.store.objects[history.entry(11)][0].written_at = made
    history.deploy(commit, later(at, minutes=-3))
    return named("clock-doubtful", "releases", history.name(11), GAP, "not-reviewed")


@wrong
def an_approval_long_after_its_release(history: History) -> Named:
    name = publish(history, created_at=later(RELEASED, hours=-23), said_at=later(RELEASED, hours=3))
    return named("clock-doubtful", "releases", name, GAP, "approved-late")
