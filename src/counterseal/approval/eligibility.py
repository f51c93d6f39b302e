"""Whether an event counts at all: it names this request, came in time, and is a person's who may decide.

What speaks against a release needs less than what speaks for it. A denial or a withdrawal stands although it
was edited, although whoever gave it has touched the change, and although they have left since; an approval
does not.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from counterseal.approval.model import Event
from counterseal.approval.moments import order
from counterseal.approval.roll import Roll, Who
from counterseal.host.text import one_line
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Reason

AHEAD: Final = "event-ahead"
"""The rule of an event that is later than the clock: with one of these nobody knows what time it is."""

_DEMANDS: Final = {
    "review": ("commit",),
    "comment": ("request",),
    "environment": ("run",),
    "signed-file": ("request", "candidate"),
    "change-record": ("candidate",),
}
_NAMES: Final = ("request", "candidate", "commit", "run")
_AGAIN: Final = "decide again, for this request"


class Act(msgspec.Struct, frozen=True):
    """What a person has validly done.

    Attributes:
        event: the event.
        at: when, as text that sorts as time does.
        who: who did it.
        person: the natural person.
        groups: the groups by which it counts.
    """

    event: Event
    at: str
    who: Who
    person: str
    groups: frozenset[str]


class Judge:
    """Judges events of one request, one by one.

    Args:
        request: what was asked.
        request_id: the request's id.
        stages: the stages that an event may name.
        roll: who is who.
        now: the moment of the decision.
    """

    def __init__(
        self, request: ApprovalRequest, request_id: str, stages: Collection[str], roll: Roll, now: str
    ) -> None:
        binding = request.binding
        self._expected = {
            "request": request_id,
            "candidate": binding.candidate.sha256,
            "commit": binding.commit,
            "run": binding.run,
        }
        self._asked_at = request.requested_at
        self._asked = order(request.requested_at)
        self._stages = stages
        self._roll = roll
        self._now = now
        self._now_order = order(now)
        self._well_named: set[tuple[object, ...]] = set()
        self._fit: set[tuple[object, ...]] = set()

    def judge(self, event: Event) -> Act | Reason:
        """Return what the event does, or why it does nothing."""
        if reason := self._misnamed(event):
            return reason
        at = order(event.at)
        if reason := self._mistimed(event, at):
            return reason
        who = self._roll.who(event)
        if reason := self._disqualified(event, who):
            return reason
        groups = _groups(event, who)
        if not groups:
            return self._stranger(event, who)
        return Act(event, at, who, who.person or "", groups)

    def _misnamed(self, event: Event) -> Reason | None:
        """Return why an event is for something else; what many events name alike is looked at once."""
        names = (event.source, event.request, event.candidate, event.commit, event.run, event.stage)
        if names in self._well_named:
            return None
        reason = self._misnaming(event)
        if reason is None:
            self._well_named.add(names)
        return reason

    def _misnaming(self, event: Event) -> Reason | None:
        demands = _DEMANDS[event.source]
        for name in _NAMES:
            value = getattr(event, name)
            if value is None:
                if name in demands:
                    return refused(
                        event, f"event-without-{name}", f"it does not say for which {name}", _AGAIN
                    )
            elif value != self._expected[name]:
                return refused(event, f"event-other-{name}", f"it is for another {name}", _AGAIN)
        if event.stage is not None and event.stage not in self._stages:
            known = ", ".join(self._stages)
            return refused(
                event, "event-stage-unknown", f"there is no stage {event.stage}", f"stages: {known}"
            )
        return None

    def _mistimed(self, event: Event, at: str) -> Reason | None:
        if at < self._asked:
            message = f"it was given at {event.at}, before the request of {self._asked_at}"
            return refused(event, "event-before-request", message, _AGAIN)
        if at > self._now_order:
            message = f"it was given at {event.at}, and the clock says {self._now}"
            return refused(event, AHEAD, message, "look again later")
        return None

    def _disqualified(self, event: Event, who: Who) -> Reason | None:
        """Return why a person's event does not count; what many events of theirs share is looked at once."""
        shared = (id(who), event.at[:10], event.action, event.edited)  # the roll keeps one `who` for each
        if shared in self._fit:
            return None
        reason = self._disqualification(event, who)
        if reason is None:
            self._fit.add(shared)
        return reason

    def _disqualification(self, event: Event, who: Who) -> Reason | None:
        if who.machine:
            return refused(event, "event-machine", f"{who.shown} is a machine", "people decide")
        if who.person is None:
            if event.account is None and event.keyid is None and event.tracker is None:
                return refused(event, "event-nobody", "nobody can say who gave it")
            remedy = "add them to the identity map"
            return refused(event, "event-person-unknown", f"nobody knows who this is: {who.shown}", remedy)
        for moment in (event.at, self._now) if event.action == "approve" else (event.at,):
            if not self._roll.employed(who.person, moment):
                message = f"{who.shown} did not belong to the firm at {moment}"
                return refused(event, "event-not-employed", message)
        return self._unfit(event, who) if event.action == "approve" else None

    def _unfit(self, event: Event, who: Who) -> Reason | None:
        """Return why an approval, and an approval alone, does not count."""
        if event.edited:
            return refused(event, "event-edited", "it was changed after it was given", _AGAIN)
        if who.conflict:
            what = f" of {one_line(who.conflict.subject, limit=200)}" if who.conflict.subject else ""
            message = f"{who.shown} is {who.conflict.role}{what}"
            return refused(event, "event-conflict", message, "let somebody else approve")
        return None

    @staticmethod
    def _stranger(event: Event, who: Who) -> Reason:
        if who.groups:
            message = f"{who.shown} was in no group that may decide when this was given"
            return refused(event, "event-not-member-then", message)
        return refused(event, "event-not-member", f"{who.shown} is in no group that may decide")


def _groups(event: Event, who: Who) -> frozenset[str]:
    """Return the groups by which an event counts: an approval needs them then and now, a denial then."""
    if event.groups is None:
        return who.groups
    then = frozenset(event.groups)
    return who.groups & then if event.action == "approve" else then


def refused(event: Event, rule: str, message: str, remedy: str | None = None) -> Reason:
    """Return why an event does not count."""
    return Reason(
        rule=rule, message=f"{event.action} does not count: {message}", subject=event.id, remedy=remedy
    )
