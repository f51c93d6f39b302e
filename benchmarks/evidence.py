"""Evidence: hashing files, writing canonical JSON, appending releases, and verifying a store of many."""
# ruff: noqa: INP001, S603, T201 - a program for developers, which starts other programs

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from measure import Figure, Line, rate, seconds

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from counterseal.host.files import hash_file
from counterseal.ledger.append import Ledger
from counterseal.ledger.checkpoint import checkpoint_payload
from counterseal.ledger.entry import Entry, encode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.ledger.verdict import verdict_payload
from counterseal.ledger.verify import verify_store
from counterseal.manifest import canonical
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement
from counterseal.manifest.stream import stream_id
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import Trust, TrustedKey
from counterseal.store.blobs import blob_key
from counterseal.store.directory import DirectoryStore
from factories import NOW, STREAM, candidate, evidence, manifest_statement, record_reference, record_statement

MEBIBYTE = 1024 * 1024
SIGNED_BYTES = 4096  # about the size of a small manifest
APPENDS = 100
PASSES = 3


def hashing(folder: Path, size: int, runs: int = 3) -> Iterator[Line]:
    """Yield the rate of `hash_file` on a file of so many MiB, against openssl, taking turns."""
    file = folder / "large"
    with file.open("wb") as target:
        for _ in range(size):
            target.write(os.urandom(MEBIBYTE))
    command = ["openssl", "dgst", "-sha256", str(file)]
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(seconds(lambda: hash_file(file)))
        theirs.append(seconds(lambda: subprocess.run(command, check=True, capture_output=True)))
    file.unlink()
    peer = "openssl dgst -sha256"
    mine, its = size / median(ours), size / median(theirs)
    yield Figure("hashing a file", mine, "MiB/s", 0.9, peer, its, relative=True, at_most=False)


def canonicalisation() -> Iterator[Line]:
    """Yield the rates of writing and of checking the canonical form of a manifest."""
    payload = encode_statement(manifest_statement())
    value = json.loads(payload)
    plain = rate(lambda: json.dumps(value, sort_keys=True, separators=(",", ":")))
    size = f"{len(payload):,} bytes"
    written = rate(lambda: canonical.encode(value))
    yield Figure(f"canonical form, writing {size}", written, "/s", peer="json.dumps, sorted", against=plain)
    read = rate(lambda: json.loads(payload))
    checked = rate(lambda: canonical.require_canonical(payload, where="manifest"))
    yield Figure(f"canonical form, checking {size}", checked, "/s", peer="json.loads", against=read)


def appending(folder: Path) -> Iterator[Line]:
    """Yield the rate of acknowledged appends to a directory, against writing as many bytes durably."""
    sealer, trust = _signer()
    ledger = Ledger(DirectoryStore(folder / "appended"), sealer, trust=trust)

    def append() -> None:
        ledger.append(
            STREAM,
            lambda chain, _: manifest_statement(
                sequence=chain.sequence, previous=chain.previous.sha256 if chain.previous else None
            ),
        )

    spent = seconds(lambda: [append() for _ in range(APPENDS)])
    sizes = [path.stat().st_size for path in (folder / "appended").rglob("*") if path.is_file()]
    plain = seconds(lambda: [_write_durably(folder, size) for size in sizes])
    yield Figure("appending a release", APPENDS / spent, "/s", peer="write, fsync", against=APPENDS / plain)


def verifying(folder: Path, releases: int) -> Iterator[Line]:
    """Yield the rates of verifying a store, against the rate of nothing but its signatures."""
    sealer, trust = _signer()
    print(f"sealing {releases:,} releases ...", file=sys.stderr, flush=True)
    generate(folder / "store", sealer, releases)
    before = raw_verification_rate()
    clock, core = [], []
    for _ in range(PASSES):
        begin = perf_counter(), process_time()
        report = verify_store(DirectoryStore(folder / "store"), trust)
        clock.append(perf_counter() - begin[0])
        core.append(process_time() - begin[1])
    raw = (before + raw_verification_rate()) / 2
    if report.findings or report.entries != releases:
        raise SystemExit(f"the store does not verify: {report.findings[:3]}")
    yield Figure(f"verifying {releases:,} releases, by the clock", median(clock), "s")
    yield Figure("verifying a store, releases on one core", report.entries / median(core), "/s")
    yield Figure(
        "verifying a store, signatures on one core",
        report.signatures / median(core),
        "/s",
        0.5,
        "cryptography, ECDSA P-256 alone",
        raw,
        relative=True,
        at_most=False,
    )


def raw_verification_rate() -> float:
    """Return how many ECDSA P-256 signatures over 4 KiB `cryptography` verifies a second, on one core."""
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(hashes.SHA256())
    data = os.urandom(SIGNED_BYTES)
    signature, public = key.sign(data, algorithm), key.public_key()
    return rate(lambda: public.verify(signature, data, algorithm), 2.0)


def generate(folder: Path, sealer: Sealer, releases: int) -> None:
    """Write a store of releases, each with one record, all of it sealed; without waiting for the disk."""
    previous, identity = None, stream_id(STREAM)
    report = b"<testsuite/>"
    _write(folder / blob_key(sha256(report)), report)
    for sequence in range(1, releases + 1):
        statement = _release(folder, sealer.seal, sequence, previous)
        payload = encode_statement(statement)
        bundle = sealer.seal(payload)
        previous = sha256(payload)
        verdict = sealer.envelope(verdict_payload(statement, previous, sha256(bundle)))
        _write(folder / entry_key(identity, sequence), encode_entry(Entry(bundle, verdict)))
        checkpoint = sealer.seal(checkpoint_payload(STREAM, sequence, previous, NOW))
        _write(folder / checkpoint_key(identity, sequence), checkpoint)


def _release(folder: Path, seal: Callable[[bytes], bytes], sequence: int, previous: str | None) -> Statement:
    """Write the record of a release, and return the statement of its manifest."""
    observed = record_statement(f"unit-tests-{sequence}", files=(evidence(),))
    origin = msgspec.structs.replace(observed.predicate.origin, run=None)  # as the manifest says: no run
    record = encode_statement(
        replace(observed, predicate=msgspec.structs.replace(observed.predicate, origin=origin))
    )
    sealed = seal(record)
    _write(folder / blob_key(sha256(sealed)), sealed)
    reference = record_reference(record, sealed, f"unit-tests-{sequence}")
    release = msgspec.structs.replace(candidate((reference,), files=(evidence(),)), artifacts=())
    return manifest_statement(release, sequence=sequence, previous=previous)


def _signer(private: bytes | None = None) -> tuple[Sealer, Trust]:
    signer = open_signer("env:KEY", env={"KEY": (private or generate_key()).decode()})
    key: Any = signer.public_key  # type: ignore[union-attr]
    trusted = TrustedKey(
        keyid=key.keyid,
        public_key=key.pem,
        roles=("release", "record", "checkpoint", "audit"),
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    )
    return Sealer(signer), Trust(version=1, keys=(trusted,))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_durably(folder: Path, size: int) -> None:
    with (folder / "durable").open("wb") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
