"""People: judging a large pull request, deciding over many events, and sweeping many open requests."""
# ruff: noqa: INP001 - a program for developers

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

from measure import Figure, Line

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from counterseal.approval.decide import decide
from counterseal.approval.model import Event, Facts, Member
from counterseal.checks.approvals.gate import Gate
from counterseal.checks.approvals.sweep import Around, Sweeper
from counterseal.checks.branch import Observer
from counterseal.checks.branch_case import judge_case
from counterseal.checks.trusted import trusted_policy
from counterseal.clients.github.forge import open_github
from counterseal.host.event import Event as HostEvent
from counterseal.ledger.requests import RequestBook
from counterseal.manifest.approval import ApprovalRequest, Binding
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.record import Digest
from counterseal.manifest.release import ChangeSet, Person, ReleaseCandidate, Source
from counterseal.policy.approval import ApprovalPolicy, ChangeClass, EnvironmentRule, Group, Stage
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Account
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.things import Verification
from counterseal.sandbox.world import World
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, Trust, TrustedKey, add_key
from counterseal.store.directory import DirectoryStore

COMMITS = 250
EVENTS = 10_000
REQUESTS = 1_000
ORDINARY = 8
POLICY = """\
version: 1
branch:
  names: {branches: ["feature/PAY-[0-9]+"]}
  tickets: {projects: [PAY]}
  signatures: {required: true}
approval:
  groups: {managers: {accounts: [41002]}}
  classes: {normal: {stages: [{name: release, groups: [managers]}], deadline: 8}}
  environments: {production: {classes: [normal], default: normal}}
"""


def deciding() -> Iterator[Line]:
    """Measure the engine: the median of nine decisions over many events."""
    binding = _binding("c" * 40, "d" * 40, "e" * 64)
    request = _request(binding, "2026-11-24T09:00:00Z", None)
    people = range(1, 501)
    policy = ApprovalPolicy(
        groups={"managers": Group(accounts=tuple(people))},
        classes={"normal": ChangeClass(stages=(Stage(name="release", groups=("managers",), quorum=20),))},
        environments={"production": EnvironmentRule(classes=("normal",), default="normal")},
    )
    facts = Facts(binding=binding, members=(Member(group="managers", accounts=tuple(people)),))
    events = [
        Event(
            id=f"comment:{at}",
            source="comment",
            action="approve",
            at=f"2026-11-24T{10 + at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z",
            account=Account(id=at % 1000 + 1, login=f"u{at % 1000}"),
            request="0" * 16,
        )
        for at in range(EVENTS)
    ]
    times = []
    for _ in range(9):
        began = process_time()
        decide(request, "0" * 16, events, policy, Duties(), facts, "2026-11-24T16:30:00Z")
        times.append(process_time() - began)
    yield Figure(f"decide over {EVENTS:,} events", sorted(times)[4] * 1000, "ms", 50)


def judging() -> Iterator[Line]:
    """Measure branch-policy on the sandbox: an ordinary pull request, and one of 250 commits."""
    for name, commits, aim in (("an ordinary", ORDINARY, 12), (f"a {COMMITS}-commit", COMMITS, None)):
        world = World()
        try:
            seconds, requests, outcomes = _judged(world, commits)
        finally:
            world.close()
        if outcomes != {"passed"}:
            raise RuntimeError(f"the pull request should pass: {outcomes}")
        yield Figure(f"judge {name} pull request: requests", requests, "requests", aim)
        yield Figure(f"judge {name} pull request: time", seconds, "s")


def sweeping(folder: Path) -> Iterator[Line]:
    """Measure a sweep over many open requests of one repository."""
    world = World()
    try:
        seconds, requests = _swept(world, folder / "sweep")
    finally:
        world.close()
    yield Figure(f"sweep over {REQUESTS:,} open requests: time", seconds, "s")
    yield Figure("the same: requests for each", requests / REQUESTS, "requests")


def _judged(world: World, commits: int) -> tuple[float, int, set[str]]:
    dana, mia = world.user("dana", 41001), world.user("mia", 41002)
    repository = world.repository("mia/payments", 700100)
    repository.commit("main", {".github/counterseal.yml": POLICY}, mia, "PAY-1: Begin")
    at = world.clock.text()
    signed = Verification(verified=True, reason="valid", verified_at=at, signature="-", payload="-", key="K")
    for number in range(commits):
        message = f"PAY-2: step {number}"
        repository.commit("feature/PAY-2", {f"f{number}": "x"}, dana, message, verification=signed)
    pull = repository.open_pull("feature/PAY-2", "main", dana, "PAY-2: Many steps")
    rights = dict.fromkeys(("contents", "pull_requests", "issues", "administration", "actions"), "read")
    with Sandbox(world) as sandbox:
        token = world.job_token(**rights)
        began = perf_counter()
        forge = open_github(sandbox.url, sandbox.graphql_url, repository.full_name, token)
        trusted = trusted_policy(forge)
        event = HostEvent("pull_request_target", "opened", 41001, "dana", 700100, pull.number)
        case = Observer(forge, trusted, Path("/nonexistent")).observe(event, "refs/heads/main", None)
        judged = judge_case(case)
        seconds = perf_counter() - began
        outcomes = {str(one.outcome) for each in judged for one in each.verdicts}
        return seconds, len(sandbox.log), outcomes


def _swept(world: World, folder: Path) -> tuple[float, int]:
    dana, mia = world.user("dana", 41001), world.user("mia", 41002)
    repository = world.repository("mia/payments", 700100)
    repository.commit("main", {".github/counterseal.yml": POLICY}, mia, "PAY-1: Begin")
    repository.commit("feature/PAY-2", {"a": "x"}, dana, "PAY-2: a")
    pull = repository.open_pull("feature/PAY-2", "main", dana, "PAY-2: a")
    oid = repository.merge(pull, mia)
    book, store, trust = _book(folder)
    rights = dict.fromkeys(("contents", "pull_requests", "actions"), "read")
    with Sandbox(world) as sandbox:
        token = world.job_token(**rights, issues="write", checks="write")
        forge = open_github(sandbox.url, sandbox.graphql_url, repository.full_name, token)
        trusted = trusted_policy(forge)
        for number in range(REQUESTS):
            source = Source(
                repository="https://github.com/mia/payments",
                commit=oid,
                tree=repository.git.commits[oid].tree,
            )
            candidate = ReleaseCandidate(
                source=source, changes=ChangeSet(complete=True), artifacts=(), records=()
            )
            issue = repository.open_issue(mia, f"Approval {number}").number
            binding = _binding(oid, source.tree, digest_of_candidate(candidate), trusted.digest)
            book.open(_request(binding, world.clock.text(), issue, nonce=f"{number:032x}"), candidate)
        sweeper = Sweeper(Gate(book, trust), store, lambda _: Around(forge, trusted))
        before, began = len(sandbox.log), perf_counter()
        swept = sweeper.sweep(list(book.open_ids()))
        seconds = perf_counter() - began
        if len(swept) != REQUESTS or any(one.error for one in swept):
            raise RuntimeError(
                f"a sweep failed: {next((one.error for one in swept if one.error), len(swept))}"
            )
        return seconds, len(sandbox.log) - before


def _book(folder: Path) -> tuple[RequestBook, DirectoryStore, Trust]:
    from datetime import UTC, datetime

    folder.mkdir(parents=True)
    key = folder / "key.pem"
    key.write_bytes(generate_key())
    key.chmod(0o600)
    signer = open_signer(f"file:{key}", env={})
    public = signer.public_key
    trust = add_key(
        EMPTY,
        TrustedKey(
            keyid=public.keyid,
            public_key=public.pem,
            roles=("record",),
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        ),
    )
    store = DirectoryStore(folder / "store")
    return RequestBook(store, trust, Sealer(signer)), store, trust


def _binding(commit: str, tree: str, candidate: str, policy: str = "f" * 64) -> Binding:
    return Binding(
        repository="https://github.com/mia/payments",
        environment="production",
        commit=commit,
        tree=tree,
        candidate=Digest(sha256=candidate),
        policy=Digest(sha256=policy),
    )


def _request(binding: Binding, at: str, issue: int | None, nonce: str = "0" * 32) -> ApprovalRequest:
    return ApprovalRequest(
        binding=binding,
        change_class="normal",
        requested_at=at,
        requested_by=Person(id=41001, login="dana"),
        nonce=nonce,
        issue=issue,
    )
