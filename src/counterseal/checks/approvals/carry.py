"""Carrying out: people are told of each step once, and what is over is closed, however often this runs.

A step is taken in the store first and told afterwards, by a comment that is found again by its key. Killed in
between, the next run finds the step taken and not told, and tells it.
"""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.approval.model import Case, State
from counterseal.checks.approvals import messages
from counterseal.clients.forge import Forge
from counterseal.ledger.requests import Asked, RequestBook

CHECK = "counterseal approval"
"""The name of the check run on the commit."""

_OVER = {State.DENIED, State.EXPIRED, State.REVOKED}


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

    def carry(self, asked: Asked, case: Case) -> tuple[str, ...]:
        """Do what is due, and return the keys of the steps that were told now."""
        told = [
            step.key
            for step in case.decision.due
            if self._tell(asked, case, step.key, messages.nudge(case, step))
        ]
        told += self._answers(asked, case)
        if not case.decision.certain and case.decision.state is not State.DENIED:
            return tuple(told)
        if case.decision.state is not State.PENDING and self._say_state(asked, case):
            told.append(case.decision.state)
        if case.decision.lets_through:
            self._start(asked, case)
        if case.decision.post_reviewed:
            self.book.pay(asked.id, case.now)
        self._finish(asked, case)
        return tuple(told)

    def pending(self, asked: Asked, case: Case) -> None:
        """Show on the commit that it waits."""
        commit, name = asked.request.binding.commit, f"{CHECK} ({asked.request.binding.environment})"
        self.forge.report(commit, asked.id, name, None, messages.state(case))

    def _tell(self, asked: Asked, case: Case, key: str, text: str) -> bool:
        self.book.take(asked.id, key, case.now)
        if self.book.told(asked.id, key) or asked.request.issue is None:
            return False
        said = self.forge.say(asked.request.issue, f"{asked.id}:{key}", text)
        self.book.tell(asked.id, key, case.now)
        return said

    def _answers(self, asked: Asked, case: Case) -> list[str]:
        """Tell whoever commented for nothing why it does not count."""
        refused = {one.subject for one in case.decision.reasons}
        mine = [one for one in case.events if one.source == "comment" and one.request == asked.id]
        told = []
        for event in mine:
            key = "answer-" + event.id.replace(":", "-")
            if event.id in refused and self._tell(asked, case, key, messages.answer(case, event.id)):
                told.append(key)
        return told

    def _say_state(self, asked: Asked, case: Case) -> bool:
        said = self._tell(asked, case, f"state-{case.decision.state}", messages.state(case))
        if said or not self.book.told(asked.id, f"reported-{case.decision.state}"):
            commit, name = asked.request.binding.commit, f"{CHECK} ({asked.request.binding.environment})"
            verdict = "success" if case.decision.lets_through else "failure"
            self.forge.report(commit, asked.id, name, verdict, messages.state(case))
            self.book.tell(asked.id, f"reported-{case.decision.state}", case.now)
        return said

    def _start(self, asked: Asked, case: Case) -> None:
        """Start the deploying workflow, once."""
        if not self.workflow or not self.book.take(asked.id, "dispatch", case.now):
            return
        binding = asked.request.binding
        run = (binding.run or "").partition("/")[0]
        inputs = {"request": asked.id, "run": run, "commit": binding.commit}
        self.forge.dispatch(self.workflow, self.ref, inputs)

    def _finish(self, asked: Asked, case: Case) -> None:
        """Close what is over: refused, or used and, after an emergency, reviewed."""
        decision = case.decision
        owing = decision.post_review_due_at is not None and not decision.post_reviewed
        used = self.book.used_by(asked.id) is not None
        if (decision.state in _OVER and not used) or (used and not owing):
            if asked.request.issue is not None and asked.request.issue != asked.request.binding.pull_request:
                self.forge.close_issue(asked.request.issue)
            self.book.close(asked.id, "used" if used else decision.state, case.now)
