"""Carrying out: people are told of each step once, and what is over is closed, however often this runs.

A step is taken in the store first and told afterwards, by a comment that is found again by its key. Killed in
between, the next run finds the step taken and not told, and tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from counterseal.approval.model import Case, State
from counterseal.approval.moments import order
from counterseal.checks.approvals import messages, verdict
from counterseal.clients.forge import Forge
from counterseal.errors import MalformedError
from counterseal.ledger.requests import Asked, RequestBook
from counterseal.ledger.requests_debts import Owed

CHECK = "counterseal approval"
"""The name of the check run on the commit."""

MOST_ANSWERS = 20
"""How many comments of one request are answered that count for nothing: anybody can write more."""

_OVER = {State.DENIED, State.EXPIRED, State.REVOKED}
_FADED = {State.EXPIRED, State.REVOKED}
"""What becomes of every approval that was used; it is no news."""
_CONCLUSIONS = dict.fromkeys(("approved", "emergency", "board"), "success") | dict.fromkeys(("pending",))


@dataclass(frozen=True)
class Carrier:
    """Carries out what a decision asks for.

    Attributes:
        book: where steps are taken.
        forge: where people are told.
        workflow: the workflow that is started when a request is approved; none when empty.
        ref: the branch or tag that it is started for.
    """

    book: RequestBook
    forge: Forge
    workflow: str = ""
    ref: str = ""

    def carry(self, asked: Asked, case: Case, decisions: Sequence[str]) -> tuple[str, ...]:
        """Do what is due, and return the keys of the steps that were told now.

        Args:
            asked: the request.
            case: its case.
            decisions: the decisions on record, the case's as the last.
        """
        told = [*self._nudge(asked, case), *self._answer(asked, case)]
        if not verdict.is_settled(case):
            return tuple(told)
        since = episode(decisions)
        if not is_new(decisions) and not (case.facts.consumed_by and case.decision.state in _FADED):
            told += self._say_state(asked, case, since)
        self._settle_debt(asked, case)
        if verdict.lets_through(case):
            self._start(asked, case, since)
        told += self._finish(asked, case)
        return tuple(told)

    def ask(self, asked: Asked, case: Case) -> None:
        """Ask people, and show on the commit that it waits."""
        if asked.request.issue is not None:
            self.forge.say(asked.request.issue, f"{asked.id}:ask", messages.asking(case))
        self._report(asked, case, None)

    def _nudge(self, asked: Asked, case: Case) -> list[str]:
        """Tell of the reminders and escalations that are due, of all that are late in one comment."""
        due = sorted(
            (one for one in case.decision.due if one.kind != "expire"), key=lambda one: order(one.due_at)
        )
        for step in due:
            self.book.take(asked.id, step.key, case.now)
        steps = [step for step in due if not self.book.told(asked.id, step.key)]
        if not steps:
            return []
        self._comment(asked, steps[-1].key, messages.nudge(case, steps))
        for step in steps:  # the one by which the comment is found comes last
            self.book.tell(asked.id, step.key, case.now)
        return [step.key for step in steps]

    def _answer(self, asked: Asked, case: Case) -> list[str]:
        """Tell whoever commented for nothing why it does not count."""
        refused = {one.subject for one in case.decision.reasons} - {
            one.event for one in case.decision.denied_by
        }
        mine = [one.id for one in case.events if one.source == "comment" and one.request == asked.id]
        told = []
        for event in [name for name in mine if name in refused][:MOST_ANSWERS]:
            key = "answer-" + event.replace(":", "-")
            if self._tell(asked, case, key, messages.answer(case, event)):
                told.append(key)
        return told

    def _say_state(self, asked: Asked, case: Case, since: str) -> list[str]:
        """Tell what the request has come to, once for each time that it comes to something else."""
        told = self._tell(asked, case, f"state-{since}", messages.state(case))
        if not self.book.told(asked.id, f"reported-{since}"):
            self._report(asked, case, _CONCLUSIONS.get(verdict.word(case), "failure"))
            self.book.tell(asked.id, f"reported-{since}", case.now)
        return [f"state-{since}"] if told else []

    def _settle_debt(self, asked: Asked, case: Case) -> None:
        """Remember the review that an emergency owes, deployed or not, and that it was given."""
        decision, binding = case.decision, asked.request.binding
        if decision.post_review_due_at is not None:
            due = decision.post_review_due_at
            self.book.debts.owe(Owed(asked.id, due, binding.repository, binding.environment))
        if decision.post_reviewed:
            self.book.debts.pay(asked.id, case.now)

    def _start(self, asked: Asked, case: Case, since: str) -> None:
        """Start the deploying workflow, once; where nobody knows whether it was, people are told to look."""
        from counterseal.clients.github.failures import Unclear

        key = f"dispatch-{since}"
        if not self.workflow or case.facts.consumed_by or self.book.told(asked.id, key):
            return
        binding = asked.request.binding
        run = (binding.run or "").partition("/")[0]
        inputs = {"request": asked.id, "run": run, "commit": binding.commit}
        self.book.take(asked.id, key, case.now)
        try:
            self.forge.dispatch(self.workflow, self.ref, inputs)
        except Unclear:
            self._comment(asked, key, messages.unstarted(self.workflow, inputs))
        self.book.tell(asked.id, key, case.now)

    def _finish(self, asked: Asked, case: Case) -> list[str]:
        """Close what is over: refused, or used, unless a review is owed."""
        decision, deployment = case.decision, self.book.used_by(asked.id)
        told = []
        if deployment and self._tell(asked, case, "used", messages.used(deployment)):
            told.append("used")
        owing = decision.post_review_due_at is not None and not decision.post_reviewed
        if owing or not (deployment or decision.state in _OVER):
            return told
        if asked.request.issue is not None and asked.request.issue != asked.request.binding.pull_request:
            self._close_issue(asked.request.issue)
        self.book.close(asked.id, "used" if deployment else str(decision.state), case.now)
        return told

    def _tell(self, asked: Asked, case: Case, key: str, text: str) -> bool:
        """Tell people of one step; return whether they had not been told."""
        self.book.take(asked.id, key, case.now)
        if self.book.told(asked.id, key):
            return False
        self._comment(asked, key, text)
        self.book.tell(asked.id, key, case.now)
        return True

    def _comment(self, asked: Asked, key: str, text: str) -> None:
        if asked.request.issue is None:
            return
        try:
            self.forge.say(asked.request.issue, f"{asked.id}:{key}", text)
        except MalformedError:
            return  # the place is no more, so nobody can be told there

    def _close_issue(self, issue: int) -> None:
        try:
            self.forge.comments(issue)
        except MalformedError:
            return  # it is no more
        self.forge.close_issue(issue)

    def _report(self, asked: Asked, case: Case, conclusion: str | None) -> None:
        name = f"{CHECK} ({asked.request.binding.environment})"
        self.forge.report(asked.request.binding.commit, asked.id, name, conclusion, messages.state(case))


def episode(decisions: Sequence[str]) -> str:
    """Return since when a request has been what it is: `<number>-<word>` of the first decision that says so.

    Args:
        decisions: the decisions on record, in order; those that were not certain say nothing.
    """
    since, before = "", ""
    for number, word in _certain(decisions):
        if word != before:
            since, before = f"{number}-{word}", word
    return since


def is_new(decisions: Sequence[str]) -> bool:
    """Tell whether a request has been nothing but pending, as people know from having been asked."""
    return all(word == State.PENDING for _, word in _certain(decisions))


def _certain(decisions: Sequence[str]) -> list[tuple[str, str]]:
    named = [name.split("-", 2) for name in decisions]
    return [(parts[0], parts[1]) for parts in named if len(parts) > 1 and parts[1] != "unsure"]
