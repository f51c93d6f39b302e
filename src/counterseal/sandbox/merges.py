"""Merges: what a pull request becomes on the branch that it goes to, by each of the forge's methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from counterseal.sandbox.people import Account
from counterseal.sandbox.things import Pull, Verification

if TYPE_CHECKING:
    from counterseal.sandbox.repository import Repository


class Merge:
    """A merge of a pull request.

    Args:
        repository: the repository that it is merged in.
        pull: the pull request.
        base: the commit that it is merged onto.
        by: who merges it.
    """

    def __init__(self, repository: Repository, pull: Pull, base: str, by: Account) -> None:
        self._repository, self._pull, self._base, self._by = repository, pull, base, by
        self._web = repository.world.web_flow

    def commit(self, method: str) -> str:
        """Make the commits of a method (`merge`, `squash` or `rebase`) and return the newest."""
        methods: dict[str, Callable[[], str]] = {"merge": self._merge, "squash": self._squash}
        return methods.get(method, self._rebase)()

    def _merge(self) -> str:
        pull, parents = self._pull, (self._base, self._pull.head)
        owner = pull.head_repository.full_name.partition("/")[0]
        message = f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}\n\n{pull.issue.title}"
        return self._write(parents, self._by, message)

    def _squash(self) -> str:
        pull = self._pull
        return self._write((self._base,), pull.issue.remark.author, f"{pull.issue.title} (#{pull.number})")

    def _rebase(self) -> str:
        repository, tip = self._repository, self._base
        for oid in repository.commits_of(self._pull):
            old = repository.git.commits[oid]
            tree = repository.git.merged_files(old.parents[0] if old.parents else None, tip, oid)
            author = repository.facts[oid].author or self._by
            tip = repository.write(tree, (tip,), author, self._web, old.message)
        return tip

    def _write(self, parents: tuple[str, ...], author: Account, message: str) -> str:
        """Make one commit of all of it, which the forge signs."""
        git, head = self._repository.git, self._pull.head
        files = git.merged_files(git.merge_base(self._base, head), self._base, head)
        return self._repository.write(
            files, parents, author, self._web, message, self._signed(), via_web=True
        )

    def _signed(self) -> Verification:
        return Verification(
            verified=True,
            reason="valid",
            verified_at=self._repository.world.clock.text(),
            signature="-----BEGIN PGP SIGNATURE-----",
            payload="tree",
            by_forge=True,
            key="B5690EEEBB952194",
        )
