"""The populations that an audit compares: what reached a protected branch, was deployed, is on record.

Each comes from somewhere else, and none is believed more than the others: a change comes from git and from
the forge's own record of movements, a deployment from the platform, a release and the objects that it is made
of from the store. A population says whether it is whole; where it is not, its silence proves nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.approval.model import Brought
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Person, ReleaseManifest
from counterseal.manifest.types import (
    Count,
    GitObject,
    Name,
    Outcome,
    Positive,
    Sha256,
    Slug,
    Struct,
    Text,
    Time,
    parse_time,
)
from counterseal.policy.forge import Account, Gap


class Window(Struct, frozen=True, kw_only=True):
    """The time that an audit is about; both ends belong to it.

    Attributes:
        since: the first moment.
        until: the last one: when the populations were read.
    """

    since: Time
    until: Time


class Landed(Struct, frozen=True, kw_only=True):
    """A commit that reached a protected branch.

    Attributes:
        commit: its object name.
        ref: the branch in full.
        at: when it got there: by the forge's clock, else what the commit itself claims.
        clock: whose time that is.
        title: the first line of its message.
        tree: its tree.
        parents: its parents.
        people: who it names as author, committer and co-authors.
        pusher: who brought it; None where the forge does not tell.
        kind: how it was brought, in the words of `policy.forge.Push`; None where nobody tells.
        pull_request: the pull request that brought it in; None where there is none or nobody tells.
        gone: whether the branch no longer holds it: it was pushed over.
    """

    commit: GitObject
    ref: Name
    at: Time
    clock: Literal["forge", "claimed"]
    title: Text = ""
    tree: GitObject | None = None
    parents: tuple[GitObject, ...] = ()
    people: tuple[Person, ...] = ()
    pusher: Account | None = None
    kind: Slug | None = None
    pull_request: Positive | None = None
    gone: bool = False


class Tagged(Struct, frozen=True, kw_only=True):
    """A protected tag as it is now, and where it was before.

    Attributes:
        ref: the tag in full.
        commit: what it names now; None when it was deleted.
        before: every commit that it named before, newest first, as far as the forge tells.
        at: when it was moved last; None where nobody tells.
        by: who moved it.
    """

    ref: Name
    commit: GitObject | None = None
    before: tuple[GitObject, ...] = ()
    at: Time | None = None
    by: Account | None = None


class Deployed(Struct, frozen=True, kw_only=True):
    """One attempt to change production, as the platform has it.

    Attributes:
        id: its name on the platform, unique there.
        platform: which platform says so, such as `github` or the name in an export.
        environment: where it went.
        commit: what was deployed.
        started_at: when it began, by the platform's clock.
        finished_at: when it ended; None while it has not.
        outcome: what it came to; None while it has not ended.
        rolled_back: whether it was taken back.
        person: who started it.
        artifacts: SHA-256 of what was deployed, where the platform tells.
        release: the release that it names itself, `<stream id>/<sequence>`; None where it names none.
        url: where a person can read about it.
    """

    id: Name
    platform: Slug
    environment: Name
    commit: GitObject
    started_at: Time
    finished_at: Time | None = None
    outcome: Outcome | None = None
    rolled_back: bool = False
    person: Person | None = None
    artifacts: tuple[Sha256, ...] = ()
    release: Name | None = None
    url: Name | None = None


class Held(Struct, frozen=True, kw_only=True):
    """One version of an object of the store, as the store lists it.

    Attributes:
        key: its key.
        version: the store's name of the version; None where it has none.
        marker: whether it is a delete marker.
        latest: whether it is what a reader without a version gets.
        size: its length in bytes; 0 for a marker.
        written_at: when the store took it; None where it does not tell.
        mode: the lock in force, `governance` or `compliance`; None where there is none, or none is told.
        retain_until: until when that holds.
        hold: whether a legal hold lies on it; None where the store does not tell.
    """

    key: Name
    version: Name | None = None
    marker: bool = False
    latest: bool = True
    size: Count = 0
    written_at: Time | None = None
    mode: Slug | None = None
    retain_until: Time | None = None
    hold: bool | None = None


class Trouble(Struct, frozen=True, kw_only=True):
    """Something in the store that does not verify: a finding or notice of the ledger (`docs/ledger.md`).

    Attributes:
        code: the finding's code.
        where: the key it was found at.
        message: what is wrong.
        stream: the id of the stream it belongs to, if any.
        sequence: the number of the release it belongs to, if any.
    """

    code: Slug
    where: Text
    message: Text
    stream: Name | None = None
    sequence: Count | None = None


class Decided(Struct, frozen=True, kw_only=True):
    """A decision of people about a release, made again from its case.

    Attributes:
        record: the payload digest of its sealed record.
        request: the request's id.
        change_class: the class of change.
        state: what the request came to.
        break_glass: whether the class is one that people may break the glass for.
        requested_at: when it was asked for.
        decided_at: when the decision was made.
        review_due_at: by when an emergency's review is owed; None where none is.
        reviewed_at: when it was given; None as long as it was not.
        review_unknown: why nobody can tell whether it was given; None when it can be told.
        follows: whether the decision follows from its case.
        conflicts: who decided although a role of theirs is kept apart from deciding, in words; by the
            identity map of then.
        brought: the pull requests by which the changes came in, by the forge's clock.
    """

    record: Sha256
    request: Slug
    change_class: Slug
    state: Slug
    requested_at: Time
    decided_at: Time
    break_glass: bool = False
    review_due_at: Time | None = None
    reviewed_at: Time | None = None
    review_unknown: Text | None = None
    follows: bool = True
    conflicts: tuple[Text, ...] = ()
    brought: tuple[Brought, ...] = ()


class Gated(Struct, frozen=True, kw_only=True):
    """What the policy gate said about a release, and what it says when its case is judged again.

    Attributes:
        record: the payload digest of its sealed record.
        outcome: what it said.
        follows: whether that follows from its case by the policy of then.
        unproven: why nobody can tell whether it follows; None when it can be told.
        today: what today's policy says of the same facts; None where no policy of today was given.
        broken: the rules of today's policy that it would break.
    """

    record: Sha256
    outcome: Outcome
    follows: bool = True
    unproven: Text | None = None
    today: Outcome | None = None
    broken: tuple[Name, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """A release as the store has it, verified.

    Attributes:
        stream: the id of its stream.
        sequence: its place in the stream.
        entry: the key of its entry.
        digest: SHA-256 of the entry's bytes; None when they cannot be read.
        payload: SHA-256 of the manifest's payload; None when its seal does not hold.
        keyid: who sealed it.
        trusted_time: when a clock outside the pipeline saw the seal; None when none did.
        manifest: the manifest; None when its seal does not hold.
        records: the control records that verified, by payload digest, as far as an audit needs what they say.
        decided: the decisions of people.
        gated: what the policy gate said.
        troubles: everything in it that does not verify.
    """

    stream: Name
    sequence: Positive
    entry: Name
    digest: Sha256 | None = None
    payload: Sha256 | None = None
    keyid: Name | None = None
    trusted_time: Time | None = None
    manifest: ReleaseManifest | None = None
    records: dict[Sha256, ControlRecord] = msgspec.field(default_factory=dict)
    decided: tuple[Decided, ...] = ()
    gated: tuple[Gated, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def name(self) -> str:
        """How others name it: `<stream id>/<sequence>`."""
        return f"{self.stream}/{self.sequence}"


def moments_of(manifest: ReleaseManifest, trusted_time: str | None = None) -> tuple[str, ...]:
    """Return every moment at which a release is known to have been made or decided on.

    That it was made is the runner's word; a stamp and approvals are servers'. A release belongs to a window
    when any of them does, so that a clock that was set back takes nothing out of it.
    """
    stamps = (trusted_time,) if trusted_time else ()
    return (manifest.created_at, *stamps, *(one.decided_at for one in manifest.approvals))


def is_of_window(release: Release, since: str) -> bool:
    """Tell whether a release is of a window by what is said in it; one that cannot be read may be."""
    manifest = release.manifest
    if manifest is None:
        return True
    moments = moments_of(manifest, release.trusted_time)
    return any(parse_time(since) <= parse_time(one) for one in moments)


class Census(Struct, frozen=True, kw_only=True):
    """Where a population comes from, and whether it is whole.

    Attributes:
        population: which one.
        source: where it was read, for the reader.
        count: how many elements of it fall into the window.
        gaps: what could not be found out; with any, its silence proves nothing.
    """

    population: Literal["changes", "tags", "deployments", "releases", "objects"]
    source: Text
    count: Count
    gaps: tuple[Gap, ...] = ()


class Populations(Struct, frozen=True, kw_only=True):
    """Everything that an audit compares.

    Attributes:
        window: the time that it is about.
        repository: the repository's URI.
        environments: the environments that count as production.
        landed: the commits that reached a protected branch, oldest first.
        tagged: the protected tags.
        deployed: the deployments to production, oldest first.
        releases: the releases of the store in order of stream and sequence: those of the window, and for each
            stream the one before, since a change may be covered by it.
        taken: the names of the releases that the store itself took in the window, whatever they say.
        pinned: the ids of the streams whose end is known from elsewhere: a checkpoint that was kept there, or
            what an earlier audit has kept.
        held: the versions of the ledger's objects that are of interest: those of entries, checkpoints and
            blobs of the releases, and every one that is not the only version of its key.
        troubles: what in the store does not verify and belongs to no release.
        reached: which of the commits that releases were made from are on a protected branch; None where git
            was not asked.
        policies: every version of the policy file that a protected branch has held, by its SHA-256, with what
            it demands to be on record (see `policy.demanded`); None where their history was not read.
        whole: whether all history of protected branches was read, as the forge has it; otherwise what is not
            in `reached` or `policies` may be there all the same.
        expected: the records that today's policy wants of a release, each `stage` or `stage:name`.
        censuses: one for each population.
    """

    window: Window
    repository: Name
    environments: tuple[Name, ...] = ()
    landed: tuple[Landed, ...] = ()
    tagged: tuple[Tagged, ...] = ()
    deployed: tuple[Deployed, ...] = ()
    releases: tuple[Release, ...] = ()
    taken: frozenset[Name] = frozenset()
    pinned: frozenset[Name] = frozenset()
    held: tuple[Held, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    reached: frozenset[GitObject] | None = None
    policies: dict[Sha256, tuple[Name, ...]] | None = None
    whole: bool = True
    expected: tuple[Name, ...] = ()
    censuses: tuple[Census, ...] = ()
