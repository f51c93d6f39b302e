"""Pull requests, reviews, issues and comments (REST, "Pulls", "Issues")."""

from __future__ import annotations

from counterseal.sandbox.render_pulls import changed
from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.route import delete, get, patch, post, put
from counterseal.sandbox.things import Issue, Pull, Remark, Review

_COMMITS = 250
_FILES = 3000


def _pull(request: Request) -> Pull:
    request.need("pull_requests")
    number = request.names["pull_number"]
    found = request.repository.pull(int(number)) if number.isdigit() else None
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _issue(request: Request) -> Issue:
    number = request.names["issue_number"]
    found = request.repository.issues.get(int(number)) if number.isdigit() else None
    if found is None or not (request.who.may("issues") or (found.pull and request.who.may("pull_requests"))):
        raise Refusal(404, "Not Found")
    return found


def _comment(request: Request) -> tuple[Issue, Remark]:
    for issue in request.repository.issues.values():
        for remark in issue.comments:
            if str(remark.id) == request.names["comment_id"] and not remark.deleted:
                return issue, remark
    raise Refusal(404, "Not Found")


@get("/repos/{owner}/{repo}/pulls")
def pulls(request: Request) -> Reply:
    """Return pull requests, newest first."""
    request.need("pull_requests")
    state, found = request.query.get("state", "open"), request.repository
    listed = [one for one in reversed(found.pulls()) if state in ("all", one.issue.state)]
    if "head" in request.query:
        listed = [
            one
            for one in listed
            if one.head_repository
            and request.query["head"] == f"{one.head_repository.owner.login}:{one.head_ref}"
        ]
    if "base" in request.query:
        listed = [one for one in listed if request.query["base"] == one.base_ref]
    return Reply(items=[request.show.small_pull(found, one) for one in listed])


@get("/repos/{owner}/{repo}/pulls/{pull_number}")
def pull(request: Request) -> Reply:
    """Return a pull request."""
    return Reply(request.show.pull(request.repository, _pull(request)))


@get("/repos/{owner}/{repo}/pulls/{pull_number}/commits")
def pull_commits(request: Request) -> Reply:
    """Return a pull request's commits, oldest first and never more than 250."""
    found, one = request.repository, _pull(request)
    return Reply(items=[request.show.commit(found, oid) for oid in found.commits_of(one)[:_COMMITS]])


@get("/repos/{owner}/{repo}/pulls/{pull_number}/files")
def pull_files(request: Request) -> Reply:
    """Return what a pull request touches, never more than 3,000 files."""
    found, one = request.repository, _pull(request)
    files = changed(found, one)[:_FILES]
    return Reply(
        items=[request.show.file(found, path, before, after, one.head) for path, before, after in files]
    )


@get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def reviews(request: Request) -> Reply:
    """Return a pull request's reviews, oldest first."""
    found, one = request.repository, _pull(request)
    return Reply(items=[request.show.review(found, one, each) for each in one.reviews])


@post("/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def create_review(request: Request) -> Reply:
    """Review a pull request; nobody approves their own."""
    request.need("pull_requests", "write")
    found, one, who = request.repository, _pull(request), request.who.account
    event = request.text("event", required=False) or "COMMENT"
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    if event not in states:
        raise Refusal(422, "Unprocessable Entity")
    if event != "COMMENT" and who is one.issue.remark.author:
        word = "approve" if event == "APPROVE" else "request changes on"
        raise Refusal(422, f"Review Can not {word} your own pull request")
    if event == "APPROVE" and who.kind == "Bot" and not found.actions_may_approve:
        raise Refusal(422, "GitHub Actions is not permitted to approve pull requests.")
    commit = request.text("commit_id", required=False) or None
    made = found.review(one, who, states[event], request.text("body", required=False), commit=commit)
    return Reply(request.show.review(found, one, made))


def _review(request: Request, one: Pull) -> Review:
    for each in one.reviews:
        if str(each.remark.id) == request.names["review_id"]:
            return each
    raise Refusal(404, "Not Found")


@put("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals")
def dismiss(request: Request) -> Reply:
    """Dismiss a review."""
    request.need("pull_requests", "write")
    found, one = request.repository, _pull(request)
    review = _review(request, one)
    found.dismiss(review)
    return Reply(request.show.review(found, one, review))


@put("/repos/{owner}/{repo}/pulls/{pull_number}/merge")
def merge(request: Request) -> Reply:
    """Merge a pull request, if its head is still the one that is named."""
    request.need("contents", "write")
    found, one = request.repository, _pull(request)
    expected = request.body.get("sha")
    if expected is not None and expected != one.head:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if one.issue.state != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    oid = found.merge(one, request.who.account, request.body.get("merge_method", "merge"))
    return Reply({"sha": oid, "merged": True, "message": "Pull Request successfully merged"})


@get("/repos/{owner}/{repo}/issues")
def issues(request: Request) -> Reply:
    """Return issues and pull requests, newest first."""
    found, query = request.repository, request.query
    request.need("issues")
    listed = [
        one for one in reversed(found.issues.values()) if query.get("state", "open") in ("all", one.state)
    ]
    if "creator" in query:
        listed = [one for one in listed if one.remark.author.login == query["creator"]]
    if "labels" in query:
        listed = [one for one in listed if set(query["labels"].split(",")) <= set(one.labels)]
    return Reply(items=[request.show.issue(found, one) for one in listed])


@post("/repos/{owner}/{repo}/issues")
def create_issue(request: Request) -> Reply:
    """Open an issue."""
    request.need("issues", "write")
    found = request.repository
    labels = [str(one) for one in request.body.get("labels", [])]
    made = found.open_issue(
        request.who.account, request.text("title"), request.text("body", required=False), labels
    )
    return Reply(request.show.issue(found, made), 201)


@get("/repos/{owner}/{repo}/issues/{issue_number}")
def issue(request: Request) -> Reply:
    """Return an issue."""
    return Reply(request.show.issue(request.repository, _issue(request)))


@patch("/repos/{owner}/{repo}/issues/{issue_number}")
def change_issue(request: Request) -> Reply:
    """Close, reopen, rename or rewrite an issue."""
    request.need("issues", "write")
    found, one = request.repository, _issue(request)
    at = request.world.clock.tick()
    if "state" in request.body:
        one.state = request.text("state")
        one.closed_at = at if one.state == "closed" else None
    one.title = request.text("title", required=False) or one.title
    if "body" in request.body:
        found.edit(one.remark, request.who.account, request.text("body"))
    one.remark.updated_at = at
    return Reply(request.show.issue(found, one))


@get("/repos/{owner}/{repo}/issues/{issue_number}/comments")
def comments(request: Request) -> Reply:
    """Return an issue's comments, oldest first."""
    found, one = request.repository, _issue(request)
    return Reply(items=[request.show.comment(found, one, each) for each in one.comments if not each.deleted])


@post("/repos/{owner}/{repo}/issues/{issue_number}/comments")
def create_comment(request: Request) -> Reply:
    """Comment on an issue or pull request."""
    found, one = request.repository, _issue(request)
    request.need(
        "pull_requests" if one.pull and not request.who.may("issues", "write") else "issues", "write"
    )
    if one.locked and request.who.account.kind == "User":
        raise Refusal(403, "Unable to create comment because issue is locked.")
    body = request.text("body")
    if len(body) > 65536:  # noqa: PLR2004 - the forge's own limit
        raise Refusal(
            422, "Validation Failed", [{"resource": "IssueComment", "field": "data", "code": "unprocessable"}]
        )
    return Reply(request.show.comment(found, one, found.comment(one, request.who.account, body)), 201)


@get("/repos/{owner}/{repo}/issues/comments/{comment_id}")
def comment(request: Request) -> Reply:
    """Return a comment."""
    return Reply(request.show.comment(request.repository, *_comment(request)))


@patch("/repos/{owner}/{repo}/issues/comments/{comment_id}")
def change_comment(request: Request) -> Reply:
    """Change a comment."""
    request.need("issues", "write")
    one, remark = _comment(request)
    request.repository.edit(remark, request.who.account, request.text("body"))
    return Reply(request.show.comment(request.repository, one, remark))


@delete("/repos/{owner}/{repo}/issues/comments/{comment_id}")
def remove_comment(request: Request) -> Reply:
    """Remove a comment."""
    request.need("issues", "write")
    _comment(request)[1].deleted = True
    return Reply(status=204)
