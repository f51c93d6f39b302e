import pytest

from counterseal.errors import UsageError
from counterseal.host.builder import builder, unnamed
from counterseal.host.context import RunnerContext
from counterseal.host.event import Event
from counterseal.manifest.release import Person
from counterseal.policy.pseudonyms import Pseudonyms
from simulators.oidc import CLAIMS

CONTEXT = RunnerContext(
    repository="meridian-bank/payments",
    repository_id=700100,
    sha="a" * 40,
    run_id=9001,
    run_attempt=1,
    actor="rita",
    actor_id=41001,
    workflow_ref="meridian-bank/payments/.github/workflows/release.yml@refs/heads/main",
    event_name="push",
    server_url="https://github.com",
    runner_environment="self-hosted",
)


def test_the_environment_is_taken_at_its_word_and_says_so():
    found = builder(CONTEXT, None)
    assert found.identity == "environment"
    assert found.id == f"https://github.com/{CONTEXT.workflow_ref}"
    assert found.run_url == "https://github.com/meridian-bank/payments/actions/runs/9001/attempts/1"
    assert (found.run_id, found.run_attempt, found.event) == (9001, 1, "push")
    assert found.actor == Person(id=41001, login="rita")
    assert (found.runner, found.claims) == ("self-hosted", {})


def test_a_token_names_the_workflow_that_defines_the_job():
    found = builder(CONTEXT, CLAIMS)
    assert found.identity == "oidc"
    assert found.id == f"https://github.com/{CLAIMS['job_workflow_ref']}"
    assert found.claims == CLAIMS


def test_a_token_without_that_claim_leaves_the_runs_own_workflow():
    claims = {name: value for name, value in CLAIMS.items() if name != "job_workflow_ref"}
    assert builder(CONTEXT, claims).id == f"https://github.com/{CONTEXT.workflow_ref}"


@pytest.mark.parametrize("name", ["repository_id", "run_id", "run_attempt", "sha"])
def test_a_token_of_another_run_is_refused(name):
    with pytest.raises(UsageError) as caught:
        builder(CONTEXT, {**CLAIMS, name: "77"})
    assert caught.value.where == name


@pytest.mark.parametrize("name", ["repository_id", "run_id", "run_attempt", "sha"])
def test_a_token_that_does_not_say_of_which_run_it_is_is_refused(name):
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    for given in (claims, {}):
        with pytest.raises(UsageError, match="the identity token says nothing"):
            builder(CONTEXT, given)


def test_outside_a_runner_it_is_the_machine():
    found = builder(RunnerContext(), None)
    assert found.identity == "local"
    assert found.id.startswith("local:")
    assert found.actor is None


def test_an_event_of_another_repository_is_refused():
    with pytest.raises(UsageError, match="event says 77") as caught:
        builder(CONTEXT, None, Event("push", None, None, None, 77, None))
    assert caught.value.where == "repository_id"


@pytest.mark.parametrize("number", [700100, None])
def test_an_event_of_this_repository_or_of_none_is_fine(number):
    assert builder(CONTEXT, None, Event("push", None, None, None, number, None)).run_id == 9001


NAMES = Pseudonyms("0123456789abcdef" * 4)


def test_under_pseudonyms_a_builder_names_nobody():
    claims = {
        **CLAIMS,
        "actor": "rita",
        "actor_id": "41001",
        "sub": "repo:meridian-bank/payments:actor:rita:ref:rita/x",
    }
    found = unnamed(builder(CONTEXT, claims), NAMES)
    assert found.actor == Person(id=41001, login="account-41001")
    assert found.claims["actor"] == "account-41001"
    assert found.claims["sub"] == "repo:meridian-bank/payments:actor:account-41001:ref:rita/x"
    assert found.claims.keys() == claims.keys()
    assert found.id == builder(CONTEXT, claims).id


def test_under_pseudonyms_a_machine_is_not_called_by_its_name():
    here = builder(RunnerContext(), None)
    found = unnamed(here, NAMES)
    assert found.id.startswith("local:person-")
    assert found.id == unnamed(here, NAMES).id != here.id
    assert unnamed(here, None) == here
