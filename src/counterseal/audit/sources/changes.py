"""Changes: every commit that reached a protected branch in a window, and every protected tag.

The forge's own record of movements says when a branch moved, by whom and from where to where; git says which
commits that brought. Neither is enough alone: dates in commits are chosen by whoever commits, and a record of
movements names only ends. Where one of them has a hole, that is a gap and nothing else.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from counterseal.audit.population import Landed, Tagged, Window
from counterseal.checks.changes import describe
from counterseal.clients.forge import Forge
from counterseal.clients.git import Commit, GitRepository
from counterseal.errors import CountersealError, Inconclusive
from counterseal.manifest.release import Person
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.audit import Audit
from counterseal.policy.forge import Account, ForgeCommit, Gap, GitPerson, Push
from counterseal.policy.patterns import any_path_matches

_MOST = 20_000
"""The most commits that one movement may bring; more cannot be compared one by one."""

_HEADS, _TAGS, _REMOTE = "refs/heads/", "refs/tags/", "refs/remotes/origin/"
_WILD = frozenset("*?[\\")


@dataclass
class Changes:
    """What git and the forge tell of the changes of a window.

    Attributes:
        repository: a clone.
        forge: the forge; None where there is none to be asked.
        window: the window.
        demands: the policy's section `audit`.
        gaps: what could not be found out, so far.
        tag_gaps: the same about tags.
    """

    repository: GitRepository
    forge: Forge | None
    window: Window
    demands: Audit
    gaps: list[Gap] = field(default_factory=list)
    tag_gaps: list[Gap] = field(default_factory=list)

    def tips(self) -> dict[str, str]:
        """Return where the protected branches are: by the forge where there is one, else by the clone."""
        found: dict[str, str] = {}
        refs = self.repository.refs("refs/")
        for ref, oid in refs.items():
            for prefix in (_REMOTE, _HEADS):
                name = ref.removeprefix(prefix)
                if ref.startswith(prefix) and any_path_matches(self.demands.branches, name):
                    found.setdefault(_HEADS + name, oid)
        if self.forge is not None:
            found = {ref: tip for ref in found if (tip := self._asked_tip(ref)) is not None}
        if not found:
            self._miss("there is no protected branch here", ", ".join(self.demands.branches))
        for name in self.demands.branches:
            if found and not _WILD.intersection(name) and _HEADS + name not in found:
                self._miss("there is no such branch here", name)
        if self.repository.is_shallow():
            self._miss("the clone is shallow")
        return found

    def landed(self, tips: Mapping[str, str], lineage: Container[str]) -> tuple[Landed, ...]:
        """Return the commits that reached protected branches in the window, oldest first.

        Args:
            tips: where the protected branches are.
            lineage: the commits that they hold.
        """
        found: dict[str, Landed] = {}
        for ref, tip in sorted(tips.items()):
            for one in self._of_branch(ref, tip):
                found.setdefault(one.commit, replace(one, gone=one.commit not in lineage))
        return tuple(found.values())

    def tagged(self) -> tuple[Tagged, ...]:
        """Return the protected tags of the clone. Where they were before is told by the releases of them."""
        if not self.demands.tags:
            return ()
        here = self.repository.refs(_TAGS)
        if not here:
            self.tag_gaps.append(Gap(topic="tags", message="the clone has no tags"))
        names = (ref for ref in here if any_path_matches(self.demands.tags, ref.removeprefix(_TAGS)))
        return tuple(Tagged(ref=ref, commit=here[ref]) for ref in sorted(names))

    # -- branches -----------------------------------------------------------------------------------------

    def _of_branch(self, ref: str, tip: str) -> Iterator[Landed]:
        if self.forge is None:
            message = "no forge tells when commits reached the branch, nor who brought them"
            self._miss(message, ref)
            yield from self._claimed(ref, tip)
            return
        try:
            pushes = self.forge.pushes(ref)
        except CountersealError as refusal:
            self._miss(refusal.diagnosis(), ref)
            yield from self._claimed(ref, tip)
            return
        until = parse_time(self.window.until)
        for push in reversed(self._chained(ref, tip, pushes)):
            if parse_time(push.at) <= until:
                yield from self._of_push(push)

    def _claimed(self, ref: str, tip: str) -> Iterator[Landed]:
        """Yield the commits whose own date lies in the window, which is all that git alone can tell."""
        history = self.repository.history(tip, limit=_MOST)
        self._whole(history.missing, more=history.more, ref=ref)
        since = parse_time(self.window.since)
        for commit in reversed(history.commits):
            at = datetime.fromtimestamp(commit.claimed_at, UTC)
            if since <= at <= parse_time(self.window.until):
                yield _landed(commit, ref, format_time(at), "claimed")

    def _chained(self, ref: str, tip: str, pushes: tuple[Push, ...]) -> list[Push]:
        """Return the movements of the window, newest first; a hole between them, or before, is a gap."""
        inside, at = list[Push](), tip
        for push in pushes:
            if push.after != at:
                self._miss(f"the record of movements has a hole before {at[:12]}", ref)
            if parse_time(push.at) < parse_time(self.window.since):
                return inside
            inside.append(push)
            if push.before is None:
                return inside
            at = push.before
        self._miss("the record of movements does not reach back to the beginning of the window", ref)
        return inside

    def _of_push(self, push: Push) -> Iterator[Landed]:
        """Yield what a movement brought, oldest first, and what a forced one took away."""
        people = self._accounts(push)
        if push.after is not None:
            for commit, pull in self._brought(push, push.after):
                yield _landed(commit, push.ref, push.at, "forge", push, pull, people.get(commit.id))
        if push.before is not None and push.kind in ("force_push", "branch_deletion"):
            for commit in self._between(push.before, push.after, push.ref):
                yield _landed(commit, push.ref, push.at, "forge", push, None, people.get(commit.id))

    def _brought(self, push: Push, after: str) -> Iterator[tuple[Commit, int | None]]:
        """Yield the commits of a movement with the pull request that each came by, oldest first."""
        commits = {one.id: one for one in self._between(after, push.before, push.ref)}
        pulls: dict[str, int | None] = {}
        step: str | None = after
        while step in commits:
            parents = commits[step].parents
            number = self._pull(step)
            for name in self._side(step, parents, commits):
                pulls.setdefault(name, number)
            step = parents[0] if parents else None
        yield from ((one, pulls.get(one.id)) for one in commits.values())

    def _side(self, step: str, parents: tuple[str, ...], commits: dict[str, Commit]) -> Iterator[str]:
        """Yield a commit of the branch's first line, and all that a merge has brought in with it."""
        yield step
        waiting, seen = [name for name in parents[1:] if name in commits], set[str]()
        main = set(self._first_line(parents[0], commits)) if parents else set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen or name in main:
                continue
            seen.add(name)
            yield name
            waiting += [one for one in commits[name].parents if one in commits]

    @staticmethod
    def _first_line(start: str, commits: dict[str, Commit]) -> Iterator[str]:
        step: str | None = start
        while step in commits:
            yield step
            step = commits[step].parents[0] if commits[step].parents else None

    def _between(self, until: str, since: str | None, ref: str) -> list[Commit]:
        """Return the commits that one has and the other has not, oldest first; what is missing is a gap."""
        try:
            history = self.repository.history(until, since=since, limit=_MOST)
        except Inconclusive as refusal:
            self._miss(refusal.message, ref)
            return []
        self._whole(history.missing, more=history.more, ref=ref)
        return list(reversed(history.commits))

    def _whole(self, missing: tuple[str, ...], *, more: bool, ref: str) -> None:
        if missing:
            self._miss(f"the clone lacks {len(missing)} commits, such as {missing[0]}", ref)
        if more:
            self._miss(f"there are more than {_MOST} commits", ref)

    # -- what the forge adds ------------------------------------------------------------------------------

    def _asked_tip(self, ref: str) -> str | None:
        if self.forge is None:
            return None
        try:
            return self.forge.tip(ref)
        except CountersealError as refusal:
            self._miss(refusal.diagnosis(), ref)
            return None

    def _pull(self, commit: str) -> int | None:
        if self.forge is None:
            return None
        try:
            found = self.forge.pulls_of_commit(commit)
        except CountersealError as refusal:
            self._miss(refusal.diagnosis(), commit)
            return None
        return found[0] if found else None

    def _accounts(self, push: Push) -> dict[str, ForgeCommit]:
        """Return the commits of a movement as the forge has them; what it does not tell stays git's text."""
        if self.forge is None:
            return {}
        try:
            return {
                one.id: one for one in self.forge.change_of_push(push.ref, push.before, push.after).commits
            }
        except CountersealError:
            return {}

    def _miss(self, message: str, subject: str | None = None) -> None:
        gap = Gap(topic="changes", message=message[:1000], subject=subject)
        if gap not in self.gaps:
            self.gaps.append(gap)


def _landed(
    commit: Commit,
    ref: str,
    at: str,
    clock: str,
    push: Push | None = None,
    pull: int | None = None,
    known: ForgeCommit | None = None,
) -> Landed:
    described = describe(commit)
    people = (
        _known_people(known)
        if known is not None
        else (*described.authors, *described.committers, *described.co_authors)
    )
    return Landed(
        commit=commit.id,
        ref=ref,
        at=at,
        clock=clock,  # type: ignore[arg-type]
        title=described.title,
        tree=commit.tree,
        parents=commit.parents,
        people=tuple(dict.fromkeys(people)),
        pusher=_who(push),
        kind=push.kind if push else None,
        pull_request=pull,
    )


def _who(push: Push | None) -> Account | None:
    return push.actor if push else None


def _known_people(commit: ForgeCommit) -> Iterable[Person]:
    """Return everybody whom a commit names, by account where the forge knows one."""
    web = commit.via_web and commit.committer.account is None  # the forge itself committed
    named: tuple[GitPerson, ...] = (commit.author, *(() if web else (commit.committer,)), *commit.co_authors)
    for one in named:
        account = one.account
        yield Person(
            id=account.id if account else None, login=account.login if account else None, text=one.text[:1000]
        )
