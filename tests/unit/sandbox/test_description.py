"""Every endpoint of the sandbox, walked in a rich world: each request and answer must be GitHub's.

An endpoint that the walk does not reach fails the test, and so does one that GitHub has not.
"""

import json
import re
import urllib.error
import urllib.request

import pytest

from counterseal.sandbox import route
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.things import RuleSuite, Verification
from counterseal.sandbox.world import World
from github_api.description import description
from github_api.recording import Recording

ALL = dict.fromkeys(
    ["actions", "administration", "checks", "contents", "deployments", "issues", "members", "pull_requests"],
    "write",
)
PAYMENTS = "/repos/acme/payments"
SSH = Verification(
    verified=True,
    reason="valid",
    verified_at="2026-11-24T09:00:00Z",
    signature="-----BEGIN SSH SIGNATURE-----",
    payload="tree",
)
PULL_REQUEST_RULE = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": True,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": False,
    },
}
CHECK_RULE = {
    "type": "required_status_checks",
    "parameters": {
        "required_status_checks": [{"context": "branch-policy", "integration_id": 15368}],
        "strict_required_status_checks_policy": True,
    },
}
EVALUATION = {
    "rule_source": {"type": "ruleset", "id": 2, "name": "main"},
    "enforcement": "active",
    "result": "fail",
    "rule_type": "pull_request",
}


class Walk:
    """A rich world, and requests to its sandbox, all of which are recorded."""

    def __init__(self):
        self.world = world = World()
        self.acme = world.organisation("acme")
        self.anna, self.otto, self.gone = world.user("anna"), world.user("otto"), world.user("gone")
        self.security = world.team(
            self.acme, "security", [self.otto], parent=world.team(self.acme, "everybody", [self.anna])
        )
        self.repository = world.repository("acme/payments")
        self.fork = world.repository("anna/payments", private=False, fork_of=self.repository)
        self.repository.roles |= {self.anna.id: "write", self.otto.id: "maintain"}
        self.history()
        self.talk()
        self.operations()
        self.tokens = {
            "app": world.token(world.actions_bot, app=15368, permissions=ALL),
            "otto": world.token(self.otto),
            "anna": world.token(self.anna),
        }
        self.sandbox = Sandbox(world)
        self.recording = Recording()
        self.sandbox.observers.append(self.recording)
        self.reached = set()

    def history(self):
        made = self.repository
        self.first = made.commit(
            "main", {"a.py": "1\n", "docs/b.md": "b\n"}, self.anna, "First", verification=SSH
        )
        self.tag = made.tag("v1", self.first, self.anna)
        made.commit(
            "pay/one",
            {"a.py": "2\n", "new.py": "n\n", "docs/b.md": None},
            self.anna,
            "Pay",
            co_authors=[self.otto],
        )
        self.head = made.commit(
            "pay/one", {"a.py": "3\n"}, self.gone, "More", via_web=True, email="who@example.org"
        )
        made.commit("late", {"c.py": "c\n"}, self.world.bot("dependabot[bot]"), "Bump")
        self.fork.commit("main", {"f.py": "f\n"}, self.anna, "Fork")
        made.push("scratch", self.first, self.anna)
        made.move("refs/heads/scratch", None, self.anna)
        rules = [PULL_REQUEST_RULE, CHECK_RULE, {"type": "deletion"}, {"type": "non_fast_forward"}]
        bypass = {"actor_id": self.security.id, "actor_type": "Team", "bypass_mode": "always"}
        made.ruleset("main", rules, bypass=[bypass])
        suite = RuleSuite(
            91,
            self.anna,
            "refs/heads/main",
            self.first,
            self.head,
            "2026-11-24T09:00:00Z",
            "bypass",
            [EVALUATION],
        )
        made.rule_suites.append(suite)

    def talk(self):
        made = self.repository
        self.issue = made.open_issue(self.otto, "Approve", "please", labels=["release"])
        self.pull = made.open_pull("pay/one", "main", self.anna, "Pay", "body")
        merged = made.open_pull("late", "main", self.world.bot("renovate[bot]"), "Bump", draft=True)
        made.merge(merged, self.otto, "squash")
        self.foreign = made.open_pull("main", "main", self.anna, "From a fork", head_repository=self.fork)
        self.orphan = made.open_pull("main", "main", self.gone, "From nowhere", head_repository=self.fork)
        self.review = made.review(self.pull, self.otto, "APPROVED", "fine")
        made.review(self.pull, self.gone, "CHANGES_REQUESTED")
        self.comment = made.comment(self.pull, self.gone, "/approve")
        made.edit(made.comment(self.issue, self.otto, "first"), self.anna, "second")

    def operations(self):
        made = self.repository
        live = made.environment("production", [self.otto, self.security], branches="protected")
        made.environment("test", admins_can_bypass=None, prevent_self_review=False)
        self.waiting = made.run("release.yml", self.head, self.anna, waiting_for=[live])
        self.live = live
        self.done = made.run("release.yml", self.head, self.anna, event="workflow_dispatch")
        made.rerun(self.done, self.otto)
        made.review_run(self.done, self.otto, [live], comment="ok")

    def lose(self):
        """Let an account and a fork go."""
        self.gone.deleted = True
        self.orphan.head_repository = None

    def ask(self, method, path, body=None, *, by="app", accept="application/vnd.github+json"):
        found = route.find(method, path.partition("?")[0])
        assert found, f"{method} {path}: no endpoint"
        self.reached.add(found[0])
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.sandbox.url + path, data, method=method)
        request.add_header("authorization", f"Bearer {self.tokens[by]}")
        request.add_header("accept", accept)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text and "json" in answer.headers[
                    "content-type"
                ] else text
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def right(self, method, path, body=None, **how):
        status, answer = self.ask(method, path, body, **how)
        assert status < 300, (method, path, status, answer)
        return answer


@pytest.fixture
def walk():
    made = Walk()
    with made.sandbox:
        yield made
    made.world.close()


READS = """
/user|otto /users/anna /user/{anna} /rate_limit /orgs/acme/teams/security
/orgs/acme/teams/everybody/members /orgs/acme/teams/security/memberships/otto {r}
{r}/collaborators/anna/permission {r}/codeowners/errors /repos/anna/payments {r}/branches/main
{r}/branches/pay/one {r}/git/ref/heads/pay/one {r}/git/ref/tags/v1 {r}/git/matching-refs/heads
{r}/git/commits/{head} {r}/git/trees/{head} {r}/git/blobs/{blob} {r}/contents/docs/b.md?ref=v1
{r}/contents/a.py {r}/commits?sha=pay/one&per_page=1 {r}/commits?sha=pay/one&per_page=1&page=2
{r}/commits/{head} {r}/commits/pay/one {r}/commits/{head}/pulls {r}/commits/{head}/check-runs
{r}/compare/main...pay/one {r}/compare/main...main {r}/compare/main...pay/one?per_page=1&page=2
{r}/compare/pay/one...main {r}/activity?per_page=2 {r}/activity?ref=main&activity_type=push
{r}/pulls?state=all {r}/pulls?head=acme:pay/one&base=main {r}/pulls/{pull} {r}/pulls/{foreign}
{r}/pulls/{merged} {r}/pulls/{pull}/commits {r}/pulls/{pull}/files {r}/pulls/{pull}/reviews
{r}/issues?state=all {r}/issues?labels=release {r}/issues/{issue} {r}/issues/{pull}
{r}/issues/{pull}/comments {r}/issues/{issue}/comments {r}/issues/comments/{comment}
{r}/actions/runs?status=waiting {r}/actions/runs/{waiting} {r}/actions/runs/{done}
{r}/actions/runs/{done}/attempts/1 {r}/actions/runs/{done}/approvals
{r}/actions/runs/{waiting}/pending_deployments|otto {r}/environments {r}/environments/production
{r}/environments/test {r}/environments/production/deployment_protection_rules
{r}/actions/permissions/workflow {r}/deployments {r}/rules/branches/main {r}/rulesets
{r}/rulesets/{ruleset} {r}/rulesets/{ruleset}|anna {r}/rulesets/rule-suites
{r}/rulesets/rule-suites/91
"""


def places(walk):
    made = walk.repository
    return {
        "r": PAYMENTS,
        "anna": walk.anna.id,
        "head": walk.head,
        "blob": made.git.commits[walk.head].files["a.py"],
        "pull": walk.pull.number,
        "foreign": walk.foreign.number,
        "merged": walk.pull.number + 1,
        "issue": walk.issue.number,
        "comment": walk.comment.id,
        "waiting": walk.waiting.id,
        "done": walk.done.id,
        "ruleset": made.rulesets[0].id,
    }


def read_everything(walk):
    for line in READS.split():
        path, _, by = line.format(**places(walk)).partition("|")
        walk.right("GET", path, by=by or "app")
    walk.right("GET", f"{PAYMENTS}/contents/a.py", accept="application/vnd.github.raw+json")
    assert walk.ask("GET", f"{PAYMENTS}/branches/main/protection")[0] == 404


def write_everything(walk):
    place, right = places(walk), walk.right
    pull, issue = f"{PAYMENTS}/pulls/{place['pull']}", f"{PAYMENTS}/issues/{place['issue']}"
    right("PUT", "/orgs/acme/teams/security/memberships/anna", {"role": "member"}, by="otto")
    given = right(
        "POST", f"{pull}/reviews", {"event": "COMMENT", "body": "hm", "commit_id": walk.head}, by="otto"
    )
    right("PUT", f"{pull}/reviews/{given['id']}/dismissals", {"message": "stale"}, by="otto")
    opened = right("POST", f"{PAYMENTS}/issues", {"title": "t", "body": "b", "labels": ["release"]})
    right("PATCH", f"{PAYMENTS}/issues/{opened['number']}", {"state": "closed", "body": "c"})
    right("PATCH", f"{PAYMENTS}/issues/{opened['number']}", {"state": "open"})
    said = right("POST", f"{issue}/comments", {"body": "first"})
    right("PATCH", f"{PAYMENTS}/issues/comments/{said['id']}", {"body": "second"})
    right("DELETE", f"{PAYMENTS}/issues/comments/{said['id']}")
    report(walk)
    deploy(walk)
    right("PUT", f"{pull}/merge", {"sha": walk.head, "merge_method": "merge"}, by="otto")


def report(walk):
    output = {"title": "t", "summary": "s", "text": "x"}
    begun = {
        "name": "gate",
        "head_sha": walk.head,
        "external_id": "key",
        "status": "in_progress",
        "output": output,
    }
    made = walk.right("POST", f"{PAYMENTS}/check-runs", begun)
    walk.right("GET", f"{PAYMENTS}/check-runs/{made['id']}")
    ended = {"status": "completed", "conclusion": "action_required", "output": {"title": "t", "summary": "u"}}
    walk.right("PATCH", f"{PAYMENTS}/check-runs/{made['id']}", ended)
    walk.right("GET", f"{PAYMENTS}/commits/pay/one/check-runs?filter=all&check_name=gate")


def deploy(walk):
    judged = {"environment_ids": [walk.live.id], "state": "approved", "comment": "ok"}
    walk.right("POST", f"{PAYMENTS}/actions/runs/{walk.waiting.id}/pending_deployments", judged, by="otto")
    started = {"ref": "main", "inputs": {"environment": "production"}}
    walk.right("POST", f"{PAYMENTS}/actions/workflows/release.yml/dispatches", started)
    asked = {"ref": "main", "environment": "production", "auto_merge": False, "required_contexts": []}
    made = walk.right("POST", f"{PAYMENTS}/deployments", asked)
    place = f"{PAYMENTS}/deployments/{made['id']}/statuses"
    walk.right("POST", place, {"state": "in_progress", "log_url": "http://127.0.0.1:1/log"})
    walk.right("POST", place, {"state": "success"})
    walk.right("GET", place)
    walk.right("GET", f"{PAYMENTS}/deployments?environment=production")


def test_every_answer_of_every_endpoint_is_one_that_github_could_give(walk):
    read_everything(walk)
    write_everything(walk)
    walk.lose()
    read_everything(walk)
    walk.recording.assert_sound()
    missed = {endpoint.__name__ for _, _, endpoint in route._ROUTES} - {
        endpoint.__name__ for endpoint in walk.reached
    }
    assert missed == set()


def test_no_endpoint_has_the_name_of_another():
    names = [endpoint.__name__ for _, _, endpoint in route._ROUTES]
    assert sorted(names) == sorted(set(names))


def test_every_refusal_is_one_that_github_could_give(walk):
    recording, place = Recording(), places(walk)
    walk.sandbox.observers.append(recording)
    nobody = walk.tokens | {"less": walk.world.job_token(contents="read"), "bad": "ghs_none", "stranger": ""}
    walk.tokens = nobody | {"stranger": walk.world.token(walk.world.user("stranger"))}
    run = f"{PAYMENTS}/actions/runs/{place['waiting']}"
    refused = {
        ("GET", f"{PAYMENTS}/pulls/{place['pull']}", "less"): 403,
        ("GET", PAYMENTS, "stranger"): 404,
        ("GET", PAYMENTS, "bad"): 401,
        ("GET", f"{PAYMENTS}/pulls/999", "app"): 404,
        ("GET", "/user", "app"): 403,
        ("GET", f"{PAYMENTS}/commits/{'f' * 40}", "app"): 422,
        ("POST", f"{PAYMENTS}/issues/{place['issue']}/comments", "app"): 422,
        ("POST", f"{run}/pending_deployments", "app"): 403,
        ("PUT", f"{PAYMENTS}/pulls/{place['foreign']}/merge", "otto"): 409,
    }
    for (method, path, by), status in refused.items():
        body = {
            "POST": {"environment_ids": [1], "state": "approved", "comment": ""},
            "PUT": {"sha": "0" * 40},
        }.get(method)
        assert walk.ask(method, path, body, by=by)[0] == status, (method, path)
    walk.sandbox.observers.remove(recording)
    recording.assert_sound()


def test_whatever_github_forbids_to_apps_the_sandbox_forbids_too(walk):
    names = {re.sub(r"\{\w+\}", "{}", each.name): each.for_apps for each in description().operations}
    served = {
        re.sub(r"\(\?P<\w+>\S+?\)", "{}", f"{method} {path.pattern}") for method, path, _ in route._ROUTES
    }
    assert served <= set(names)
    assert {name for name in served if not names[name]} == {
        "GET /user",
        "POST /repos/{}/{}/actions/runs/{}/pending_deployments",
    }
    for method, path in (
        ("GET", "/user"),
        ("POST", f"{PAYMENTS}/actions/runs/{walk.done.id}/pending_deployments"),
    ):
        body = {"environment_ids": [1], "state": "approved", "comment": ""} if method == "POST" else None
        assert walk.ask(method, path, body)[0] == 403


def test_the_walk_is_told_of_an_answer_that_github_would_not_give(walk, monkeypatch):
    recording = Recording()
    walk.sandbox.observers.append(recording)
    real = walk.sandbox.show.activity
    monkeypatch.setattr(walk.sandbox.show, "activity", lambda one: real(one) | {"pushed_by": "anna"})
    walk.ask("GET", f"{PAYMENTS}/activity")
    walk.sandbox.observers.remove(recording)
    with pytest.raises(AssertionError, match="pushed_by"):
        recording.assert_sound()
