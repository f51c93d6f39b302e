"""The dependencies of a release as one scan: read, looked up, and compared with what was there before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from counterseal.checks.inventory.found import Inventory, merged
from counterseal.checks.inventory.read import read_file, read_inventory
from counterseal.checks.sca.match import Urgency, problems_of
from counterseal.checks.sca.sources import RULE, Known
from counterseal.clients.git_tree import CommitFiles
from counterseal.policy.code.sca import Sca
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, inconclusive, noted
from counterseal.policy.patterns import any_path_matches
from counterseal.policy.problem import Problem, counted

Ask = Callable[[Sequence[Component]], Known]
"""Returns what a source knows of some components."""


def inventory_of(
    root: Path, patterns: Iterable[str], rules: Sca, installed: Inventory | None = None
) -> Inventory:
    """Return the inventory that the policy expects and the caller names.

    Args:
        root: the checkout.
        patterns: what the caller names.
        rules: the policy; what it expects has to be there.
        installed: what is installed; None where nobody says where.
    """
    wanted = tuple(dict.fromkeys((*rules.inventories, *patterns)))
    if not wanted and installed is None:
        remedy = "name lock files in code.sca.inventories or in the input inventories"
        nothing = inconclusive(RULE, "no inventory is named", subject="inventories", remedy=remedy)
        return Inventory(findings=(nothing,))
    found = read_inventory(root, wanted, installed)
    if found.components or found.findings:
        return found
    empty = inconclusive(RULE, "the inventories name no component at all", subject=", ".join(wanted)[:1000])
    return replace_findings(found, (empty,))


def replace_findings(inventory: Inventory, findings: tuple[Finding, ...]) -> Inventory:
    """Return an inventory with other findings."""
    return Inventory(inventory.components, findings, inventory.files)


def counting(inventory: Inventory, rules: Sca) -> tuple[tuple[Component, ...], list[Finding]]:
    """Return the components that count, and what is left out: the firm's own, and other scopes."""
    own = [one for one in inventory.components if one.own or _is_own(one, rules)]
    other = [one for one in inventory.components if one not in own and one.scope not in rules.scopes]
    left = {one.purl for one in (*own, *other)}
    notes = []
    if own:
        notes.append(noted(RULE, f"{len(own)} components are the firm's own, which no source knows"))
    if other:
        notes.append(noted(RULE, f"{len(other)} components are of scopes that do not count"))
    return tuple(one for one in inventory.components if one.purl not in left), notes


def _is_own(component: Component, rules: Sca) -> bool:
    return any_path_matches(rules.own, component.name)


def scan_components(
    components: Sequence[Component], known: Known, urgency: Urgency
) -> tuple[tuple[Problem, ...], tuple[Finding, ...]]:
    """Return the vulnerabilities of components, and whatever could not be told."""
    problems, findings = problems_of(components, known, urgency)
    return counted(problems), (*known.findings, *findings)


def introduced(
    problems: Iterable[Problem], files: Sequence[str], before: CommitFiles | None
) -> tuple[Problem, ...]:
    """Mark what the change brought in: packages in a version that no inventory named before it.

    An advisory that was published since is not of the change's making; a version that was there before is not
    either. Where the inventories of before cannot be read whole, nobody knows.
    """
    every = tuple(problems)
    if before is None:
        return every
    contents = before.read(files)
    old = merged(read_file(name, data) for name, data in contents.items() if data is not None)
    if any(one.outcome == "inconclusive" for one in old.findings):
        return every
    there = {one.purl.partition("?")[0] for one in old.components}
    return tuple(replace(one, introduced=f"{one.subject}@{one.version}" not in there) for one in every)
