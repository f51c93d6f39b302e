"""What no schema can say of the sections `branch` and `duties`: patterns that work, names that exist."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.branch import Branch, ProtectedPaths, Signatures, Tickets
from counterseal.policy.duties import Duties
from counterseal.policy.patterns import problem_of, problem_of_path
from counterseal.policy.pseudonyms import names_a_person

Problem = tuple[str, str]


def check_branch(policy: Branch, approval: ApprovalPolicy | None) -> Iterator[Problem]:
    """Yield what makes no sense in the section: the place, below `branch`, and what is wrong.

    Args:
        policy: the section, as its types accept it.
        approval: the section `approval`, in which the groups are.
    """
    if names := policy.names:
        yield from _patterns("names.branches", names.branches)
        yield from _patterns("names.tags", names.tags)
    if messages := policy.messages:
        yield from _patterns("messages.title", messages.title)
    if policy.signatures:
        yield from _signatures(policy.signatures)
    if policy.tickets:
        yield from _tickets(policy.tickets)
    if policy.protected_paths:
        yield from _protected_paths(policy.protected_paths, approval)


def check_duties(duties: Duties) -> Iterator[Problem]:
    """Yield what makes no sense in the section `duties`: the place, below it, and what is wrong."""
    yield from _path("identities", duties.identities)
    for at, pair in enumerate(duties.apart):
        if not pair.from_:
            yield f"apart[{at}].from", f"{pair.role} is kept apart from nothing"


def check_names_nobody(rules: Signatures) -> Iterator[Problem]:
    """Yield the signers who are named by a person's address, for a policy that wants nobody named."""
    for place, names in (("signers", rules.signers), ("identities", rules.identities)):
        for at, name in enumerate(names):
            if names_a_person(name):
                yield (
                    f"{place}[{at}]",
                    "evidence.people is pseudonymous, and the policy, which is kept, names a person",
                )


def _signatures(rules: Signatures) -> Iterator[Problem]:
    yield from _path("signatures.allowed-signers", rules.allowed_signers)
    if rules.verify != "forge" and not rules.allowed_signers and not rules.identities:
        yield "signatures.verify", "nobody is believed here: name `allowed-signers` or `identities`"


def _tickets(rules: Tickets) -> Iterator[Problem]:
    if problem := problem_of(rules.pattern):
        yield "tickets.pattern", problem
    if not rules.where:
        yield "tickets.where", "no place is named, so no ticket is ever found"
    asked = {"kinds": rules.kinds, "states": rules.states, "before-first-commit": rules.before_first_commit}
    for name, value in asked.items():
        if value and rules.tracker is None:
            yield f"tickets.{name}", "only a tracker knows this, and none is named"


def _protected_paths(rules: ProtectedPaths, approval: ApprovalPolicy | None) -> Iterator[Problem]:
    for at, glob in enumerate(rules.paths):
        if problem := problem_of_path(glob):
            yield f"protected-paths.paths[{at}]", problem
    if not rules.paths:
        yield "protected-paths.paths", "no path is named"
    group = approval.groups.get(rules.owners) if approval else None
    if group is None:
        yield "protected-paths.owners", f"there is no group {rules.owners} among `approval.groups`"
    elif not group.teams and len(set(group.accounts)) < rules.quorum:
        found = len(set(group.accounts))
        yield "protected-paths.quorum", f"{rules.quorum} are needed, and only {found} may approve"


def _patterns(path: str, patterns: tuple[str, ...]) -> Iterator[Problem]:
    for at, pattern in enumerate(patterns):
        if problem := problem_of(pattern):
            yield f"{path}[{at}]", problem


def _path(name: str, path: str | None) -> Iterator[Problem]:
    if path is not None and (path.startswith("/") or ".." in path.split("/") or "\\" in path):
        yield name, f"{path[:200]!r} is not a path inside the repository"
