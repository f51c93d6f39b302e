"""Facts: what manifests, decisions and incidents tell of deliveries."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.model import Brought
from counterseal.audit.dora.facts import ending_of, facts_of
from counterseal.audit.population import Decided, Release
from counterseal.manifest.assemble import build_manifest
from counterseal.manifest.release import Builder, Chain, Change, ChangeSet, DeploymentStep, Stream
from counterseal.manifest.types import Outcome
from factories import REPOSITORY, candidate
from unit.audit.dora_facts import SERVICE, at, incident


def test_a_pull_request_tells_by_the_forges_clock_when_its_commits_landed():
    """A commit of which its author says another date landed when the forge says."""
    change = Change(commit="a" * 40, title="x", authored_at=at(1), committed_at=at(0))
    squashed = Change(commit="b" * 40, title="y", authored_at=at(1), committed_at=at(2))
    by = Brought(number=7, commits=("a" * 40,), opened_at=at(3), reviewed_at=at(4), merged_at=at(5))
    release = released(changes=(change, squashed), brought=(by,))
    (told,) = facts_of([release], [], REPOSITORY, ("production",)).attempts
    moments = [(one.opened_at, one.reviewed_at, one.landed_at) for one in told.journeys]
    assert moments == [(at(3), at(4), at(5)), (None, None, at(2))]


def released(changes, brought):
    """Return a verified release of these changes, which an approval gate has decided about."""
    statement = build_manifest(
        replace(candidate(), changes=ChangeSet(complete=True, commits=changes)),
        chain=Chain(stream=Stream(repository=REPOSITORY, environment="production"), sequence=1),
        builder=Builder(id="local:test", identity="local"),
        created_at=at(9),
    )
    decided = Decided(
        record="c" * 64, request="0" * 16, change_class="normal", state="approved",
        requested_at=at(6), decided_at=at(8), brought=brought,
    )  # fmt: skip
    return Release(
        stream="s", sequence=1, entry="e", payload="d" * 64, manifest=statement.predicate, decided=(decided,)
    )


def test_one_incident_of_another_service_is_not_ours():
    other = replace(incident("a", 2, 3).incident, service="https://github.example/meridian/cards")
    releases: list = []
    entered = [type("E", (), {"incident": other, "payload": "0" * 64})()]
    assert facts_of(releases, entered, SERVICE, ("production",)).incidents == ()


def step(name, outcome=Outcome.PASSED):
    return DeploymentStep(name=name, outcome=outcome, started_at=at(1), finished_at=at(1.1))


@pytest.mark.parametrize(
    ("outcome", "steps", "ending"),
    [
        (Outcome.PASSED, (), "success"),
        (Outcome.FAILED, (), None),
        (Outcome.INCONCLUSIVE, (), None),
        (Outcome.FAILED, (step("canary"),), "failed"),
        (Outcome.FAILED, (step("canary", Outcome.FAILED),), "failed"),
        (Outcome.FAILED, (step("canary", Outcome.FAILED), step("rollback")), "rolled-back"),
        (Outcome.PASSED, (step("canary"), step("promote")), "success"),
    ],
)
def test_what_became_of_an_attempt(outcome, steps, ending):
    manifest = type("M", (), {"outcome": outcome, "deployment": steps, "decisions": ()})()
    assert ending_of(manifest) == ending
