"""The audit at scale: releases with six records each in one store, reconciled with git and deployments."""
# ruff: noqa: INP001, S607, T201 - a program for developers, which starts other programs

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter, sleep

import msgspec
from evidence import _signer, _write, raw_verification_rate
from measure import Figure, Line

from counterseal.audit.population import Deployed, Window
from counterseal.audit.sources.audited import audited
from counterseal.audit.sources.gather import Sources
from counterseal.audit.sources.workers import cores, processes
from counterseal.clients.git import GitRepository
from counterseal.host.memory import collector_paused
from counterseal.ledger.checkpoint import checkpoint_payload
from counterseal.ledger.entry import Entry, encode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.ledger.verdict import verdict_payload
from counterseal.ledger.verify import verify_store
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import Change, ChangeSet, Person
from counterseal.manifest.statement import Statement, encode_statement
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import format_time
from counterseal.policy.audit import Audit
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import parse_trust
from counterseal.store.blobs import blob_key
from counterseal.store.directory import DirectoryStore
from factories import (
    REPOSITORY,
    STREAM,
    candidate,
    evidence,
    manifest_statement,
    record_reference,
    record_statement,
)

RECORDS = 6
END = datetime(2026, 11, 27, tzinfo=UTC)
AUTHOR = "Dana Developer <dana@meridian.example>"
EXPECTED = {
    "covered",
    "cannot-enumerate",
    "no-anchor",
    "policy-absent",
    "builder-unproven",
    "reviewer-unproven",
}
"""What an audit without a forge says of releases without a policy."""
REVIEWER = Person(id=41004, login="mia")


@dataclass(frozen=True)
class Spent:
    """What one audit took, in a process of its own.

    Attributes:
        seconds: by the clock, without what it takes to begin a process.
        records: how many records are of the releases that it is about.
        seals: how many it has verified.
        peak: its memory at most, in MiB.
        largest: that of each process that shared its work, at most.
    """

    seconds: float
    records: int
    seals: int
    peak: float
    largest: float


def auditing(folder: Path, releases: int) -> Iterator[Line]:
    """Yield how long it takes to verify a store of releases, and to audit 90 days of it, which are half."""
    private = generate_key()
    sealer, trust = _signer(private)
    print(f"sealing {releases:,} releases of {RECORDS} records ...", file=sys.stderr, flush=True)
    commits = _history(folder / "clone", releases)
    moments = [format_time(END - timedelta(days=180) * (1 - (at + 1) / releases)) for at in range(releases)]
    _generate(folder / "audited", sealer, commits, moments)
    store = DirectoryStore(folder / "audited")
    begin = perf_counter()
    report = verify_store(store, trust)
    yield Figure(f"verifying {releases:,} releases of {RECORDS} records", perf_counter() - begin, "s")
    if report.findings or report.entries != releases:
        raise SystemExit(f"the store does not verify: {report.findings[:3]}")
    spent = []
    for name, aim in (("cold", 15.0), ("incremental", 2.0)):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            one = apart.submit(_audit, folder, private, trust.encode(), commits, moments).result()
        label = f"auditing 90 days, {name}: {one.records:,} records, {one.seals:,} seals verified now"
        yield Figure(label, one.seconds, "s", aim)
        spent.append(one)
    yield Figure("auditing, peak memory of the process", max(one.peak for one in spent), "MiB", 500.0)
    label = f"auditing, that of each of {cores()} processes that share the work, at most"
    yield Figure(label, max(one.largest for one in spent), "MiB")
    yield Figure("ECDSA P-256 alone, on one core", raw_verification_rate(), "/s")


def _audit(folder: Path, private: bytes, trust: bytes, commits: list[str], moments: list[str]) -> Spent:
    """Audit, as a command does that has been loaded."""
    sealer, _ = _signer(private)
    sources = Sources(
        store=DirectoryStore(folder / "audited"),
        trust=parse_trust(trust, where="trust"),
        repository=GitRepository(folder / "clone"),
        uri=REPOSITORY,
        run_rego=_no_rego,
        exports=tuple(_deployment(commit, at) for commit, at in zip(commits, moments, strict=True)),
        state=folder / "state",
        sealer=sealer,
    )
    window = Window(since=format_time(END - timedelta(days=90)), until=format_time(END))
    begin = perf_counter()
    with collector_paused(), processes(cores()) as workers:
        found = audited(replace(sources, workers=workers), window, Audit())
    seconds = perf_counter() - begin
    if told := {verdict.code for one in found.elements for verdict in one.verdicts} - EXPECTED:
        raise SystemExit(f"the audit names what is not wrong: {told}")
    while multiprocessing.active_children():
        sleep(0.01)
    inside = sum(one.population == "releases" for one in found.elements)
    peak, largest = (getrusage(who).ru_maxrss / 1024 for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return Spent(seconds, inside * RECORDS, found.work.signatures, peak, largest)


def _no_rego(*_: object) -> object:
    raise AssertionError


def _history(folder: Path, count: int) -> list[str]:
    """Make a repository with so many commits, and return them in order."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)
    begin = int((END - timedelta(days=180)).timestamp())
    parts = []
    for number in range(1, count + 1):
        at = begin + number * 180 * 86400 // count
        message = f"PAY-{number}: change"
        parts.append(f"commit refs/heads/main\nmark :{number}\n")
        parts += [f"{role} {AUTHOR} {at} +0000\n" for role in ("author", "committer")]
        parts.append(f"data {len(message)}\n{message}\n")
        parts.append(f"M 100644 inline file\ndata {len(str(number))}\n{number}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input="".join(parts).encode(), check=True)
    listed = subprocess.run(
        ["git", "rev-list", "--reverse", "main"], cwd=folder, capture_output=True, check=True
    )
    return listed.stdout.decode().split()


def _generate(folder: Path, sealer: Sealer, commits: list[str], moments: list[str]) -> None:
    """Write a store of releases, all of it sealed; without waiting for the disk."""
    previous, identity = None, stream_id(STREAM)
    report = b"<testsuite/>"
    _write(folder / blob_key(sha256(report)), report)
    for at, commit in enumerate(commits):
        sequence = at + 1
        statement = _release(folder, sealer, sequence, previous, commit, moments[at])
        payload = encode_statement(statement)
        bundle = sealer.seal(payload)
        previous = sha256(payload)
        verdict = sealer.envelope(verdict_payload(statement, previous, sha256(bundle)))
        _write(folder / entry_key(identity, sequence), encode_entry(Entry(bundle, verdict)))
        checkpoint = sealer.seal(checkpoint_payload(STREAM, sequence, previous, moments[at]))
        _write(folder / checkpoint_key(identity, sequence), checkpoint)


def _release(
    folder: Path, sealer: Sealer, sequence: int, previous: str | None, commit: str, at: str
) -> Statement:
    references = []
    for number in range(RECORDS):
        name = f"tests-{number}"
        observed = record_statement(name, files=(evidence(),))
        origin = msgspec.structs.replace(observed.predicate.origin, run=None, commit=commit)
        record = msgspec.structs.replace(observed.predicate, origin=origin, created_at=at)
        subject = msgspec.structs.replace(
            observed.subject[0], digest=type(observed.subject[0].digest)(git_commit=commit)
        )
        payload = encode_statement(replace(observed, predicate=record, subject=(subject,)))
        sealed = sealer.seal(payload)
        _write(folder / blob_key(sha256(sealed)), sealed)
        references.append(record_reference(payload, sealed, name))
    people = (Person(id=41001, login="dana", text=AUTHOR),)
    change = Change(commit=commit, title="change", authors=people, committers=people, reviewers=(REVIEWER,))
    release = msgspec.structs.replace(
        candidate(tuple(references), files=(evidence(),), commit=commit),
        artifacts=(),
        changes=ChangeSet(complete=True, commits=(change,)),
    )
    return manifest_statement(release, sequence=sequence, previous=previous, created_at=at)


def _deployment(commit: str, at: str) -> Deployed:
    return Deployed(id=commit, platform="bench", environment="production", commit=commit, started_at=at)
