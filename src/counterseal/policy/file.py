"""The policy file, `.github/counterseal.yml`: what a firm demands of its releases.

Each section is one field of `PolicyFile`, and has a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.digest import sha256
from counterseal.manifest.pseudonym import PSEUDONYMOUS, Naming
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.approval_check import check_approval
from counterseal.policy.audit import Audit, check_audit
from counterseal.policy.base import SLUG, Section
from counterseal.policy.branch import Branch
from counterseal.policy.branch_check import check_branch, check_duties, check_names_nobody
from counterseal.policy.code import Code
from counterseal.policy.code.check import check_code
from counterseal.policy.delivery import Delivery, check_delivery
from counterseal.policy.duties import Duties
from counterseal.policy.gate import Gate
from counterseal.policy.gate.check import check_gate
from counterseal.policy.located import located, place_of
from counterseal.policy.tree import Tree, read_yaml

Expectation = Annotated[
    str, msgspec.Meta(pattern=rf"^{SLUG}(:{SLUG})?\Z", description="`stage` or `stage:name`")
]
Stage = Annotated[str, msgspec.Meta(pattern=rf"^{SLUG}\Z", description="the name of a stage")]
Days = Annotated[int, msgspec.Meta(ge=1, le=36525, description="a number of days, at most a hundred years")]


LockMode = Literal["governance", "compliance"]


class FileRetention(Section, frozen=True, kw_only=True):
    """How long the files of some stages are kept, where that is less than everything else of a release.

    Attributes:
        stages: the stages whose records rely on the files.
        days: the number of days from the moment of the release.
        mode: the lock that the store has to prove; that of the whole release where it is absent.
    """

    stages: Annotated[tuple[Stage, ...], msgspec.Meta(min_length=1, extra_json_schema={"uniqueItems": True})]
    days: Days
    mode: LockMode | None = None


class Retention(Section, frozen=True, kw_only=True):
    """How long the evidence of a release is kept.

    Attributes:
        days: the number of days from the moment of the release.
        mode: the lock that the store has to prove, as S3 Object Lock calls it; absent where none is needed.
        files: classes of bulky files that are kept for less.
    """

    days: Days
    mode: LockMode | None = None
    files: tuple[FileRetention, ...] = ()


DECISIVE = frozenset({"approval-gate", "policy-gate"})
"""Stages whose files a decision is made again from, for as long as the release is kept."""


def check_retention(retention: Retention) -> Iterator[tuple[str, str]]:
    """Yield what classes of files cannot mean, each with its place."""
    named = set[str]()
    for at, one in enumerate(retention.files):
        if one.days > retention.days:
            yield f"files[{at}].days", "no file is kept for longer than its release"
        if (
            one.mode is not None
            and (one.mode, retention.mode) != ("governance", "compliance")
            and one.mode != retention.mode
        ):
            yield f"files[{at}].mode", "no file is locked more firmly than its release"
        for place, stage in enumerate(one.stages):
            if stage in DECISIVE:
                yield (
                    f"files[{at}].stages[{place}]",
                    f"the files of {stage} are what its decision is made again from",
                )
            if stage in named:
                yield f"files[{at}].stages[{place}]", f"{stage} is named twice"
            named.add(stage)


class Evidence(Section, frozen=True, kw_only=True):
    """What evidence a release must have.

    Attributes:
        expect: the control records that must be there, each `stage` (any record of it) or `stage:name`.
        retention: how long the evidence is kept.
        people: how people stand in what is kept: `named`, or `pseudonymous`, by number or keyed digest alone.
    """

    expect: Annotated[tuple[Expectation, ...], msgspec.Meta(extra_json_schema={"uniqueItems": True})] = ()
    retention: Retention | None = None
    people: Naming = "named"


class PolicyFile(Section, frozen=True, kw_only=True):
    """The policy of a repository: what counterseal demands of its releases.

    Attributes:
        version: the version of this format.
        evidence: what evidence a release must have.
        branch: what a change must be before a build starts; absent where nothing is demanded.
        duties: who may not also do what.
        approval: who decides what, by when; absent where nobody is asked.
        code: what the code must be; absent where nothing is demanded.
        gate: what a release must be before it is staged; absent where nothing is demanded.
        audit: what an audit compares.
        delivery: what delivery metrics are held against.
    """

    version: Literal[1]
    evidence: Evidence = Evidence()
    branch: Branch | None = None
    duties: Duties = Duties()
    approval: ApprovalPolicy | None = None
    code: Code | None = None
    gate: Gate | None = None
    audit: Audit = Audit()
    delivery: Delivery = Delivery()


class Policy(PolicyFile, frozen=True, kw_only=True):
    """A policy as it was read.

    Attributes:
        digest: SHA-256 of the file's exact bytes, lowercase hexadecimal.
    """

    digest: str


SECTIONS = tuple(field.encode_name for field in msgspec.structs.fields(PolicyFile))
"""The names that a policy file may have at its top."""


def load_policy(data: bytes, *, where: str) -> Policy:
    """Read a policy file.

    Args:
        data: the file's bytes.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    tree = read_yaml(data, where=where)
    _require_sections(tree, where)
    try:
        sections = msgspec.convert(tree.value, PolicyFile)
    except msgspec.ValidationError as cause:
        raise located(tree, where, cause) from cause
    _require_distinct(tree, where, sections.evidence.expect)
    _require_sense(tree, where, sections)
    return Policy(
        **{name: getattr(sections, name) for name in sections.__struct_fields__}, digest=sha256(data)
    )


def _require_sections(tree: Tree, where: str) -> None:
    unknown = [name for name in tree.value if name not in SECTIONS] if isinstance(tree.value, dict) else []
    if unknown:
        raise MalformedError(
            f"unknown section {unknown[0][:100]!r}",
            where=place_of(tree, where, f"$.{unknown[0]}"),
            remedy=f"this version knows: {', '.join(SECTIONS)}",
        )


def _require_distinct(tree: Tree, where: str, expect: tuple[str, ...]) -> None:
    first: dict[str, int] = {}
    for at, name in enumerate(expect):
        if first.setdefault(name, at) != at:
            place = place_of(tree, where, f"$.evidence.expect[{at}]")
            raise MalformedError(f"{name!r} is expected twice", where=place)


def _require_sense(tree: Tree, where: str, sections: PolicyFile) -> None:
    """Refuse what every type accepts and nobody can mean: a pattern that is none, a name that is nowhere."""
    for path, message in _problems(sections):
        raise MalformedError(f"{path}: {message}"[:300], where=place_of(tree, where, f"$.{path}"))


def _problems(sections: PolicyFile) -> Iterator[tuple[str, str]]:
    if sections.evidence.retention:
        yield from _below("evidence.retention", check_retention(sections.evidence.retention))
    if sections.branch and sections.branch.signatures and sections.evidence.people == PSEUDONYMOUS:
        yield from _below("branch.signatures", check_names_nobody(sections.branch.signatures))
    if sections.branch:
        yield from _below("branch", check_branch(sections.branch, sections.approval))
    yield from _below("duties", check_duties(sections.duties))
    if sections.approval:
        yield from _below("approval", check_approval(sections.approval))
    if sections.code:
        yield from _below("code", check_code(sections.code))
    if sections.gate:
        yield from _below("gate", check_gate(sections.gate, sections))
    yield from _below("audit", check_audit(sections.audit))
    yield from _below("delivery", check_delivery(sections.delivery, sections.approval))


def _below(section: str, problems: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((f"{section}.{path}", message) for path, message in problems)
