"""Deployments of the forge and of exports: what is of production and of the window, what may be hidden."""

from __future__ import annotations

import pytest

from counterseal.audit.population import Deployed, Window
from counterseal.audit.sources.deployments import deployments, of_forge
from counterseal.errors import StoreError
from counterseal.manifest.record import Outcome
from counterseal.policy.forge import Account, Deployment, DeploymentStatus

WINDOW = Window(since="2026-09-01T00:00:00Z", until="2026-11-27T00:00:00Z")
COMMIT = "c" * 40


def exported(name, environment="production", at="2026-10-01T00:00:00Z"):
    return Deployed(id=name, platform="argo", environment=environment, commit=COMMIT, started_at=at)


def asked(*exports, forge=None):
    return deployments(forge, exports, ["production", "live"], WINDOW, exported=True)


def said(census):
    return [gap.message for gap in census.gaps]


def test_production_alone_and_the_window_alone_are_told_oldest_first():
    found, census = asked(
        exported("2", "live"), exported("1", at="2026-09-01T00:00:00Z"), exported("3", "staging"),
        exported("4", at="2026-08-31T23:59:59Z"), exported("5", at="2026-11-27T00:00:01Z"),
    )  # fmt: skip
    assert [one.id for one in found] == ["1", "2"]
    assert (census.count, census.source, census.gaps) == (2, "exports", ())


@pytest.mark.parametrize("name", ["Production", "PRODUCTION", "Live"])
def test_an_environment_in_other_letters_is_no_silence(name):
    found, census = asked(exported("1"), exported("2", name))
    assert [one.id for one in found] == ["1"]
    assert len(said(census)) == 1
    assert repr(name) in said(census)[0]


def test_an_export_without_production_proves_nothing():
    assert said(asked(exported("1", "prod"))[1]) == ["no exported deployment is of live, production"]
    assert said(asked()[1]) == []  # an empty export says that there was none


class Forge:
    def __init__(self, *found):
        self.found, self.since = found, None

    def deployments(self, environment, since):
        self.since = since
        if environment == "live":
            raise StoreError("no right")
        return self.found


def made(*statuses):
    return Deployment(
        id=7, environment="production", commit=COMMIT, created_at="2026-09-02T00:00:00Z",
        creator=Account(id=5, login="bot"), url="https://x.example/7",
        statuses=tuple(DeploymentStatus(state=state, at=at) for state, at in statuses),
    )  # fmt: skip


def test_what_the_forge_cannot_tell_is_a_gap_and_the_rest_is_told():
    forge = Forge(made(("in_progress", "2026-09-03T00:00:00Z")))
    found, census = asked(exported("1"), forge=forge)
    assert [(one.platform, one.id) for one in found] == [("github", "7"), ("argo", "1")]
    assert (census.source, [gap.subject for gap in census.gaps]) == ("exports and the forge", ["live"])
    assert forge.since == "2026-06-28T00:00:00Z"  # 65 days before the window: it may have waited


@pytest.mark.parametrize(
    ("statuses", "began", "ended", "outcome"),
    [
        ((), "2026-09-02T00:00:00Z", None, None),
        ((("queued", "2026-09-03T00:00:00Z"),), "2026-09-02T00:00:00Z", None, None),
        (
            (("in_progress", "2026-09-03T00:00:00Z"), ("success", "2026-09-04T00:00:00Z")),
            "2026-09-03T00:00:00Z", "2026-09-04T00:00:00Z", Outcome.PASSED,
        ),
        (
            (("success", "2026-09-04T00:00:00Z"), ("failure", "2026-09-05T00:00:00Z"),
             ("inactive", "2026-09-06T00:00:00Z")),
            "2026-09-04T00:00:00Z", "2026-09-05T00:00:00Z", Outcome.FAILED,
        ),
        (
            (("error", "2026-09-04T00:00:00Z"),),
            "2026-09-04T00:00:00Z", "2026-09-04T00:00:00Z", Outcome.FAILED,
        ),
    ],
)  # fmt: skip
def test_a_deployment_begins_with_its_job_and_ends_with_its_last_word(statuses, began, ended, outcome):
    one = of_forge(made(*statuses))
    assert (one.started_at, one.finished_at, one.outcome, one.person.id) == (began, ended, outcome, 5)
