"""Waivers: problems that are let through for a stated time, in one format for every kind of problem.

They are read where the policy is, at the trusted ref, so that a change cannot waive itself. Each one names
what it is for so narrowly that it fits nothing else: code and secrets by their fingerprint, packages by their
version.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.policy.approval import Date
from counterseal.policy.base import AccountId, Glob, Section, Slug, is_day
from counterseal.policy.located import read_document
from counterseal.policy.problem import Kind, Problem

BY_CONTENT: Final = frozenset({"code", "secret", "personal-data"})
"""The kinds of which a waiver must name the fingerprint."""

BY_VERSION: Final = frozenset({"dependency", "licence"})
"""The kinds of which a waiver must name the version."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class WaiverRules(Section, frozen=True, kw_only=True):
    """Which problems may be let through for a time, and by whom.

    Attributes:
        file: the file of the waivers, by its path at the trusted ref.
        longest-days: the longest time from the day a waiver is granted to the day it expires, in days.
        warn-days: how long before its end a waiver is reported, in days.
        approvers: the accounts that may grant one; whoever the identity map lists when empty. Whoever took
            part in the change never may.
        named: the only accounts that may grant one of a kind, such as `access`, by the kind.
    """

    file: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] = ".github/counterseal-waivers.yml"
    longest_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
    warn_days: Annotated[int, msgspec.Meta(ge=0, le=90)] = 14
    approvers: tuple[AccountId, ...] = ()
    named: dict[Kind, tuple[AccountId, ...]] = msgspec.field(default_factory=dict)

    def may_grant(self, approver: int, kind: Kind) -> bool:
        """Tell whether an account may grant a waiver of a kind, as far as the policy says."""
        if kind in self.named:
            return approver in self.named[kind]
        return not self.approvers or approver in self.approvers


class WaiverEntry(Section, frozen=True, kw_only=True):
    """One waiver.

    Attributes:
        id: its name.
        kind: the kind of problem that it lets through.
        rule: the id of the problem, or one of its aliases: `B602`, `GHSA-...`, `CVE-...`, `GPL-3.0-only`.
        subject: where it holds: a path, a purl without version, or a resource; `*` stays in a folder.
        fingerprint: the fingerprint of the problem, as the scan reports it; needed for code and data.
        version: the version of the package; needed for dependencies and licences.
        reason: why it is let through.
        ticket: where that was discussed.
        approver: the account that granted it.
        granted: the day on which it was.
        expires: its last day, in UTC.
    """

    id: Slug
    kind: Kind
    rule: _Text
    subject: Glob
    fingerprint: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    version: _Text | None = None
    reason: _Text
    ticket: _Text
    approver: AccountId
    granted: Date
    expires: Date

    @property
    def lasts(self) -> timedelta:
        """How long it lasts."""
        return date.fromisoformat(self.expires) - date.fromisoformat(self.granted)

    def fits(self, problem: Problem) -> bool:
        """Tell whether it names a problem."""
        from counterseal.policy.patterns import path_matches

        return (
            self.kind == problem.kind
            and self.rule in problem.ids
            and self.fingerprint in (None, problem.fingerprint)
            and self.version in (None, problem.version)
            and path_matches(self.subject, problem.subject)
        )


class WaiverFile(Section, frozen=True, kw_only=True):
    """The file of the waivers.

    Attributes:
        version: the version of this format.
        waivers: the waivers.
    """

    version: Literal[1]
    waivers: tuple[WaiverEntry, ...] = ()


def load_waivers(data: bytes, where: str) -> WaiverFile:
    """Read a file of waivers.

    Args:
        data: the file's bytes.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    document = read_document(data, WaiverFile, where)
    seen: set[str] = set()
    for at, entry in enumerate(document.value.waivers):
        for field, message in (*_problems(entry), *_twice(entry, seen)):
            raise MalformedError(message, where=document.place(f"$.waivers[{at}].{field}"))
        seen.add(entry.id)
    return document.value


def _twice(entry: WaiverEntry, seen: set[str]) -> Iterator[tuple[str, str]]:
    if entry.id in seen:
        yield "id", f"{entry.id!r} is granted twice"


def _problems(entry: WaiverEntry) -> Iterator[tuple[str, str]]:
    from counterseal.policy.patterns import problem_of_path

    if entry.kind in BY_CONTENT and entry.fingerprint is None:
        yield "kind", f"a waiver of the kind {entry.kind} names the fingerprint that the scan reports"
    if entry.kind in BY_VERSION and entry.version is None:
        yield "kind", f"a waiver of the kind {entry.kind} names the version of the package"
    for field in ("granted", "expires"):
        if not is_day(getattr(entry, field)):
            yield field, f"{getattr(entry, field)} is not a day of the calendar"
            return
    if entry.expires < entry.granted:
        yield "expires", "it expires before it is granted"
    if message := problem_of_path(entry.subject):
        yield "subject", message
