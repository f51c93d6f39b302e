"""The policy's section `branch`: what a change must be before anything is built of it.

Every rule is off until it is stated, except those that need no setting: an empty section still refuses
shallow facts. Exemptions name the numeric id of a bot, never a name.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import AccountId, Glob, Pattern, Section, Slug


class Names(Section, frozen=True, kw_only=True):
    """How branches and tags are called.

    Attributes:
        branches: patterns of which the branch that a change comes from must match one.
        tags: patterns of which a pushed tag must match one.
        exempt-bots: accounts whose branches are not asked; a branch belongs to a bot when it alone pushed it.
    """

    branches: tuple[Pattern, ...] = ()
    tags: tuple[Pattern, ...] = ()
    exempt_bots: tuple[AccountId, ...] = ()


class Messages(Section, frozen=True, kw_only=True):
    """How commit messages look.

    Attributes:
        title: patterns of which the first line must match one.
        title-length: the most characters that the first line may have.
        sign-off: whether each commit must carry a `Signed-off-by` of its author.
        exempt-bots: accounts whose verified commits are not asked.
    """

    title: tuple[Pattern, ...] = ()
    title_length: Annotated[int, msgspec.Meta(ge=20, le=500)] | None = None
    sign_off: bool = False
    exempt_bots: tuple[AccountId, ...] = ()


class Signatures(Section, frozen=True, kw_only=True):
    """How commits are signed.

    Attributes:
        required: whether each commit of a change must be signed and verified.
        verify: who verifies: the forge, git here with `allowed-signers`, or either of them.
        allowed-signers: the file of believed keys (ssh-keygen(1), ALLOWED SIGNERS), by its path in the
            repository at the trusted ref.
        signers: the keys or identities that may sign; anybody verified when empty.
        web-flow: whether commits that the forge itself signed are accepted: never, only merges, or all.
        identities: keyless signers (gitsign), each `issuer subject`.
    """

    required: bool = True
    verify: Literal["forge", "local", "either"] = "forge"
    allowed_signers: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    signers: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...] = ()
    web_flow: Literal["never", "merges", "all"] = "merges"
    identities: tuple[Annotated[str, msgspec.Meta(min_length=3, max_length=1000)], ...] = ()


class Tickets(Section, frozen=True, kw_only=True):
    """Which tickets a change belongs to.

    Attributes:
        pattern: what a ticket's key looks like.
        projects: the projects whose tickets count; any when empty.
        where: where one is looked for; every place that is named must have one.
        any-of: whether one of the places is enough.
        tracker: what is asked whether it exists; nobody when absent.
        kinds: the types that count; any when empty.
        states: the states in which a change may be made; any when empty.
        one-change-set: whether a ticket may be used by one change set alone.
        before-first-commit: whether it must be older than the change.
        exempt-bots: accounts whose changes need none.
    """

    pattern: Pattern = "[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8}"
    projects: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=100)], ...] = ()
    where: tuple[Literal["branch", "title", "commits"], ...] = ("branch", "title", "commits")
    any_of: bool = True
    tracker: Literal["jira", "servicenow"] | None = None
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    one_change_set: bool = False
    before_first_commit: bool = False
    exempt_bots: tuple[AccountId, ...] = ()


class ProtectedPaths(Section, frozen=True, kw_only=True):
    """Files that only some may let through: the gate itself first of all.

    Attributes:
        paths: what is protected.
        owners: the approval group of which so many must have approved the very head.
        quorum: how many.
    """

    paths: tuple[Glob, ...] = (
        ".github/workflows/**",
        ".github/actions/**",
        ".github/counterseal*",
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "docs/CODEOWNERS",
    )
    owners: Slug
    quorum: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class RequiredCheckRule(Section, frozen=True, kw_only=True):
    """A check that branch protection must require.

    Attributes:
        context: its name.
        app: the app that must report it; any app, but one, when absent.
    """

    context: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    app: AccountId | None = None


class BypassRule(Section, frozen=True, kw_only=True):
    """Somebody who may go around the rules.

    Attributes:
        kind: such as `Team` or `RepositoryRole`, in the forge's word.
        id: its number; any of that kind when absent.
    """

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    id: AccountId | None = None


class PostureRules(Section, frozen=True, kw_only=True):
    """How the repository must be protected.

    Attributes:
        rules: rule types that must be active, in the forge's word (`pull_request`, `non_fast_forward`, ...).
        approvals: the least number of approvals that a merge must need.
        dismiss-stale: whether a push must dismiss approvals.
        code-owners: whether code owners must review.
        last-push-approval: whether somebody other than the last pusher must approve.
        required-checks: checks that must be required.
        bypass: who may go around the rules; nobody else.
        environments: environments that must exist, in which administrators may not bypass.
        actions-may-approve: whether workflows may approve pull requests.
    """

    rules: tuple[str, ...] = ("pull_request", "non_fast_forward", "deletion")
    approvals: Annotated[int, msgspec.Meta(ge=0, le=10)] = 1
    dismiss_stale: bool = True
    code_owners: bool = False
    last_push_approval: bool = False
    required_checks: tuple[RequiredCheckRule, ...] = ()
    bypass: tuple[BypassRule, ...] = ()
    environments: tuple[str, ...] = ()
    actions_may_approve: bool = False


class Branch(Section, frozen=True, kw_only=True):
    """What a change must be before a build starts.

    Attributes:
        names: how branches and tags are called.
        messages: how commit messages look.
        signatures: how commits are signed.
        tickets: which tickets a change belongs to.
        protected-paths: files that only some may let through.
        posture: how the repository must be protected.
        forks: whether a change may come from another repository.
        force-push: whether a push to a protected branch may rewrite it.
        most-commits: the most commits that one change may have.
    """

    names: Names | None = None
    messages: Messages | None = None
    signatures: Signatures | None = None
    tickets: Tickets | None = None
    protected_paths: ProtectedPaths | None = None
    posture: PostureRules | None = None
    forks: bool = True
    force_push: bool = False
    most_commits: Annotated[int, msgspec.Meta(ge=1, le=10000)] = 1000
