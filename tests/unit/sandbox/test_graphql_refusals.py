"""What GraphQL refuses: what is hidden, too much, or not in the schema."""

import pytest

from counterseal.sandbox.graphql import facts
from counterseal.sandbox.graphql.respond import respond
from unit.sandbox.told import PAYMENTS, Told, ask, refused


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
