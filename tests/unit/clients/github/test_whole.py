"""An ordinary pull request from beginning to end: how many requests it takes, and what each failure does."""

import hashlib

import pytest

from counterseal.clients.github.forge import GitHubForge
from counterseal.clients.github.session import Session
from counterseal.errors import Inconclusive

ROOT = "/repos/meridian-bank/payments"
FILES = {
    ".github/counterseal.yml": b"branch: {}\n",
    ".github/people.yml": b"people: []\n",
    ".github/signers": b"ann ssh-ed25519 AAAA\n",
}
COMMIT = {"__typename": "Commit", "oid": "c" * 40, "tree": {"oid": "d" * 40}}


@pytest.fixture
def world(server, pull, reply):
    """A repository with a policy, an ordinary pull request, a team, a ruleset and an environment."""

    def query(text, variables):
        if "defaultBranchRef" in text:
            return pull.data(
                databaseId=700100,
                url="https://forge.example/m/p",
                nameWithOwner="meridian-bank/payments",
                isPrivate=True,
                defaultBranchRef={"name": "main", "target": COMMIT},
            )
        if "expression" in variables:
            return pull.data(commit=COMMIT, file=blob(variables["expression"].partition(":")[2]))
        if "organization(" in text:
            nodes = [{"login": "ben", "databaseId": 2}]
            info = {"hasNextPage": False, "endCursor": None}
            members = {"totalCount": 1, "nodes": nodes, "pageInfo": info}
            return {"data": {"organization": {"team": {"members": members}}}}
        return pull.query(text, variables)

    server.graphql(query)
    pull.commits = [pull.commit(n) for n in range(1, 6)]
    pull.reviews, pull.comments = [pull.review(1)], [pull.comment(2)]
    pull.files = [{"path": "src/pay.py", "changeType": "MODIFIED"}]
    server.on("GET", f"{ROOT}/rules/branches/main", [{"type": "deletion", "ruleset_id": 1}])
    server.on("GET", f"{ROOT}/rulesets/1", {"id": 1, "bypass_actors": []})
    server.on("GET", f"{ROOT}/branches/main/protection", reply({"message": "Branch not protected"}, 404))
    server.on("GET", f"{ROOT}/actions/permissions/workflow", {"can_approve_pull_request_reviews": False})
    return server


def blob(path):
    data = FILES[path]
    name = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    text = data.decode()
    return {"__typename": "Blob", "oid": name, "byteSize": len(data), "isTruncated": False, "text": text}


def judged(forge):
    """Return everything that judging an ordinary pull request needs."""
    home = forge.repository()
    tip = forge.tip(f"refs/heads/{home.default_branch}")
    files = [forge.file(path, tip) for path in FILES]
    change = forge.change_of_pull(7)
    return home, files, change, forge.members("meridian-bank/security"), forge.posture("main"), forge.now()


def test_judging_an_ordinary_pull_request_takes_at_most_twelve_requests(world, forge):
    _, files, change, team, posture, now = judged(forge)
    assert files == list(FILES.values())
    assert (change.gaps, team.gap, posture.gaps, now) == ((), None, (), "2026-11-24T09:30:00Z")
    assert forge.requests == 12


FAULTS = {
    "not permitted": {"status": 403, "body": {"message": "Resource not accessible by integration"}},
    "hidden": {"status": 404, "body": {"message": "Not Found"}},
    "limited": {"status": 429, "headers": {"Retry-After": "7"}},
    "limited for long": {"status": 403, "headers": {"Retry-After": "3600"}},
    "broken": {"status": 502},
    "cut": {"cut": True},
    "half": {"text": '{"data": {"repos'},
    "empty": {"body": {}},
    "elsewhere": {"status": 302, "headers": {"Location": "https://evil.example/"}},
}
HARMLESS = {"limited", "broken", "cut"}


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("turn", range(12))
def test_whatever_request_fails_the_facts_are_whole_or_say_that_they_are_not(
    world, session, slept, reply, turn, fault, lasting
):
    clean = judged(GitHubForge(session, "meridian-bank/payments"))
    answer, start = world.answer, len(world.seen)

    def failing(seen):
        number = len(world.seen) - start
        given = answer(seen)
        hit = number >= turn if lasting else number == turn
        return reply(**FAULTS[fault]) if hit else given

    world.answer = failing
    forge = GitHubForge(Session(world.url, "ghs_x", sleep=slept.append), "meridian-bank/payments")
    try:
        found = judged(forge)
    except Inconclusive:
        assert lasting or fault not in HARMLESS
        return
    gaps = (*found[2].gaps, *found[4].gaps, *([found[3].gap] if found[3].gap else []))
    assert found == clean or gaps
    assert not (gaps and fault in HARMLESS and not lasting)
