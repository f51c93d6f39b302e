"""What is deployed, read from every file that the policy names; what cannot be read is a finding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.checks.placement.cloudformation import read_template
from counterseal.checks.placement.documents import read_documents
from counterseal.checks.placement.found import Found
from counterseal.checks.placement.kubernetes import read_manifests
from counterseal.checks.placement.terraform import read_plan
from counterseal.errors import CountersealError
from counterseal.host.files import named_files, read_bytes
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.placement import Data, Infrastructure
from counterseal.policy.placement.judge import RULE
from counterseal.policy.placement.resource import Grant, Resource

MOST_BYTES: Final = 256 * 1024 * 1024
"""The largest file that is read, in bytes."""


@dataclass(frozen=True)
class Placed:
    """What is deployed.

    Attributes:
        resources: the stores.
        grants: the rights that are given.
        findings: what could not be read.
        files: how many files were read.
    """

    resources: tuple[Resource, ...]
    grants: tuple[Grant, ...]
    findings: tuple[Finding, ...]
    files: int


def observe_placement(root: Path, rules: Data, environment: str | None = None) -> Placed:
    """Read what is deployed.

    Args:
        root: the checkout.
        rules: where it is written.
        environment: where the release is to go; files that are about another environment are left out.
    """
    resources: list[Resource] = []
    grants: list[Grant] = []
    findings: list[Finding] = []
    files = 0
    for source in rules.infrastructure:
        if environment is not None and source.environment not in (None, environment):
            continue
        for name, place in named_files(source.files, root):
            files += 1
            found = _read(place, name, source, root, findings)
            resources += [one for one in found.resources if one.type not in rules.no_stores]
            grants += found.grants
    return Placed(tuple(resources), tuple(grants), tuple(findings), files)


def _read(
    place: Path | CountersealError, name: str, source: Infrastructure, root: Path, findings: list[Finding]
) -> Found:
    """Return what a file tells; add to the findings why one tells nothing."""
    try:
        return _of_bytes(_bytes(place, root), name, source)
    except Unreadable as cause:
        findings.append(_unread(name, str(cause)))
    except OSError as cause:
        findings.append(_unread(name, f"cannot be read: {cause.strerror}"))
    except CountersealError as cause:
        findings.append(_unread(name, cause.message))
    except (AttributeError, TypeError, KeyError, ValueError, RecursionError) as cause:
        # A part of the document that is of another kind than its format says.
        findings.append(_unread(name, f"not as its format says: {cause!r}"))
    return Found()


def _bytes(place: Path | CountersealError, root: Path) -> bytes:
    if not isinstance(place, Path):
        raise place
    if not place.resolve().is_relative_to(root.resolve()):
        raise Unreadable("it leads out of the checkout")
    return read_bytes(place, limit=MOST_BYTES)


def _of_bytes(data: bytes, name: str, source: Infrastructure) -> Found:
    if name.endswith((".tf", ".tf.json", ".hcl", ".tfvars", ".bicep")):
        raise Unreadable("configuration before it is planned: give the plan, by `terraform show -json`")
    if source.kind == "terraform-plan":
        return read_plan(read_json(data), name, source.environment)
    documents = read_documents(data)
    if source.kind == "kubernetes":
        return read_manifests(documents, name, source.environment, source.region)
    if len(documents) != 1:
        raise Unreadable("not one template")
    return read_template(documents[0], name, source.environment, source.region)


def _unread(name: str, why: str) -> Finding:
    return inconclusive(RULE, why[:1000], subject=name[:1024])
