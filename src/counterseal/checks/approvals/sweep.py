"""The sweep: the clock of all open requests. Late, doubled or missing, only who is told when differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from counterseal.approval.model import Case
from counterseal.checks.approvals import verdict
from counterseal.checks.approvals.candidates import signers_of
from counterseal.checks.approvals.carry import Carrier
from counterseal.checks.approvals.change_records import change_record
from counterseal.checks.approvals.facts import Scene
from counterseal.checks.approvals.gate import Gate, approval_of
from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
from counterseal.checks.trusted import Trusted
from counterseal.clients.forge import Forge
from counterseal.clients.tracker import Tracker
from counterseal.errors import CountersealError
from counterseal.ledger.requests import Asked
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import encode_statement
from counterseal.store.interface import Store


@dataclass(frozen=True)
class Around:
    """A repository's surroundings.

    Attributes:
        forge: the forge.
        trusted: its policy.
        tracker: its ticket tracker; None where there is none.
    """

    forge: Forge
    trusted: Trusted
    tracker: Tracker | None = None


@dataclass(frozen=True)
class Swept:
    """What became of one request in a sweep.

    Attributes:
        id: the request.
        case: its case; None when it could not be looked at.
        told: the steps that people were told of now.
        error: why it could not be looked at, or not be carried out.
    """

    id: str
    case: Case | None = None
    told: tuple[str, ...] = ()
    error: CountersealError | None = None

    @property
    def unclear(self) -> bool:
        """Whether it is not known what became of it."""
        return self.error is not None or self.case is None or not verdict.is_settled(self.case)


@dataclass(frozen=True)
class Sweeper:
    """Looks at every open request.

    Attributes:
        gate: looks at one.
        store: where the evidence of candidates is.
        around: returns the surroundings of a repository, by its URI.
        workflow: the workflow that is started when a request is approved; none when empty.
    """

    gate: Gate
    store: Store
    around: Callable[[str], Around]
    workflow: str = ""

    def sweep(self, names: Iterable[str]) -> list[Swept]:
        """Look at requests, one after the other; what is wrong with one does not stop the others."""
        return [self._one(name) for name in names]

    def _one(self, name: str) -> Swept:
        try:
            asked = self.gate.book.read(name)
            around = self.around(asked.request.binding.repository)
            case = self.gate.look(asked, self.scene(asked, around)).case
        except CountersealError as error:
            return Swept(name, error=error)
        try:
            decisions = self.keep(asked, case)
            ref = f"refs/heads/{around.forge.repository().default_branch}" if self.workflow else ""
            told = Carrier(self.gate.book, around.forge, self.workflow, ref).carry(asked, case, decisions)
        except CountersealError as error:
            return Swept(name, case, error=error)
        return Swept(name, case, told)

    def scene(self, asked: Asked, around: Around) -> Scene:
        """Return what surrounds a request when nobody is about to use it.

        Raises:
            SealError: the candidate, or what was signed with it, is not what was asked about.
        """
        candidate = self.gate.book.candidate(asked)
        names, signers = around.trusted.pseudonyms, signers_of(self.store, candidate, self.gate.trust)
        record, gap = change_record(around.tracker, asked.request, approval_of(around.trusted))
        return Scene(
            forge=around.forge,
            trusted=around.trusted,
            candidate=candidate,
            signers=signers if names is None else tuple(map(names.key, signers)),
            used_by=self.gate.book.used_by(asked.id),
            change_record=record,
            gaps=(gap,) if gap else (),
        )

    def keep(self, asked: Asked, case: Case) -> tuple[str, ...]:
        """Keep the sealed record of a decision, unless the newest is like it; return those on record."""
        counted = sorted(one.event for stage in case.decision.stages for one in stage.counted)
        rules = sorted({reason.rule for reason in verdict.reasons(case)})
        what = f"{verdict.word(case)}-{sha256(repr((counted, rules)).encode())[:16]}"
        data, reference = case_evidence(case)
        statement = record_of(case, f"decision-{asked.id}", origin_of(case), reference)
        return self.gate.book.decide(asked.id, what, data, encode_statement(statement))
