"""What cannot be told, which an audit must not take for good."""

from __future__ import annotations

from counterseal.policy.audit import Audit
from simulators.history import History
from simulators.wrongs.planted import HOLE, UNPROVABLE, Named, named, wrong


@wrong
def locks_that_nobody_tells(history: History) -> Named:
    history.store.told = False
    return named("lock-unproven", "objects", history.entry(5), UNPROVABLE)


@wrong
def a_listing_that_breaks_off(history: History) -> Named:
    history.store.broken_after = len(history.store.objects) - 3
    return named("cannot-enumerate", "releases", "census", UNPROVABLE, *HOLE, "evidence-missing")


@wrong
def a_hole_in_the_record_of_movements(history: History) -> Named:
    moves = list(history.forge.moves["refs/heads/main"])
    del moves[4]
    history.forge.moves["refs/heads/main"] = tuple(moves)
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def a_record_of_movements_that_begins_too_late(history: History) -> Named:
    history.forge.moves["refs/heads/main"] = history.forge.moves["refs/heads/main"][:4]
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def deployments_that_cannot_be_listed(history: History) -> Named:
    from counterseal.errors import Inconclusive

    history.forge.fail("deployments", Inconclusive("deployments: read is missing"))
    return named("cannot-enumerate", "deployments", "census", UNPROVABLE)


@wrong
def a_shallow_clone(history: History) -> Named:
    (history.root / ".git" / "shallow").write_text(history.source(9) + "\n")
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def a_branch_that_is_not_there(history: History) -> Named:
    history.demands = Audit(branches=("trunk",))
    return named("cannot-enumerate", "changes", "census", UNPROVABLE, "policy-unproven")
