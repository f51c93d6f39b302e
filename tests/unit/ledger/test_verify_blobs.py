"""Verifying blobs: records, statements and evidence are there byte for byte, and are what is listed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

import factories
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest, Waiver
from counterseal.manifest.types import Outcome
from counterseal.store.blobs import blob_key, put_blob
from counterseal.store.directory import DirectoryStore
from counterseal.store.interface import CHUNK_BYTES
from simulators.releases import PROVENANCE, STREAM, World
from unit.ledger.findings import codes, listed, verify


@pytest.mark.parametrize("what", ["record", "statement", "evidence"])
def test_what_a_manifest_lists_must_be_there_byte_for_byte(world: World, what: str):
    candidate = listed(world, 2)
    references = {
        "record": candidate.records[0].sealed,
        "statement": candidate.statements[0].sealed,
        "evidence": candidate.evidence[0],
    }
    digest = references[what].digest.sha256
    content = world.store.objects.pop(blob_key(digest))
    (finding,) = verify(world).findings
    assert (finding.code, finding.where, finding.sequence) == (f"{what}-missing", blob_key(digest), 2)
    world.store.objects[blob_key(digest)] = content + b" "
    (finding,) = verify(world).findings
    assert (finding.code, finding.where, finding.sequence) == (f"{what}-content", blob_key(digest), 2)
    assert finding.message == f"the content has the digest {sha256(content + b' ')}, not {digest}"


def _appended(world: World, **changes) -> tuple[str, str]:
    """Append a fourth release whose candidate has these changes; return the one finding: code and message."""
    candidate = msgspec.structs.replace(world.candidate("4"), **changes)
    world.ledger.append(STREAM, world.builder(candidate))
    (finding,) = verify(world).findings
    assert finding.sequence == 4
    return finding.code, finding.message


@pytest.mark.parametrize(("field", "value"), [("stage", "sast"), ("name", "other"), ("kind", "scan")])
def test_a_record_that_is_not_what_the_manifest_says_is_a_finding(world: World, field: str, value: str):
    (reference,) = world.candidate("4").records
    wrong = msgspec.structs.replace(reference, **{field: value})
    code, message = _appended(world, records=(wrong,))
    assert code == "record-mismatch"
    assert message == f"the record's {field} is {getattr(reference, field)}, the manifest says {value}"


def test_a_record_whose_outcome_is_not_what_the_manifest_says_is_a_finding(world: World):
    (reference,) = world.candidate("4").records
    wrong = msgspec.structs.replace(reference, outcome=Outcome.FAILED)
    code, message = _appended(world, records=(wrong,))
    assert (code, message) == ("record-mismatch", "the record's outcome is passed, the manifest says failed")


def test_waivers_that_the_record_does_not_have_are_a_finding(world: World):
    (reference,) = world.candidate("4").records
    waiver = Waiver(id="B602 a.py", rule="code", reason="r", approver="account:1", expires_at=factories.NOW)
    code, message = _appended(world, records=(msgspec.structs.replace(reference, waivers=(waiver,)),))
    assert (code, message) == ("record-mismatch", "the record lists other waivers than the manifest")


def test_a_record_of_another_commit_is_a_finding(world: World):
    other = world.candidate("other")
    code, message = _appended(world, records=other.records, evidence=other.evidence)
    assert code == "record-mismatch"
    assert f"of commit {other.source.commit}" in message


def test_evidence_that_a_record_relies_on_must_be_listed(world: World):
    (file,) = world.candidate("4").evidence
    code, message = _appended(world, evidence=())
    assert code == "record-mismatch"
    assert message == f"the manifest does not list the record's evidence {file.digest.sha256}"


def test_a_payload_that_is_not_the_one_that_is_listed_is_a_finding(world: World):
    (reference,) = world.candidate("4").records
    wrong = msgspec.structs.replace(reference, payload=Digest(sha256="0" * 64))
    code, message = _appended(world, records=(wrong,))
    assert code == "record-content"
    assert message == f"the payload is {reference.payload.sha256}, not {'0' * 64}"


def test_a_size_that_is_not_the_one_that_is_listed_is_a_finding(world: World):
    (file,) = world.candidate("4").evidence
    code, message = _appended(world, evidence=(msgspec.structs.replace(file, size=file.size + 1),))
    assert code == "evidence-content"
    assert message == f"the content is {file.size} bytes, the manifest says {file.size + 1}"


def test_a_predicate_that_is_not_the_one_that_is_listed_is_a_finding(world: World):
    (statement,) = world.candidate("4").statements
    other = msgspec.structs.replace(statement, predicate_type="https://example.test/v1")
    code, message = _appended(world, statements=(other,))
    assert code == "statement-content"
    assert PROVENANCE in message


def test_a_record_that_is_no_record_is_a_finding(world: World):
    candidate = world.candidate("4")
    (record,), (statement,) = candidate.records, candidate.statements
    fields = {name: getattr(statement, name) for name in statement.__struct_fields__}
    code, message = _appended(world, records=(msgspec.structs.replace(record, **fields),))
    assert (code, message) == ("record-mismatch", "the sealed statement is not a control record")


def test_a_record_may_only_be_sealed_by_a_record_key_an_attestation_by_a_release_key_too(world: World):
    world.record, record = world.release, world.record
    candidate = world.candidate("4")
    world.record = record
    world.ledger.append(STREAM, world.builder(candidate))
    assert codes(verify(world)) == [("record-seal", 4)]


def test_a_blob_that_nothing_refers_to_is_a_notice_and_a_damaged_one_a_finding(world: World):
    stray = put_blob(world.store, b"stray").key
    report = verify(world)
    assert report.findings == ()
    assert [(notice.code, notice.where) for notice in report.notices] == [("blob-unreferenced", stray)]
    world.store.objects[stray] = b"damaged"
    assert [(one.code, one.where) for one in verify(world).findings] == [("blob-content", stray)]


def test_a_blob_is_read_no_further_than_what_is_listed(tmp_path: Path, monkeypatch):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    victim = tmp_path / blob_key(listed(world, 1).evidence[0].digest.sha256)
    victim.chmod(0o600)
    os.truncate(victim, 3 * 1024**3)  # takes no room on the disk
    read = 0
    chunks = world.store.chunks

    def counting(key):
        nonlocal read
        for chunk in chunks(key):
            read += len(chunk)
            yield chunk

    monkeypatch.setattr(world.store, "chunks", counting)
    assert codes(verify(world)) == [("evidence-content", 1)]
    assert read <= 3 * CHUNK_BYTES
