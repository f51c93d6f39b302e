"""The document that the policy gate judges: everything that is known of a release, and the moment.

It is plain and complete in itself, so that the same rules can judge it again years later. What is not known
is null, which no rule takes for good news.
"""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.types import Count, GitObject, Name, Sha256, Slug, Text, Time
from counterseal.policy.fact import Fact
from counterseal.policy.placement.classification import DataSet
from counterseal.policy.placement.resource import Grant, Resource


class Release(Fact, frozen=True, kw_only=True):
    """What is to be released, and by whom.

    Attributes:
        repository: the repository's URI.
        commit: the commit.
        run: `<run id>/<attempt>` of the workflow run.
        ref: the ref that the run is for, in full.
        event: the event that started the run.
        environment: where it is to go.
        change_class: the class of change, as `approval.classes` names it.
        actor: the person who started the run, as the identity map names them; null when nobody can tell.
        participants: the persons who took part in the change; null when nobody can tell.
    """

    repository: Name
    commit: GitObject
    run: Name | None = None
    ref: Name | None = None
    event: Name | None = None
    environment: Name | None = None
    change_class: Slug | None = None
    actor: Name | None = None
    participants: tuple[Name, ...] | None = None


class WaiverFact(Fact, frozen=True, kw_only=True):
    """A waiver that let something through in an earlier stage.

    Attributes:
        id: the problem's id and subject.
        rule: the kind of problem.
        reason: the waiver's id and reason.
        approver: who granted it.
        expires_at: its last moment.
        ticket: where that was discussed.
    """

    id: Name
    rule: Slug
    reason: Text
    approver: Name
    expires_at: Time
    ticket: Name | None = None


class RecordFact(Fact, frozen=True, kw_only=True):
    """A control record of this release.

    Attributes:
        stage: the stage that wrote it.
        name: which of the stage's records it is.
        kind: what sort of evidence it is.
        outcome: what it came to.
        issued_at: when its evidence was produced: the begin of its validity, else when it was written.
        not_after: the last moment of its validity.
        counts: its figures.
        waivers: what was let through.
        digest: the digest of its payload.
    """

    stage: Slug
    name: Slug
    kind: Slug
    outcome: Slug
    issued_at: Time
    not_after: Time | None = None
    counts: dict[Slug, Count] = msgspec.field(default_factory=dict)
    waivers: tuple[WaiverFact, ...] = ()
    digest: Sha256

    @property
    def title(self) -> str:
        """`stage:name`, as the policy names records."""
        return f"{self.stage}:{self.name}"

    def meets(self, wanted: str) -> bool:
        """Tell whether it is what `stage` or `stage:name` asks for."""
        return wanted in (self.stage, self.title)


class ProblemFact(Fact, frozen=True, kw_only=True):
    """A problem that an earlier stage, or this one, found.

    Attributes:
        stage: the stage that found it.
        kind: what sort of problem it is.
        tool: who found it.
        rule: the tool's id of it.
        aliases: other ids of the same thing.
        severity: how bad it is; `unknown` when nobody has published that.
        score: the CVSS score in tenths, such as 98 for 9.8: an integer, so that no two engines differ.
        subject: where it is.
        version: the version of the package.
        introduced: whether this change brought it in; null when that is not known.
        waived: whether a waiver let it through.
        blocks: whether it blocked in its stage.
        fingerprint: what tells it from every other problem.
    """

    stage: Slug
    kind: Slug
    tool: Name
    rule: Name
    aliases: tuple[Name, ...] = ()
    severity: Slug
    score: Count | None = None
    subject: Name
    version: Name | None = None
    introduced: bool | None = None
    waived: bool = False
    blocks: bool = False
    fingerprint: Sha256


class ComponentFact(Fact, frozen=True, kw_only=True):
    """A package of the inventory.

    Attributes:
        purl: its package URL with version.
        name: its name.
        version: its version.
        licence: its licence as an SPDX expression; null when nobody can read one.
        stated: the licence as its source states it.
        scope: whether it ships.
        direct: whether the release itself asks for it; null when that is not known.
        own: whether it is a part of the release itself.
    """

    purl: Name
    name: Name
    version: Name
    licence: Name | None = None
    stated: Text | None = None
    scope: Slug = "required"
    direct: bool | None = None
    own: bool = False


class FreezeFact(Fact, frozen=True, kw_only=True):
    """A window in which nothing is deployed to the release's environment.

    Attributes:
        name: what it is called.
        begins: the first moment.
        ends: the first moment after it.
        excepts: the classes of change that it lets through.
    """

    name: Slug
    begins: Time
    ends: Time
    excepts: tuple[Slug, ...] = ()


class RetentionFact(Fact, frozen=True, kw_only=True):
    """How long the evidence of this release will be kept.

    Attributes:
        days: how many days.
        mode: the lock that the store has to prove.
    """

    days: Count
    mode: Slug | None = None


class Document(Fact, frozen=True, kw_only=True):
    """Everything that the gate judges.

    Attributes:
        version: the version of this format.
        now: the moment.
        release: what is to be released.
        records: its control records, those of earlier stages.
        problems: what those stages found.
        components: the inventory; null where no SBOM is on record.
        data: the data sets that the firm has classified; null where the policy names no classification.
        resources: what is deployed; null where nothing tells.
        grants: rights that are given; null where nothing tells.
        freezes: freeze windows that concern the environment; null where the environment is not known.
        retention: how long the evidence will be kept; null where the policy does not say.
    """

    version: int = 1
    now: Time
    release: Release
    records: tuple[RecordFact, ...] = ()
    problems: tuple[ProblemFact, ...] = ()
    components: tuple[ComponentFact, ...] | None = None
    data: tuple[DataSet, ...] | None = None
    resources: tuple[Resource, ...] | None = None
    grants: tuple[Grant, ...] | None = None
    freezes: tuple[FreezeFact, ...] | None = None
    retention: RetentionFact | None = None


def to_document(value: Any, where: str) -> Document:
    """Return the document that plain values make.

    Raises:
        MalformedError: they make none.
    """
    try:
        return msgspec.convert(value, Document)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no gate document: {cause}"[:300], where=where) from cause
