from dataclasses import asdict

import pytest

from counterseal.errors import UsageError
from counterseal.host.context import RunnerContext, in_actions

ENV = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "meridian-bank/payments",
    "GITHUB_REPOSITORY_ID": "700100",
    "GITHUB_REPOSITORY_OWNER": "meridian-bank",
    "GITHUB_REPOSITORY_OWNER_ID": "700001",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_RUN_ID": "9001",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_ACTOR": "rita",
    "GITHUB_ACTOR_ID": "41001",
    "GITHUB_TRIGGERING_ACTOR": "tom",
    "GITHUB_WORKFLOW_REF": "meridian-bank/payments/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_WORKFLOW_SHA": "b" * 40,
    "GITHUB_JOB": "release",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SERVER_URL": "https://github.com",
    "RUNNER_ENVIRONMENT": "github-hosted",
}
_NUMBERS = [name for name, value in ENV.items() if value.isdigit()]


def test_a_runner_tells_everything():
    context = RunnerContext.from_env(ENV)
    assert None not in asdict(context).values()
    assert (context.repository_id, context.run_attempt, context.actor_id) == (700100, 2, 41001)
    assert (context.actor, context.triggering_actor, context.job) == ("rita", "tom", "release")


@pytest.mark.parametrize("name", [name for name in ENV if name != "GITHUB_ACTIONS"])
@pytest.mark.parametrize("value", [None, ""])
def test_on_a_runner_nothing_may_be_missing(name, value):
    env = {**ENV, name: value} if value is not None else {key: ENV[key] for key in ENV if key != name}
    with pytest.raises(UsageError) as caught:
        RunnerContext.from_env(env)
    assert caught.value.where == name


@pytest.mark.parametrize("name", _NUMBERS)
@pytest.mark.parametrize("value", ["x", "-1", "1.0", " 1", "1\n", "٣", "9" * 30])
def test_a_number_is_a_number_everywhere(name, value):
    with pytest.raises(UsageError) as caught:
        RunnerContext.from_env({name: value})
    assert caught.value.where == name


def test_elsewhere_everything_may_be_absent():
    assert set(asdict(RunnerContext.from_env({})).values()) == {None}


def test_only_true_is_a_runner():
    assert in_actions({"GITHUB_ACTIONS": "true"})
    assert not any(in_actions({"GITHUB_ACTIONS": value}) for value in ("", "1", "True", "false"))
