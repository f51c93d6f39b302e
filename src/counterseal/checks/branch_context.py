"""What is observed beside a change: protection, members, and signatures and merges as git here sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from counterseal.clients.forge import Forge
from counterseal.clients.git import GitRepository
from counterseal.clients.git_merge import merge_all
from counterseal.clients.git_signatures import verify_commits
from counterseal.errors import CountersealError, Inconclusive, MalformedError
from counterseal.policy.approval import Group
from counterseal.policy.branch import PostureRules, Signatures
from counterseal.policy.forge import ForgeCommit, Gap, Verification
from counterseal.policy.posture import Posture
from counterseal.policy.rules.context import GroupMembers, MergeTree

MOST_MERGES: Final = 100
"""How many merges of one change are made again here."""

_TWO = 2


def members_of(forge: Forge, groups: Mapping[str, Group], names: Iterable[str]) -> tuple[GroupMembers, ...]:
    """Return who belongs to groups of the policy; a team that cannot be seen leaves its group incomplete.

    Args:
        forge: the forge.
        groups: the groups of the policy.
        names: those that matter.
    """
    return tuple(_members(forge, name, groups.get(name)) for name in dict.fromkeys(names))


def _members(forge: Forge, name: str, group: Group | None) -> GroupMembers:
    if group is None:
        return GroupMembers(group=name, complete=False, note="the policy has no such group")
    accounts, notes = set(group.accounts), []
    for team in group.teams:
        try:
            found = forge.members(team)
        except (Inconclusive, MalformedError) as error:
            notes.append(error.diagnosis())
            continue
        accounts.update(account.id for account in found.accounts)
        notes += [found.gap.message] if found.gap else []
    note = "; ".join(notes)[:1000] or None
    return GroupMembers(group=name, accounts=tuple(sorted(accounts)), complete=not notes, note=note)


def posture_of(forge: Forge, ref: str, rules: PostureRules) -> tuple[Posture | None, Gap | None]:
    """Return how a branch is protected, or why that cannot be seen."""
    branch = ref.removeprefix("refs/heads/")
    try:
        return forge.posture(branch, rules.environments), None
    except (Inconclusive, MalformedError) as error:
        return None, Gap(topic="posture", message=error.diagnosis()[:1000], subject=branch)


def verifications_of(
    root: Path, commits: Iterable[ForgeCommit], rules: Signatures, allowed_signers: bytes, now: str
) -> tuple[dict[str, Verification], Gap | None]:
    """Return what git here says of the signatures, or why it cannot say anything.

    Args:
        root: the checkout.
        commits: the commits.
        rules: the policy's section `branch.signatures`.
        allowed_signers: the file of believed keys, from the trusted ref.
        now: the moment at which keys must be believed.
    """
    if rules.verify == "forge":
        return {}, None
    names = [commit.id for commit in commits]
    try:
        found = verify_commits(GitRepository(root), names, allowed_signers, now, rules.identities)
    except CountersealError as error:
        return {}, Gap(topic="verifications", message=error.diagnosis()[:1000])
    return found, None


def merges_of(root: Path, commits: Iterable[ForgeCommit]) -> tuple[MergeTree, ...]:
    """Return what git makes by itself of the merges among some commits."""
    merges = [commit for commit in commits if len(commit.parents) > 1]
    return tuple(
        merged(root, commit.id, commit.parents[0], commit.parents[1:])
        if len(commit.parents) == _TWO and number < MOST_MERGES
        else MergeTree(commit=commit.id, problem="more sides, or more merges, than are made again here")
        for number, commit in enumerate(merges)
    )


def merged(root: Path, commit: str, base: str, heads: tuple[str, ...]) -> MergeTree:
    """Return what git makes of merging heads into a base, to be compared with a commit."""
    try:
        tree = merge_all(root, base, heads).tree
    except Inconclusive as error:
        return MergeTree(commit=commit, problem=error.diagnosis()[:1000])
    return MergeTree(commit=commit, tree=tree, conflict=tree is None)
