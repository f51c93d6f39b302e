"""The tables of the index, declared once: what writes them, asks them and documents them goes by this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "integer", "boolean", "time"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: its name, a word that no engine reserves.
        kind: what it holds; a time is a moment in UTC.
        means: what it says.
    """

    name: str
    kind: Kind
    means: str


@dataclass(frozen=True)
class Table:
    """A table. Each of its rows was taken from one release.

    Attributes:
        name: its name.
        means: what a row is.
        own: its columns beside those that every table has.
    """

    name: str
    means: str
    own: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns that are in the files; the month is in their folders."""
        return (*COMMON, *self.own)


COMMON: Final = (
    Column("stream", "text", "the id of the release's stream"),
    Column("sequence", "integer", "its place in the stream"),
    Column("payload", "text", "SHA-256 of the manifest's payload: whoever reports the row reads it again"),
)
MONTH: Final = Column("month", "text", "the month in which the manifest was made, as 2026-11: the partition")

_SECONDS: Final = "in whole seconds"

TABLES: Final = (
    Table(
        "release",
        "a release",
        (
            Column("entry", "text", "the key of its entry in the store"),
            Column("repository", "text", "the repository's URI"),
            Column("environment", "text", "what it was deployed to"),
            Column("commit_id", "text", "the commit that was released"),
            Column("outcome", "text", "passed, failed or inconclusive"),
            Column("created_at", "time", "when the manifest was made, by the runner's clock"),
            Column("trusted_at", "time", "when a clock outside the pipeline saw the seal"),
            Column("signer", "text", "the id of the key that sealed it"),
            Column("policy", "text", "SHA-256 of the policy that was in force"),
            Column("changes_complete", "boolean", "whether it lists every change since the one before"),
            Column("change_count", "integer", "how many commits it lists"),
            Column("approval_count", "integer", "how many people approved it"),
            Column("approval_seconds", "integer", f"from the first request to the last decision, {_SECONDS}"),
            Column(
                "rollout_seconds", "integer", f"from the first step's start to the last one's end, {_SECONDS}"
            ),
            Column(
                "lead_seconds", "integer", f"from its oldest commit to the end of its rollout, {_SECONDS}"
            ),
            Column("retain_until", "time", "until when it is promised to be kept"),
            Column("retention_mode", "text", "governance or compliance; null where no lock was promised"),
            Column("retention_days", "integer", "for how many whole days after it was made"),
        ),
    ),
    Table(
        "evidence",
        "a control record of a release",
        (
            Column("stage", "text", "the record's stage"),
            Column("name", "text", "its name"),
            Column("record_kind", "text", "its kind"),
            Column("outcome", "text", "passed, failed or inconclusive"),
            Column("record", "text", "SHA-256 of its payload"),
            Column("sealed", "text", "SHA-256 of the bytes that seal it"),
            Column("waiver_count", "integer", "how many problems it let through"),
        ),
    ),
    Table(
        "change",
        "a commit that a release lists",
        (
            Column("commit_id", "text", "the commit"),
            Column("pull_request", "integer", "the number of the pull request that brought it"),
            Column("signature", "text", "verified, unverified, unsigned or unchecked"),
            Column("committed_at", "time", "when it says that it was committed"),
            Column("wait_seconds", "integer", f"from then to the manifest, {_SECONDS}"),
        ),
    ),
    Table(
        "participant",
        "somebody's part in a commit that a release lists",
        (
            Column("commit_id", "text", "the commit"),
            Column("part", "text", "author, committer, co-author, pusher or reviewer"),
            Column("account", "integer", "the number of the account on the forge; null where none is known"),
        ),
    ),
    Table(
        "ticket",
        "a ticket that a commit of a release names",
        (
            Column("commit_id", "text", "the commit"),
            Column("ticket", "text", "the ticket"),
        ),
    ),
    Table(
        "approval",
        "a decision of a person on a release",
        (
            Column("stage", "text", "the stage of the approval"),
            Column("role", "text", "in which role"),
            Column("account", "integer", "the number of the account that decided; null where none is known"),
            Column("decision", "text", "approved or denied"),
            Column("requested_at", "time", "when it was asked for"),
            Column("decided_at", "time", "when it was given"),
            Column("expires_at", "time", "until when it may be acted on"),
            Column("wait_seconds", "integer", f"from request to decision, {_SECONDS}"),
        ),
    ),
    Table(
        "deployment",
        "a step of a release's rollout",
        (
            Column("step", "text", "the step's name"),
            Column("outcome", "text", "what it came to"),
            Column("started_at", "time", "when it began"),
            Column("finished_at", "time", "when it ended"),
            Column("duration_seconds", "integer", f"how long it took, {_SECONDS}"),
        ),
    ),
    Table(
        "waiver",
        "a problem that a record of a release let through",
        (
            Column("stage", "text", "the record's stage"),
            Column("waiver", "text", "the problem's id"),
            Column("rule", "text", "the rule that would have failed"),
            Column("ticket", "text", "where it was discussed"),
            Column("expires_at", "time", "the last moment of the permission"),
        ),
    ),
    Table(
        "expected",
        "a record that a release must have by today's policy: absence needs something to be absent from",
        (
            Column("stage", "text", "the record's stage"),
            Column("name", "text", "its name; null where any record of the stage will do"),
        ),
    ),
)
