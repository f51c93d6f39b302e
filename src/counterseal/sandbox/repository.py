"""A repository of the sandbox: what people do to it, each act at its own moment of the sandbox's clock."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.manifest.types import parse_time
from counterseal.sandbox.objects import CommitObject, Name, Objects
from counterseal.sandbox.people import Account, Team
from counterseal.sandbox.things import (
    Activity,
    Approval,
    CheckRun,
    CommitFacts,
    Deployment,
    Environment,
    Issue,
    Pull,
    Remark,
    Review,
    Ruleset,
    RuleSuite,
    Run,
    Verification,
)

if TYPE_CHECKING:
    from counterseal.sandbox.world import World

NOTHING = "0" * 40
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.*?)[ \t]*<([^<>\n]*)>[ \t]*$", re.IGNORECASE | re.MULTILINE)


class Repository:
    """A repository.

    Args:
        world: the world that it is in.
        number: its id.
        full_name: `owner/name`.
        folder: where its bare git repository is made.
        private: whether it is private.
        fork_of: the repository that it is a fork of.
    """

    def __init__(
        self,
        world: World,
        number: int,
        full_name: str,
        folder: Path,
        private: bool,
        fork_of: Repository | None = None,
    ) -> None:
        self.world, self.id, self.full_name, self.private, self.fork_of = (
            world,
            number,
            full_name,
            private,
            fork_of,
        )
        self.owner = world.account(full_name.partition("/")[0])
        self.name = full_name.partition("/")[2]
        self.default_branch = "main"
        self.created_at = world.clock.text()
        self.git = Objects(folder)
        self.refs: dict[str, str] = {}
        self.facts: dict[str, CommitFacts] = {}
        self.activity: list[Activity] = []
        self.issues: dict[int, Issue] = {}
        self.environments: dict[str, Environment] = {}
        self.runs: dict[int, Run] = {}
        self.checks: list[CheckRun] = []
        self.statuses: list[dict[str, Any]] = []
        self.deployments: list[Deployment] = []
        self.rulesets: list[Ruleset] = []
        self.rule_suites: list[RuleSuite] = []
        self.dispatches: list[dict[str, Any]] = []
        self.roles: dict[int, str] = {}
        self.teams: dict[int, str] = {}
        self.actions_may_approve = False
        self.labels: set[str] = set()
        self._numbers = itertools.count(1)

    # -- git ------------------------------------------------------------------------------------------

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
        oid = self._write(
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

    def _write(  # noqa: PLR0913
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

    # -- pull requests and issues ---------------------------------------------------------------------

    def open_issue(self, author: Account, title: str, body: str = "", labels: Iterable[str] = ()) -> Issue:
        """Open an issue."""
        issue = Issue(next(self._numbers), self._remark(author, body), title, labels=list(labels))
        self.issues[issue.number] = issue
        return issue

    def open_pull(
        self,
        head: str,
        base: str,
        opener: Account,
        title: str,
        body: str = "",
        *,
        head_repository: Repository | None = None,
        draft: bool = False,
    ) -> Pull:
        """Open a pull request from a branch (of another repository) to a branch."""
        source = head_repository or self
        if source is not self:
            self._borrow(source, source.refs[f"refs/heads/{head}"])
        issue = self.open_issue(opener, title, body)
        pull = Pull(
            issue,
            base,
            self.refs[f"refs/heads/{base}"],
            head,
            source.refs[f"refs/heads/{head}"],
            source,
            draft,
        )
        issue.pull = pull
        return pull

    def _borrow(self, source: Repository, oid: str) -> None:
        for one in source.git.ancestors(oid):
            commit = source.git.commits[one]
            for blob in commit.files.values():
                self.git.write_blob(source.git.blob(blob))
            again = self.git.write_commit(
                commit.files, commit.parents, commit.author, commit.committer, commit.message
            )
            self.git.commits[one] = again
            self.facts[one] = source.facts[one]

    def pull(self, number: int) -> Pull | None:
        """Return a pull request."""
        issue = self.issues.get(number)
        return issue.pull if issue else None

    def pulls(self) -> list[Pull]:
        """Return every pull request, oldest first."""
        return [issue.pull for issue in self.issues.values() if issue.pull]

    def commits_of(self, pull: Pull) -> list[str]:
        """Return a pull request's commits, oldest first."""
        if pull.frozen_commits is not None:
            return list(pull.frozen_commits)
        return self.git.between(self.refs.get(f"refs/heads/{pull.base_ref}", pull.base), pull.head)

    def review(
        self, pull: Pull, author: Account, state: str, body: str = "", *, commit: str | None = None
    ) -> Review:
        """Review a pull request: `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`; of its head unless told."""
        remark = self._remark(author, body)
        review = Review(remark, state, commit or pull.head, remark.created_at)
        pull.reviews.append(review)
        return review

    def dismiss(self, review: Review) -> None:
        """Dismiss a review."""
        review.state = "DISMISSED"

    def comment(self, issue: Issue | Pull, author: Account, body: str) -> Remark:
        """Comment on an issue or pull request."""
        remark = self._remark(author, body)
        (issue.issue if isinstance(issue, Pull) else issue).comments.append(remark)
        return remark

    def edit(self, remark: Remark, editor: Account, body: str) -> None:
        """Change what somebody wrote."""
        at = self.world.clock.tick()
        remark.body, remark.updated_at, remark.edited_at, remark.editor = body, at, at, editor

    def retarget(self, pull: Pull, base: str) -> None:
        """Let a pull request go to another branch."""
        pull.base_ref, pull.base = base, self.refs[f"refs/heads/{base}"]
        pull.issue.remark.updated_at = self.world.clock.tick()

    def merge(self, pull: Pull, by: Account, method: str = "merge") -> str:
        """Merge a pull request (`merge`, `squash` or `rebase`) and return what it was merged as."""
        pull.frozen_commits = tuple(self.commits_of(pull))
        base = self.refs[f"refs/heads/{pull.base_ref}"]
        oid = self._merged(pull, base, by, method)
        self.push(pull.base_ref, oid, by, kind="pr_merge")
        at = self.world.clock.text()
        pull.base, pull.merged_at, pull.merged_by, pull.merge_commit = base, at, by, oid
        pull.issue.state, pull.issue.closed_at = "closed", at
        return oid

    def _merged(self, pull: Pull, base: str, by: Account, method: str) -> str:
        files = self.git.merged_files(self.git.merge_base(base, pull.head), base, pull.head)
        web = self.world.web_flow
        signed = Verification(
            verified=True,
            reason="valid",
            verified_at=self.world.clock.text(),
            signature="-----BEGIN PGP SIGNATURE-----",
            payload="tree",
            by_forge=True,
            key="B5690EEEBB952194",
        )
        title = f"{pull.issue.title} (#{pull.number})"
        if method == "merge":
            owner = pull.head_repository.full_name.partition("/")[0]
            message = f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}\n\n{pull.issue.title}"
            return self._write(files, (base, pull.head), by, web, message, signed, via_web=True)
        if method == "squash":
            return self._write(files, (base,), pull.issue.remark.author, web, title, signed, via_web=True)
        tip = base
        for oid in self.commits_of(pull):
            old = self.git.commits[oid]
            tree = self.git.merged_files(old.parents[0] if old.parents else None, tip, oid)
            author = self.facts[oid].author or by
            tip = self._write(tree, (tip,), author, web, old.message)
        return tip

    def queue(self, pulls: Sequence[Pull], method: str = "merge") -> tuple[str, str, str]:
        """Make a merge group of pull requests; return its ref, base and head."""
        base = tip = self.refs[f"refs/heads/{pulls[0].base_ref}"]
        for pull in pulls:
            pull.frozen_commits = tuple(self.commits_of(pull))
            tip = self._merged(pull, tip, self.world.queue_bot, method)
        ref = f"refs/heads/gh-readonly-queue/{pulls[-1].base_ref}/pr-{pulls[-1].number}-{base}"
        self.move(ref, tip, self.world.queue_bot)
        for pull in pulls:
            pull.frozen_commits = None
        return ref, base, tip

    def _remark(self, author: Account, body: str) -> Remark:
        at = self.world.clock.tick()
        return Remark(self.world.number(), author, body, at, at)

    # -- runs, environments, rules --------------------------------------------------------------------

    def environment(
        self,
        name: str,
        reviewers: Sequence[Account | Team] = (),
        *,
        prevent_self_review: bool = True,
        admins_can_bypass: bool | None = False,
        branches: str = "all",
    ) -> Environment:
        """Make an environment."""
        made = Environment(
            self.world.number(),
            name,
            self.world.clock.tick(),
            list(reviewers),
            prevent_self_review,
            0,
            admins_can_bypass,
            branches,
        )
        self.environments[name] = made
        return made

    def run(
        self,
        workflow: str,
        head: str,
        actor: Account,
        event: str = "push",
        branch: str = "main",
        *,
        number: int | None = None,
        waiting_for: Sequence[Environment] = (),
    ) -> Run:
        """Start a workflow run."""
        made = Run(
            number or self.world.number(),
            workflow,
            head,
            branch,
            event,
            actor,
            self.world.clock.tick(),
            [actor],
            status="waiting" if waiting_for else "in_progress",
            pending=list(waiting_for),
        )
        self.runs[made.id] = made
        return made

    def rerun(self, run: Run, by: Account) -> None:
        """Start another attempt."""
        self.world.clock.tick()
        run.attempts.append(by)
        run.status, run.conclusion = "in_progress", None

    def review_run(
        self,
        run: Run,
        by: Account,
        environments: Sequence[Environment],
        state: str = "approved",
        comment: str = "",
    ) -> None:
        """Approve or reject what a run waits for."""
        self.world.clock.tick()
        run.approvals.append(Approval(state, by, list(environments), comment))
        run.pending = [one for one in run.pending if one not in environments]
        run.status = "waiting" if run.pending else "in_progress"

    def ruleset(
        self,
        name: str,
        rules: Sequence[dict[str, Any]],
        branches: Sequence[str] = ("~DEFAULT_BRANCH",),
        bypass: Sequence[dict[str, Any]] = (),
    ) -> Ruleset:
        """Protect branches."""
        made = Ruleset(
            self.world.number(), name, list(branches), list(rules), self.world.clock.tick(), list(bypass)
        )
        self.rulesets.append(made)
        return made
