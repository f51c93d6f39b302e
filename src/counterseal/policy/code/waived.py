"""Which waivers hold: matched to problems, and judged by who granted them, for how long, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from counterseal.manifest.record import Waiver
from counterseal.manifest.types import parse_time
from counterseal.policy.code.waivers import WaiverEntry, WaiverRules
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.people import Identities
from counterseal.policy.problem import Kind, Problem

RULE: Final = "waivers"
_REMEDY = "mend the problem, or have the waiver renewed on the trusted branch"


@dataclass(frozen=True)
class Waivers:
    """The waivers of a policy at a moment; pure.

    Attributes:
        entries: the waivers of the file.
        rules: what the policy demands of them.
        identities: who is behind an account.
        now: the moment, as a `Time`.
        participants: the persons who took part in the change; None when nobody can tell, and then no waiver
            holds.
    """

    entries: tuple[WaiverEntry, ...]
    rules: WaiverRules
    identities: Identities
    now: str
    participants: frozenset[str] | None

    def find(self, problem: Problem) -> WaiverEntry | None:
        """Return a waiver that names a problem: one that holds before one that does not."""
        fitting = [entry for entry in self.entries if entry.fits(problem)]
        return next((entry for entry in fitting if self.refusal(entry) is None), next(iter(fitting), None))

    def refusal(self, entry: WaiverEntry) -> Finding | None:
        """Return why a waiver does not hold, or None."""
        if message := self._wrong(entry):
            return failed(RULE, f"waiver {entry.id}: {message}", subject=entry.subject, remedy=_REMEDY)
        person = self.identities.person_of_account(entry.approver)
        if self.participants is None:
            message = f"waiver {entry.id}: nobody can tell whether account {entry.approver} made this change"
            return inconclusive(RULE, message, subject=entry.subject)
        if person in self.participants:
            message = f"waiver {entry.id}: account {entry.approver} granted it, and took part in this change"
            return failed(RULE, message, subject=entry.subject, remedy="have somebody else grant it")
        return None

    def _wrong(self, entry: WaiverEntry) -> str | None:
        """Return what is wrong with a waiver whoever made the change."""
        person = self.identities.person_of_account(entry.approver)
        if entry.lasts > timedelta(days=self.rules.longest_days):
            return f"it lasts {entry.lasts.days} days; the policy allows {self.rules.longest_days}"
        if date.fromisoformat(entry.granted) > self._today:
            return f"it is granted for {entry.granted}, which is to come"
        if date.fromisoformat(entry.expires) < self._today:
            return f"it expired after {entry.expires}"
        if not self.rules.may_grant(entry.approver, entry.kind):
            return f"account {entry.approver} may not grant waivers of the kind {entry.kind}"
        if person is None or not self.identities.employed(person, self.now):
            return f"account {entry.approver} is nobody whom the identity map knows today"
        return None

    def remarks(self, kinds: frozenset[Kind], used: Iterable[WaiverEntry]) -> Iterator[Finding]:
        """Yield what is worth knowing: waivers of these kinds that fit nothing, used ones that soon end."""
        taken = {entry.id: entry for entry in used}
        for entry in self.entries:
            if entry.kind in kinds and entry.id not in taken:
                yield noted(RULE, f"waiver {entry.id} fits nothing; remove it", subject=entry.subject)
        for entry in taken.values():
            if date.fromisoformat(entry.expires) - self._today <= timedelta(days=self.rules.warn_days):
                yield noted(RULE, f"waiver {entry.id} ends after {entry.expires}", subject=entry.subject)

    @property
    def _today(self) -> date:
        return parse_time(self.now).date()


def as_record(entry: WaiverEntry, problem: Problem) -> Waiver:
    """Return a waiver that let a problem through, as a control record holds it."""
    return Waiver(
        id=f"{problem.rule} {problem.subject}"[:1024],
        rule=f"{problem.kind}",
        reason=f"{entry.id}: {entry.reason}",
        approver=f"account:{entry.approver}",
        expires_at=f"{entry.expires}T23:59:59Z",
        ticket=entry.ticket,
    )
