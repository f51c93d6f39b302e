"""A ticket or change record as a tracker has it, with its log."""

from __future__ import annotations

from typing import Literal

from counterseal.manifest.types import Name, Sha256, Struct, Text, Time


class TicketChange(Struct, frozen=True, kw_only=True):
    """One entry of a ticket's change log.

    Attributes:
        at: when.
        field: what was changed.
        before: its value before.
        after: its value after.
        person: the tracker's id of who changed it.
    """

    at: Time
    field: Name
    before: Text = ""
    after: Text = ""
    person: Name | None = None


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket or change record as the tracker has it now.

    Attributes:
        key: its key, such as `PAY-142` or `CHG0030001`.
        project: its project or table.
        kind: its type, in the tracker's word.
        state: its state, in the tracker's word.
        created_at: when it was made.
        assignee: the tracker's id of who works on it.
        approvers: the tracker's ids of who approved it.
        approval: what its own approval says, in the tracker's word; None where it has none.
        verdict: what that comes to; None where it has none.
        decided_at: when it was decided, by the tracker's clock.
        updated_at: when anything of it was changed last.
        candidate: the digest of a release candidate that it carries (`sha256:...`), when it is the only one.
        window_from: the first moment of its planned window.
        window_until: the last one.
        log: its change log, oldest first.
        url: where a person can read it.
    """

    key: Name
    project: Name
    kind: Name
    state: Name
    created_at: Time
    assignee: Name | None = None
    approvers: tuple[Name, ...] = ()
    approval: Name | None = None
    verdict: Literal["approved", "rejected", "pending", "cancelled"] | None = None
    decided_at: Time | None = None
    updated_at: Time | None = None
    candidate: Sha256 | None = None
    window_from: Time | None = None
    window_until: Time | None = None
    log: tuple[TicketChange, ...] = ()
    url: Name | None = None
