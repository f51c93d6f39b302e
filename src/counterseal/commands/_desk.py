"""The desk of the approval gate: one run of it, with what its inputs name opened when it is needed."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from counterseal.commands import _forge, _people, _publication, _run, _tracker
from counterseal.errors import ApprovalMissing, CountersealError, UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterseal.approval.model import Case
    from counterseal.checks.approvals.candidates import Touched
    from counterseal.checks.approvals.facts import Scene
    from counterseal.checks.approvals.gate import Looked
    from counterseal.checks.approvals.sweep import Around, Sweeper, Swept
    from counterseal.checks.trusted import Trusted
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.ledger.publication import Publication
    from counterseal.ledger.publish import Publisher
    from counterseal.ledger.requests import Asked, RequestBook
    from counterseal.manifest.approval import ApprovalRequest, Binding
    from counterseal.manifest.release import Person, ReleaseCandidate
    from counterseal.policy.forge import Account, Gap
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
        self._arounds: dict[str, Around | CountersealError] = {}
        self._local = f"local:{secrets.token_hex(8)}"  # outside a runner, no two deployments are the same

    def request(self) -> tuple[Asked, Looked]:
        """Fix the candidate, seal the request and ask; a repeated run finds what it has asked."""
        from counterseal.checks.approvals.carry import Carrier

        files = _run.case_file(self._host, self._inputs)
        around = self._around(_run.repository_uri(self._host))
        self._class(around.trusted, self._environment())  # before anything is fixed
        candidate = self._publisher().fix(files, self._publication(files, around.trusted))
        asked = self._ask(around.forge, around.trusted, candidate)
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
        return asked, looked, self._file(files, asked, looked.case)

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
        from dataclasses import replace

        from counterseal.clients.veil import veiled

        around = self._around(asked.request.binding.repository)
        scene = sweeper.scene(asked, around)
        if not self._inputs.flag("use"):
            return scene
        current = self._publisher().current(files, self._publication(files, around.trusted))
        deployer, gap = veiled(self._deployer(around.forge), around.trusted.pseudonyms)
        return replace(
            scene,
            now=self._binding(asked.request.binding, current),
            deployment=self._deployment(),
            deployer=deployer,
            gaps=(*scene.gaps, *([gap] if gap else [])),
        )

    def _binding(self, asked: Binding, current: ReleaseCandidate) -> Binding:
        from msgspec.structs import replace

        from counterseal.manifest.assemble import digest_of_candidate
        from counterseal.manifest.record import Digest

        return replace(
            asked,
            repository=current.source.repository,
            repository_id=current.source.repository_id,
            commit=current.source.commit,
            tree=current.source.tree,
            environment=self._environment(),
            candidate=Digest(sha256=digest_of_candidate(current)),
        )

    def _deployment(self) -> str:
        """Return the name of this deployment: the run, and its attempt, that uses the approval."""
        context = self._host.context
        return f"{context.run_id}/{context.run_attempt or 1}" if context.run_id else self._local

    def _deployer(self, forge: Forge) -> tuple[Account | None, Gap | None]:
        """Return the person who started this run, or why nobody knows; a machine is nobody."""
        from counterseal.policy.forge import Account, Gap

        context = self._host.context
        run_id = context.run_id
        if run_id is None:
            if context.actor_id is None or context.actor is None:
                return None, None
            # Stated by whoever runs this: it can keep somebody from deploying, and lets nobody.
            return Account(id=context.actor_id, login=context.actor), None
        try:
            starter = forge.run(run_id, self._host.context.run_attempt).triggering_actor
        except CountersealError as error:
            return None, Gap(topic="runs", message=error.diagnosis()[:1000], subject=str(run_id))
        if starter is None:
            return None, Gap(topic="runs", message="a deleted account started this run", subject=str(run_id))
        return (None if starter.bot else starter), None

    def _use(self, asked: Asked, case: Case) -> None:
        from counterseal.ledger.requests_debts import Owed

        due, binding = case.decision.post_review_due_at, asked.request.binding
        if due is not None:
            self._book.debts.owe(Owed(asked.id, due, binding.repository, binding.environment))
        self._book.use(asked.id, self._deployment(), case.now)

    def _file(self, files: CaseFile, asked: Asked, case: Case) -> str:
        """File the record of a decision with its case, sealed at once, and return the payload's digest.

        A deployment that is repeated finds its own record that it may go ahead.
        """
        import tempfile
        from pathlib import Path

        from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
        from counterseal.manifest.digest import sha256

        using = self._inputs.flag("use")
        name = "approval" if using else f"decision-{asked.id}"
        if using and (filed := self._filed(files, asked, case, name)):
            return filed
        data, reference = case_evidence(case)
        with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
            path = Path(folder) / "case"
            path.write_bytes(data)
            reference = files.add_file(path, reference.name, reference.media_type)
        origin = _run.origin(self._host, asked.request.binding.commit) if using else origin_of(case)
        statement = record_of(case, name, origin, reference)
        return sha256(files.add_record(statement, self._sealer.seal))

    def _filed(self, files: CaseFile, asked: Asked, case: Case, name: str) -> str | None:
        """Return the digest of the record by which this very deployment was let through already."""
        from counterseal.checks.approvals import verdict
        from counterseal.checks.approvals.decided import STAGE, read_cases
        from counterseal.manifest.digest import sha256

        for one in files.records():
            record = one.statement.predicate
            if (record.stage, record.name) != (STAGE, name) or not verdict.lets_through(case):
                continue
            cases = list(read_cases(files.blob(file).read_bytes() for file in record.evidence))
            wanted = (asked.id, self._deployment())
            if [(old.request_id, old.facts.deployment) for old in cases] == [wanted] and all(
                verdict.lets_through(old) for old in cases
            ):
                return sha256(one.payload)
        return None

    def _ask(self, forge: Forge, trusted: Trusted, candidate: ReleaseCandidate) -> Asked:
        """Return the request for exactly this: the one that is open, or a new one."""
        from counterseal.checks.approvals.messages import title
        from counterseal.clients.veil import veiled
        from counterseal.manifest.digest import sha256

        binding = self._asking_binding(forge, trusted, candidate)
        change_class = self._inputs["change-class"] or self._class(trusted, binding.environment)
        over, asked = self._book.standing(binding, change_class)
        if asked is not None:
            return self._book.open_once(asked.request, candidate)  # completed, where it was interrupted
        asking = self._asking()
        words = (binding.environment, binding.candidate.sha256, binding.run, change_class, over)
        key = f"ask:{sha256(repr(words).encode())[:32]}"
        text = "People are asked below. Only comments decide; this text does not."
        issue = binding.pull_request or forge.open_issue(key, title(binding), text)
        question = self._question(binding, change_class, forge, issue, asking)
        return self._book.open_once(veiled(question, trusted.pseudonyms), candidate)

    def _class(self, trusted: Trusted, environment: str) -> str:
        """Return the class of a change that names none."""
        from counterseal.checks.approvals.gate import approval_of

        environments = approval_of(trusted).environments
        if environment not in environments:
            known = ", ".join(sorted(environments)) or "none"
            message = f"the policy has no environment {environment[:100]!r}"
            raise UsageError(message, where="environment", remedy=f"it has: {known}")
        return environments[environment].default

    def _asking(self) -> Person:
        """Return who asks, so that they do not also approve."""
        from counterseal.manifest.release import Person

        context = self._host.context
        if context.actor_id is None:
            remedy = "set it to the number of your account, as a runner does"
            raise UsageError("nobody knows who asks for approval", where=names.ACTOR_ID, remedy=remedy)
        return Person(id=context.actor_id, login=context.actor)

    def _question(
        self, binding: Binding, change_class: str, forge: Forge, issue: int, asking: Person
    ) -> ApprovalRequest:
        from counterseal.manifest.approval import ApprovalRequest

        return ApprovalRequest(
            binding=binding,
            change_class=change_class,
            requested_at=forge.now(),
            requested_by=asking,
            nonce=secrets.token_hex(16),
            reason=self._inputs["reason"] or None,
            incident=self._inputs["incident"] or None,
            ticket=self._inputs["change-record"] or None,
            issue=issue,
        )

    def _asking_binding(self, forge: Forge, trusted: Trusted, candidate: ReleaseCandidate) -> Binding:
        from counterseal.manifest.approval import Binding
        from counterseal.manifest.assemble import digest_of_candidate
        from counterseal.manifest.record import Digest

        source, context = candidate.source, self._host.context
        given = self._inputs["pull-request"]
        pull = _run.number(self._inputs, "pull-request", 1, 2**31) if given else None
        return Binding(
            repository=source.repository,
            repository_id=source.repository_id,
            environment=self._environment(),
            commit=source.commit,
            tree=source.tree,
            candidate=Digest(sha256=digest_of_candidate(candidate)),
            policy=Digest(sha256=trusted.digest),
            run=f"{context.run_id}/{context.run_attempt or 1}" if context.run_id else None,
            pull_request=pull,
            base_ref=f"refs/heads/{forge.pull_request(pull).base_ref}" if pull else None,
        )

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
            environment=self._environment(),
            policy=trusted.policy,
            reference=reference,
            pseudonyms=trusted.pseudonyms,
        )

    def _environment(self) -> str:
        if not self._inputs["environment"]:
            raise UsageError("this input is required", where="environment")
        return _run.slug(self._inputs, "environment")

    def _sweeper(self, workflow: str = "") -> Sweeper:
        from counterseal.checks.approvals.gate import Gate
        from counterseal.checks.approvals.sweep import Sweeper

        return Sweeper(Gate(self._book, self._trust), self._store, self._around, workflow)

    def _around(self, uri: str) -> Around:
        """Return the surroundings of a repository, opened once; what cannot be opened is not tried again."""
        if uri not in self._arounds:
            try:
                self._arounds[uri] = self._open_around(uri)
            except CountersealError as error:
                self._arounds[uri] = error
        found = self._arounds[uri]
        if isinstance(found, CountersealError):
            raise found
        return found

    def _open_around(self, uri: str) -> Around:
        from urllib.parse import urlsplit

        from counterseal.checks.approvals.gate import approval_of
        from counterseal.checks.approvals.sweep import Around
        from counterseal.checks.trusted import trusted_policy
        from counterseal.clients.veil import veiled_forge, veiled_tracker

        forge = _forge.open_forge(self._inputs, self._host, urlsplit(uri).path.strip("/"))
        secret = _people.key(self._host)
        trusted = trusted_policy(
            forge, self._inputs["policy"], self._inputs["policy-ref"], pseudonym_key=secret
        )
        names = trusted.pseudonyms
        parity = approval_of(trusted).parity
        kind = parity.tracker if parity else None
        tracker = _tracker.open_tracker(self._inputs, self._host, kind)
        return Around(veiled_forge(forge, names), trusted, veiled_tracker(tracker, names))


def _can_change(case: Case) -> bool:
    """Tell whether waiting may still change something."""
    from counterseal.approval.model import State
    from counterseal.checks.approvals import verdict

    if not verdict.is_settled(case):
        return True
    waits = case.decision.state is State.PENDING and not verdict.lets_through(case)
    return waits and not any(one.rule == "quorum-unreachable" for one in case.decision.reasons)
