from types import SimpleNamespace

import pytest

from counterseal.clients.github.failures import Forbidden, Refused, Unclear
from counterseal.clients.github.writes import marker
from counterseal.errors import Inconclusive, InternalFault

ROOT = "/repos/meridian-bank/payments"
COMMENTS = f"{ROOT}/issues/7/comments"
ISSUES = f"{ROOT}/issues"
CHECKS = f"{ROOT}/commits/{'a' * 40}/check-runs"
BROKEN = [{"status": 500}, {"status": 502}, {"cut": True}]


@pytest.fixture
def thread(server, pull, reply):
    """A pull request that keeps the comments written to it, failing as a test says."""

    told = SimpleNamespace(faults=[], kept=True)

    def write(seen):
        fault = told.faults.pop(0) if told.faults else None
        if fault is None or told.kept:
            own = pull.comment(len(pull.comments) + 1, seen.body["body"], viewerDidAuthor=True)
            pull.comments.append(own)
        return reply(**fault) if fault else reply({"id": 1}, 201)

    server.on("POST", COMMENTS, write)
    return told


def test_a_comment_is_written_once(forge, pull, thread, server):
    assert forge.say(7, "remind:1", "please look") is True
    assert forge.say(7, "remind:1", "please look") is False
    assert [item["body"] for item in pull.comments] == ["please look\n\n<!-- counterseal:remind:1 -->"]


def test_another_key_is_another_comment(forge, pull, thread):
    assert forge.say(7, "remind:1", "x")
    assert forge.say(7, "remind:2", "x")
    assert len(pull.comments) == 2


def test_a_marker_that_somebody_else_planted_counts_for_nothing(forge, pull, thread):
    pull.comments.append(pull.comment(1, f"x\n\n{marker('remind:1')}"))
    assert forge.say(7, "remind:1", "please look") is True


def test_a_marker_that_our_own_comment_quotes_counts_for_nothing(forge, pull, thread):
    quoting = f"{marker('remind:1')}\n\nmore\n\n{marker('other')}"
    pull.comments.append(pull.comment(1, quoting, viewerDidAuthor=True))
    assert forge.say(7, "remind:1", "please look") is True


def test_a_marker_on_a_later_page_is_found(forge, pull, thread):
    pull.comments += [pull.comment(n) for n in range(1, 150)]
    pull.comments.append(pull.comment(150, f"x\n{marker('k')}", viewerDidAuthor=True))
    assert forge.say(7, "k", "x") is False


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("kept", [True, False])
def test_a_write_that_is_not_answered_is_never_doubled(forge, pull, thread, slept, fault, kept):
    thread.faults, thread.kept = [fault], kept
    assert forge.say(7, "k", "x") is True
    assert len(pull.comments) == 1
    assert slept == ([2] if kept else [2, 5])


def test_a_write_that_is_never_answered_leaves_it_open(forge, pull, thread):
    thread.faults, thread.kept = [{"status": 502}, {"status": 502}], False
    with pytest.raises(Unclear):
        forge.say(7, "k", "x")
    assert pull.comments == []


def test_a_write_that_is_turned_away_for_its_rate_is_repeated(forge, pull, thread, slept):
    thread.faults, thread.kept = [{"status": 403, "headers": {"Retry-After": "9"}}], False
    assert forge.say(7, "k", "x") is True
    assert (len(pull.comments), slept) == (1, [9])


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (422, Refused)])
def test_a_write_that_is_refused_is_an_error(forge, thread, status, kind):
    thread.faults, thread.kept = [{"status": status, "body": {"message": "no"}}], False
    with pytest.raises(kind):
        forge.say(7, "k", "x")


def test_a_listing_that_fails_writes_nothing(forge, pull, thread, server):
    pull.refused = {"errors": [{"type": "SERVICE_UNAVAILABLE", "message": "?"}]}
    with pytest.raises(Inconclusive):
        forge.say(7, "k", "x")
    assert [seen.path for seen in server.seen] == ["/graphql"]


def test_a_body_that_is_too_long_is_cut_before_its_marker(forge, pull, thread):
    forge.say(7, "k", "x" * 70_000)
    body = pull.comments[0]["body"]
    assert len(body) < 65_536
    assert body.endswith(f"(cut here)\n\n{marker('k')}")


@pytest.mark.parametrize("key", ["", "a--b", "a>b", "a b", "a\nb", "-a", "x" * 201, "ä"])
def test_a_key_that_would_not_stay_hidden_is_refused(forge, key):
    with pytest.raises(InternalFault):
        forge.say(7, key, "x")


@pytest.fixture
def tracker(server, reply):
    """Issues that are kept, failing as a test says."""

    told = SimpleNamespace(issues=[], faults=[], own=True, kept=True, labels=None)

    def write(seen):
        fault = told.faults.pop(0) if told.faults else None
        labels = seen.body["labels"] if told.labels is None else told.labels
        issue = {
            "number": len(told.issues) + 1,
            "title": seen.body["title"],
            "body": seen.body["body"],
            "labels": [{"name": label} for label in labels],
        }
        if fault is None or told.kept:
            told.issues.insert(0, issue)
        return reply(**fault) if fault else reply(issue, 201)

    def own(query, variables):
        body = next(issue["body"] for issue in told.issues if issue["number"] == variables["number"])
        return {"data": {"repository": {"issue": {"body": body, "viewerDidAuthor": told.own}}}}

    server.on("GET", ISSUES, lambda _: told.issues)
    server.on("POST", ISSUES, write)
    server.graphql(own)
    return told


def test_an_issue_is_opened_once(forge, tracker, server):
    assert forge.open_issue("request:1", "Approve", "please") == 1
    assert forge.open_issue("request:1", "Approve", "please") == 1
    assert forge.open_issue("request:2", "Approve", "please") == 2
    listing = next(seen for seen in server.seen if seen.verb == "GET")
    assert (listing.query["labels"], listing.query["state"]) == ("counterseal", "all")


def test_an_issue_that_somebody_else_planted_counts_for_nothing(forge, tracker):
    tracker.issues.append({"number": 1, "body": marker("request:1"), "labels": []})
    tracker.own = False
    assert forge.open_issue("request:1", "Approve", "please") == 2


def test_a_pull_request_is_no_issue(forge, tracker):
    tracker.issues.append({"number": 1, "body": marker("request:1"), "labels": [], "pull_request": {}})
    assert forge.open_issue("request:1", "Approve", "please") == 2


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("kept", [True, False])
def test_an_issue_whose_opening_is_not_answered_is_never_doubled(forge, tracker, fault, kept):
    tracker.faults, tracker.kept = [fault], kept
    assert forge.open_issue("request:1", "Approve", "please") == 1
    assert len(tracker.issues) == 1


def test_an_issue_that_could_not_be_found_again_is_an_error(forge, tracker):
    tracker.labels = []
    with pytest.raises(Inconclusive, match="could not be labelled"):
        forge.open_issue("request:1", "Approve", "please")


def test_an_issue_is_closed_whatever_it_was(forge, server, reply):
    server.on("PATCH", f"{ISSUES}/7", reply(status=502), {"number": 7})
    forge.close_issue(7)
    assert [seen.body for seen in server.seen] == [{"state": "closed"}] * 2


def test_a_dispatch_is_sent_once_and_not_repeated(forge, server, reply):
    path = f"{ROOT}/actions/workflows/deploy.yml/dispatches"
    server.on("POST", path, reply(None, 204), reply(status=502))
    forge.dispatch("deploy.yml", "main", {"request": "1"})
    with pytest.raises(Unclear):
        forge.dispatch("deploy.yml", "main", {"request": "1"})
    assert [seen.body for seen in server.seen] == [{"ref": "main", "inputs": {"request": "1"}}] * 2


@pytest.fixture
def checks(server, reply):
    """Check runs that are kept, failing as a test says."""

    told = SimpleNamespace(runs=[], faults=[], kept=True, foreign=set())

    def create(seen):
        fault = told.faults.pop(0) if told.faults else None
        run = {"id": len(told.runs) + 1, **seen.body}
        if fault is None or told.kept:
            told.runs.append(run)
            server.on("PATCH", f"{ROOT}/check-runs/{run['id']}", lambda seen: update(seen, run))
        return reply(**fault) if fault else reply(run, 201)

    def update(seen, run):
        if run["id"] in told.foreign:
            return reply({"message": "Invalid app_id"}, 403)
        run |= seen.body
        return run

    server.on("POST", f"{ROOT}/check-runs", create)
    server.on("GET", CHECKS, lambda _: {"total_count": len(told.runs), "check_runs": told.runs})
    return told


def test_a_check_run_is_written_under_its_key(forge, checks):
    forge.report("a" * 40, "request:1", "approval", None, "waiting")
    forge.report("a" * 40, "request:1", "approval", "success", "done")
    (run,) = checks.runs
    assert (run["status"], run["conclusion"], run["external_id"]) == ("completed", "success", "request:1")
    assert (run["head_sha"], run["output"]["summary"]) == ("a" * 40, "done")


@pytest.mark.parametrize("conclusion", ["neutral", "skipped", "cancelled", ""])
def test_a_conclusion_that_lets_a_merge_through_is_never_written(forge, server, conclusion):
    with pytest.raises(InternalFault):
        forge.report("a" * 40, "request:1", "approval", conclusion, "x")
    assert server.seen == []


def test_a_check_run_that_another_app_planted_is_not_ours(forge, checks):
    forge.report("a" * 40, "request:1", "approval", None, "planted")
    checks.foreign = {1}
    forge.report("a" * 40, "request:1", "approval", "success", "ours")
    assert [run["output"]["summary"] for run in checks.runs] == ["planted", "ours"]


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("kept", [True, False])
def test_a_check_run_that_is_not_answered_is_never_doubled(forge, checks, fault, kept):
    checks.faults, checks.kept = [fault], kept
    forge.report("a" * 40, "request:1", "approval", "failure", "no")
    assert [run["conclusion"] for run in checks.runs] == ["failure"]


def test_a_list_of_check_runs_that_is_not_complete_is_refused(forge, checks, server):
    server.on("GET", CHECKS, {"total_count": 2, "check_runs": []})
    with pytest.raises(Inconclusive):
        forge.report("a" * 40, "request:1", "approval", "failure", "no")
    assert checks.runs == []
