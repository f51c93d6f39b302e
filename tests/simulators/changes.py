"""Small changes for tests of rules: a pull request of one signed commit, of which every part can be given."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec.structs import replace

from counterseal.checks.actors import WEB_FLOW, actors_of
from counterseal.manifest.types import Outcome
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangedFile, ChangeFacts
from counterseal.policy.finding import outcome_of
from counterseal.policy.forge import Account, ForgeCommit, GitPerson, Push, Verification
from counterseal.policy.pull_request import PullRequest, Review
from counterseal.policy.rules import RULES
from counterseal.policy.rules.context import Context

REPOSITORY = "https://github.example/acme/payments"
ANN, BOB, CARL, DAN, EVE = (
    Account(id=number, login=name) for number, name in enumerate(["ann", "bob", "carl", "dan", "eve"], 1)
)
BOT = Account(id=49699333, login="dependabot[bot]", bot=True)
FORGE = GitPerson(text="GitHub <noreply@github.com>", account=Account(id=WEB_FLOW, login="web-flow"))
AT = "2026-11-24T10:00:00Z"
SIGNED = Verification(verified=True, reason="valid", verified_at=AT, signer="SHA256:abc")
UNSIGNED = Verification(verified=False, reason="unsigned")
BY_FORGE = Verification(
    verified=True, reason="valid", verified_at=AT, signer="B5690EEEBB952194", by_forge=True
)
FEATURE, MAIN = "refs/heads/feature/PAY-1-refunds", "refs/heads/main"


def sha(word: object) -> str:
    """Return an object name that stands for a word."""
    return hashlib.sha1(str(word).encode(), usedforsecurity=False).hexdigest()


BASE = sha("base")


def person(who: Account | GitPerson | str) -> GitPerson:
    """Return who a commit names."""
    if isinstance(who, GitPerson):
        return who
    if isinstance(who, str):
        return GitPerson(text=who)
    return GitPerson(text=f"{who.login} <{who.login}@example.com>", account=who)


def commit(name: object = 1, message: str = "Add refunds", author: Any = ANN, **parts: Any) -> ForgeCommit:
    """Return a commit."""
    made = {
        "id": sha(name),
        "tree": sha(f"tree of {name}"),
        "message": message,
        "parents": (BASE,),
        "author": person(author),
        "committer": person(parts.pop("committer", author)),
        "verification": SIGNED,
    }
    return ForgeCommit(**(made | parts))


def push(after: str, actor: Account | None = ANN, kind: str = "branch_creation", **parts: Any) -> Push:
    """Return a movement of the branch."""
    made = {"id": 1, "kind": kind, "ref": FEATURE, "at": AT, "before": None, "after": after, "actor": actor}
    return Push(**(made | parts))


def review(number: int, author: Account | None, at: str, state: str = "approved", **parts: Any) -> Review:
    """Return a review of the commit `at`."""
    made = {"id": number, "state": state, "author": author, "commit": at, "submitted_at": AT, "edited": False}
    return Review(**(made | parts))


def pull(*commits: ForgeCommit, **parts: Any) -> ChangeFacts:
    """Return a pull request; parts of the pull request itself begin with `pr_`."""
    commits = commits or (commit(),)
    head = parts.pop("head", commits[-1].id)
    ref = parts.get("head_ref", FEATURE)
    own = {name.removeprefix("pr_"): parts.pop(name) for name in list(parts) if name.startswith("pr_")}
    number = own.pop("number", 12)
    request = {
        "number": number,
        "state": "open",
        "title": "PAY-1 Add refunds",
        "base_ref": "main",
        "base": BASE,
        "head_ref": ref.removeprefix("refs/heads/"),
        "head": head,
        "commit_count": len(commits),
        "file_count": 1,
        "head_repository_id": 1,
        "opener": ANN,
    }
    made = {
        "repository": REPOSITORY,
        "repository_id": 1,
        "base_ref": MAIN,
        "head": head,
        "head_ref": ref,
        "commits": commits,
        "files": (ChangedFile(path="src/refunds.py", status="added"),),
        "pushes": (push(head, ref=ref),),
        "pull_request": PullRequest(**(request | own)),
    }
    return ChangeFacts(**(made | parts))


def pushed(*commits: ForgeCommit, ref: str = MAIN, **parts: Any) -> ChangeFacts:
    """Return what a push brought."""
    head = parts.pop("head", commits[-1].id if commits else sha("tip"))
    made = {
        "repository": REPOSITORY,
        "repository_id": 1,
        "base_ref": ref,
        "head": head,
        "head_ref": ref,
        "commits": commits,
        "pushes": (push(head, kind="push", ref=ref, before=BASE),),
    }
    return ChangeFacts(**(made | parts))


def judge(rule: str, change: ChangeFacts, policy: Branch | None = None, **context: Any) -> list[Any]:
    """Return the findings of one rule; who touched the change is told from its facts."""
    found = next(one for one in RULES if one.id == rule)
    kind = "pull-request" if change.pull_request else "push"
    observed = Context(**({"kind": kind, "actors": actors_of(change)} | context))
    return list(found.judge(change, policy or Branch(), observed))


def came_to(findings: list[Any]) -> str:
    """Return what findings come to, with the subject of the gravest."""
    return str(outcome_of(findings))


def blocking(findings: list[Any]) -> list[Any]:
    """Return the reasons for which something does not pass."""
    return [finding.reason for finding in findings if finding.outcome is not Outcome.PASSED]


def with_pull(change: ChangeFacts, **parts: Any) -> ChangeFacts:
    """Return a change whose pull request has other parts."""
    return replace(change, pull_request=replace(change.pull_request, **parts))
