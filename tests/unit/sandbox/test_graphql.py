"""GraphQL about a repository: refs, files, commits and histories, as GitHub answers."""

import pytest

from counterseal.sandbox.graphql import facts
from counterseal.sandbox.graphql.respond import schema
from unit.sandbox.told import TIME, WHO, Told, ask, oid, within


def test_a_repository_says_what_it_is():
    shown = within(
        "databaseId nameWithOwner isPrivate isFork url owner { login }"
        " defaultBranchRef { name target { oid } }"
    )
    assert shown["databaseId"] == 7
    assert shown["nameWithOwner"] == "acme/payments"
    assert shown["isPrivate"] is True
    assert shown["owner"] == {"login": "acme"}
    assert shown["defaultBranchRef"] == {"name": "main", "target": {"oid": oid(1)}}


def test_a_ref_is_found_in_full_or_short_and_is_null_when_there_is_none():
    fields = "{ name prefix target { __typename oid ... on Tag { name target { oid } } } }"
    shown = within(f'a: ref(qualifiedName: "refs/heads/main") {fields} b: ref(qualifiedName: "v1") {fields} '
                   f'c: ref(qualifiedName: "refs/heads/gone") {fields}')  # fmt: skip
    assert shown["a"] == {
        "name": "main",
        "prefix": "refs/heads/",
        "target": {"__typename": "Commit", "oid": oid(1)},
    }
    assert shown["b"]["prefix"] == "refs/tags/"
    assert shown["b"]["target"] == {
        "__typename": "Tag",
        "oid": oid(900),
        "name": "v1",
        "target": {"oid": oid(1)},
    }
    assert shown["c"] is None


def test_a_file_is_text_unless_it_is_binary_and_is_cut_when_it_is_long():
    fields = "... on Blob { text isBinary isTruncated byteSize }"
    paths = {"a": "a.py", "b": "b.bin", "c": "long", "d": "none"}
    shown = within(" ".join(f'{key}: object(expression: "main:{path}") {{ __typename {fields} }}'
                            for key, path in paths.items()))  # fmt: skip
    blob = {"__typename": "Blob"}
    assert shown["a"] == blob | {"text": "naïve", "isBinary": False, "isTruncated": False, "byteSize": 6}
    assert shown["b"] == blob | {"text": None, "isBinary": True, "isTruncated": False, "byteSize": 2}
    assert shown["c"]["isTruncated"] is True
    assert len(shown["c"]["text"]) < shown["c"]["byteSize"] == 600_000
    assert shown["d"] is None


PERSON = "{ name email user { login databaseId } }"


def test_a_commit_says_who_made_it_and_how_it_was_signed():
    shown = within(
        f'object(oid: "{oid(3)}") {{ ... on Commit {{ oid tree {{ oid }} messageHeadline committedViaWeb'
        f" authoredByCommitter author {PERSON} committer {PERSON}"
        f" parents(first: 5) {{ totalCount nodes {{ oid }} }}"
        f" authors(first: 5) {{ totalCount nodes {PERSON} }}"
        " signature { __typename isValid state wasSignedByGitHub verifiedAt signer { login }"
        " ... on SshSignature { keyFingerprint } ... on GpgSignature { keyId } } } }"
    )["object"]
    anna = {"name": "Anna", "email": "anna@example.com", "user": {"login": "anna", "databaseId": 11}}
    assert shown["tree"] == {"oid": oid(103)}
    assert shown["messageHeadline"] == "Pay"
    assert shown["author"] == anna
    assert shown["authoredByCommitter"] is False
    assert shown["committedViaWeb"] is True
    assert shown["parents"] == {"totalCount": 1, "nodes": [{"oid": oid(2)}]}
    assert shown["authors"]["nodes"] == [anna, {"name": "Otto", "email": "otto@x", "user": None}]
    assert shown["signature"] == {
        "__typename": "SshSignature",
        "isValid": False,
        "state": "MALFORMED_SIG",
        "wasSignedByGitHub": False,
        "verifiedAt": None,
        "signer": None,
        "keyFingerprint": "SHA256:k",
    }


def test_a_commit_of_a_bot_has_no_user_and_an_unsigned_one_no_signature():
    committer = within(f'object(oid: "{oid(3)}") {{ ... on Commit {{ committer {PERSON} }} }}')["object"][
        "committer"
    ]
    assert committer["user"] is None
    unsigned = within(f'object(oid: "{oid(1)}") {{ ... on Commit {{ signature {{ state }} }} }}')["object"]
    assert unsigned == {"signature": None}


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("valid", "VALID"),
        ("unknown_signature_type", "UNKNOWN_SIG_TYPE"),
        ("malformed_signature", "MALFORMED_SIG"),
        ("gpgverify_unavailable", "GPGVERIFY_UNAVAILABLE"),
        ("ocsp_pending", "OCSP_PENDING"),
        ("unverified_email", "UNVERIFIED_EMAIL"),
    ],
)
def test_a_reason_is_a_state_that_the_schema_knows(reason, state, monkeypatch):
    signature = facts.Signature("GpgSignature", reason, verified=False, payload="", text="", email="")
    commit = facts.Commit(oid(3), oid(1), (), "m", WHO, WHO, signature=signature)
    monkeypatch.setattr(Told, "commit", lambda *_: commit)
    shown = within(f'object(oid: "{oid(3)}") {{ ... on Commit {{ signature {{ state }} }} }}')
    assert shown["object"]["signature"]["state"] == state
    assert state in schema().get_type("GitSignatureState").values


def test_two_histories_are_compared():
    shown = within(
        'ref(qualifiedName: "main") { compare(headRef: "pay") { aheadBy behindBy status baseTarget { oid }'
        " headTarget { oid } commits(first: 9) { totalCount nodes { oid } } } }"
    )["ref"]["compare"]
    assert shown["status"] == "AHEAD"
    assert (shown["aheadBy"], shown["behindBy"]) == (2, 0)
    assert [node["oid"] for node in shown["commits"]["nodes"]] == [oid(2), oid(3)]
    assert (shown["baseTarget"]["oid"], shown["headTarget"]["oid"]) == (oid(1), oid(3))


def test_a_commit_knows_its_history_and_its_pull_requests():
    shown = within(
        f'object(oid: "{oid(3)}") {{ ... on Commit {{ history(first: 9) {{ nodes {{ oid }} }}'
        " associatedPullRequests(first: 9) { nodes { number } } } }"
    )["object"]
    assert shown["history"]["nodes"] == [{"oid": oid(3)}, {"oid": oid(1)}]
    assert shown["associatedPullRequests"]["nodes"] == [{"number": 5}]


def test_the_rate_limit_says_what_the_query_costs():
    query = """{ rateLimit { limit used remaining resetAt cost nodeCount }
      repository(owner: "acme", name: "payments") { pullRequest(number: 5) {
        commits(first: 100) { nodes { commit { parents(first: 50) { totalCount }
        authors(first: 60) { totalCount } } } } } } }"""
    assert ask(query)["data"]["rateLimit"] == {
        "limit": 5000,
        "used": 17,
        "remaining": 4983,
        "resetAt": TIME,
        "cost": 2,
        "nodeCount": 100 + 5000 + 6000,
    }


def test_a_team_is_null_when_there_is_none():
    teams = 'a: team(slug: "security") { slug } b: team(slug: "none") { slug }'
    query = f'{{ organization(login: "acme") {{ {teams} }} }}'
    assert ask(query)["data"]["organization"] == {"a": {"slug": "security"}, "b": None}
