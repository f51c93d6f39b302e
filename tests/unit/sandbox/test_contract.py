"""The contract with GitHub, itself: what the validators accept and refuse."""

import gzip
import json

import pytest

from github_api import prune
from github_api.description import apply, check_answer, check_request, description
from github_api.recording import Recording, recorded

JSON = {"content-type": "application/json; charset=utf-8"}
APPROVALS = "/repos/acme/payments/actions/runs/7/approvals"
VERDICT = {"state": "approved", "comment": "ok", "environments": [], "user": None}


def answer(path, value, *, method="GET", status=200, headers=JSON):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return check_answer(method, path, status, headers, body)


def reference(**more):
    return {
        "ref": "refs/heads/feature/x",
        "node_id": "n",
        "url": "http://127.0.0.1:1/repos/acme/payments/git/refs/heads/feature/x",
        "object": {"type": "commit", "sha": "a" * 40, "url": "http://127.0.0.1:1/c"},
    } | more


def test_an_answer_that_github_could_give_is_accepted():
    assert answer("/repos/acme/payments/git/ref/heads/feature/x", reference()).name == (
        "GET /repos/{owner}/{repo}/git/ref/{ref}"
    )


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (reference(invented=True), "invented"),
        ({key: value for key, value in reference().items() if key != "object"}, '"object" is a required'),
        (reference(object={"type": "commit", "sha": "a", "url": "http://127.0.0.1:1/c"}), "/object/sha"),
        (reference(object={"type": "commit", "sha": "a" * 40, "url": "http://h/c", "mine": 1}), "mine"),
        (reference(ref=None), "/ref"),
        (reference(url="not an address"), "/url"),
        ([reference()], "/"),
        (b"<html>", "not JSON"),
    ],
)
def test_an_answer_that_github_would_not_give_is_refused(value, where):
    with pytest.raises(AssertionError, match=where):
        answer("/repos/acme/payments/git/ref/heads/feature/x", value)


def test_a_key_that_only_one_kind_of_a_union_has_is_accepted_with_that_kind_alone():
    rule = {"type": "deletion", "ruleset_source_type": "Repository", "ruleset_source": "a/b", "ruleset_id": 1}
    answer("/repos/acme/payments/rules/branches/main", [rule])
    with pytest.raises(AssertionError, match="parameters"):
        answer("/repos/acme/payments/rules/branches/main", [rule | {"parameters": {"mine": 1}}])


def test_a_nullable_value_may_be_null_and_another_may_not():
    team = {"permission": "write", "role_name": "write", "user": None}
    answer("/repos/acme/payments/collaborators/anna/permission", team)
    with pytest.raises(AssertionError, match="/role_name"):
        answer("/repos/acme/payments/collaborators/anna/permission", team | {"role_name": None})


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429])
def test_a_refusal_needs_a_message_in_an_object_and_no_description_of_its_own(status):
    answer("/repos/acme/payments/pulls/1", {"message": "no", "documentation_url": "d"}, status=status)
    with pytest.raises(AssertionError):
        answer("/repos/acme/payments/pulls/1", ["no"], status=status)


def test_a_status_that_is_never_given_is_refused():
    with pytest.raises(AssertionError, match="never answers 202"):
        answer("/repos/acme/payments/git/ref/heads/main", reference(), status=202)


def test_an_unavailable_service_may_answer_anything():
    assert answer("/repos/acme/payments/git/ref/heads/main", b"<html>", status=502, headers={})


def test_an_answer_without_content_has_none():
    path = "/repos/acme/payments/actions/runs/7/deployment_protection_rule"
    assert check_answer("POST", path, 204, {}, b"")
    with pytest.raises(AssertionError, match="no body"):
        check_answer("POST", path, 204, {}, b"{}")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"content-type": "text/html"}, "text/html"),
        ({}, "''"),
        (JSON | {"X-RateLimit-Remaining": "many"}, "x-ratelimit-remaining"),
        (JSON | {"Retry-After": "soon"}, "retry-after"),
        (JSON | {"Link": "<http://127.0.0.1/x?page=2>; rel=next"}, "link"),
        (JSON | {"Link": '<http://127.0.0.1/x?page=2>; rel="more"'}, "link"),
    ],
)
def test_a_header_that_github_would_not_give_is_refused(headers, said):
    with pytest.raises(AssertionError, match=said):
        answer("/repos/acme/payments/git/ref/heads/main", reference(), headers=headers)


def test_links_to_other_pages_are_accepted():
    link = '<http://127.0.0.1:1/x?page=2&per_page=1>; rel="next", <http://127.0.0.1:1/x?page=9>; rel="last"'
    assert answer("/repos/acme/payments/git/ref/heads/main", reference(), headers=JSON | {"Link": link})


def test_an_operation_that_github_has_not_is_refused():
    with pytest.raises(AssertionError, match="no operation"):
        check_request("GET", "/repos/acme/payments/approvers")
    with pytest.raises(AssertionError, match="no operation"):
        check_request("DELETE", "/repos/acme/payments/pulls/1")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/repos/a/b/contents/src/deep/er.py", "/repos/{owner}/{repo}/contents/{path}"),
        ("/repos/a/b/compare/main...feature/x", "/repos/{owner}/{repo}/compare/{basehead}"),
        ("/repos/a/b/commits/feature/x", "/repos/{owner}/{repo}/commits/{ref}"),
        ("/repos/a/b/commits/feature/x/check-runs", "/repos/{owner}/{repo}/commits/{ref}/check-runs"),
        ("/repos/a/b/rules/branches/release/1", "/repos/{owner}/{repo}/rules/branches/{branch}"),
        ("/repos/a/b/environments/pro%2Fduction", "/repos/{owner}/{repo}/environments/{environment_name}"),
        ("/repos/a/b/rulesets/rule-suites", "/repos/{owner}/{repo}/rulesets/rule-suites"),
    ],
)
def test_a_path_finds_its_operation_also_with_slashes_in_it(path, name):
    assert check_request("GET", path).template == name


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/repos/a/b/pulls/one", "", "pull_number"),
        ("/repos/a/b/pulls", "status=open", "no query parameter status"),
        ("/repos/a/b/pulls", "state=merged", "state='merged'"),
        ("/repos/a/b/pulls", "per_page=many", "per_page"),
        ("/search/issues", "per_page=1", r"missing: \['q'\]"),
    ],
)
def test_a_parameter_that_github_would_not_take_is_refused(path, query, said):
    with pytest.raises(AssertionError, match=said):
        check_request("GET", path, query)


def test_parameters_that_github_takes_are_accepted():
    assert check_request("GET", "/repos/a/b/pulls", "state=all&per_page=100&page=2&head=a%3Afeature%2Fx")
    assert check_request("GET", "/repos/a/b/actions/runs/7", "exclude_pull_requests=true")
    assert check_request("GET", "/repos/a/b/actions/workflows/release.yml")


ANNOTATION = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/repos/a/b/issues/1/comments", None, "body is required"),
        ("POST", "/repos/a/b/issues/1/comments", {}, '"body" is a required'),
        ("POST", "/repos/a/b/issues/1/comments", {"body": "x", "marker": "y"}, "marker"),
        (
            "POST",
            "/repos/a/b/actions/runs/7/pending_deployments",
            {"environment_ids": [1], "state": "ok"},
            "comment",
        ),
        (
            "PATCH",
            "/repos/a/b/check-runs/7",
            {"output": {"summary": "s", "annotations": [ANNOTATION] * 51}},
            "annotations",
        ),
        ("PUT", "/repos/a/b/environments/live", {"can_admins_bypass": False}, "can_admins_bypass"),
        ("GET", "/repos/a/b/pulls/1", {"x": 1}, "takes no body"),
    ],
)
def test_a_body_that_github_would_not_take_is_refused(method, path, body, said):
    with pytest.raises(AssertionError, match=said):
        check_request(method, path, "", None if body is None else json.dumps(body).encode())


def test_a_body_that_github_takes_is_accepted():
    body = {"output": {"title": "t", "summary": "s", "annotations": [ANNOTATION] * 50}}
    assert check_request("PATCH", "/repos/a/b/check-runs/7", "", json.dumps(body).encode())


def test_tokens_of_apps_may_not_review_deployments():
    path = "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments"
    apps = {each.name: each.for_apps for each in description().operations}
    assert apps[f"GET {path}"]
    assert not apps[f"POST {path}"]


@pytest.mark.parametrize("name", ["overlay.json", "webhooks-overlay.json"])
def test_what_the_descriptions_lack_has_a_source(name):
    patches = json.loads((prune.HERE / name).read_text())
    assert patches
    assert all(len(each["source"]) > 20 for each in patches)


def test_what_the_live_interface_has_beside_the_description_is_known():
    known = description().document["components"]["schemas"]["environment"]["properties"]
    assert known["can_admins_bypass"] == {"type": "boolean"}


def test_an_overlay_that_the_description_has_caught_up_with_is_refused():
    document = {"a~b": {"c/d": [{"known": 1}]}}
    place = "/a~0b/c~1d/0"
    apply(document, {"at": place, "add": {"new": 2}})
    apply(document, {"at": place, "add": {"known": 3}, "was": {"known": 1}})
    assert document == {"a~b": {"c/d": [{"known": 3, "new": 2}]}}
    with pytest.raises(LookupError, match="expects"):
        apply(document, {"at": place, "add": {"known": 4}})
    with pytest.raises(LookupError, match="expects"):
        apply(document, {"at": place, "add": {"known": 4}, "was": {"known": 1}})
    with pytest.raises(LookupError):
        apply(document, {"at": "/none", "add": {}})


def test_pruning_leaves_names_and_what_is_needed_and_nothing_for_readers():
    schema = {
        "type": "object",
        "description": "d",
        "properties": {"description": {"type": "string", "example": 1}},
    }
    whole = {
        "openapi": "3.0.3",
        "info": {"version": "1", "description": "d"},
        "paths": {
            "/a": {
                "get": {"summary": "s", "responses": {"200": {"$ref": "#/components/responses/r"}}},
                "post": {},
            },
            "/b": {"get": {}},
        },
        "components": {
            "responses": {
                "r": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/s"}}}}
            },
            "schemas": {"s": schema, "unused": {}},
        },
    }
    pruned = prune.prune(whole, ["GET /a"])
    assert pruned["paths"] == {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/r"}}}}}
    assert pruned["components"]["schemas"] == {
        "s": {"type": "object", "properties": {"description": {"type": "string"}}}
    }
    assert pruned["info"] == {"version": "1"}
    with pytest.raises(LookupError, match="GET /c"):
        prune.prune(whole, ["GET /c"])


def test_the_same_description_gives_the_same_bytes_and_says_where_it_is_from():
    stored = prune.OPENAPI.read_bytes()
    document = json.loads(gzip.decompress(stored))
    assert json.loads(gzip.decompress(prune.pack(document))) == document
    assert prune.pack(document) == prune.pack(document)
    assert document["x-source"]["package"] == "@octokit/openapi"
    assert document["x-source"]["version"] == "23.0.2"
    assert len(document["x-source"]["sha256"]) == 64


def test_every_operation_of_the_list_is_in_the_description_and_no_other():
    assert {each.name for each in description().operations} == set(prune.lines(prune.OPERATIONS))


class Server:
    """What the recording needs of a sandbox."""

    def __init__(self):
        self.observers = []

    def pass_through(self, *call):
        for observer in list(self.observers):
            observer(*call)


def test_a_recording_raises_at_its_end_what_was_wrong_in_either_direction():
    server = Server()
    good = json.dumps([VERDICT | {"invented": 1}]).encode()
    block = recorded(server)
    traffic = block.__enter__()
    server.pass_through("GET", APPROVALS, "", b"", 200, JSON, good)
    server.pass_through("GET", "/repos/a/b/pulls", "state=merged", b"", 200, JSON, b"[]")
    with pytest.raises(AssertionError, match="invented") as caught:
        block.__exit__(None, None, None)
    assert "state='merged'" in str(caught.value)
    assert [call.path for call in traffic.calls] == [APPROVALS, "/repos/a/b/pulls"]
    assert server.observers == []


def test_a_recording_does_not_judge_again_a_request_that_was_refused_as_wrong():
    server = Server()
    with recorded(server) as traffic:
        refusal = b'{"message": "Validation Failed", "documentation_url": "d"}'
        server.pass_through("POST", "/repos/a/b/issues/1/comments", "", b"{}", 422, JSON, refusal)
    assert traffic.operations == set()


def test_a_recording_takes_graphql_answers_in_their_frame_alone():
    recording = Recording()
    recording("POST", "/graphql", "", b"{}", 200, JSON, b'{"data": {}}')
    recording("POST", "/graphql", "", b"{}", 401, JSON, b'{"message": "Bad credentials"}')
    recording.assert_sound()
    recording("POST", "/graphql", "", b"{}", 200, JSON, b'{"result": 1}')
    with pytest.raises(AssertionError, match="neither data nor errors"):
        recording.assert_sound()
