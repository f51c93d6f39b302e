from types import SimpleNamespace

import pytest

from counterseal.clients.github.forge import GitHubForge
from counterseal.clients.github.session import Session
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.forge import Account


def user(number):
    return {"databaseId": number, "login": f"u{number}"}


@pytest.fixture
def team(server):
    """A team whose members come in pages of two; a test alters what is told."""
    told = SimpleNamespace(members=[user(1)], total=None, error=None)

    def answer(_, variables):
        if told.error:
            return told.error
        start = int(variables["after"] or 0)
        page = {
            "totalCount": len(told.members) if told.total is None else told.total,
            "nodes": told.members[start : start + 2],
            "pageInfo": {"hasNextPage": start + 2 < len(told.members), "endCursor": str(start + 2)},
        }
        return {"data": {"organization": {"team": {"members": page}}}}

    server.graphql(answer)
    return told


def test_the_members_of_a_team_on_all_pages(forge, team, server):
    team.members = [user(1), user(2), user(3)]
    found = forge.members("meridian-bank/security")
    assert found.accounts == tuple(Account(id=n, login=f"u{n}") for n in (1, 2, 3))
    assert (found.gap, forge.requests) == (None, 2)
    assert server.seen[0].body["variables"]["team"] == "security"


def test_an_empty_team_that_is_seen_is_empty(forge, team):
    team.members = []
    assert (forge.members("meridian-bank/security").accounts, forge.requests) == ((), 1)


def error(kind, *path):
    return [{"type": kind, "path": list(path), "message": "no"}]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"organization": {"team": None}}},
        {"data": {"organization": None}},
        {"data": {"organization": None}, "errors": error("NOT_FOUND", "organization")},
        {"data": {"organization": {"team": None}}, "errors": error("FORBIDDEN", "organization", "team")},
        {"data": None, "errors": error("INSUFFICIENT_SCOPES")},
    ],
)
def test_a_team_that_cannot_be_seen_is_a_gap_and_not_empty(forge, team, answer):
    team.error = answer
    found = forge.members("meridian-bank/security")
    assert found.accounts == ()
    assert "members: read" in found.gap.message
    assert (found.gap.topic, found.gap.subject) == ("members", "meridian-bank/security")


@pytest.mark.parametrize("total", [0, 2])
def test_another_number_of_members_than_announced_is_refused(forge, team, total):
    team.total = total
    with pytest.raises(Inconclusive, match=f"1 of {total}"):
        forge.members("meridian-bank/security")


def test_a_forge_that_fails_is_no_gap(forge, server, reply):
    server.on("POST", "/graphql", reply(status=500))
    with pytest.raises(Inconclusive):
        forge.members("meridian-bank/security")


def test_teams_are_read_with_their_own_token(server, session, team):
    forge = GitHubForge(session, "meridian-bank/payments", Session(server.url, "ghs_members"))
    assert forge.members("meridian-bank/security").gap is None
    assert {seen.headers["Authorization"] for seen in server.seen} == {"token ghs_members"}
    assert forge.requests == 1


@pytest.mark.parametrize("team", ["security", "a/b/c", "/b", "a/"])
def test_a_team_is_written_with_its_organisation(forge, team):
    with pytest.raises(MalformedError):
        forge.members(team)


def test_a_role_is_told_by_its_own_name(server, forge):
    path = "/repos/meridian-bank/payments/collaborators/ann/permission"
    server.on("GET", path, {"permission": "write", "role_name": "maintain"})
    assert forge.role("ann") == "maintain"
