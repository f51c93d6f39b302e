"""Repositories, commits, refs, files and comparisons (REST, "Repositories", "Commits", "Git database")."""

from __future__ import annotations

import base64
import itertools
from typing import Any

from counterseal.sandbox.render_code import difference
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.route import get

_FILES_OF_COMPARE = 300
_COMMITS_OF_COMPARE = 250


@get("/repos/{owner}/{repo}")
def repository(request: Request) -> Reply:
    """Return a repository."""
    found = request.repository
    shown = request.show.full_repository(found)
    if found.fork_of is not None:
        small = request.show.repository(found.fork_of)
        shown |= {"parent": small, "source": small}
    return Reply(shown)


@get("/repos/{owner}/{repo}/branches/{branch+}")
def branch(request: Request) -> Reply:
    """Return a branch."""
    found, name = request.repository, request.names["branch"]
    oid = found.refs.get(f"refs/heads/{name}")
    if oid is None:
        raise Refusal(404, "Branch not found")
    url = f"{request.show.api}/repos/{found.full_name}/branches/{name}"
    rules = [rule for one in found.rulesets for rule in one.rules if applies(found, one.branches, name)]
    return Reply(
        {
            "name": name,
            "commit": request.show.commit(found, oid),
            "protected": bool(rules),
            "protection": {
                "enabled": False,
                "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
            },
            "protection_url": f"{url}/protection",
            "_links": {"self": url, "html": f"https://github.com/{found.full_name}/tree/{name}"},
        }
    )


@get("/repos/{owner}/{repo}/branches/{branch+}/protection")
def protection(request: Request) -> Reply:
    """Refuse: the sandbox has rulesets only."""
    request.need("administration")
    raise Refusal(404, "Branch not protected")


@get("/repos/{owner}/{repo}/git/ref/{ref+}")
def ref(request: Request) -> Reply:
    """Return a ref."""
    found, name = request.repository, f"refs/{request.names['ref']}"
    oid = found.refs.get(name)
    if oid is None:
        raise Refusal(404, "Not Found")
    return Reply(_ref(request, found, name, oid))


@get("/repos/{owner}/{repo}/git/matching-refs/{ref+}")
def matching_refs(request: Request) -> Reply:
    """Return the refs that begin with a name."""
    found, prefix = request.repository, f"refs/{request.names['ref']}"
    return Reply(
        items=[
            _ref(request, found, name, oid)
            for name, oid in sorted(found.refs.items())
            if name.startswith(prefix)
        ]
    )


def _ref(request: Request, found: Repository, name: str, oid: str) -> dict[str, Any]:
    url = f"{request.show.api}/repos/{found.full_name}/git"
    return {
        "ref": name,
        "node_id": f"ref-{oid}",
        "url": f"{url}/{name}",
        "object": {"type": "commit", "sha": oid, "url": f"{url}/commits/{oid}"},
    }


@get("/repos/{owner}/{repo}/git/commits/{commit_sha}")
def git_commit(request: Request) -> Reply:
    """Return a commit as a git object."""
    return Reply(
        request.show.git_commit(request.repository, resolve(request.repository, request.names["commit_sha"]))
    )


@get("/repos/{owner}/{repo}/git/trees/{tree_sha}")
def git_tree(request: Request) -> Reply:
    """Return every file of a commit's tree."""
    found, name = request.repository, request.names["tree_sha"]
    for commit in found.git.commits.values():
        if name in (commit.tree, commit.oid):
            url = f"{request.show.api}/repos/{found.full_name}/git"
            entries = [
                {
                    "path": path,
                    "mode": "100644",
                    "type": "blob",
                    "sha": blob,
                    "size": len(found.git.blob(blob)),
                    "url": f"{url}/blobs/{blob}",
                }
                for path, blob in sorted(commit.files.items())
            ]
            return Reply(
                {"sha": commit.tree, "url": f"{url}/trees/{commit.tree}", "tree": entries, "truncated": False}
            )
    raise Refusal(404, "Not Found")


@get("/repos/{owner}/{repo}/git/blobs/{file_sha}")
def git_blob(request: Request) -> Reply:
    """Return a file's content."""
    found, oid = request.repository, request.names["file_sha"]
    request.need("contents")
    try:
        data = found.git.blob(oid)
    except KeyError as cause:
        raise Refusal(404, "Not Found") from cause
    url = f"{request.show.api}/repos/{found.full_name}/git/blobs/{oid}"
    return Reply(
        {
            "sha": oid,
            "node_id": f"blob-{oid}",
            "size": len(data),
            "url": url,
            "encoding": "base64",
            "content": base64.encodebytes(data).decode(),
        }
    )


@get("/repos/{owner}/{repo}/contents/{path+}")
def contents(request: Request) -> Reply:
    """Return a file."""
    request.need("contents")
    found, path = request.repository, request.names["path"]
    oid = resolve(found, request.query.get("ref") or found.default_branch)
    blob = found.git.commits[oid].files.get(path)
    if blob is None:
        raise Refusal(404, "Not Found")
    data = found.git.blob(blob)
    if "raw" in request.accept:
        return Reply(raw=data)
    url = f"{request.show.api}/repos/{found.full_name}"
    link, page = f"{url}/contents/{path}?ref={oid}", f"https://github.com/{found.full_name}/blob/{oid}/{path}"
    git = f"{url}/git/blobs/{blob}"
    return Reply(
        {
            "type": "file",
            "encoding": "base64",
            "size": len(data),
            "name": path.rpartition("/")[2],
            "path": path,
            "content": base64.encodebytes(data).decode(),
            "sha": blob,
            "url": link,
            "git_url": git,
            "html_url": page,
            "download_url": None,
            "_links": {"self": link, "git": git, "html": page},
        }
    )


@get("/repos/{owner}/{repo}/commits")
def commits(request: Request) -> Reply:
    """Return the history of a branch or commit."""
    found = request.repository
    oid = resolve(found, request.query.get("sha") or found.default_branch)
    return Reply(items=[request.show.commit(found, one) for one in found.git.ancestors(oid)])


@get("/repos/{owner}/{repo}/commits/{ref+}")
def commit(request: Request) -> Reply:
    """Return a commit with the files that it changes."""
    found = request.repository
    oid = resolve(found, request.names["ref"])
    one = found.git.commits[oid]
    files = difference(found, one.parents[0] if one.parents else None, oid)
    shown = [
        request.show.file(found, path, before, after, oid)
        for path, before, after in files[:_FILES_OF_COMPARE]
    ]
    stats = {"additions": len(files), "deletions": 0, "total": len(files)}
    return Reply({**request.show.commit(found, oid), "stats": stats, "files": shown})


@get("/repos/{owner}/{repo}/commits/{commit_sha}/pulls")
def pulls_of_commit(request: Request) -> Reply:
    """Return the pull requests of a commit: of one on the default branch, those that brought it in."""
    found, oid = request.repository, resolve(request.repository, request.names["commit_sha"])
    merged = oid in set(found.git.ancestors(found.refs.get(f"refs/heads/{found.default_branch}", oid)))
    listed = [
        request.show.small_pull(found, pull)
        for pull in found.pulls()
        if (oid == pull.merge_commit or oid in found.commits_of(pull)) and (pull.merged_at or not merged)
    ]
    return Reply(items=listed)


@get("/repos/{owner}/{repo}/compare/{basehead+}")
def compare(request: Request) -> Reply:
    """Compare two commits: 250 of them without paging, and at most 300 files, on the first page only."""
    request.need("contents")
    found = request.repository
    left, dots, right = request.names["basehead"].partition("...")
    if not dots:
        raise Refusal(404, "Not Found")
    base, head = resolve(found, left), resolve(found, right)
    common = found.git.merge_base(base, head)
    if common is None:
        raise Refusal(404, "No common ancestor")
    ahead, behind = found.git.between(base, head), found.git.between(head, base)
    page = int(request.query.get("page", "1"))
    paged = "page" in request.query or "per_page" in request.query
    size = min(
        int(request.query.get("per_page", "100" if paged else str(_COMMITS_OF_COMPARE))),
        100 if paged else _COMMITS_OF_COMPARE,
    )
    listed = list(itertools.islice(ahead, (page - 1) * size, page * size))
    files = difference(found, common, head)[:_FILES_OF_COMPARE] if page == 1 else []
    url = f"{request.show.api}/repos/{found.full_name}/compare/{left}...{right}"
    html = f"https://github.com/{found.full_name}/compare/{left}...{right}"
    status = (
        "identical" if base == head else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    )
    body: dict[str, Any] = {
        "url": url,
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": request.show.commit(found, base),
        "merge_base_commit": request.show.commit(found, common),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [request.show.commit(found, oid) for oid in listed],
        "files": [request.show.file(found, path, before, after, head) for path, before, after in files],
    }
    return Reply(body, wrap=("compare", len(ahead), size) if paged else None)


@get("/repos/{owner}/{repo}/activity")
def activity(request: Request) -> Reply:
    """Return the movements of refs, newest first, with cursors instead of page numbers."""
    found, query = request.repository, request.query
    listed = [
        one
        for one in reversed(found.activity)
        if query.get("ref", one.ref) in (one.ref, one.ref.removeprefix("refs/heads/"))
    ]
    if "activity_type" in query:
        listed = [one for one in listed if one.kind == query["activity_type"]]
    if "actor" in query:
        listed = [one for one in listed if one.actor and one.actor.login == query["actor"]]
    return Reply(items=[request.show.activity(one) for one in listed], cursor=True)


@get("/repos/{owner}/{repo}/codeowners/errors")
def codeowners_errors(request: Request) -> Reply:
    """Return what is wrong with the code owners file: the sandbox does not look."""
    request.need("contents")
    return Reply({"errors": []})


def resolve(found: Repository, name: str) -> str:
    """Return the commit that a branch, a tag, a full ref or an object name means."""
    for ref_name in (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}"):
        if ref_name in found.refs:
            return found.refs[ref_name]
    if name in found.git.commits:
        return name
    if name == "HEAD":
        return found.refs[f"refs/heads/{found.default_branch}"]
    raise Refusal(404, "Not Found") if len(name) < 40 else Refusal(422, f"No commit found for SHA: {name}")  # noqa: PLR2004


def applies(found: Repository, patterns: list[str], branch_name: str) -> bool:
    """Tell whether a ruleset's patterns name a branch."""
    from fnmatch import fnmatchcase

    names = {"~ALL"} | ({"~DEFAULT_BRANCH"} if branch_name == found.default_branch else set())
    return any(one in names or fnmatchcase(f"refs/heads/{branch_name}", one) for one in patterns)
