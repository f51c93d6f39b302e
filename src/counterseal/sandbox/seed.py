"""Seeds: a world from a file, so that a policy can be rehearsed without writing a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.host import names
from counterseal.policy.base import AccountId, Section
from counterseal.policy.tree import read_yaml
from counterseal.sandbox.people import Account
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.world import World

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10000)]


class UserSeed(Section, frozen=True, kw_only=True):
    """A person or machine.

    Attributes:
        login: the account's name.
        id: its number.
        email: the address that it commits with.
        bot: whether it is a machine.
    """

    login: Text
    id: AccountId
    email: Text | None = None
    bot: bool = False


class TeamSeed(Section, frozen=True, kw_only=True):
    """A team.

    Attributes:
        name: `organisation/team`.
        members: their logins.
        parent: the team that it belongs to.
    """

    name: Text
    members: tuple[Text, ...] = ()
    parent: Text | None = None


class CommitSeed(Section, frozen=True, kw_only=True):
    """A commit.

    Attributes:
        branch: the branch.
        author: who wrote it.
        message: the message.
        files: the files that it writes, by path: their text.
        copy: files of this machine that it writes, by path in the repository.
        co-authors: logins of co-authors.
        verified: whether the forge says that it is signed.
    """

    branch: Text
    author: Text
    message: Text
    files: dict[Text, str] = msgspec.field(default_factory=dict)
    copy: dict[Text, Text] = msgspec.field(default_factory=dict)
    co_authors: tuple[Text, ...] = ()
    verified: bool = False


class ReviewSeed(Section, frozen=True, kw_only=True):
    """A review.

    Attributes:
        by: who gave it.
        state: what it says.
    """

    by: Text
    state: Literal["approved", "changes-requested", "commented"]


class PullSeed(Section, frozen=True, kw_only=True):
    """A pull request.

    Attributes:
        head: the branch it comes from.
        base: the branch it goes to.
        opener: who opens it.
        title: its title.
        reviews: its reviews.
        merged-by: who merges it; nobody when absent.
    """

    head: Text
    opener: Text
    title: Text
    base: Text = "main"
    reviews: tuple[ReviewSeed, ...] = ()
    merged_by: Text | None = None


class EnvironmentSeed(Section, frozen=True, kw_only=True):
    """An environment.

    Attributes:
        name: its name.
        reviewers: logins of its reviewers.
        admins-can-bypass: whether administrators may.
    """

    name: Text
    reviewers: tuple[Text, ...] = ()
    admins_can_bypass: bool = False


class RepositorySeed(Section, frozen=True, kw_only=True):
    """A repository.

    Attributes:
        name: `owner/name`.
        id: its number.
        private: whether it is.
        roles: what people may do, by login.
        commits: its commits, in order.
        pulls: its pull requests, in order.
        environments: its environments.
    """

    name: Text
    id: AccountId
    private: bool = True
    roles: dict[Text, Literal["read", "triage", "write", "maintain", "admin"]] = msgspec.field(
        default_factory=dict
    )
    commits: tuple[CommitSeed, ...] = ()
    pulls: tuple[PullSeed, ...] = ()
    environments: tuple[EnvironmentSeed, ...] = ()


class WorldSeed(Section, frozen=True, kw_only=True):
    """A world.

    Attributes:
        version: the version of this format.
        users: the accounts.
        organisations: the organisations, by login: their numbers.
        teams: the teams.
        repositories: the repositories.
    """

    version: Literal[1]
    users: tuple[UserSeed, ...] = ()
    organisations: dict[Text, AccountId] = msgspec.field(default_factory=dict)
    teams: tuple[TeamSeed, ...] = ()
    repositories: tuple[RepositorySeed, ...] = ()


@dataclass
class Seeded:
    """A world that was made from a seed.

    Attributes:
        world: the world.
        tokens: a token for each person (`TOKEN_<LOGIN>`), and one such as a job has (`GITHUB_TOKEN`).
    """

    world: World
    tokens: dict[str, str] = field(default_factory=dict)


def read_world(data: bytes, where: str, folder: Path) -> Seeded:
    """Make a world from a file.

    Args:
        data: the file's bytes: strict YAML.
        where: its name, for errors.
        folder: where files that it copies are looked for.

    Raises:
        MalformedError: it is not what it should be, or names somebody who is not there.
        OSError: a file that it copies cannot be read.
    """
    try:
        seed = msgspec.convert(read_yaml(data, where=where).value, WorldSeed)
    except msgspec.ValidationError as cause:
        raise MalformedError(str(cause)[:300], where=where) from cause
    world = World()
    try:
        people = _people(world, seed)
        for repository in seed.repositories:
            _repository(world, repository, folder)
    except (LookupError, ValueError) as cause:
        world.close()
        raise MalformedError(f"the world cannot be made: {cause}"[:300], where=where) from cause
    tokens = {f"TOKEN_{one.login.upper().replace('-', '_')}": world.token(one) for one in people}
    rights = dict.fromkeys(("contents", "actions", "pull_requests", "members", "administration"), "read")
    job = world.job_token(**rights, issues="write", checks="write")
    return Seeded(world, {**tokens, names.TOKEN: job})


def _people(world: World, seed: WorldSeed) -> list[Account]:
    for login, number in seed.organisations.items():
        world.organisation(login, number)
    people = []
    for one in seed.users:
        if one.bot:
            world.bot(one.login, one.id)
        else:
            people.append(world.user(one.login, one.id, *([one.email] if one.email else [])))
    for team in seed.teams:
        owner, _, slug = team.name.partition("/")
        parent = world.team_of(owner, team.parent) if team.parent else None
        world.team(world.account(owner), slug, [world.account(one) for one in team.members], parent=parent)
    return people


def _repository(world: World, seed: RepositorySeed, folder: Path) -> None:
    made = world.repository(seed.name, seed.id, private=seed.private)
    made.roles = {world.account(login).id: role for login, role in seed.roles.items()}
    for one in seed.commits:
        _commit(world, made, one, folder)
    for environment in seed.environments:
        reviewers = [world.account(login) for login in environment.reviewers]
        made.environment(environment.name, reviewers, admins_can_bypass=environment.admins_can_bypass)
    for pull in seed.pulls:
        opened = made.open_pull(pull.head, pull.base, world.account(pull.opener), pull.title)
        for review in pull.reviews:
            made.review(opened, world.account(review.by), review.state.upper().replace("-", "_"))
        if pull.merged_by:
            made.merge(opened, world.account(pull.merged_by))


def _commit(world: World, made: Repository, seed: CommitSeed, folder: Path) -> None:
    from counterseal.sandbox.things import Verification

    files: dict[str, bytes | str | None] = dict(seed.files)
    files |= {path: (folder / source).read_bytes() for path, source in seed.copy.items()}
    signed = Verification(
        verified=seed.verified,
        reason="valid" if seed.verified else "unsigned",
        verified_at=world.clock.text() if seed.verified else None,
    )
    authors = [world.account(login) for login in seed.co_authors]
    made.commit(
        seed.branch, files, world.account(seed.author), seed.message, co_authors=authors, verification=signed
    )
