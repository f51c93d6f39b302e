"""Wrongs of deployments, and of releases that nobody deployed."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.manifest.types import Outcome
from simulators.bank import day, later
from simulators.history import History
from simulators.wrongs.planted import GAP, STREAM, Named, named, newest, publish, wrong


@wrong
def a_deployment_without_evidence(history: History) -> Named:
    history.deploy(history.head("main"), day(113))
    return named("deployment-without-evidence", "deployments", newest(history), GAP)


@wrong
def a_deployment_that_was_done_twice(history: History) -> Named:
    history.deploy(history.source(10), day(113))
    return named("deployed-again", "deployments", newest(history), GAP)


@wrong
def a_deployment_of_a_release_that_failed(history: History) -> Named:
    history.deploy(history.source(9), later(day(97), minutes=5))
    return named("deployed-despite-failure", "deployments", newest(history), GAP)


@wrong
def a_deployment_of_another_artifact(history: History) -> Named:
    history.exports = (_exported(history, artifacts=("e" * 64,)),)
    return named("other-artifact", "deployments", "jenkins:1", GAP)


@wrong
def a_deployment_of_another_commit_than_its_release(history: History) -> Named:
    history.exports = (_exported(history, commit=history.source(8)),)
    return named("other-commit", "deployments", "jenkins:1", GAP)


@wrong
def a_deployment_that_names_no_known_release(history: History) -> Named:
    history.exports = (_exported(history, release=f"{STREAM}/99"),)
    return named("release-unknown", "deployments", "jenkins:1", GAP, "evidence-without-deployment")


@wrong
def evidence_without_a_deployment(history: History) -> Named:
    name = publish(history)
    history.forge.deployed.pop(0)
    return named("evidence-without-deployment", "releases", name, GAP)


def _exported(history: History, **parts: object):
    """Return the tenth deployment as another platform tells it; the forge no longer does."""
    from counterseal.audit.population import Deployed

    gone = next(one for one in history.forge.deployed if one.commit == history.source(10))
    history.forge.deployed.remove(gone)
    plain = Deployed(
        id="1",
        platform="jenkins",
        environment="production",
        commit=history.source(10),
        started_at=gone.created_at,
        outcome=Outcome.PASSED,
        release=history.name(10),
    )
    return replace(plain, **parts)
