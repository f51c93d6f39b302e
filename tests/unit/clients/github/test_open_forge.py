import io

import pytest

from counterseal.commands import _forge
from counterseal.commands._base import Inputs
from counterseal.errors import UsageError
from counterseal.host import Host

SECRET = "ghs_the-secret-of-this-job"


def opened(tmp_path, given=(), **env):
    env = {"GITHUB_REPOSITORY": "meridian-bank/payments", **env}
    host = Host(env, tmp_path, io.StringIO(), io.StringIO())
    declared = (_forge.TOKEN, _forge.MEMBERS_TOKEN)
    return _forge.open_forge(Inputs(declared, {name: [value] for name, value in given}), host), host


def test_the_forge_of_the_run_with_the_token_of_the_job(tmp_path, server):
    server.on("POST", "/api/graphql", {"data": {"organization": None}})
    urls = {"GITHUB_API_URL": f"{server.url}/api/v3", "GITHUB_GRAPHQL_URL": f"{server.url}/api/graphql"}
    forge, _ = opened(tmp_path, GITHUB_TOKEN=SECRET, **urls)
    forge.members("m/t")
    assert {seen.headers["Authorization"] for seen in server.seen} == {f"token {SECRET}"}


def test_teams_may_have_their_own_token(tmp_path, server):
    given = [("members-token", "env:ORG_TOKEN")]
    forge, _ = opened(tmp_path, given, GITHUB_TOKEN=SECRET, ORG_TOKEN="ghs_org", GITHUB_API_URL=server.url)
    forge.members("m/t")
    assert {seen.headers["Authorization"] for seen in server.seen} == {"token ghs_org"}


@pytest.mark.parametrize(
    ("surroundings", "remedy"),
    [
        ({"GITHUB_ACTIONS": "true"}, "add `env: GITHUB_TOKEN: ${{ github.token }}` to this step"),
        ({}, "set that variable to a token of the forge"),
    ],
)
def test_without_a_token_the_remedy_names_what_to_add(tmp_path, surroundings, remedy):
    with pytest.raises(UsageError) as caught:
        opened(tmp_path, **surroundings)
    assert caught.value.remedy == remedy


@pytest.mark.parametrize("value", [SECRET, "env:", "env:lower", f"file:{SECRET}", "env:A B"])
@pytest.mark.parametrize("name", ["token", "members-token"])
def test_a_token_itself_is_refused_and_not_repeated(tmp_path, name, value):
    with pytest.raises(UsageError) as caught:
        opened(tmp_path, [(name, value)], GITHUB_TOKEN=SECRET)
    assert SECRET not in caught.value.diagnosis()


def test_a_members_token_that_is_named_must_be_there(tmp_path):
    with pytest.raises(UsageError) as caught:
        opened(tmp_path, [("members-token", "env:ORG_TOKEN")], GITHUB_TOKEN=SECRET)
    assert caught.value.where == "ORG_TOKEN"


def test_without_a_repository_there_is_nothing_to_open(tmp_path):
    with pytest.raises(UsageError, match="repository"):
        opened(tmp_path, GITHUB_TOKEN=SECRET, GITHUB_REPOSITORY="")


def test_importing_the_inputs_loads_no_client():
    import subprocess
    import sys

    code = "import sys, counterseal.commands._forge; print({'github', 'requests'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )
