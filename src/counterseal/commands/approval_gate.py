"""`approval-gate`: ask people, hear what they say, and let a deployment use it once."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from counterseal.commands import _forge, _publication, _run, _tracker
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host.result import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from counterseal.approval.model import Case
    from counterseal.checks.approvals.facts import Scene
    from counterseal.checks.approvals.sweep import Around, Sweeper, Swept
    from counterseal.checks.trusted import Trusted
    from counterseal.clients.forge import Forge
    from counterseal.host import Host
    from counterseal.ledger.publish import Publication, Publisher
    from counterseal.ledger.requests import Asked, RequestBook
    from counterseal.manifest.approval import ApprovalRequest, Binding
    from counterseal.manifest.release import ReleaseCandidate
    from counterseal.policy.forge import Account
    from counterseal.store.casefile import CaseFile

_STAGE = "approval-gate"
_MODES = ("request", "decide", "wait", "sweep")
_LONGEST_WAIT = 30

INPUTS = (
    Input("mode", "What to do: request, decide, wait or sweep."),
    Input("store", "Where the evidence and the requests are kept: dir:PATH or a path."),
    Input("trust", "Trust file that every seal in the store must satisfy."),
    Input("key", "Signer that seals requests and records, such as env:COUNTERSEAL_SIGNING_KEY."),
    Input("environment", "Environment that the release goes to."),
    Input("simulate", "Evidence of a decision, to be decided again with something supposed; asks nobody."),
    Input(
        "suppose", "JSON file with what is supposed: events, without, facts, now; each as in that evidence."
    ),
    Input(
        "policy",
        "Path of the policy in the repository; it is read at a trusted ref, never from the change.",
        default=".github/counterseal.yml",
    ),
    Input("policy-ref", "Trusted ref in full, such as refs/heads/main; the default branch by default."),
    Input("request", "Id of the request; by default the one in the evidence folder."),
    Input(
        "use", "Whether this deployment uses the approval: it is verified again, and used once.", flag=True
    ),
    Input("change-class", "Class of change in the policy's words; by default that of the environment."),
    Input("reason", "Why; an emergency must have one."),
    Input("incident", "Incident that an emergency belongs to."),
    Input("change-record", "Key of the change record in the tracker that accompanies the request."),
    Input("pull-request", "Number of the pull request where people answer; by default an issue is opened."),
    Input("signed", "Signed approvals, as files; one a line.", multiple=True),
    Input("minutes", "How long to wait for a decision, from 1 to 30.", default="10"),
    Input("seconds", "How often to look while waiting, from 5 to 300.", default="20"),
    Input("dispatch", "Workflow file that a sweep starts when a request is approved, such as deploy.yml."),
    _forge.TOKEN,
    _forge.MEMBERS_TOKEN,
    _tracker.TRACKER_URL,
    _tracker.TRACKER_CREDENTIALS,
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "What the decision means: passed, failed or inconclusive."),
    Output(
        "state", "What the request has come to: pending, approved, denied, expired, revoked or emergency."
    ),
    Output("request-id", "Id of the request."),
    Output("deadline", "First moment that is too late for people."),
    Output("expires-at", "Last moment at which the approval may be used."),
    Output("issue", "Number of the issue or pull request where people answer."),
    Output("decision-digest", "SHA-256 of the record's payload."),
    Output("open", "How many requests a sweep has looked at."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Do what the mode says; the exit code is that of the decision."""
    if inputs["suppose"] and not inputs["simulate"]:
        raise UsageError("something can be supposed in a simulation only", where="suppose")
    if inputs["simulate"]:
        from counterseal.commands.approvals import simulate

        return simulate(inputs, host)
    for name in ("mode", "store", "trust", "key"):
        if not inputs[name]:
            raise UsageError("this input is required", where=name)
    mode = inputs["mode"]
    if mode not in _MODES:
        raise UsageError(f"{mode[:40]!r} is no mode", where="mode", remedy=f"one of: {', '.join(_MODES)}")
    desk = Desk(inputs, host)
    if mode == "request":
        return desk.request()
    if mode == "sweep":
        return desk.sweep()
    return desk.decide() if mode == "decide" else desk.wait()


class Desk:
    """One run of the command: what the inputs name, opened when it is needed.

    Args:
        inputs: the inputs.
        host: the surroundings.
        sleep: waits so many seconds.
    """

    def __init__(self, inputs: Inputs, host: Host, sleep: Callable[[float], None] = time.sleep) -> None:
        from counterseal.ledger.requests import RequestBook
        from counterseal.seal.trust import parse_trust
        from counterseal.store.open import open_store

        self._inputs, self._host, self._sleep = inputs, host, sleep
        self._sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
        self._trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
        self._store = open_store(_run.store_uri(host, inputs["store"]))
        self._book: RequestBook = RequestBook(self._store, self._trust, self._sealer)
        self._arounds: dict[str, Around] = {}

    def request(self) -> Result:
        """Fix the candidate, seal the request and ask; a repeated run finds what it has asked."""
        from counterseal.checks.approvals.carry import Carrier
        from counterseal.checks.approvals.messages import asking

        files = _run.case_file(self._host, self._inputs)
        around = self._around(_run.repository_uri(self._host))
        publication = self._publication(files, around.trusted)
        candidate = self._publisher().fix(files, publication)
        asked = self._asked_before(files) or self._ask(files, around.forge, around.trusted, candidate)
        sweeper = self._sweeper()
        case = sweeper.gate.look(asked, sweeper.scene(asked, around))
        sweeper.keep(asked, case)
        if asked.request.issue is not None:
            around.forge.say(asked.request.issue, f"{asked.id}:ask", asking(case))
        Carrier(self._book, around.forge).pending(asked, case)
        return _result(case, asked, exit_code=0, digest="", headline=f"request {asked.id} is open")

    def decide(self) -> Result:
        """Look at one request, keep the decision and, in the deploying job, use it."""
        from counterseal.approval.record import exit_code_of

        files = _run.case_file(self._host, self._inputs)
        asked = self._book.read(self._inputs["request"] or self._only_request(files))
        case = self._look(asked, files)
        if case.decision.lets_through and self._inputs.flag("use"):
            self._use(asked, case)
        digest = self._file(files, asked, case)
        return _result(case, asked, exit_code=exit_code_of(case.decision), digest=digest)

    def wait(self) -> Result:
        """Look until there is a decision or the time is over, then decide."""
        from counterseal.approval.model import State

        minutes = _number(self._inputs, "minutes", 1, _LONGEST_WAIT)
        pause = _number(self._inputs, "seconds", 5, 300)
        files = _run.case_file(self._host, self._inputs)
        asked = self._book.read(self._inputs["request"] or self._only_request(files))
        for _ in range(minutes * 60 // pause):
            decision = self._look(asked, files).decision
            if decision.certain and decision.state is not State.PENDING:
                break
            self._sleep(pause)
        return self.decide()

    def sweep(self) -> Result:
        """Look at every open request: remind, escalate, expire, tell."""
        swept = self._sweeper(self._inputs["dispatch"]).sweep(list(self._book.open_ids()))
        return _swept_result(swept)

    def _look(self, asked: Asked, files: CaseFile) -> Case:
        from counterseal.host.files import expand

        sweeper = self._sweeper()
        scene = self._scene(asked, files, sweeper)
        paths = expand(self._inputs.many("signed"), self._host.cwd) if self._inputs.many("signed") else []
        return sweeper.gate.look(asked, scene, [path.read_bytes() for path in paths])

    def _scene(self, asked: Asked, files: CaseFile, sweeper: Sweeper) -> Scene:
        """Return what surrounds a request; before it is used, all is computed anew."""
        from dataclasses import replace

        around = self._around(asked.request.binding.repository)
        scene = sweeper.scene(asked, around)
        if not self._inputs.flag("use"):
            return scene
        current = self._publisher().current(files, self._publication(files, around.trusted))
        return replace(
            scene,
            now=self._binding(asked.request.binding, current),
            deployment=self._deployment(),
            deployer=self._deployer(around.forge),
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
        return f"{context.run_id}/{context.run_attempt or 1}" if context.run_id else "local"

    def _deployer(self, forge: Forge) -> Account | None:
        """Return the person who started this run; a machine that was told to is nobody."""
        run_id = self._host.context.run_id
        if run_id is None:
            return None
        starter = forge.run(run_id, self._host.context.run_attempt).triggering_actor
        return None if starter is None or starter.bot else starter

    def _use(self, asked: Asked, case: Case) -> None:
        self._book.use(asked.id, self._deployment(), case.now)
        if case.decision.post_review_due_at is not None:
            self._book.owe(asked.id, case.decision.post_review_due_at, asked.request.binding.environment)

    def _file(self, files: CaseFile, asked: Asked, case: Case) -> str:
        """File the record of a decision with its case, sealed at once, and return the payload's digest."""
        import tempfile
        from pathlib import Path

        from counterseal.checks.approvals.records import case_evidence, record_of
        from counterseal.manifest.digest import sha256

        name = "approval" if self._inputs.flag("use") else f"decision-{asked.id}"
        data, _ = case_evidence(case)
        with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
            path = Path(folder) / "case"
            path.write_bytes(data)
            reference = files.add_file(path, case_evidence(case)[1].name, "application/json")
        origin = _run.origin(self._host, asked.request.binding.commit) if self._inputs.flag("use") else None
        from counterseal.checks.approvals.records import origin_of

        statement = record_of(case, name, origin or origin_of(case), reference)
        return sha256(files.add_record(statement, self._sealer.seal))

    def _ask(self, files: CaseFile, forge: Forge, trusted: Trusted, candidate: ReleaseCandidate) -> Asked:
        binding = self._asking_binding(trusted, candidate)
        run = (binding.run or "local").replace("/", "-")
        key = f"ask:{binding.environment}:{binding.candidate.sha256[:32]}:{run}"
        title = f"Approval of {binding.commit[:12]} for {binding.environment}"
        text = "People are asked below. Only comments decide; this text does not."
        issue = binding.pull_request or forge.open_issue(key, title, text)
        asked = self._book.open(self._question(binding, forge, trusted, issue), candidate)
        files.add_request(asked.id, asked.bundle)
        return asked

    def _question(self, binding: Binding, forge: Forge, trusted: Trusted, issue: int) -> ApprovalRequest:
        from counterseal.checks.approvals.gate import approval_of
        from counterseal.manifest.approval import ApprovalRequest
        from counterseal.manifest.release import Person

        rules = approval_of(trusted).environments.get(binding.environment)
        if rules is None:
            known = ", ".join(sorted(approval_of(trusted).environments)) or "none"
            message = f"the policy has no environment {binding.environment[:100]!r}"
            raise UsageError(message, where="environment", remedy=f"it has: {known}")
        context = self._host.context
        return ApprovalRequest(
            binding=binding,
            change_class=self._inputs["change-class"] or rules.default,
            requested_at=forge.now(),
            requested_by=Person(id=context.actor_id, login=context.actor),
            nonce=secrets.token_hex(16),
            reason=self._inputs["reason"] or None,
            incident=self._inputs["incident"] or None,
            ticket=self._inputs["change-record"] or None,
            issue=issue,
        )

    def _asking_binding(self, trusted: Trusted, candidate: ReleaseCandidate) -> Binding:
        from counterseal.manifest.approval import Binding
        from counterseal.manifest.assemble import digest_of_candidate
        from counterseal.manifest.record import Digest

        source, context = candidate.source, self._host.context
        number = self._inputs["pull-request"]
        return Binding(
            repository=source.repository,
            repository_id=source.repository_id,
            environment=self._environment(),
            commit=source.commit,
            tree=source.tree,
            candidate=Digest(sha256=digest_of_candidate(candidate)),
            policy=Digest(sha256=trusted.digest),
            run=f"{context.run_id}/{context.run_attempt or 1}" if context.run_id else None,
            pull_request=_number(self._inputs, "pull-request", 1, 2**31) if number else None,
        )

    def _asked_before(self, files: CaseFile) -> Asked | None:
        """Return the request that an earlier, interrupted run of this job has made."""
        from counterseal.manifest.digest import sha256

        found = self._publisher().requests(files)
        return self._book.read(sha256(found[0].payload)[:16]) if found else None

    def _only_request(self, files: CaseFile) -> str:
        from counterseal.manifest.digest import sha256

        found = self._publisher().requests(files)
        if len(found) != 1:
            remedy = "give the id of the request"
            raise UsageError(
                f"there are {len(found)} requests in the evidence folder", where="request", remedy=remedy
            )
        return sha256(found[0].payload)[:16]

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
            self._host, files, environment=self._environment(), policy=trusted.policy, reference=reference
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
        """Return the surroundings of a repository, opened once."""
        from urllib.parse import urlsplit

        from counterseal.checks.approvals.gate import approval_of
        from counterseal.checks.approvals.sweep import Around
        from counterseal.checks.trusted import trusted_policy

        if uri not in self._arounds:
            forge = _forge.open_forge(self._inputs, self._host, urlsplit(uri).path.strip("/"))
            trusted = trusted_policy(forge, self._inputs["policy"], self._inputs["policy-ref"])
            parity = approval_of(trusted).parity
            tracker = _tracker.open_tracker(self._inputs, self._host, parity.tracker if parity else None)
            self._arounds[uri] = Around(forge, trusted, tracker)
        return self._arounds[uri]


def _number(inputs: Inputs, name: str, least: int, most: int) -> int:
    text = inputs[name]
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"{text[:40]!r} is no number from {least} to {most}", where=name)
    return int(text)


def _result(case: Case, asked: Asked, *, exit_code: int, digest: str, headline: str = "") -> Result:
    from counterseal.approval.record import outcome_of
    from counterseal.checks.approvals.messages import state

    decision = case.decision
    outputs = {
        "outcome": outcome_of(decision),
        "state": decision.state,
        "request-id": asked.id,
        "deadline": decision.deadline or "",
        "expires-at": decision.expires_at or "",
        "issue": str(asked.request.issue or ""),
        "decision-digest": digest,
    }
    return Result(
        outcome=outcome_of(decision) if not headline else "passed",
        exit_code=exit_code,
        headline=headline or f"request {asked.id} is {decision.state}",
        reasons=_run.reasons(decision.reasons),
        digests={"record": digest} if digest else {},
        outputs=outputs,
        summary=f"### Approval: {decision.state}\n\n{state(case)}\n",
    )


def _swept_result(swept: Iterable[Swept]) -> Result:
    from counterseal.host.markdown import code, escape, table

    done = list(swept)
    failed = [one for one in done if one.error is not None]
    rows = [
        [code(one.id), str(one.case.decision.state) if one.case else "unknown", escape(", ".join(one.told))]
        for one in done
    ]
    reasons = tuple(
        Reason("sweep", one.error.diagnosis()[:1000], one.id, None, one.error.remedy)
        for one in failed
        if one.error
    )
    return Result(
        outcome="inconclusive" if failed else "passed",
        exit_code=14 if failed else 0,
        headline=f"{len(done)} open requests, {sum(len(one.told) for one in done)} steps told",
        reasons=reasons,
        outputs={"outcome": "inconclusive" if failed else "passed", "open": str(len(done))},
        summary=f"### Open requests\n\n{table(['request', 'state', 'told now'], rows)}",
    )


COMMAND = Command(
    _STAGE, "Ask people, hear what they say, and let a deployment use it once.", INPUTS, OUTPUTS, run
)
