"""The history of a repository of the sandbox: its commits, and where its branches and tags were moved to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.manifest.types import parse_time
from counterseal.sandbox.objects import NOTHING, CommitObject, Name, Objects
from counterseal.sandbox.people import Account
from counterseal.sandbox.things import Activity, CommitFacts, Verification

if TYPE_CHECKING:
    from counterseal.sandbox.world import World

_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.*?)[ \t]*<([^<>\n]*)>[ \t]*$", re.IGNORECASE | re.MULTILINE)


class History:
    """The history of a repository.

    Args:
        world: the world that it is in.
        folder: where its bare git repository is made.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.git = world, Objects(folder)
        self.default_branch = "main"
        self.refs: dict[str, str] = {}
        self.facts: dict[str, CommitFacts] = {}
        self.activity: list[Activity] = []

    def commit(  # noqa: PLR0913
        self,
        branch: str,
        files: Mapping[str, bytes | str | None],
        author: Account,
        message: str,
        *,
        committer: Account | None = None,
        pusher: Account | None = None,
        co_authors: Sequence[Account | str] = (),
        verification: Verification | None = None,
        via_web: bool = False,
        at: str | None = None,
        email: str | None = None,
        push: bool = True,
    ) -> str:
        """Commit to a branch, which begins at the default branch when it is new, and push it.

        Args:
            branch: the branch, without `refs/heads/`.
            files: the new content of each file; None removes it.
            author: who wrote it.
            message: the message.
            committer: who committed it, the author unless given.
            pusher: who pushed it, the committer unless given.
            co_authors: accounts or `name <address>` lines that are added to the message.
            verification: what the forge says about the signature.
            via_web: whether it was made in the web interface.
            at: the dates that are written into the commit; they may be anything.
            email: the author's address in the commit, when it is not the account's.
            push: whether the branch moves.
        """
        ref = f"refs/heads/{branch}"
        base = self.refs.get(ref) or self.refs.get(f"refs/heads/{self.default_branch}")
        tree = dict(self.git.commits[base].files) if base else {}
        for path, data in files.items():
            if data is None:
                tree.pop(path, None)
            else:
                tree[path] = self.git.write_blob(data.encode() if isinstance(data, str) else data)
        trailers = [
            f"Co-authored-by: {one}" if isinstance(one, str) else f"Co-authored-by: {one.login} <{one.email}>"
            for one in co_authors
        ]
        whole = message + ("\n\n" + "\n".join(trailers) if trailers else "")
        who = committer or author
        oid = self.write(
            tree,
            (base,) if base else (),
            author,
            who,
            whole,
            verification,
            via_web=via_web,
            at=at,
            email=email,
        )
        if push:
            self.push(branch, oid, pusher or who)
        return oid

    def write(  # noqa: PLR0913
        self,
        files: Mapping[str, str],
        parents: tuple[str, ...],
        author: Account,
        committer: Account,
        message: str,
        verification: Verification | None = None,
        *,
        via_web: bool = False,
        at: str | None = None,
        email: str | None = None,
    ) -> str:
        """Make a commit that no branch has yet, and return its name."""
        moment = parse_time(at or self.world.clock.tick())
        by = Name(author.name or author.login, email or author.email, moment)
        to = Name(committer.name or committer.login, committer.email, moment)
        commit = self.git.write_commit(files, parents, by, to, message)
        self._know(commit, verification, via_web=via_web)
        return commit.oid

    def _know(
        self, commit: CommitObject, verification: Verification | None = None, *, via_web: bool = False
    ) -> None:
        find = self.world.by_email
        self.facts[commit.oid] = CommitFacts(
            author=find(commit.author.email),
            committer=find(commit.committer.email),
            co_authors=tuple((name, mail, find(mail)) for name, mail in _CO_AUTHOR.findall(commit.message)),
            verification=verification or Verification(),
            via_web=via_web,
        )

    def push(self, branch: str, oid: str, pusher: Account | None, *, kind: str | None = None) -> None:
        """Move a branch; the activity tells a first, an ordinary and a forced push apart."""
        self.move(f"refs/heads/{branch}", oid, pusher, kind=kind)

    def move(self, ref: str, oid: str | None, pusher: Account | None, *, kind: str | None = None) -> None:
        """Move, make or remove a ref that is given in full."""
        before = self.refs.get(ref)
        if kind is None:
            forced = before and oid and before not in set(self.git.ancestors(oid))
            kind = (
                "branch_deletion"
                if oid is None
                else "branch_creation"
                if before is None
                else ("force_push" if forced else "push")
            )
        at = self.world.clock.tick()
        self.git.set_ref(ref, oid)
        if oid is None:
            self.refs.pop(ref, None)
        else:
            self.refs[ref] = oid
        self.activity.append(
            Activity(self.world.number(), kind, ref, before or NOTHING, oid or NOTHING, at, pusher)
        )
        if oid and ref.startswith("refs/heads/"):
            for pull in self.world.pulls_from(self, ref.removeprefix("refs/heads/")):
                pull.head = oid
                pull.issue.remark.updated_at = at

    def force_push(self, branch: str, oid: str, pusher: Account) -> None:
        """Move a branch to any commit."""
        self.push(branch, oid, pusher, kind="force_push")

    def tag(self, name: str, oid: str, pusher: Account) -> None:
        """Make or move a lightweight tag."""
        self.move(f"refs/tags/{name}", oid, pusher)

    def absorb(self, source: Path, ref: str, oid: str, pusher: Account) -> None:
        """Take what a real repository has: a push from a work tree outside."""
        for new in self.git.absorb(source, oid):
            self._know(self.git.commits[new])
        self.move(ref, oid, pusher)

    def verify(self, oid: str, verification: Verification) -> None:
        """Set what the forge says about a commit's signature."""
        self.facts[oid].verification = verification
