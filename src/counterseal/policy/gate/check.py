"""What every type of the section `gate` accepts and nobody can mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from counterseal.policy.contents import check_contents
from counterseal.policy.rego import check_rego

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate import Gate


def check_gate(gate: Gate, policy: PolicyFile) -> Iterator[tuple[str, str]]:
    """Yield the path of every field that makes no sense, and why."""
    if gate.licences and not (policy.code and policy.code.licences):
        yield "licences", "there is no code.licences to judge by"
    if gate.separation and not policy.duties.identities:
        yield "separation", "without duties.identities nobody is anybody"
    if gate.freezes and not (policy.approval and policy.approval.freezes):
        yield "freezes", "there are no approval.freezes to keep"
    if gate.access and not gate.data:
        yield "access", "gate.data.infrastructure does not say where rights are given"
    if gate.access and not (policy.code and policy.code.waivers and "access" in policy.code.waivers.named):
        yield "access", "code.waivers.named does not say who may grant a waiver of the kind access"
    if gate.contents:
        yield from ((f"contents.{path}", message) for path, message in check_contents(gate.contents))
    if gate.rego:
        yield from ((f"rego.{path}", message) for path, message in check_rego(gate.rego))
    yield from _names(gate, policy)


def _names(gate: Gate, policy: PolicyFile) -> Iterator[tuple[str, str]]:
    """Yield environments and classes that are nowhere, where the policy says which there are."""
    if policy.approval is None:
        return
    for at, wanted in enumerate(gate.evidence):
        for name in wanted.environments:
            if name not in policy.approval.environments:
                yield f"evidence[{at}].environments", f"there is no environment {name!r}"
    for at, name in enumerate(gate.emergency.classes if gate.emergency else ()):
        if name not in policy.approval.classes:
            yield f"emergency.classes[{at}]", f"there is no class {name!r}"
