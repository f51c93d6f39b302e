"""GraphQL over the world, through the server: it agrees with REST, and refuses what REST refuses."""

import json
import re
import urllib.error
import urllib.request

import pytest

from counterseal.clients.github import queries
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.things import Verification
from counterseal.sandbox.world import World
from github_api.recording import recorded

SSH = Verification(
    verified=True,
    reason="valid",
    verified_at="2026-11-24T09:00:00Z",
    signature="-----BEGIN SSH SIGNATURE-----",
    payload="tree",
    key="SHA256:abc",
)


class Scene:
    """A pull request with everything about it."""

    def __init__(self, world):
        self.world = world
        self.acme = world.organisation("acme")
        self.anna, self.otto, self.gone = world.user("anna"), world.user("otto"), world.user("gone")
        self.bot = world.bot("renovate[bot]")
        world.team(self.acme, "security", [self.otto])
        world.team(self.acme, "hidden", [self.otto], secret=True)
        self.payments = made = world.repository("acme/payments")
        made.roles |= {self.otto.id: "write", self.anna.id: "read"}
        self.base = made.commit("main", {"a.py": "1\n", "old.py": "o\n"}, self.anna, "First")
        made.commit(
            "pay",
            {"a.py": "2\n", "docs/new.md": "n\n"},
            self.anna,
            "Pay",
            co_authors=[self.otto],
            verification=SSH,
        )
        self.head = made.commit("pay", {"old.py": None}, self.bot, "Bump", via_web=True)
        self.pull = made.open_pull("pay", "main", self.bot, "Pay", "body")
        self.review = made.review(self.pull, self.otto, "APPROVED", "fine")
        made.review(self.pull, self.gone, "CHANGES_REQUESTED")
        self.comment = made.comment(self.pull, self.anna, "first")
        made.edit(self.comment, self.otto, "second")
        self.issue = made.open_issue(self.anna, "Approve")
        self.gone.deleted = True
        self.tokens = {
            "app": world.job_token(contents="read", pull_requests="read", issues="read", members="read"),
            "less": world.job_token(contents="read"),
            "otto": world.token(self.otto),
            "anna": world.token(self.anna),
            "stranger": world.token(world.user("stranger")),
            "nobody": "",
        }

    def send(self, path, data=None, *, by="app"):
        request = urllib.request.Request(self.sandbox.url + path, data, method="POST" if data else "GET")
        if self.tokens[by]:
            request.add_header("authorization", f"Bearer {self.tokens[by]}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def rest(self, path):
        status, answer = self.send(f"/repos/acme/payments{path}")
        assert status == 200
        return answer

    def ask(self, query, *, by="app", **variables):
        about = {"owner": "acme", "name": "payments"} | variables
        status, answer = self.send(
            "/graphql", json.dumps({"query": query, "variables": about}).encode(), by=by
        )
        assert status == 200
        return answer

    def within(self, selection, **how):
        answer = self.ask(
            "query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {"
            + selection
            + "} }",
            **how,
        )
        assert "errors" not in answer, answer
        return answer["data"]["repository"]


@pytest.fixture
def scene(tmp_path):
    made = Scene(World(folder=tmp_path))
    made.sandbox = Sandbox(made.world)
    with made.sandbox, recorded(made.sandbox):
        yield made


QUERIES = {name: text for name, text in vars(queries).items() if name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_of_the_client_is_answered(scene, name):
    numbers = {"number": scene.issue.number if "issue(" in QUERIES[name] else scene.pull.number}
    names = {
        "ref": "refs/heads/main",
        "oid": scene.head,
        "commit": scene.head,
        "expression": f"{scene.head}:a.py",
    }
    names |= {"organization": "acme", "team": "security"}
    wanted = set(re.findall(r"\$(\w+)", QUERIES[name]))
    answer = scene.ask(
        QUERIES[name], **{key: value for key, value in (numbers | names).items() if key in wanted}
    )
    assert "errors" not in answer
    assert all(answer["data"].values())


def test_a_pull_request_is_the_same_in_both_interfaces(scene):
    shown = scene.within(
        f"pullRequest(number: {scene.pull.number}) {{ number fullDatabaseId title body state"
        " baseRefOid headRefOid headRepository { databaseId } isCrossRepository changedFiles url"
        " authorAssociation"
        " author { __typename login ... on Bot { databaseId } }"
        " commits(first: 9) { totalCount nodes { commit { oid } } } }"
    )["pullRequest"]
    rest = scene.rest(f"/pulls/{scene.pull.number}")
    assert shown["fullDatabaseId"] == str(rest["id"])
    assert (shown["baseRefOid"], shown["headRefOid"]) == (rest["base"]["sha"], rest["head"]["sha"])
    assert shown["headRepository"]["databaseId"] == rest["head"]["repo"]["id"]
    assert shown["changedFiles"] == rest["changed_files"] == 3
    assert shown["commits"]["totalCount"] == rest["commits"]
    assert shown["url"] == rest["html_url"]
    assert shown["authorAssociation"] == rest["author_association"] == "NONE"
    assert shown["author"] == {"__typename": "Bot", "login": "renovate", "databaseId": rest["user"]["id"]}
    commits = [each["sha"] for each in scene.rest(f"/pulls/{scene.pull.number}/commits")]
    assert [node["commit"]["oid"] for node in shown["commits"]["nodes"]] == commits


def test_files_and_reviews_and_comments_are_the_same_in_both_interfaces(scene):
    shown = scene.within(
        f"pullRequest(number: {scene.pull.number}) {{ files(first: 9) {{ nodes {{ path changeType }} }}"
        " reviews(first: 9) { nodes { fullDatabaseId state author { login } commit { oid }"
        " authorCanPushToRepository } }"
        " comments(first: 9) { nodes { fullDatabaseId body lastEditedAt editor { login }"
        " viewerDidAuthor } } }",
        by="anna",
    )["pullRequest"]
    words = {"MODIFIED": "modified", "ADDED": "added", "DELETED": "removed"}
    files = scene.rest(f"/pulls/{scene.pull.number}/files")
    assert [(each["path"], words[each["changeType"]]) for each in shown["files"]["nodes"]] == [
        (each["filename"], each["status"]) for each in files
    ]
    reviews = scene.rest(f"/pulls/{scene.pull.number}/reviews")
    for one, other in zip(shown["reviews"]["nodes"], reviews, strict=True):
        assert one["fullDatabaseId"] == str(other["id"])
        assert one["state"] == other["state"]
        assert one["commit"]["oid"] == other["commit_id"]
        assert (one["author"] and one["author"]["login"]) == (other["user"] and other["user"]["login"])
    assert [each["authorCanPushToRepository"] for each in shown["reviews"]["nodes"]] == [True, False]
    assert shown["reviews"]["nodes"][1]["author"] is None
    (comment,) = shown["comments"]["nodes"]
    assert comment["body"] == "second"
    assert comment["editor"] == {"login": "otto"}
    assert comment["viewerDidAuthor"] is True
    assert comment["lastEditedAt"] == scene.comment.edited_at


def test_commits_say_who_and_how_they_are_signed(scene):
    person = "{ name email user { login } }"
    nodes = scene.within(
        f"pullRequest(number: {scene.pull.number}) {{ commits(first: 9) {{ nodes {{ commit {{"
        " oid committedViaWeb tree { oid }"
        f" author {person} authors(first: 9) {{ nodes {person} }}"
        " parents(first: 9) { nodes { oid } } signature { __typename isValid state verifiedAt"
        " ... on SshSignature { keyFingerprint } } } } } }"
    )["pullRequest"]["commits"]["nodes"]
    first, second = (node["commit"] for node in nodes)
    assert first["author"]["user"] == {"login": "anna"}
    assert [each["user"] for each in first["authors"]["nodes"]] == [{"login": "anna"}, {"login": "otto"}]
    assert first["signature"] == {
        "__typename": "SshSignature",
        "isValid": True,
        "state": "VALID",
        "verifiedAt": SSH.verified_at,
        "keyFingerprint": "SHA256:abc",
    }
    assert second["signature"] is None
    assert second["committedViaWeb"] is True
    assert second["author"]["user"] is None
    assert second["parents"]["nodes"] == [{"oid": first["oid"]}]
    assert second["tree"]["oid"] == scene.rest(f"/git/commits/{second['oid']}")["tree"]["sha"]


@pytest.mark.parametrize(
    ("text", "reason", "key", "kind"),
    [
        ("-----BEGIN PGP SIGNATURE-----", "valid", None, "GpgSignature"),
        ("-----BEGIN SIGNED MESSAGE-----", "bad_cert", None, "SmimeSignature"),
        ("?", "unknown_signature_type", None, "UnknownSignature"),
        (None, "unknown_key", "SHA256:abc", "SshSignature"),
    ],
)
def test_the_kind_of_a_signature_is_told_by_its_text_or_its_key(scene, text, reason, key, kind):
    scene.payments.verify(
        scene.head, Verification(verified=reason == "valid", reason=reason, signature=text, key=key)
    )
    shown = scene.within(
        f'object(oid: "{scene.head}") {{ ... on Commit {{ signature {{ __typename isValid }} }} }}'
    )
    assert shown["object"]["signature"] == {"__typename": kind, "isValid": reason == "valid"}


def test_expressions_lead_to_commits_files_and_folders(scene):
    fields = "{ __typename oid ... on Blob { text } }"
    names = {
        "a": "pay",
        "b": f"{scene.head}:docs/new.md",
        "c": "pay:docs",
        "d": "pay:",
        "e": "pay:gone.md",
        "f": "gone:a.py",
        "g": "f" * 40,
    }
    shown = scene.within(
        " ".join(f'{key}: object(expression: "{name}") {fields}' for key, name in names.items())
    )
    assert shown["a"] == {"__typename": "Commit", "oid": scene.head}
    assert shown["b"]["text"] == "n\n"
    assert {shown[key]["__typename"] for key in "cd"} == {"Tree"}
    assert shown["d"]["oid"] == scene.payments.git.commits[scene.head].tree
    assert [shown[key] for key in "efg"] == [None, None, None]
    again = scene.within(
        f'a: object(oid: "{shown["b"]["oid"]}") {fields} b: object(oid: "{shown["d"]["oid"]}") {fields}'
    )
    assert again["a"]["text"] == "n\n"
    assert again["b"]["__typename"] == "Tree"


def test_histories_are_compared_as_rest_compares_them(scene):
    shown = scene.within(
        'ref(qualifiedName: "refs/heads/main") { compare(headRef: "pay") {'
        " aheadBy behindBy status commits(first: 9) { nodes { oid } } } }"
        f' object(oid: "{scene.head}") {{ ... on Commit {{ history(first: 9) {{ totalCount }}'
        " associatedPullRequests(first: 9) { nodes { number } } } }"
    )
    rest = scene.rest("/compare/main...pay")
    compared = shown["ref"]["compare"]
    assert (compared["aheadBy"], compared["behindBy"]) == (rest["ahead_by"], rest["behind_by"])
    assert compared["status"] == rest["status"].upper()
    assert [node["oid"] for node in compared["commits"]["nodes"]] == [each["sha"] for each in rest["commits"]]
    assert shown["object"]["history"]["totalCount"] == 3
    assert shown["object"]["associatedPullRequests"]["nodes"] == [{"number": scene.pull.number}]


def test_a_merged_pull_request_and_one_whose_fork_is_gone(scene):
    merged = scene.payments.merge(scene.pull, scene.otto)
    scene.pull.head_repository = None
    shown = scene.within(
        f"pullRequest(number: {scene.pull.number}) {{ state merged mergedAt mergedBy {{ login }}"
        " headRepository { id } isCrossRepository"
        " mergeCommit { oid committer { name } signature { wasSignedByGitHub state } } }"
    )["pullRequest"]
    assert shown["state"] == "MERGED"
    assert shown["mergedBy"] == {"login": "otto"}
    assert shown["headRepository"] is None
    assert shown["isCrossRepository"] is True
    signed = {"wasSignedByGitHub": True, "state": "VALID"}
    assert shown["mergeCommit"] == {"oid": merged, "committer": {"name": "GitHub"}, "signature": signed}


def kinds(answer):
    return [error["type"] for error in answer["errors"]]


REPOSITORY = "query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { %s } }"


def test_a_private_repository_is_not_there_for_a_stranger(scene):
    assert kinds(scene.ask(REPOSITORY % "id", by="stranger")) == ["NOT_FOUND"]
    assert kinds(scene.ask(REPOSITORY % "id", name="other")) == ["NOT_FOUND"]


def test_nobody_is_answered_without_a_token(scene):
    status, answer = scene.send("/graphql", b'{"query": "{ viewer { login } }"}', by="nobody")
    assert status == 401
    assert "message" in answer


def test_a_token_without_permission_is_refused_in_graphql_as_in_rest(scene):
    number = scene.pull.number
    assert scene.send(f"/repos/acme/payments/pulls/{number}", by="less")[0] == 403
    assert kinds(scene.ask(REPOSITORY % f"pullRequest(number: {number}) {{ id }}", by="less")) == [
        "FORBIDDEN"
    ]
    assert kinds(scene.ask(REPOSITORY % f"issue(number: {scene.issue.number}) {{ id }}", by="less")) == [
        "FORBIDDEN"
    ]


def test_an_issue_and_a_pull_request_are_told_apart(scene):
    assert kinds(scene.ask(REPOSITORY % f"issue(number: {scene.pull.number}) {{ id }}")) == ["NOT_FOUND"]
    assert kinds(scene.ask(REPOSITORY % f"pullRequest(number: {scene.issue.number}) {{ id }}")) == [
        "NOT_FOUND"
    ]
    assert scene.within(f"issue(number: {scene.issue.number}) {{ title }}") == {"issue": {"title": "Approve"}}


def test_teams_are_seen_as_in_rest(scene):
    query = (
        '{ organization(login: "acme") { team(slug: "%s") { slug members(first: 9) { nodes { login } } } } }'
    )
    found = {"slug": "security", "members": {"nodes": [{"login": "otto"}]}}
    assert scene.ask(query % "security")["data"]["organization"]["team"] == found
    assert scene.ask(query % "hidden", by="otto")["data"]["organization"]["team"]["slug"] == "hidden"
    assert scene.ask(query % "hidden", by="anna")["data"]["organization"]["team"] is None
    assert kinds(scene.ask(query % "security", by="less")) == ["FORBIDDEN"]
    for login in ("anna", "none"):
        assert kinds(scene.ask(f'{{ organization(login: "{login}") {{ id }} }}')) == ["NOT_FOUND"]


def test_who_asks_and_what_is_left(scene):
    shown = scene.ask("{ viewer { login databaseId } rateLimit { limit remaining resetAt } }")["data"]
    assert shown["viewer"] == {"login": "github-actions[bot]", "databaseId": scene.world.actions_bot.id}
    assert shown["rateLimit"]["remaining"] == shown["rateLimit"]["limit"] - 1
    assert scene.ask("{ viewer { login } }", by="otto")["data"] == {"viewer": {"login": "otto"}}
