"""Everybody who touched a change, in each role: the set that separation of duties is judged over.

It is better to name one too many than one too few. So text that whoever commits has chosen adds people here,
and so does every movement of the branch that belongs to the change. Who cannot be named stands as an actor
without an account, and is unresolved later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, get_args

from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import Actor, Role
from counterseal.policy.forge import Account, ForgeCommit, GitPerson, Push, RunFacts
from counterseal.policy.people import addresses_in

WEB_FLOW: Final = 19864447
"""The account to which GitHub attributes commits that are made in its web interface."""

WORKFLOW_PATHS: Final = (".github/workflows/", ".github/actions/")
"""Where the files lie whose editors are workflow editors."""

_GONE = "a deleted account"
_KEY_OR_GONE = "a deploy key or a deleted account"
_CO_AUTHOR = re.compile(r"^[ \t]*co-authored-by[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_EDITING: tuple[Role, ...] = ("author", "committer", "co-author", "pusher", "suggestion-applier")
_MERGES = frozenset({"pr_merge", "merge_queue_merge"})
_ORDER = {role: at for at, role in enumerate(get_args(Role))}
_LONGEST = 1024


def actors_of(
    change: ChangeFacts,
    *,
    runs: Sequence[RunFacts] = (),
    signers: Sequence[str] = (),
    requester: Account | None = None,
    deployer: Account | None = None,
) -> tuple[Actor, ...]:
    """Return everybody who touched a change, in a fixed order, each once a role.

    `change.run`, the run that asks, is not counted: whoever comments or reviews starts such a run. A gap of
    the topics `commits` or `pushes` in the change means that somebody may be missing here.

    Args:
        change: the change.
        runs: the runs whose starters belong to the change, such as the one that built the candidate.
        signers: the keys that signed the artifacts, by fingerprint, or keyless subjects.
        requester: who asked for approval.
        deployer: who deploys.
    """
    found = [*_of_change(change), *_of_runs(runs)]
    if _touches_workflows(change):
        found += [
            Actor(role="workflow-editor", account=actor.account, text=actor.text, subject=actor.subject)
            for actor in found
            if actor.role in _EDITING
        ]
    found += [Actor(role="artifact-signer", text=_clip(key)) for key in signers]
    found += [Actor(role="requester", account=requester)] if requester else []
    found += [Actor(role="deployer", account=deployer)] if deployer else []
    return _each_once(found)


def _of_change(change: ChangeFacts) -> Iterator[Actor]:
    pull = change.pull_request
    if pull:
        yield _by_account("opener", pull.opener, f"#{pull.number}")
    for commit in change.commits:
        yield from _of_commit(commit)
    yield from _pushers(change)
    if pull and (pull.merger or pull.state == "merged"):
        yield _by_account("merger", pull.merger, pull.merge_commit or f"#{pull.number}")
    if change.merge and not _by_forge(change.merge):
        yield from _of_commit(change.merge)


def _of_commit(commit: ForgeCommit) -> Iterator[Actor]:
    """Yield who made a commit.

    What the forge made for somebody in its web interface was committed by the one it names as the author;
    when that names co-authors, the author has applied what they suggested.
    """
    by_forge, others = _by_forge(commit), list(_co_authors(commit))
    yield _by_person("author", commit.author, commit)
    yield _by_person("committer", commit.author if by_forge else commit.committer, commit)
    if others and (by_forge or commit.via_web):
        yield _by_person("suggestion-applier", commit.author, commit)
    yield from (_by_person("co-author", other, commit) for other in others)


def _by_forge(commit: ForgeCommit) -> bool:
    """Tell whether the forge made the commit; its name as committer proves that only with its signature."""
    state = commit.verification
    return state is not None and state.verified and state.by_forge


def _co_authors(commit: ForgeCommit) -> Iterator[GitPerson]:
    """Yield the co-authors that the forge attributes, and those whom only a trailer names."""
    yield from commit.co_authors
    named = [commit.author, *commit.co_authors]
    known = {address.casefold() for person in named for address in addresses_in(person.text)}
    for line in co_authors_in(commit.message):
        addresses = [address.casefold() for address in addresses_in(line)]
        if not addresses or not known.issuperset(addresses):
            yield GitPerson(text=line)


def co_authors_in(message: str) -> list[str]:
    """Return who the trailers of a commit message call co-authors, each as it is written."""
    return _CO_AUTHOR.findall(message)


def _pushers(change: ChangeFacts) -> Iterator[Actor]:
    """Yield who moved the branch, and who brought the change into its base."""
    own = _movements(change)
    yield from (_by_account("pusher", push.actor, push.after or push.ref, _KEY_OR_GONE) for push in own)
    if not own and not any(gap.topic == "pushes" for gap in change.gaps):
        text = "whoever pushed this: the forge has no record of it"
        yield Actor(role="pusher", text=text, subject=change.head)
    merge = change.pull_request.merge_commit if change.pull_request else None
    for push in change.pushes:
        if merge and push.after == merge:
            role: Role = "merger" if push.kind in _MERGES else "pusher"
            yield _by_account(role, push.actor, merge, _KEY_OR_GONE)


def _movements(change: ChangeFacts) -> list[Push]:
    """Return the movements of the branch that brought the change, newest first.

    They begin with the one that brought the head and end with the oldest that brought a commit of the change.
    What a forced push threw away may live on in what replaced it, so behind one all of that branch counts.
    """
    pushes = [push for push in change.pushes if push.ref == change.head_ref]
    if change.deleted:
        return [push for push in pushes if push.kind == "branch_deletion"][:1]
    own = {change.head, *(commit.id for commit in change.commits)}
    at = [number for number, push in enumerate(pushes) if push.after in own]
    first = next((number for number in at if pushes[number].after == change.head), None)
    if first is None:
        return []
    last = at[-1]
    if change.pull_request and any(push.kind == "force_push" for push in pushes[first : last + 1]):
        last = _beginning(pushes, last)
    return [push for push in pushes[first : last + 1] if push.kind != "branch_deletion"]


def _beginning(pushes: Sequence[Push], start: int) -> int:
    """Return where the branch was created before the movement at `start`, or the oldest movement."""
    older = range(start, len(pushes))
    return next((number for number in older if pushes[number].kind == "branch_creation"), len(pushes) - 1)


def _of_runs(runs: Iterable[RunFacts]) -> Iterator[Actor]:
    for run in runs:
        subject = f"{run.id}/{run.attempt}"
        yield _by_account("run-starter", run.actor, subject)
        if run.attempt > 1 or run.triggering_actor not in (None, run.actor):
            yield _by_account("re-run-starter", run.triggering_actor, subject)


def _touches_workflows(change: ChangeFacts) -> bool:
    """Tell whether the change may touch a workflow; without a whole list of files, it may."""
    paths = [path for file in change.files for path in (file.path, file.previous) if path]
    return any(gap.topic == "files" for gap in change.gaps) or any(
        path.startswith(WORKFLOW_PATHS) for path in paths
    )


def _by_account(role: Role, account: Account | None, subject: str, otherwise: str = _GONE) -> Actor:
    return Actor(role=role, account=account, text=None if account else otherwise, subject=subject[:_LONGEST])


def _by_person(role: Role, person: GitPerson, commit: ForgeCommit) -> Actor:
    """Return who a commit names; a machine, or the forge itself, only by a signature that holds."""
    account = person.account
    signed = commit.verification is not None and commit.verification.verified
    if account and (account.id == WEB_FLOW or (account.bot and not signed)):
        account = None
    return Actor(role=role, account=account, text=_clip(person.text), subject=commit.id)


def _clip(text: str) -> str:
    """Return text that fits into an actor; the address stands at its end."""
    return (text.strip() or "no name at all")[-_LONGEST:]


def _each_once(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    """Return every actor once a role; different texts beside one account may name different people."""
    kept: list[Actor] = []
    named: dict[tuple[str, int | None], set[str | None]] = {}
    for actor in actors:
        texts = named.setdefault((actor.role, actor.account.id if actor.account else None), set())
        if actor.text not in texts and (actor.text is not None or not texts):
            texts.add(actor.text)
            kept.append(actor)
    return tuple(sorted(kept, key=lambda actor: _ORDER[actor.role]))
