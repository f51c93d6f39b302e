"""What a policy demands to be on record of a release: a section that nobody has run is no control."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.policy.file import PolicyFile


def demanded(policy: PolicyFile) -> tuple[str, ...]:
    """Return the records that a release under a policy must have, each `stage` or `stage:name`.

    A section demands the stage that judges by it. Whether people must approve depends on where a release
    goes, so `approval` demands `approval-gate@<environment>`, for each environment that it names.
    """
    return tuple(dict.fromkeys((*policy.evidence.expect, *_sections(policy))))


def _sections(policy: PolicyFile) -> Iterator[str]:
    code = policy.code
    sections = {
        "branch-policy": policy.branch,
        "sast": code and code.sast,
        "sca": code and code.sca,
        "sbom": code and (code.sbom or code.licences),
        "policy-gate": policy.gate,
    }
    yield from (stage for stage, section in sections.items() if section is not None)
    yield from (f"approval-gate@{name}" for name in (policy.approval.environments if policy.approval else ()))
