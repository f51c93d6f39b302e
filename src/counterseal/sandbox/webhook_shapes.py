"""How webhook bodies show the things of the REST interface: nearly the same, with other keys.

Each function takes a thing as the REST interface shows it and returns it as a webhook does. What keys there
are is GitHub's own schema's business; a test holds every body against it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

Json = dict[str, Any]

_USER = (
    "login id node_id avatar_url gravatar_id url html_url followers_url following_url gists_url"
    " starred_url subscriptions_url organizations_url repos_url events_url received_events_url type"
    " site_admin"
)

_ORGANIZATION = (
    "login id node_id url repos_url events_url hooks_url issues_url members_url public_members_url"
    " avatar_url description"
)

_REPOSITORY_LITE = (
    "archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url"
    " compare_url contents_url contributors_url deployments_url description downloads_url events_url"
    " fork forks_url full_name git_commits_url git_refs_url git_tags_url hooks_url html_url id"
    " issue_comment_url issue_events_url issues_url keys_url labels_url languages_url merges_url"
    " milestones_url name node_id notifications_url owner private pulls_url releases_url"
    " stargazers_url statuses_url subscribers_url subscription_url tags_url teams_url trees_url url"
)

_REPOSITORY = _REPOSITORY_LITE + (
    " archived clone_url created_at default_branch disabled forks forks_count git_url has_discussions"
    " has_downloads has_issues has_pages has_projects has_wiki homepage is_template language license"
    " mirror_url open_issues open_issues_count pushed_at size ssh_url stargazers_count svn_url topics"
    " updated_at visibility watchers watchers_count web_commit_signoff_required allow_auto_merge"
    " allow_forking allow_merge_commit allow_rebase_merge allow_squash_merge allow_update_branch"
    " delete_branch_on_merge"
)

_TEAM = (
    "description html_url id members_url name node_id notification_setting permission privacy"
    " repositories_url slug url type"
)

_SIMPLE_PULL = (
    "_links active_lock_reason assignee assignees author_association auto_merge base body closed_at"
    " comments_url commits_url created_at diff_url draft head html_url id issue_url labels locked"
    " merge_commit_sha merged_at milestone node_id number patch_url requested_reviewers"
    " requested_teams review_comment_url review_comments_url state statuses_url title updated_at url"
    " user"
)

_PULL = _SIMPLE_PULL + (
    " additions changed_files comments commits deletions maintainer_can_modify mergeable"
    " mergeable_state merged merged_by rebaseable review_comments"
)

_REVIEW = (
    "_links author_association body commit_id html_url id node_id pull_request_url state submitted_at user"
)

_COMMENT = (
    "author_association body created_at html_url id issue_url node_id performed_via_github_app"
    " reactions updated_at url user"
)

_ISSUE = (
    "active_lock_reason assignee assignees author_association body closed_at comments comments_url"
    " created_at draft events_url html_url id labels labels_url locked milestone node_id number"
    " performed_via_github_app pull_request reactions repository_url state state_reason timeline_url"
    " title updated_at url user"
)

_RUN = (
    "actor artifacts_url cancel_url check_suite_id check_suite_node_id check_suite_url conclusion"
    " created_at display_title event head_branch head_commit head_repository head_sha html_url id"
    " jobs_url logs_url name node_id path previous_attempt_url pull_requests referenced_workflows"
    " repository rerun_url run_attempt run_number run_started_at status triggering_actor updated_at"
    " url workflow_id workflow_url"
)

_APP = "created_at description events external_url html_url id name node_id owner permissions slug updated_at"

_CHECK_RUN = (
    "app check_suite completed_at conclusion details_url external_id head_sha html_url id name"
    " node_id output pull_requests started_at status url"
)

_CHECK_SUITE = (
    "after before conclusion created_at head_branch head_sha id node_id pull_requests status updated_at url"
)

_OUTPUT = "annotations_count annotations_url summary text title"

_WORKFLOW = "badge_url created_at html_url id name node_id path state updated_at url"

_LABEL = "color default description id name node_id url"

_NO_REACTIONS = dict.fromkeys(
    ["+1", "-1", "confused", "eyes", "heart", "hooray", "laugh", "rocket", "total_count"], 0
)


def user(rest: Json) -> Json:
    """Return an account."""
    return _pick(rest, _USER)


def organization(rest: Json) -> Json:
    """Return an organisation."""
    return _pick(rest, _ORGANIZATION)


def team(rest: Json) -> Json:
    """Return a team."""
    return _pick(rest, _TEAM)


def repository(rest: Json) -> Json:
    """Return a repository."""
    shown = _pick(rest, _REPOSITORY) | {"owner": user(rest["owner"]), "custom_properties": {}}
    # An empty address is no address (the REST interface tells the two apart in no other way).
    return shown | {"homepage": shown.get("homepage") or None, "license": _license(shown.get("license"))}


def pushed_repository(rest: Json) -> Json:
    """Return a repository as `push` shows it: with seconds where others have a date."""
    shown = repository(rest)
    return shown | {key: _seconds(shown[key]) for key in ("created_at", "pushed_at")}


def repository_lite(rest: Json) -> Json:
    """Return a repository as runs show it."""
    return _pick(rest, _REPOSITORY_LITE) | {"owner": user(rest["owner"])}


def pull(rest: Json) -> Json:
    """Return a pull request."""
    return _pull_parts(_pick(rest, _PULL)) | {"merged_by": rest["merged_by"] and user(rest["merged_by"])}


def simple_pull(rest: Json) -> Json:
    """Return a pull request as reviews show it."""
    return _pull_parts(_pick(rest, _SIMPLE_PULL))


def review(rest: Json) -> Json:
    """Return a review; webhooks write its state in small letters."""
    return _pick(rest, _REVIEW) | {
        "user": user(rest["user"]),
        "state": rest["state"].lower(),
        "_links": {key: rest["_links"][key] for key in ("html", "pull_request")},
    }


def comment(rest: Json) -> Json:
    """Return a comment of an issue or pull request."""
    shown = {"performed_via_github_app": None} | _pick(rest, _COMMENT)
    return _with_reactions(shown) | {"user": user(rest["user"])}


def issue(rest: Json) -> Json:
    """Return an issue, or a pull request as an issue."""
    shown = _with_reactions({"performed_via_github_app": None} | _pick(rest, _ISSUE))
    shown |= {"user": user(rest["user"]), "assignees": [user(each) for each in rest["assignees"]]}
    shown |= {"labels": [_pick(each, _LABEL) for each in rest["labels"]]}
    return shown | {"assignee": rest["assignee"] and user(rest["assignee"])}


def run(rest: Json) -> Json:
    """Return a workflow run."""
    shown = _pick(rest, _RUN) | {key: user(rest[key]) for key in ("actor", "triggering_actor")}
    shown |= {key: repository_lite(rest[key]) for key in ("repository", "head_repository")}
    return shown | {"pull_requests": list(rest.get("pull_requests") or [])}


def check_run(rest: Json, suite: Json, app: Json) -> Json:
    """Return a check run.

    Args:
        rest: the check run.
        suite: its suite.
        app: the app that reported it.
    """
    shown = _pick(rest, _CHECK_RUN) | {"app": _app(app)}
    output = _pick(rest["output"], _OUTPUT)
    return shown | {"output": output, "check_suite": _pick(suite, _CHECK_SUITE) | {"app": _app(app)}}


def waiting_job(rest: Json) -> Json:
    """Return a job that waited for a review of its deployment, with its environment."""
    updated = rest.get("completed_at") or rest["started_at"]
    return _pick(rest, "conclusion created_at environment html_url id name status") | {"updated_at": updated}


def workflow(rest: Json) -> Json:
    """Return a workflow."""
    return _pick(rest, _WORKFLOW)


def commit(rest: Json, url: str, files: list[Json]) -> Json:
    """Return a commit as `push` shows it.

    Args:
        rest: the git commit.
        url: where people see it.
        files: the files that it touches, as the REST interface shows them.
    """
    return head_commit(rest) | {
        "url": url,
        "distinct": True,
        "added": [each["filename"] for each in files if each["status"] == "added"],
        "removed": [each["filename"] for each in files if each["status"] == "removed"],
        "modified": [each["filename"] for each in files if each["status"] not in {"added", "removed"}],
    }


def head_commit(rest: Json) -> Json:
    """Return a commit as runs and merge groups show it."""
    return {
        "id": rest["sha"],
        "tree_id": rest["tree"]["sha"],
        "message": rest["message"],
        "timestamp": rest["committer"]["date"],
        "author": {key: rest["author"][key] for key in ("name", "email")},
        "committer": {key: rest["committer"][key] for key in ("name", "email")},
    }


def _pick(rest: Json, keys: str) -> Json:
    """Return a thing with only some keys, those that it has."""
    return {key: rest[key] for key in keys.split() if key in rest}


def _pull_parts(shown: Json) -> Json:
    """Return a pull request with its parts as webhooks show them."""
    return shown | {
        "user": user(shown["user"]),
        "head": _end(shown["head"]),
        "base": _end(shown["base"]),
        "assignee": shown["assignee"] and user(shown["assignee"]),
        "assignees": [user(each) for each in shown["assignees"]],
        "requested_reviewers": [user(each) for each in shown["requested_reviewers"]],
        "requested_teams": [team(each) for each in shown["requested_teams"]],
        "active_lock_reason": shown.get("active_lock_reason"),
        "auto_merge": shown["auto_merge"] and _auto_merge(shown["auto_merge"]),
        "labels": [_pick(each, _LABEL) for each in shown["labels"]],
    }


def _auto_merge(rest: Json) -> Json:
    """Return that a pull request will be merged of itself."""
    return rest | {"enabled_by": user(rest["enabled_by"])}


def _end(rest: Json) -> Json:
    """Return the head or base of a pull request."""
    return rest | {"user": user(rest["user"]), "repo": rest["repo"] and repository(rest["repo"])}


def _with_reactions(shown: Json) -> Json:
    """Return a thing with its reactions, of which there are none in the sandbox."""
    return shown | {"reactions": _NO_REACTIONS | {"url": f"{shown['url']}/reactions"}}


def _license(rest: Json | None) -> Json | None:
    """Return a licence."""
    return None if rest is None else _pick(rest, "key name node_id spdx_id url")


def _app(rest: Json) -> Json:
    """Return an app."""
    return _pick(rest, _APP) | {"owner": user(rest["owner"])}


def _seconds(text: str | None) -> int | None:
    """Return a date as seconds since 1970."""
    return None if text is None else int(datetime.fromisoformat(text).timestamp())
