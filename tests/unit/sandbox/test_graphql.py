"""The GraphQL interface over told facts: shapes, pages, limits and refusals."""
# ruff: noqa: ARG002  (a told world has the whole interface, and needs little of it)

import json

import graphql
import pytest

from counterseal.clients.github import queries
from counterseal.sandbox.graphql import facts
from counterseal.sandbox.graphql.connections import cursor
from counterseal.sandbox.graphql.respond import respond, schema
from github_api import prune_graphql

ANNA = facts.Person("User", 11, "anna", "http://127.0.0.1:1/anna", "Anna", "anna@example.com")
BOT = facts.Person("Bot", 12, "renovate[bot]", "http://127.0.0.1:1/apps/renovate")
ACME = facts.Person("Organization", 1, "acme", "http://127.0.0.1:1/acme")
REPOSITORY = facts.Repository(7, ACME, "payments", "http://127.0.0.1:1/acme/payments", "main", private=True)
FORK = facts.Repository(8, ANNA, "payments", "http://127.0.0.1:1/anna/payments", "main", fork=True)
TIME = "2026-11-24T10:00:00Z"


PAYMENTS = 'repository(owner: "acme", name: "payments")'


def oid(number):
    return f"{number:040x}"


def remark(number, author=ANNA, **more):
    return facts.Remark(number, author, f"text {number}", TIME, TIME, f"http://127.0.0.1:1/{number}", **more)


SIGNATURE = facts.Signature(
    "SshSignature",
    "malformed_signature",
    verified=False,
    payload="p",
    text="s",
    email="anna@example.com",
    key="SHA256:k",
)
WHO = facts.Identity("Anna", "anna@example.com", TIME, ANNA)
MACHINE = facts.Identity("renovate", "renovate@example.com", TIME, BOT)
COMMIT = facts.Commit(
    oid(3),
    oid(103),
    (oid(2),),
    "Pay\n\nlater",
    WHO,
    MACHINE,
    (facts.Identity("Otto", "otto@x"),),
    SIGNATURE,
    via_web=True,
)
PULL = facts.Pull(
    facts.Issue(5, remark(50), "Pay"),
    ("main", oid(1)),
    ("pay", oid(3)),
    FORK,
    merged_at=TIME,
    merged_by=BOT,
    merge_commit=oid(3),
)
REVIEWS = [
    facts.Review(remark(90, None), "APPROVED", None, TIME),
    facts.Review(
        remark(91, ANNA, edited_at=TIME, editor=BOT),
        "DISMISSED",
        oid(3),
        TIME,
        (facts.Team(4, "acme", "security", "Security", (ANNA,)),),
        pusher=True,
    ),
]


class Told:
    """A world that was told what it answers."""

    def __init__(self, *permissions, viewer=ANNA):
        self.permissions = permissions or ("contents", "pull_requests", "issues", "members")
        self.account = viewer
        self.made = []

    def viewer(self):
        return self.account

    def allowance(self):
        return facts.Allowance(5000, 17, TIME)

    def may(self, permission):
        return permission in self.permissions

    def wrote(self, author):
        return author == self.account

    def organization(self, login):
        return ACME if login == "acme" else None

    def team(self, organization, slug):
        return facts.Team(4, organization, slug, "Security", (ANNA,)) if slug == "security" else None

    def repository(self, owner, name):
        return REPOSITORY if (owner, name) == ("acme", "payments") else None

    def tip(self, repository, ref):
        return {"refs/heads/main": oid(1), "refs/tags/v1": oid(900)}.get(ref)

    def object(self, repository, expression):
        known = {oid(number): ("commit", oid(number)) for number in range(400)}
        known |= {
            "main:a.py": ("blob", oid(501)),
            "main:b.bin": ("blob", oid(502)),
            "main:long": ("blob", oid(503)),
        }
        return (
            known | {oid(900): ("tag", oid(900)), "main": ("commit", oid(1)), "pay": ("commit", oid(3))}
        ).get(expression)

    def commit(self, repository, name):
        self.made.append(name)
        return COMMIT if name == oid(3) else facts.Commit(name, oid(100), (), "m", WHO, WHO)

    def tag(self, repository, name):
        return facts.Tag(name, "v1", "first", oid(1), WHO)

    def blob(self, repository, name):
        return {oid(501): "naïve".encode(), oid(502): b"\0\1", oid(503): b"x" * 600_000}[name]

    def history(self, repository, name):
        return [name, oid(1)]

    def between(self, repository, base, head):
        return {(oid(1), oid(3)): [oid(2), oid(3)], (oid(3), oid(1)): []}[base, head]

    def pull(self, repository, number):
        return PULL if number == 5 else None

    def pulls_of(self, repository, name):
        return [PULL]

    def pull_commits(self, repository, number):
        return [oid(each) for each in range(1, 261)]

    def files(self, repository, number):
        return [facts.File("a.py", "removed", 0, 3), facts.File("b.py", "renamed", 1, 1)]

    def reviews(self, repository, number):
        return REVIEWS

    def issue(self, repository, number):
        return facts.Issue(6, remark(60), "Approve", TIME) if number == 6 else None

    def comments(self, repository, number):
        return [remark(70, BOT), remark(71, edited_at=TIME, editor=ANNA)]


def ask(query, told=None, **variables):
    status, answer = respond(told or Told(), json.dumps({"query": query, "variables": variables}).encode())
    assert status == 200
    return json.loads(json.dumps(answer))


def within(selection, told=None):
    answer = ask('{ repository(owner: "acme", name: "payments") { ' + selection + " } }", told)
    assert "errors" not in answer, answer
    return answer["data"]["repository"]


def refused(query, told=None):
    return ask(query, told)["errors"]


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


def test_a_pull_request_says_where_it_comes_from_and_how_it_ended():
    shown = within(
        "pullRequest(number: 5) { number databaseId fullDatabaseId state merged closed isDraft title body"
        " baseRefName baseRefOid headRefName headRefOid isCrossRepository"
        " headRepository { databaseId isFork }"
        " baseRepository { databaseId } author { login __typename ... on User { databaseId } }"
        " mergedBy { __typename login ... on Bot { databaseId } } mergeCommit { oid } changedFiles }"
    )["pullRequest"]
    assert shown == {
        "number": 5,
        "databaseId": 50,
        "fullDatabaseId": "50",
        "state": "MERGED",
        "merged": True,
        "closed": False,
        "isDraft": False,
        "title": "Pay",
        "body": "text 50",
        "baseRefName": "main",
        "baseRefOid": oid(1),
        "headRefName": "pay",
        "headRefOid": oid(3),
        "isCrossRepository": True,
        "headRepository": {"databaseId": 8, "isFork": True},
        "baseRepository": {"databaseId": 7},
        "author": {"login": "anna", "__typename": "User", "databaseId": 11},
        "mergedBy": {"__typename": "Bot", "login": "renovate", "databaseId": 12},
        "mergeCommit": {"oid": oid(3)},
        "changedFiles": 2,
    }


def test_commits_are_paged_to_the_end_beyond_the_cap_of_rest_and_only_the_page_is_read():
    told, after, seen = Told(), None, []
    query = """query ($after: String) { repository(owner: "acme", name: "payments") { pullRequest(number: 5) {
      commits(first: 100, after: $after) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { commit { oid } } } } } }"""
    for _ in range(3):
        page = ask(query, told, after=after)["data"]["repository"]["pullRequest"]["commits"]
        assert page["totalCount"] == 260
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [node["commit"]["oid"] for node in page["nodes"]]
        assert told.made == seen
        after = page["pageInfo"]["endCursor"]
    assert seen == [oid(number) for number in range(1, 261)]
    assert page["pageInfo"]["hasNextPage"] is False


def test_an_empty_page_has_no_cursors():
    after = cursor(260)
    page = within(
        f'pullRequest(number: 5) {{ commits(first: 9, after: "{after}") {{ nodes {{ id }}'
        " pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"
    )["pullRequest"]["commits"]
    assert page["nodes"] == []
    expected = {"startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": True}
    assert page["pageInfo"] == expected


def test_reviews_say_what_rest_does_not():
    nodes = within(
        "pullRequest(number: 5) { reviews(first: 9) { totalCount nodes { fullDatabaseId state"
        " author { login }"
        " commit { oid } submittedAt lastEditedAt editor { login } includesCreatedEdit"
        " authorCanPushToRepository viewerDidAuthor"
        " onBehalfOf(first: 9) { nodes { combinedSlug members(first: 9) { nodes { login } } } } } } }"
    )["pullRequest"]["reviews"]["nodes"]
    lost, edited = nodes
    assert lost["author"] is None
    assert lost["commit"] is None
    assert lost["viewerDidAuthor"] is False
    assert edited["state"] == "DISMISSED"
    assert edited["commit"] == {"oid": oid(3)}
    assert edited["editor"] == {"login": "renovate"}
    assert edited["includesCreatedEdit"] is True
    assert edited["authorCanPushToRepository"] is True
    assert edited["viewerDidAuthor"] is True
    assert edited["onBehalfOf"]["nodes"] == [
        {"combinedSlug": "acme/security", "members": {"nodes": [{"login": "anna"}]}}
    ]


def test_reviews_can_be_narrowed_to_states():
    shown = within(
        "pullRequest(number: 5) { reviews(first: 9, states: [APPROVED]) { totalCount nodes { state } } }"
    )
    assert shown["pullRequest"]["reviews"] == {"totalCount": 1, "nodes": [{"state": "APPROVED"}]}


def test_files_say_what_happened_to_them_in_the_words_of_graphql():
    shown = within(
        "pullRequest(number: 5) { files(first: 9) { nodes { path changeType additions deletions } } }"
    )
    assert shown["pullRequest"]["files"]["nodes"] == [
        {"path": "a.py", "changeType": "DELETED", "additions": 0, "deletions": 3},
        {"path": "b.py", "changeType": "RENAMED", "additions": 1, "deletions": 1},
    ]


def test_comments_belong_to_an_issue_and_perhaps_to_a_pull_request():
    fields = (
        "comments(first: 9) { nodes { fullDatabaseId lastEditedAt issue { number } pullRequest { number } } }"
    )
    shown = within(f"issue(number: 6) {{ state closed {fields} }} pullRequest(number: 5) {{ {fields} }}")
    assert shown["issue"]["state"] == "CLOSED"
    assert shown["issue"]["comments"]["nodes"][0] == {
        "fullDatabaseId": "70",
        "lastEditedAt": None,
        "issue": {"number": 6},
        "pullRequest": None,
    }
    edited = shown["pullRequest"]["comments"]["nodes"][1]
    assert edited == {
        "fullDatabaseId": "71",
        "lastEditedAt": TIME,
        "issue": {"number": 5},
        "pullRequest": {"number": 5},
    }


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


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('repository(owner: "acme", name: "x") { id }', "a Repository with the name 'acme/x'"),
        ('organization(login: "x") { id }', "an Organization with the login of 'x'"),
        (f"{PAYMENTS} {{ pullRequest(number: 6) {{ id }} }}", "a PullRequest with the number of 6"),
        (f"{PAYMENTS} {{ issue(number: 5) {{ id }} }}", "an Issue with the number of 5"),
    ],
)
def test_what_is_not_there_or_hidden_is_not_found_beside_the_data_that_is(query, said):
    answer = ask(f"{{ {query} }}")
    assert "data" in answer
    (error,) = answer["errors"]
    assert error["type"] == "NOT_FOUND"
    assert said in error["message"]
    assert error["path"][0] in {"repository", "organization"}
    assert error["locations"][0]["line"] == 1


@pytest.mark.parametrize(
    ("lacking", "selection"),
    [
        ("pull_requests", "pullRequest(number: 5) { id }"),
        ("issues", "issue(number: 6) { id }"),
        ("contents", 'object(expression: "main") { id }'),
        ("contents", 'ref(qualifiedName: "main") { id }'),
    ],
)
def test_a_token_without_permission_is_refused_there_and_nowhere_else(lacking, selection):
    told = Told(*({"contents", "pull_requests", "issues", "members"} - {lacking}))
    answer = ask('{ repository(owner: "acme", name: "payments") { databaseId ' + selection + " } }", told)
    assert answer["data"]["repository"]["databaseId"] == 7
    assert [error["type"] for error in answer["errors"]] == ["FORBIDDEN"]


def test_an_installation_asks_as_its_bot_and_sees_teams_only_with_permission():
    told = Told(
        "contents", viewer=facts.Person("User", 12, "renovate[bot]", "http://127.0.0.1:1/apps/renovate")
    )
    query = '{ organization(login: "acme") { team(slug: "security") { id } } }'
    assert [error["type"] for error in refused(query, told)] == ["FORBIDDEN"]
    assert ask("{ viewer { login databaseId } }", told)["data"]["viewer"] == {
        "login": "renovate[bot]",
        "databaseId": 12,
    }
    assert ask("{ viewer { login } }")["data"] == {"viewer": {"login": "anna"}}


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(first: -1)", "ARGUMENT_ERROR"),
        ('(first: 1, after: "x")', "INVALID_CURSOR_ARGUMENTS"),
        ('(first: 1, after: "bm9uZQ==")', "INVALID_CURSOR_ARGUMENTS"),
        ('(first: 1, after: "Y3Vyc29yOnYyOi01")', "INVALID_CURSOR_ARGUMENTS"),
        ('(first: 1, after: "NQ==")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_a_page_must_be_stated_and_within_bounds(arguments, kind):
    query = f"{{ {PAYMENTS} {{ pullRequest(number: 5) {{ commits{arguments} {{ totalCount }} }} }} }}"
    assert [error["type"] for error in refused(query)] == [kind]


def test_a_query_for_too_many_nodes_is_refused_before_it_is_answered():
    told = Told()
    fragment = (
        "fragment more on Commit { history(first: 100) { nodes { parents(first: 100) { totalCount } } } }"
    )
    query = (
        fragment
        + """ query ($size: Int = 100) { repository(owner: "acme", name: "payments") {
      pullRequest(number: 5) { commits(first: $size) { nodes { commit { ...more } } } } } }"""
    )
    (error,) = refused(query, told)
    assert error["type"] == "MAX_NODE_LIMIT_EXCEEDED"
    assert "1,010,100 possible nodes" in error["message"]
    assert told.made == []
    assert "errors" not in ask(query, told, size=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "A query attribute must be specified"),
        (b'{"query": "{"}', "Syntax Error"),
        (b'{"query": "{ repository { id } }"}', "of type 'String!' is required"),
        (b'{"query": "{ approvers }"}', "Cannot query field 'approvers'"),
        (b'{"query": "mutation { addComment { id } }"}', "mutation"),
        (b'{"query": "query a { id } query b { id }"}', "No such operation"),
        (b'{"query": "query ($a: Boolean!) { rateLimit(dryRun: $a) { cost } }"}', "'$a'"),
    ],
)
def test_a_request_that_the_schema_does_not_allow_has_no_data(body, said):
    status, answer = respond(Told(), body)
    assert status == 200
    assert "data" not in answer
    assert said in answer["errors"][0]["message"]


def test_a_body_that_is_not_json_is_a_bad_request():
    status, answer = respond(Told(), b"query")
    assert status == 400
    assert answer["message"] == "Problems parsing JSON"


INTERFACES = {"Actor", "Comment", "GitObject", "GitSignature", "Node", "RepositoryOwner"}


def whole_schema():
    """A schema of which something must be left out, in the manner of GitHub's."""
    parts = []
    for name, fields in prune_graphql.KEPT.items():
        kind = (
            "interface"
            if name in {"Actor", "Comment", "GitObject", "GitSignature", "Node", "RepositoryOwner"}
            else "type"
        )
        lines = [
            f'  "about it"\n  {field}(orderBy: String): String!'
            for field in [*dict.fromkeys(fields.split()), "more"]
        ]
        parts.append(f"{kind} {name} {{\n" + "\n".join(lines) + "\n}")
    return "\n".join([*parts, "type Secret { id: ID! }"])


def test_pruning_the_schema_changes_nothing_but_leaves_out():
    pruned = graphql.build_schema(prune_graphql.prune(whole_schema()), assume_valid=True)
    assert "Secret" not in pruned.type_map
    for name, fields in prune_graphql.KEPT.items():
        kept = pruned.type_map[name].fields
        assert set(kept) == set(fields.split())
        assert {str(field.type) for field in kept.values()} == {"String!"}
        assert {argument for field in kept.values() for argument in field.args} == set()
        assert {field.description for field in kept.values()} == {None}


def test_a_field_that_github_has_not_cannot_be_kept(monkeypatch):
    source = whole_schema()
    monkeypatch.setitem(prune_graphql.KEPT, "Ref", "id approvers")
    with pytest.raises(LookupError, match="Ref has no field approvers"):
        prune_graphql.prune(source)


def test_a_type_that_is_needed_must_be_served():
    source = whole_schema().replace("combinedSlug(orderBy: String): String!", "combinedSlug: Secret!")
    with pytest.raises(LookupError, match="not served, but needed: Secret"):
        prune_graphql.prune(source)


def test_the_schema_says_where_it_is_from_and_holds():
    text = prune_graphql.SCHEMA.read_text()
    assert prune_graphql.DIGEST in text.splitlines()[2]
    assert f"@octokit/graphql-schema {prune_graphql.VERSION}" in text
    assert graphql.validate_schema(schema()) == []
    served = {name: set(schema().type_map[name].fields) for name in prune_graphql.KEPT}
    assert served == {name: set(fields.split()) for name, fields in prune_graphql.KEPT.items()}


QUERIES = {name: text for name, text in vars(queries).items() if name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_of_the_client_is_one_that_github_knows(name):
    assert graphql.validate(schema(), graphql.parse(QUERIES[name])) == []


def test_there_are_queries_of_the_client():
    assert len(QUERIES) > 5
