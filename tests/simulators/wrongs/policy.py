"""Wrongs of the policy that was in force."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.manifest.release import ReleaseCandidate
from simulators.bank import day
from simulators.history import History
from simulators.wrongs.planted import GAP, Named, named, publish, wrong


@wrong
def a_policy_that_no_protected_branch_held(history: History) -> Named:
    name = publish(history, policy="version: 1\n")
    return named("policy-unknown", "releases", name, GAP)


@wrong
def a_release_without_a_policy(history: History) -> Named:
    def without(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, policy=None)

    return named("policy-absent", "releases", publish(history, candidate_of=without), GAP)


@wrong
def a_section_of_the_policy_that_nothing_was_judged_by(history: History) -> Named:
    name = publish(history, gated=False)
    return named("control-not-run", "releases", name, GAP)


@wrong
def a_scan_that_the_policy_of_then_wanted_and_nobody_ran(history: History) -> Named:
    stricter = history.demand("code:\n  sast: {}\n", day(112))
    return named("control-not-run", "releases", publish(history, policy=stricter), GAP)
