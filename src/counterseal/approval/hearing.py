"""The hearing: every event is heard once, in the order of time, and has its effect or a reason why not.

Approvals count until the deadline. What speaks against a release counts until then as well, and afterwards
for as long as the approval that was reached could be used: what can be used can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from counterseal.approval.eligibility import AHEAD, Act, Judge, refused
from counterseal.approval.model import Counted, Event
from counterseal.approval.moments import later, order
from counterseal.approval.quorum import Ballot, Count, StageRule
from counterseal.manifest.record import Reason

POST_REVIEW = "post-review"
"""What an event names as its stage when it reviews an emergency afterwards."""


@dataclass(slots=True)
class Hearing:
    """What was heard.

    Attributes:
        counts: what each stage has come to.
        denied: who has denied, and by which group they could.
        expires_at: the last moment at which the approval may be used; None while there is none.
        reviews: the valid acts that concern the review of an emergency.
        notes: why which event did not count.
        ahead: when the first event was given that is later than the clock.
    """

    counts: tuple[Count, ...] = ()
    denied: list[tuple[Act, str]] = field(default_factory=list)
    expires_at: str | None = None
    reviews: list[Act] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    ahead: str | None = None

    @property
    def passed_at(self) -> str | None:
        """When the last stage was passed, to the second; None while it is not."""
        at = self.counts[-1].at
        return f"{at[:19]}Z" if at else None


class Court:
    """Hears the events of one request.

    Args:
        judge: tells whether an event counts at all.
        stages: the stages.
        deadline: the first moment that is too late.
        valid_for: how many hours after the last approval it may be used.
    """

    def __init__(self, judge: Judge, stages: Sequence[StageRule], deadline: str, valid_for: int) -> None:
        self._judge = judge
        self._ballot = Ballot(stages)
        self._stages = stages
        self._deadline = deadline
        self._valid_for = valid_for
        self._hearing = Hearing()

    def hear(self, events: Iterable[Event]) -> Hearing:
        """Hear every event, and return what they come to."""
        late: list[Act] = []
        end = order(self._deadline)
        for event in sorted(events, key=_in_time):
            act = self._judge.judge(event)
            if isinstance(act, Reason):
                self._note(act, event)
            elif event.stage == POST_REVIEW:
                self._hearing.reviews.append(act)
            elif act.at < end:
                self._take(act)
            else:
                late.append(act)
        self._recount()
        for act in late:
            self._take_late(act)
        self._note_uncounted()
        return self._hearing

    def _take(self, act: Act) -> None:
        match act.event.action:
            case "approve":
                self._approve(act)
            case "withdraw":
                self._withdraw(act)
            case "deny":
                self._deny(act)

    def _approve(self, act: Act) -> None:
        new = self._ballot.approve(act)
        if new is None:
            message = f"{act.who.shown} may not decide in this stage, at that time or in that place"
            remedy = "who is added by an escalation approves after it"
            self._hearing.notes.append(refused(act.event, "event-not-eligible", message, remedy))
        elif not new:
            message = f"{act.who.shown} has approved already, and counts once"
            self._hearing.notes.append(refused(act.event, "event-repeated", message))

    def _withdraw(self, act: Act) -> None:
        taken = {one.event.id: one for one in self._ballot.withdraw(act)}
        for one in taken.values():
            message = f"{act.who.shown} took it back at {act.event.at}"
            self._hearing.notes.append(refused(one.event, "event-withdrawn", message))
        if not taken:
            message = "there is no approval to take back"
            self._hearing.notes.append(refused(act.event, "event-nothing-to-withdraw", message))

    def _deny(self, act: Act) -> None:
        if group := self._ballot.group_denying(act):
            self._hearing.denied.append((act, group))
        else:
            message = f"{act.who.shown} may not decide in this stage, or at that time"
            self._hearing.notes.append(refused(act.event, "event-not-eligible", message))

    def _take_late(self, act: Act) -> None:
        expires = self._hearing.expires_at
        if act.event.action == "approve" or expires is None or act.at > order(expires):
            message = f"it was given at {act.event.at}, and the deadline was {self._deadline}"
            remedy = "ask again" if act.event.action == "approve" else None
            self._hearing.notes.append(refused(act.event, "event-late", message, remedy))
            return
        self._take(act)
        if act.event.action == "withdraw":
            self._recount()

    def _recount(self) -> None:
        self._hearing.counts = self._ballot.count()
        passed = self._hearing.counts[-1].at is not None
        last = f"{self._ballot.last()[:19]}Z"
        self._hearing.expires_at = later(last, hours=self._valid_for) if passed else None

    def _note(self, reason: Reason, event: Event) -> None:
        self._hearing.notes.append(reason)
        if reason.rule == AHEAD and self._hearing.ahead is None:
            self._hearing.ahead = event.at

    def _note_uncounted(self) -> None:
        counted = {vote.act.event.id for count in self._hearing.counts for vote in count.votes}
        rest = {vote.act.event.id: vote.act for vote in self._ballot.votes()}
        for name, act in rest.items():
            if name not in counted:
                message = f"others were first, or {act.who.shown} is counted in another stage"
                self._hearing.notes.append(refused(act.event, "event-not-needed", message))


def _in_time(event: Event) -> tuple[str, bool, str]:
    """Return what events are sorted by; in the same moment what is taken back comes after what is given."""
    return order(event.at), event.action != "approve", event.id


def counted(act: Act, group: str) -> Counted:
    """Return an act as it is reported."""
    return Counted(event=act.event.id, person=act.person, group=group, account=act.event.account)
