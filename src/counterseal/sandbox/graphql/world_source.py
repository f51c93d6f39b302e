"""The sandbox's world as the GraphQL interface asks it, with the permissions of the REST interface."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from counterseal.manifest.types import format_time
from counterseal.sandbox import things
from counterseal.sandbox.graphql import facts
from counterseal.sandbox.objects import Name
from counterseal.sandbox.people import Account, Team, Token
from counterseal.sandbox.render import Render
from counterseal.sandbox.render_people import page_of
from counterseal.sandbox.render_pulls import association, changed
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.request import Refusal, Request
from counterseal.sandbox.rest_git import resolve
from counterseal.sandbox.world import World

PAGES = "https://github.com"
_PUSHERS = frozenset({"admin", "maintain", "write"})


class WorldSource:
    """The world, as one token sees it (a `facts.Source`).

    Args:
        world: the world.
        token: the token.
    """

    def __init__(self, world: World, token: Token) -> None:
        self._world = world
        self._token = token
        self._show = Render("")

    def viewer(self) -> facts.Person:
        """Return whose token it is; an installation is its bot."""
        account = self._token.account
        return facts.Person("User", account.id, account.login, page_of(account), account.name)

    def allowance(self) -> facts.Allowance:
        """Return what is left of the rate limit: as in REST, it is not counted."""
        return facts.Allowance(5000, 1, format_time(self._world.clock.now() + timedelta(hours=1)))

    def may(self, permission: facts.Permission) -> bool:
        """Return whether the token may read something."""
        return self._token.may(permission)

    def wrote(self, author: facts.Person) -> bool:
        """Return whether somebody is who asks."""
        return author.id == self._token.account.id

    def organization(self, login: str) -> facts.Person | None:
        """Return an organisation."""
        try:
            account = self._world.account(login)
        except LookupError:
            return None
        return _person(account) if account.kind == "Organization" else None

    def team(self, organization: str, slug: str) -> facts.Team | None:
        """Return a team; a secret one is seen by its members alone."""
        found = self._world.team_of(organization, slug)
        hidden = (
            found and found.secret and self._token.app is None and self._token.account not in found.members
        )
        return None if found is None or hidden else self._team(found)

    def repository(self, owner: str, name: str) -> facts.Repository | None:
        """Return a repository that the token may see."""
        names = {"owner": owner, "repo": name}
        request = Request(self._world, self._show, "POST", "/graphql", {}, b"", self._token, names=names)
        try:
            return _repository(request.repository)
        except Refusal:
            return None

    def tip(self, repository: facts.Repository, ref: str) -> str | None:
        """Return what a ref, given in full, points to."""
        return self._of(repository).refs.get(ref)

    def object(self, repository: facts.Repository, expression: str) -> tuple[str, str] | None:
        """Return the type and name of what an expression means (gitrevisions(7): a name, or `name:path`)."""
        found = self._of(repository)
        name, colon, path = expression.partition(":")
        try:
            commit = resolve(found, name)
        except Refusal:
            return None if colon else _other(found, name)
        return _inside(found, commit, path) if colon else ("commit", commit)

    def commit(self, repository: facts.Repository, oid: str) -> facts.Commit:
        """Return a commit."""
        found = self._of(repository)
        one, known = found.git.commits[oid], found.facts[oid]
        people = tuple(facts.Identity(name, mail, None, _person(who)) for name, mail, who in known.co_authors)
        return facts.Commit(
            oid,
            one.tree,
            one.parents,
            one.message,
            _identity(one.author, known.author),
            _identity(one.committer, known.committer),
            people,
            _signature(known.verification, one.committer),
            known.via_web,
        )

    def tag(self, repository: facts.Repository, oid: str) -> facts.Tag:  # noqa: ARG002  (the protocol's)
        """Refuse: the sandbox has no annotated tags, so that no name leads here."""
        raise LookupError(oid)

    def blob(self, repository: facts.Repository, oid: str) -> bytes:
        """Return a file's content."""
        return self._of(repository).git.blob(oid)

    def history(self, repository: facts.Repository, oid: str) -> Sequence[str]:
        """Return a commit and all before it, newest first."""
        return list(self._of(repository).git.ancestors(oid))

    def between(self, repository: facts.Repository, base: str, head: str) -> Sequence[str]:
        """Return the commits that are in one history and not in another, oldest first."""
        return self._of(repository).git.between(base, head)

    def pull(self, repository: facts.Repository, number: int) -> facts.Pull | None:
        """Return a pull request."""
        found = self._of(repository)
        one = found.pull(number)
        return None if one is None else _pull(found, one)

    def pulls_of(self, repository: facts.Repository, oid: str) -> Sequence[facts.Pull]:
        """Return the pull requests to which a commit belongs."""
        found = self._of(repository)
        mine = [one for one in found.pulls() if oid == one.merge_commit or oid in found.commits_of(one)]
        return [_pull(found, one) for one in mine]

    def pull_commits(self, repository: facts.Repository, number: int) -> Sequence[str]:
        """Return a pull request's commits, oldest first."""
        found, one = self._pull(repository, number)
        return found.commits_of(one)

    def files(self, repository: facts.Repository, number: int) -> Sequence[facts.File]:
        """Return what a pull request touches, as the REST interface counts it."""
        found, one = self._pull(repository, number)
        shown = [self._show.file(found, *each, one.head) for each in changed(found, one)]
        return [
            facts.File(each["filename"], each["status"], each["additions"], each["deletions"])
            for each in shown
        ]

    def reviews(self, repository: facts.Repository, number: int) -> Sequence[facts.Review]:
        """Return a pull request's reviews, oldest first."""
        found, one = self._pull(repository, number)
        page = f"{PAGES}/{found.full_name}/pull/{number}"
        return [
            facts.Review(
                _remark(found, each.remark, f"{page}#pullrequestreview-{each.remark.id}"),
                each.state,
                each.commit,
                each.submitted_at,
                (),
                _may_push(found, each.remark.author),
            )
            for each in one.reviews
        ]

    def issue(self, repository: facts.Repository, number: int) -> facts.Issue | None:
        """Return an issue that is no pull request."""
        found = self._of(repository)
        one = found.issues.get(number)
        return None if one is None or one.pull else _issue(found, one)

    def comments(self, repository: facts.Repository, number: int) -> Sequence[facts.Remark]:
        """Return the comments of an issue or pull request, oldest first."""
        found = self._of(repository)
        page = f"{PAGES}/{found.full_name}/issues/{number}#issuecomment-"
        return [
            _remark(found, each, f"{page}{each.id}")
            for each in found.issues[number].comments
            if not each.deleted
        ]

    def _of(self, repository: facts.Repository) -> Repository:
        """Return the world's repository behind its facts."""
        return self._world.repositories[f"{repository.owner.login}/{repository.name}"]

    def _pull(self, repository: facts.Repository, number: int) -> tuple[Repository, things.Pull]:
        """Return the world's repository and pull request."""
        found = self._of(repository)
        one = found.pull(number)
        if one is None:
            raise LookupError(number)
        return found, one

    def _team(self, team: Team) -> facts.Team:
        """Return a team."""
        members = tuple(filter(None, map(_person, self._world.members_of(team))))
        return facts.Team(team.id, team.organization.login, team.slug, team.name, members)


def _person(account: Account | None) -> facts.Person | None:
    """Return an account; one that is gone is nobody."""
    if account is None or account.deleted:
        return None
    return facts.Person(account.kind, account.id, account.login, page_of(account), account.name)


def _repository(found: Repository) -> facts.Repository:
    """Return a repository."""
    owner = facts.Person(found.owner.kind, found.owner.id, found.owner.login, page_of(found.owner))
    branch = found.default_branch if f"refs/heads/{found.default_branch}" in found.refs else None
    page = f"{PAGES}/{found.full_name}"
    return facts.Repository(
        found.id, owner, found.name, page, branch, found.private, found.fork_of is not None
    )


def _other(found: Repository, oid: str) -> tuple[str, str] | None:
    """Return the type of an object that is no commit."""
    if any(oid == commit.tree for commit in found.git.commits.values()):
        return "tree", oid
    try:
        found.git.blob(oid)
    except KeyError:
        return None
    return "blob", oid


def _inside(found: Repository, commit: str, path: str) -> tuple[str, str] | None:
    """Return the type and name of what lies at a path."""
    files, inner = found.git.commits[commit].files, path.strip("/") + "/"
    if not path.strip("/"):
        return "tree", found.git.commits[commit].tree
    if path in files:
        return "blob", files[path]
    below = {name.removeprefix(inner): blob for name, blob in files.items() if name.startswith(inner)}
    return ("tree", found.git.write_tree(below)) if below else None


def _identity(name: Name, account: Account | None) -> facts.Identity:
    """Return somebody whom a commit names."""
    return facts.Identity(name.name, name.email, format_time(name.at), _person(account))


def _signature(seen: things.Verification, committer: Name) -> facts.Signature | None:
    """Return a commit's signature; one that is unsigned has none."""
    if seen.reason == "unsigned":
        return None
    return facts.Signature(
        _kind(seen),
        seen.reason,
        seen.verified,
        seen.payload or "",
        seen.signature or "",
        committer.email,
        seen.verified_at,
        _person(seen.signer),
        seen.by_forge,
        seen.key,
    )


def _kind(seen: things.Verification) -> str:
    """Return the type of a signature, by its text or else by its key."""
    text = seen.signature or ""
    if "SSH SIGNATURE" in text or (seen.key or "").startswith("SHA256:"):
        return "SshSignature"
    if "SIGNED MESSAGE" in text:
        return "SmimeSignature"
    return "UnknownSignature" if seen.reason == "unknown_signature_type" else "GpgSignature"


def _remark(found: Repository, one: things.Remark, page: str) -> facts.Remark:
    """Return what somebody wrote."""
    return facts.Remark(
        one.id,
        _person(one.author),
        one.body,
        one.created_at,
        one.updated_at,
        page,
        association(found, one.author),
        one.edited_at,
        _person(one.editor),
    )


def _issue(found: Repository, one: things.Issue) -> facts.Issue:
    """Return an issue, or a pull request as one."""
    page = f"{PAGES}/{found.full_name}/{'pull' if one.pull else 'issues'}/{one.number}"
    return facts.Issue(one.number, _remark(found, one.remark, page), one.title, one.closed_at)


def _pull(found: Repository, one: things.Pull) -> facts.Pull:
    """Return a pull request."""
    head = one.head_repository
    return facts.Pull(
        _issue(found, one.issue),
        (one.base_ref, one.base),
        (one.head_ref, one.head),
        None if head is None else _repository(head),
        one.draft,
        one.merged_at,
        _person(one.merged_by),
        one.merge_commit,
    )


def _may_push(found: Repository, account: Account) -> bool:
    """Return whether somebody may push to a repository."""
    return account is found.owner or found.roles.get(account.id) in _PUSHERS
