"""What the answers to our GraphQL queries look like: every field that is read, with its type."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from counterseal.clients.github.graphql import Connection
from counterseal.manifest.types import Count, GitObject, Name, Positive

T = TypeVar("T")


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of these structures; fields that are not named are ignored."""


class Actor(Shape, frozen=True):
    """Somebody who acts: a user, an app, or a placeholder."""

    typename: str = msgspec.field(name="__typename")
    login: Name
    database_id: Positive | None = None


class User(Shape, frozen=True):
    """An account to which the forge attributes an address."""

    login: Name
    database_id: Positive


class Person(Shape, frozen=True):
    """Somebody whom a commit names."""

    name: str | None
    email: str | None
    user: User | None


class Object(Shape, frozen=True):
    """A git object's name."""

    oid: GitObject


class Few(Shape, frozen=True):
    """The parents of a commit, in one page."""

    total_count: Count
    nodes: list[Object]


class People(Shape, frozen=True):
    """The authors of a commit, in one page."""

    total_count: Count
    nodes: list[Person]


class Signature(Shape, frozen=True):
    """What the forge makes of a commit's signature."""

    is_valid: bool
    state: Name
    was_signed_by_git_hub: bool
    verified_at: str | None
    key_id: str | None = None
    key_fingerprint: str | None = None


class Commit(Shape, frozen=True):
    """A commit."""

    oid: GitObject
    message: str
    tree: Object
    parents: Few
    author: Person | None
    committer: Person | None
    authors: People
    committed_via_web: bool
    signature: Signature | None


class PullCommit(Shape, frozen=True):
    """A commit of a pull request."""

    commit: Commit


class PullCommitId(Shape, frozen=True):
    """A commit of a pull request, by name only."""

    commit: Object


class Review(Shape, frozen=True):
    """A review."""

    full_database_id: str | int
    state: str
    body: str
    submitted_at: str | None
    last_edited_at: str | None
    author: Actor | None
    commit: Object | None


class Comment(Shape, frozen=True):
    """A comment."""

    full_database_id: str | int
    body: str
    created_at: str
    last_edited_at: str | None
    viewer_did_author: bool
    author: Actor | None


class File(Shape, frozen=True):
    """A file that a pull request touches; where it was before is not told."""

    path: Name
    change_type: str


class HeadRepository(Shape, frozen=True):
    """Where a pull request comes from."""

    database_id: Positive
    name_with_owner: Name


class Pull(Shape, frozen=True):
    """A pull request with the first page of everything."""

    head_ref_oid: GitObject
    head_ref_name: Name
    head_repository: HeadRepository | None
    changed_files: Count
    merge_commit: Commit | None
    commits: Connection[PullCommit]
    reviews: Connection[Review]
    comments: Connection[Comment]
    files: Connection[File]


class PullRepository(Shape, frozen=True):
    """A repository with one pull request."""

    database_id: Positive
    url: Name
    pull_request: Pull


class PullData(Shape, frozen=True):
    """The answer to `PULL`."""

    repository: PullRepository


class Paged(Shape, Generic[T], frozen=True):
    """Something with one page of a connection."""

    page: Connection[T]


class PullPageRepository(Shape, Generic[T], frozen=True):
    """A repository with one page of something of a pull request."""

    pull_request: Paged[T]


class PullPage(Shape, Generic[T], frozen=True):
    """The answer to the queries that go on in a connection of a pull request."""

    repository: PullPageRepository[T]


class IssuePageRepository(Shape, Generic[T], frozen=True):
    """A repository with one page of something of an issue."""

    issue: Paged[T]


class IssuePage(Shape, Generic[T], frozen=True):
    """The answer to `ISSUE_COMMENTS`."""

    repository: IssuePageRepository[T]


class HistoryRepository(Shape, frozen=True):
    """A repository with one page of the history of a commit."""

    object: Paged[Commit] | None


class HistoryPage(Shape, frozen=True):
    """The answer to `HISTORY`."""

    repository: HistoryRepository


class Target(Shape, frozen=True):
    """What a ref or a tag object points to."""

    typename: str = msgspec.field(name="__typename")
    oid: GitObject
    tree: Object | None = None
    target: Target | None = None


class Branch(Shape, frozen=True):
    """A branch: its short name, and what it points to."""

    name: Name
    target: Target


class Repository(Shape, frozen=True):
    """A repository."""

    database_id: Positive
    url: Name
    name_with_owner: Name
    is_private: bool
    default_branch_ref: Branch | None


class RepositoryData(Shape, frozen=True):
    """The answer to `REPOSITORY`."""

    repository: Repository


class TeamOfMembers(Shape, frozen=True):
    """A team with one page of its members."""

    members: Connection[User]


class Organization(Shape, frozen=True):
    """An organisation with one team."""

    team: TeamOfMembers | None


class TeamData(Shape, frozen=True):
    """The answer to `TEAM`."""

    organization: Organization | None


class Ref(Shape, frozen=True):
    """A ref."""

    target: Target


class RefRepository(Shape, frozen=True):
    """A repository with one ref."""

    ref: Ref | None


class RefData(Shape, frozen=True):
    """The answer to `REF`."""

    repository: RefRepository


class ObjectRepository(Shape, frozen=True):
    """A repository with one object."""

    object: Target | None


class ObjectData(Shape, frozen=True):
    """The answer to `OBJECT`."""

    repository: ObjectRepository


class Blob(Shape, frozen=True):
    """What is at a path: a file, when it has a size."""

    typename: str = msgspec.field(name="__typename")
    oid: GitObject
    byte_size: Count | None = None
    is_truncated: bool | None = None
    text: str | None = None


class FileRepository(Shape, frozen=True):
    """A repository with a commit and what is at a path of it."""

    commit: Target | None
    file: Blob | None


class FileData(Shape, frozen=True):
    """The answer to `FILE`."""

    repository: FileRepository


class IssueOwn(Shape, frozen=True):
    """An issue, and whether it is ours."""

    body: str
    viewer_did_author: bool


class IssueRepository(Shape, frozen=True):
    """A repository with one issue."""

    issue: IssueOwn


class IssueData(Shape, frozen=True):
    """The answer to `ISSUE_OWN`."""

    repository: IssueRepository
