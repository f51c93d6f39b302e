"""What the GraphQL interface asks of the world, and the plain facts that it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Person:
    """An account.

    Attributes:
        kind: its GraphQL type: `User`, `Bot`, `Mannequin` or `Organization`.
        id: its number.
        login: its name, as the REST interface has it.
        url: its page.
        name: the name of whom it belongs to.
        email: its public address.
    """

    kind: str
    id: int
    login: str
    url: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Identity:
    """Somebody whom a commit names.

    Attributes:
        name: the name.
        email: the address.
        date: the date, where the commit has one for this person.
        account: the account to which the address belongs.
    """

    name: str
    email: str
    date: str | None = None
    account: Person | None = None


@dataclass(frozen=True)
class Signature:
    """A commit's signature.

    Attributes:
        kind: its GraphQL type, such as `SshSignature`.
        reason: what verification said, in the REST interface's word.
        verified: whether it holds.
        payload: what was signed.
        text: the signature.
        email: the address that was verified.
        verified_at: when it was first verified.
        signer: whose key it is.
        by_forge: whether it is the forge's own key.
        key: the key's id or fingerprint.
    """

    kind: str
    reason: str
    verified: bool
    payload: str
    text: str
    email: str
    verified_at: str | None = None
    signer: Person | None = None
    by_forge: bool = False
    key: str | None = None


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        oid: its object name.
        tree: its tree.
        parents: its parents.
        message: its message.
        author: its author.
        committer: its committer.
        co_authors: whom its message names as co-authors.
        signature: its signature, where it has one.
        via_web: whether it was made in the web interface.
    """

    oid: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Identity
    committer: Identity
    co_authors: tuple[Identity, ...] = ()
    signature: Signature | None = None
    via_web: bool = False


@dataclass(frozen=True)
class Tag:
    """An annotated tag.

    Attributes:
        oid: its object name.
        name: its name.
        message: its message.
        target: what it names.
        tagger: who made it.
    """

    oid: str
    name: str
    message: str
    target: str
    tagger: Identity | None = None


@dataclass(frozen=True)
class Remark:
    """What somebody wrote: the part that reviews, comments, issues and pull requests share.

    Attributes:
        id: its number.
        author: who wrote it; None for a deleted account.
        body: its text.
        created_at: when it was written.
        updated_at: when it last changed in any way.
        url: its page.
        association: what its author is to the repository.
        edited_at: when its text was changed.
        editor: who changed it.
    """

    id: int
    author: Person | None
    body: str
    created_at: str
    updated_at: str
    url: str
    association: str = "NONE"
    edited_at: str | None = None
    editor: Person | None = None


@dataclass(frozen=True)
class Review:
    """A review.

    Attributes:
        remark: what was written.
        state: what it says, such as `APPROVED`.
        commit: the commit that was reviewed; None when it is lost.
        submitted_at: when it was given; None while it is pending.
        teams: the teams on whose behalf it was given.
        pusher: whether its author may push to the repository.
    """

    remark: Remark
    state: str
    commit: str | None = None
    submitted_at: str | None = None
    teams: tuple[Team, ...] = ()
    pusher: bool = False


@dataclass(frozen=True)
class File:
    """A file that a pull request touches.

    Attributes:
        path: where it is.
        status: what happened to it, in the REST interface's word.
        additions: how many lines are new.
        deletions: how many lines are gone.
    """

    path: str
    status: str
    additions: int = 0
    deletions: int = 0


@dataclass(frozen=True)
class Issue:
    """An issue.

    Attributes:
        number: its number.
        remark: what was written.
        title: its title.
        closed_at: when it was closed.
    """

    number: int
    remark: Remark
    title: str
    closed_at: str | None = None


@dataclass(frozen=True)
class Pull:
    """A pull request.

    Attributes:
        issue: the issue that it is as well.
        base: the branch it goes to, and its commit.
        head: the branch it comes from, and its commit.
        head_repository: where it comes from; None when that is gone.
        draft: whether it is a draft.
        merged_at: when it was merged.
        merged_by: who merged it.
        merge_commit: what it was merged as.
    """

    issue: Issue
    base: tuple[str, str]
    head: tuple[str, str]
    head_repository: Repository | None
    draft: bool = False
    merged_at: str | None = None
    merged_by: Person | None = None
    merge_commit: str | None = None


@dataclass(frozen=True)
class Team:
    """A team.

    Attributes:
        id: its number.
        organization: its organisation's login.
        slug: its name in addresses.
        name: its name.
        members: its members, those of child teams included.
    """

    id: int
    organization: str
    slug: str
    name: str
    members: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        id: its number.
        owner: whose it is.
        name: its name.
        url: its page.
        default_branch: the branch that it begins with; None when it is empty.
        private: whether it is.
        fork: whether it is one.
        archived: whether it is.
    """

    id: int
    owner: Person
    name: str
    url: str
    default_branch: str | None
    private: bool = False
    fork: bool = False
    archived: bool = False


@dataclass(frozen=True)
class Allowance:
    """What is left of the rate limit.

    Attributes:
        limit: how many points an hour has.
        used: how many are gone.
        reset_at: when it begins anew.
    """

    limit: int
    used: int
    reset_at: str


Permission = Literal["contents", "pull_requests", "issues", "members"]


class Source(Protocol):
    """The world, as one token sees it."""

    def viewer(self) -> Person:
        """Return whose token it is; an installation is its bot."""

    def allowance(self) -> Allowance:
        """Return what is left of the rate limit."""

    def may(self, permission: Permission) -> bool:
        """Return whether the token may read something."""

    def wrote(self, author: Person) -> bool:
        """Return whether somebody is who asks."""

    def organization(self, login: str) -> Person | None:
        """Return an organisation."""

    def team(self, organization: str, slug: str) -> Team | None:
        """Return a team that the token may see."""

    def repository(self, owner: str, name: str) -> Repository | None:
        """Return a repository that the token may see."""

    def tip(self, repository: Repository, ref: str) -> str | None:
        """Return what a ref, given in full, points to."""

    def object(self, repository: Repository, expression: str) -> tuple[str, str] | None:
        """Return the type (`commit`, `tree`, `blob`, `tag`) and name of what an expression means."""

    def commit(self, repository: Repository, oid: str) -> Commit:
        """Return a commit."""

    def tag(self, repository: Repository, oid: str) -> Tag:
        """Return an annotated tag."""

    def blob(self, repository: Repository, oid: str) -> bytes:
        """Return a file's content."""

    def history(self, repository: Repository, oid: str) -> Sequence[str]:
        """Return a commit and all before it, newest first."""

    def between(self, repository: Repository, base: str, head: str) -> Sequence[str]:
        """Return the commits that are in one history and not in another, oldest first."""

    def pull(self, repository: Repository, number: int) -> Pull | None:
        """Return a pull request."""

    def pulls_of(self, repository: Repository, oid: str) -> Sequence[Pull]:
        """Return the pull requests to which a commit belongs."""

    def pull_commits(self, repository: Repository, number: int) -> Sequence[str]:
        """Return a pull request's commits, oldest first."""

    def files(self, repository: Repository, number: int) -> Sequence[File]:
        """Return what a pull request touches."""

    def reviews(self, repository: Repository, number: int) -> Sequence[Review]:
        """Return a pull request's reviews, oldest first, as the token may see them."""

    def issue(self, repository: Repository, number: int) -> Issue | None:
        """Return an issue that is no pull request."""

    def comments(self, repository: Repository, number: int) -> Sequence[Remark]:
        """Return the comments of an issue or pull request, oldest first."""
