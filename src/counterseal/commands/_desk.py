"""The desk of the approval gate: one run of it, with what its inputs name opened when it is needed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from counterseal.commands import _publication, _run
from counterseal.commands._arounds import Arounds
from counterseal.commands._decision import DecisionRecord
from counterseal.commands._deployment import Deployment
from counterseal.commands._question import Question
from counterseal.errors import ApprovalMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterseal.approval.model import Case
    from counterseal.checks.approvals.candidates import Touched
    from counterseal.checks.approvals.facts import Scene
    from counterseal.checks.approvals.gate import Looked
    from counterseal.checks.approvals.sweep import Sweeper, Swept
    from counterseal.checks.trusted import Trusted
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.ledger.publication import Publication
    from counterseal.ledger.publish import Publisher
    from counterseal.ledger.requests import Asked, RequestBook
    from counterseal.store.casefile import CaseFile

_LONGEST_WAIT = 30
_LARGEST_SIGNED = 1024 * 1024


class Desk:
    """One run of the command.

    Args:
        inputs: the inputs.
        host: the surroundings.
        sleep: waits so many seconds.
    """

    def __init__(self, inputs: Inputs, host: Host, sleep: Callable[[float], None] | None = None) -> None:
        from counterseal.ledger.requests import RequestBook
        from counterseal.seal.trust import parse_trust
        from counterseal.store.open import open_store

        self._inputs, self._host, self._sleep = inputs, host, sleep or time.sleep
        self._sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
        self._trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
        self._store = open_store(_run.store_uri(host, inputs["store"]))
        self._book: RequestBook = RequestBook(self._store, self._trust, self._sealer)
        self._around = Arounds(inputs, host).of
        self._deployment = Deployment(inputs, host)
        self._question = Question(inputs, host, self._book)

    def request(self) -> tuple[Asked, Looked]:
        """Fix the candidate, seal the request and ask; a repeated run finds what it has asked."""
        from counterseal.checks.approvals.carry import Carrier

        files = _run.case_file(self._host, self._inputs)
        around = self._around(_run.repository_uri(self._host))
        self._question.default_class(around.trusted)  # before anything is fixed
        candidate = self._publisher().fix(files, self._publication(files, around.trusted))
        asked = self._question.ask(around, candidate)
        files.add_request(asked.id, asked.bundle)
        sweeper = self._sweeper()
        looked = sweeper.gate.look(asked, sweeper.scene(asked, around))
        sweeper.keep(asked, looked.case)
        Carrier(self._book, around.forge).ask(asked, looked.case)
        return asked, looked

    def decide(self) -> tuple[Asked, Looked, str]:
        """Look at one request, use it where that is wanted, and file the decision; return its digest too."""
        from counterseal.checks.approvals import verdict

        files = _run.case_file(self._host, self._inputs)
        asked = self._asked(files)
        looked = self._look(asked, files)
        if self._inputs.flag("use") and verdict.lets_through(looked.case):
            try:
                self._use(asked, looked.case)
            except ApprovalMissing:  # somebody was faster: that is a decision too, and it is put on record
                looked = self._look(asked, files)
        record = DecisionRecord(self._inputs, self._host, files, self._sealer.seal, self._deployment)
        return asked, looked, record.file(asked, looked.case)

    def wait(self) -> tuple[Asked, Looked, str]:
        """Look until there is a decision, nobody could make one, or the time is over; then decide."""
        minutes = _run.number(self._inputs, "minutes", 1, _LONGEST_WAIT)
        pause = min(_run.number(self._inputs, "seconds", 5, 300), minutes * 60)
        files = _run.case_file(self._host, self._inputs)
        asked, touched = self._asked(files), None
        for _ in range(minutes * 60 // pause):
            looked = self._glance(asked, touched)
            if not _can_change(looked.case):
                break
            touched = None if looked.touched.gaps else looked.touched
            self._sleep(pause)
        return self.decide()

    def sweep(self) -> list[Swept]:
        """Look at every open request: remind, escalate, expire, tell."""
        return self._sweeper(self._inputs["dispatch"]).sweep(list(self._book.open_ids()))

    def _look(self, asked: Asked, files: CaseFile) -> Looked:
        sweeper = self._sweeper()
        return sweeper.gate.look(asked, self._scene(asked, files, sweeper), self._signed())

    def _glance(self, asked: Asked, touched: Touched | None) -> Looked:
        """Look only at what people say: who touched the change was found out a moment ago, and is again."""
        from dataclasses import replace

        sweeper = self._sweeper()
        scene = sweeper.scene(asked, self._around(asked.request.binding.repository))
        return sweeper.gate.look(asked, replace(scene, touched=touched), self._signed())

    def _signed(self) -> list[bytes]:
        """Return the signed approvals that are handed over."""
        from counterseal.host.files import expand, read_bytes

        given = self._inputs.many("signed")
        paths = expand(given, self._host.cwd) if given else []
        return [read_bytes(path, limit=_LARGEST_SIGNED) for path in paths]

    def _scene(self, asked: Asked, files: CaseFile, sweeper: Sweeper) -> Scene:
        """Return what surrounds a request; before it is used, all is computed anew."""
        binding = asked.request.binding
        around = self._around(binding.repository)
        scene = sweeper.scene(asked, around)
        if not self._inputs.flag("use"):
            return scene
        current = self._publisher().current(files, self._publication(files, around.trusted))
        return self._deployment.scene(scene, binding, current, around)

    def _use(self, asked: Asked, case: Case) -> None:
        from counterseal.ledger.requests_debts import Owed

        due, binding = case.decision.post_review_due_at, asked.request.binding
        if due is not None:
            self._book.debts.owe(Owed(asked.id, due, binding.repository, binding.environment))
        self._book.use(asked.id, self._deployment.name, case.now)

    def _asked(self, files: CaseFile) -> Asked:
        """Return the request that is meant: the one that is named, else the one in the evidence folder."""
        from counterseal.ledger.contents import requests_of
        from counterseal.manifest.digest import sha256

        if self._inputs["request"]:
            return self._book.read(self._inputs["request"])
        found = requests_of(files, self._trust)
        if len(found) != 1:
            message = f"there are {len(found)} requests in the evidence folder"
            raise UsageError(message, where="request", remedy="give the id of the request")
        return self._book.read(sha256(found[0].payload)[:16])

    def _publisher(self) -> Publisher:
        from counterseal.ledger.append import Ledger
        from counterseal.ledger.publish import Publisher

        ledger = Ledger(self._store, self._sealer, trust=self._trust)
        return Publisher(self._store, ledger, self._sealer, self._trust)

    def _publication(self, files: CaseFile, trusted: Trusted) -> Publication:
        from counterseal.manifest.record import Digest
        from counterseal.manifest.release import PolicyReference

        uri = f"git+{_run.repository_uri(self._host)}#{self._inputs['policy']}"
        reference = PolicyReference(uri=uri, digest=Digest(sha256=trusted.digest), ref=trusted.commit)
        return _publication.publication(
            self._host,
            files,
            environment=_publication.environment(self._inputs),
            policy=trusted.policy,
            reference=reference,
            pseudonyms=trusted.pseudonyms,
        )

    def _sweeper(self, workflow: str = "") -> Sweeper:
        from counterseal.checks.approvals.gate import Gate
        from counterseal.checks.approvals.sweep import Sweeper

        return Sweeper(Gate(self._book, self._trust), self._store, self._around, workflow)


def _can_change(case: Case) -> bool:
    """Tell whether waiting may still change something."""
    from counterseal.approval.model import State
    from counterseal.checks.approvals import verdict

    if not verdict.is_settled(case):
        return True
    waits = case.decision.state is State.PENDING and not verdict.lets_through(case)
    return waits and not any(one.rule == "quorum-unreachable" for one in case.decision.reasons)
