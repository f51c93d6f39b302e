"""Verifying: each sort of damage has its finding, with its place, and the rest is still looked at."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

import factories
from counterseal.errors import StoreError
from counterseal.ledger.entry import Entry, decode_entry, encode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key, identity_of
from counterseal.ledger.verify import StoreReport, verify_store
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import CONTROL_RECORD, Digest, Origin, StatementReference, Validity, Waiver
from counterseal.manifest.release import ReleaseCandidate
from counterseal.manifest.statement import (
    Statement,
    decode_statement,
    encode_statement,
    subject_of_commit,
    subject_of_file,
)
from counterseal.manifest.types import Outcome
from counterseal.seal.bundle import parse_bundle
from counterseal.seal.dsse import parse_envelope
from counterseal.seal.sealer import Sealer
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import Trust, TrustedAuthority
from counterseal.store.blobs import blob_key, put_blob
from counterseal.store.directory import DirectoryStore
from counterseal.store.interface import CHUNK_BYTES
from simulators.deep_folder import deep_folder
from simulators.memory_store import MemoryStore
from simulators.releases import PROVENANCE, STAGING, STREAM, World, trusted
from simulators.tsa import TimestampServer, authority

ID = identity_of(STREAM)


@pytest.fixture
def world() -> World:
    world = World(MemoryStore())
    for label in ("1", "2", "3"):
        world.publish(label=label)
    return world


def verify(world: World, **options) -> StoreReport:
    return verify_store(world.store, world.trust, **options)


def codes(report: StoreReport) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.sequence) for finding in report.findings]


def listed(world: World, sequence: int) -> ReleaseCandidate:
    return decode_statement(_payload(world, sequence), where="").predicate.candidate


def _payload(world: World, sequence: int) -> bytes:
    entry = decode_entry(world.store.get(entry_key(ID, sequence)), where="")
    return parse_bundle(entry.bundle, where="").envelope.payload


# -- a sound store


def test_a_sound_store_has_no_findings_and_everything_is_counted(world: World):
    world.publish(STAGING, label="4", records=2)
    report = verify(world)
    assert (report.findings, report.notices) == ((), ())
    assert (report.streams, report.entries, report.records) == (2, 4, 5)
    assert report.blobs == len([key for key in world.store.objects if key.startswith("blobs/")])
    assert report.signatures == 4 * 3 + 5 + 4  # manifest, verdict and checkpoint each; records; statements


def test_a_store_without_entries_proves_nothing():
    report = verify_store(MemoryStore(), Trust(version=1))
    assert codes(report) == [("nothing-to-judge", None)]


def test_blobs_are_read_once_however_many_releases_rely_on_them(world: World, monkeypatch):
    candidate = world.candidate("shared")
    for _ in range(3):
        world.ledger.append(STREAM, world.builder(candidate))
    read: list[str] = []
    chunks = world.store.chunks
    monkeypatch.setattr(world.store, "chunks", lambda key: read.append(key) or chunks(key))
    assert verify(world).findings == ()
    assert len(read) == len(set(read))


def test_only_the_stream_that_was_asked_for_is_verified(world: World):
    world.publish(STAGING, label="4")
    world.store.objects[entry_key(identity_of(STAGING), 1)] = b"damaged"
    world.store.objects["blobs/stray"] = b""
    report = verify(world, stream=ID)
    assert (report.findings, report.notices, report.streams, report.entries) == ((), (), 1, 3)
    assert ("entry-content", 1) in codes(verify(world, stream=identity_of(STAGING)))


@pytest.mark.parametrize("stream", ["unknown", "../streams", "", "Not An Id"])
def test_a_stream_that_is_not_there_is_a_finding(world: World, stream: str):
    assert codes(verify(world, stream=stream)) == [("nothing-to-judge", None)]


def test_for_one_release_the_whole_chain_is_verified_and_only_its_own_evidence(world: World):
    for sequence in (1, 2):
        evidence = listed(world, sequence).evidence[0].digest.sha256
        world.store.objects[blob_key(evidence)] = b"damaged"
    assert verify(world, stream=ID, sequence=3).findings == ()
    assert codes(verify(world, stream=ID, sequence=2)) == [("evidence-content", 2)]
    del world.store.objects[entry_key(ID, 1)]
    assert ("chain-gap", 2) in codes(verify(world, stream=ID, sequence=3))


def test_a_release_that_is_not_there_is_a_finding(world: World):
    assert codes(verify(world, stream=ID, sequence=4)) == [("entry-missing", 4)]


# -- entries


def test_a_damaged_entry_does_not_keep_the_rest_from_being_looked_at(world: World):
    world.store.objects[entry_key(ID, 2)] = b"damaged\n"
    evidence = listed(world, 3).evidence[0].digest.sha256
    del world.store.objects[blob_key(evidence)]
    assert codes(verify(world)) == [("entry-content", 2), ("evidence-missing", 3)]


def test_a_missing_entry_is_named(world: World):
    del world.store.objects[entry_key(ID, 2)]
    (finding,) = [one for one in verify(world).findings if one.code == "chain-gap"]
    assert finding.message == "entry 2 is missing"
    assert (finding.where, finding.stream, finding.sequence) == (entry_key(ID, 3), ID, 3)


def test_an_entry_by_an_unknown_key_is_a_finding_at_its_place(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    payload = parse_bundle(entry.bundle, where="").envelope.payload
    forged = replace(entry, bundle=world.stranger.seal(payload))
    world.store.objects[entry_key(ID, 3)] = encode_entry(forged)
    (finding,) = verify(world).findings
    assert (finding.code, finding.where, finding.sequence) == ("entry-seal", entry_key(ID, 3), 3)
    assert world.stranger.signer.public_key.keyid in finding.message


def test_an_entry_that_is_no_manifest_is_a_finding(world: World):
    record = encode_statement(factories.record_statement())
    sealed = Entry(world.release.seal(record), world.release.envelope(record))
    world.store.objects[entry_key(ID, 4)] = encode_entry(sealed)
    assert codes(verify(world)) == [("entry-content", 4)]


def test_a_rewritten_newest_entry_disagrees_with_its_checkpoint(world: World):
    del world.store.objects[entry_key(ID, 3)]
    point = world.store.objects.pop(checkpoint_key(ID, 3))
    world.publish(label="another")
    world.store.objects[checkpoint_key(ID, 3)] = point
    (finding,) = verify(world).findings
    assert finding.code == "checkpoint-mismatch"
    assert finding.message.startswith(f"entry 3 is {sha256(_payload(world, 3))}, not ")


# -- verdicts


def test_a_verdict_that_says_something_else_is_a_finding(world: World):
    first, second = (decode_entry(world.store.get(entry_key(ID, number)), where="") for number in (1, 2))
    world.store.objects[entry_key(ID, 2)] = encode_entry(replace(second, vsa=first.vsa))
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("verdict-content", 2)
    assert "subject" in finding.message


def test_a_verdict_by_another_trusted_key_is_a_finding(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    verdict = parse_envelope(entry.vsa, where="").payload
    keys = (*world.trust.keys, trusted(world.stranger, "release"))
    world.trust = msgspec.structs.replace(world.trust, keys=keys)
    world.store.objects[entry_key(ID, 3)] = encode_entry(replace(entry, vsa=world.stranger.envelope(verdict)))
    (finding,) = verify(world).findings
    assert finding.code == "verdict-content"
    assert world.stranger.signer.public_key.keyid in finding.message


def test_an_equal_seal_of_the_manifest_is_not_the_one_that_the_verdict_names(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    again = world.release.seal(_payload(world, 3))  # the same payload and key, another signature
    world.store.objects[entry_key(ID, 3)] = encode_entry(replace(entry, bundle=again))
    assert codes(verify(world)) == [("verdict-content", 3)]


# -- records, statements and evidence


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


# -- what a release lists goes together


def _released(world: World, label: str = "4", *, artifacts=None, statements=None, fields=None) -> list[str]:
    """Append a release whose one record has these fields; return the codes of the findings."""
    made = world.candidate(label)
    if artifacts is not None:
        made = msgspec.structs.replace(made, artifacts=artifacts)
    if statements is not None:
        made = msgspec.structs.replace(made, statements=statements)
    record = msgspec.structs.replace(
        factories.record_statement().predicate,
        origin=Origin(repository=factories.REPOSITORY, commit=made.source.commit),
    )
    record = msgspec.structs.replace(record, **(fields or {}))
    statement = Statement(
        (subject_of_commit(record.origin.repository, record.origin.commit),), CONTROL_RECORD, record
    )
    reference = msgspec.structs.replace(world.listed(statement), stage=record.stage)
    made = msgspec.structs.replace(made, records=(reference,))
    world.ledger.append(STREAM, world.builder(made))
    findings = [finding for finding in verify(world).findings if finding.sequence == 4]
    return [finding.code for finding in findings]


@pytest.mark.parametrize("wrong", [None, "predicate_type", "payload"])
def test_what_a_record_says_in_a_standard_predicate_must_be_listed(world: World, wrong: str | None):
    provenance = world.provenance(world.candidate("4"))
    named = StatementReference(predicate_type=PROVENANCE, payload=provenance.payload)
    other = {"predicate_type": "https://example.test/v1", "payload": Digest(sha256="0" * 64)}
    if wrong:
        named = msgspec.structs.replace(named, **{wrong: other[wrong]})
    found = _released(world, statements=(provenance,), fields={"statements": (named,)})
    assert found == (["record-statement-missing"] if wrong else [])


def test_an_artifact_without_provenance_is_a_finding(world: World):
    other = factories.candidate().artifacts[0]
    other = msgspec.structs.replace(other, digest=Digest(sha256="ab" * 32))
    assert _released(world, artifacts=(*factories.candidate().artifacts, other)) == ["artifact-unproven"]


@pytest.mark.parametrize("stage", ["sign", "record"])
def test_artifacts_need_provenance_whoever_speaks_for_them(world: World, stage: str):
    assert _released(world, statements=(), fields={"stage": stage}) == ["artifact-unproven"]


def test_a_statement_that_is_no_provenance_proves_no_artifact(world: World):
    made = world.candidate("4")
    subjects = tuple(subject_of_file(one.name, one.digest.sha256) for one in made.artifacts)
    invented = world.attested(Statement(subjects, "https://example.test/v1", {}))
    assert _released(world, statements=(invented,)) == ["artifact-unproven"]


def test_a_release_without_artifacts_needs_no_provenance(world: World):
    assert _released(world, artifacts=(), statements=()) == []


@pytest.mark.parametrize(
    ("not_before", "not_after", "found"),
    [
        ("2026-11-01T00:00:00Z", factories.NOW, []),
        (factories.NOW, "2026-12-01T00:00:00Z", []),
        ("2026-11-01T00:00:00Z", "2026-11-23T09:59:59Z", ["record-stale"]),
        ("2026-11-23T10:00:01Z", "2026-12-01T00:00:00Z", ["record-stale"]),
    ],
)
def test_a_release_does_not_pass_on_evidence_that_is_out_of_date(
    world: World, not_before: str, not_after: str, found: list[str]
):
    assert (
        _released(world, fields={"validity": Validity(not_before=not_before, not_after=not_after)}) == found
    )


@pytest.mark.parametrize(
    "changes", [{"repository": "https://github.example/acme/other"}, {"run": "7/1"}, {"commit": "e" * 40}]
)
def test_a_record_of_another_repository_run_or_commit_is_a_finding(world: World, changes: dict[str, str]):
    commit = world.candidate("4").source.commit
    origin = Origin(**{"repository": factories.REPOSITORY, "commit": commit, **changes})
    assert _released(world, fields={"origin": origin}) == ["record-mismatch"]


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


# -- checkpoints


def test_the_newest_entry_without_a_checkpoint_is_a_notice(world: World):
    del world.store.objects[checkpoint_key(ID, 3)]
    report = verify(world)
    assert report.findings == ()
    assert [(notice.code, notice.sequence) for notice in report.notices] == [("not-acknowledged", 3)]


def test_any_other_entry_without_a_checkpoint_is_a_finding(world: World):
    del world.store.objects[checkpoint_key(ID, 2)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.where) == ("checkpoint-missing", checkpoint_key(ID, 2))


def test_a_checkpoint_beyond_the_end_shows_that_the_end_was_cut_off(world: World):
    head = sha256(_payload(world, 3))
    del world.store.objects[entry_key(ID, 3)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("checkpoint-beyond-head", 3)
    assert f"an entry 3 ({head}), the last one is 2" in finding.message


def test_a_stream_of_which_only_checkpoints_are_left_is_found(world: World):
    for sequence in (1, 2, 3):
        del world.store.objects[entry_key(ID, sequence)]
    found = {finding.code for finding in verify(world).findings}
    assert found == {"checkpoint-beyond-head", "nothing-to-judge"}


def test_a_checkpoint_in_anothers_place_is_a_finding(world: World):
    world.store.objects[checkpoint_key(ID, 2)] = world.store.objects[checkpoint_key(ID, 1)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("checkpoint-place", 2)
    assert f"entry 1 of {ID}" in finding.message


def test_a_checkpoint_that_is_none_or_by_the_wrong_key_is_a_finding(world: World):
    record = encode_statement(factories.record_statement())
    payload = parse_bundle(world.store.get(checkpoint_key(ID, 1)), where="").envelope.payload
    world.store.objects[checkpoint_key(ID, 1)] = world.checkpoint.seal(record)
    world.store.objects[checkpoint_key(ID, 2)] = world.release.seal(payload)
    assert codes(verify(world)) == [("checkpoint-content", 1), ("checkpoint-seal", 2)]


# -- anchors


@pytest.mark.parametrize("sequence", [1, 3])
def test_an_anchor_on_the_chain_is_fine(world: World, sequence: int):
    assert verify(world, anchor=world.store.objects[checkpoint_key(ID, sequence)]).findings == ()


def test_an_anchor_shows_that_the_end_was_cut_off_with_its_checkpoint(world: World):
    anchor = world.store.objects.pop(checkpoint_key(ID, 3))
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("checkpoint-missing", 3)]
    del world.store.objects[entry_key(ID, 3)]
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("anchor-beyond-head", None)]


def test_an_anchor_shows_that_a_stream_was_replaced_or_removed(world: World):
    anchor = world.store.objects[checkpoint_key(ID, 2)]
    world.store = MemoryStore()
    world.publish(STAGING, label="1")
    assert codes(verify(world, anchor=anchor)) == [("anchor-stream", None)]
    world.publish(label="x")
    world.publish(label="y")
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("anchor-mismatch", None)]


@pytest.mark.parametrize("anchor", [b"", b"{}", b"\xff"])
def test_an_anchor_that_is_none_is_a_finding(world: World, anchor: bytes):
    assert codes(verify(world, anchor=anchor)) == [("anchor-seal", None)]


def test_an_anchor_must_be_a_trusted_checkpoint(world: World):
    payload = parse_bundle(world.store.get(checkpoint_key(ID, 1)), where="").envelope.payload
    assert codes(verify(world, anchor=world.stranger.seal(payload))) == [("anchor-seal", None)]
    record = encode_statement(factories.record_statement())
    assert codes(verify(world, anchor=world.checkpoint.seal(record))) == [("anchor-content", None)]


# -- foreign objects


@pytest.mark.parametrize(
    "key",
    [
        *(f"streams/{ID}/notes", "streams/x", "checkpoints/y/z", "blobs/md5/aa"),
        *(f"blobs/sha256/00/{'f' * 64}", "incidents/x", f"holds/{ID}/1.json", "approvals/anything/evil.exe"),
        *("approvals/debts/x/paid.json", "approvals/debts/paid.json", f"approvals/{'0' * 16}/seen/x.json"),
    ],
)
def test_what_the_ledger_did_not_write_is_a_finding(world: World, key: str):
    world.store.objects[key] = b""
    (finding,) = verify(world).findings
    assert (finding.code, finding.where) == ("object-unknown", key)


def test_names_that_are_not_text_are_findings_that_can_be_printed(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    (tmp_path / "streams" / "\udcff").write_bytes(b"")
    (tmp_path / "streams" / "link").symlink_to(tmp_path)
    report = verify(world)
    assert [finding.where for finding in report.findings] == ["streams/link", "streams/\\udcff"]
    assert str(report).encode()


@pytest.mark.parametrize("name", ["notes.txt", "old/streams/x", "tmpfile", "zzz"])
def test_what_lies_beside_the_ledgers_folders_is_a_finding(tmp_path: Path, name: str):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    (tmp_path / "tmp" / "stray").write_bytes(b"")
    assert verify(world).findings == ()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    assert [(one.code, one.where) for one in verify(world).findings] == [("object-unknown", name)]
    assert verify(world, stream=ID).findings == ()


@pytest.mark.parametrize("folder", ["streams", "checkpoints", "blobs", f"streams/{ID}", f"checkpoints/{ID}"])
def test_a_folder_that_is_a_link_is_a_finding(tmp_path: Path, folder: str):
    world = World(DirectoryStore(tmp_path / "store"))
    world.publish()
    (tmp_path / "store" / folder).rename(tmp_path / "elsewhere")
    (tmp_path / "store" / folder).symlink_to(tmp_path / "elsewhere")
    for which in ({}, {"stream": ID}):
        world.store = DirectoryStore(tmp_path / "store")
        assert verify(world, **which).findings


def test_folders_of_any_depth_are_findings_and_never_an_error(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    with deep_folder(tmp_path / "blobs") as deep:
        Path(f"{tmp_path}/blobs/{deep}/file").write_bytes(b"")
        assert codes(verify(world)) == [("object-unknown", None)]


def test_a_listing_that_breaks_off_is_a_finding(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    shutil.rmtree(tmp_path / "checkpoints")
    (tmp_path / "checkpoints").write_bytes(b"")
    assert [finding.code for finding in verify(world).findings] == ["listing-unreadable", "object-unknown"]


def test_an_entry_that_cannot_be_read_is_a_finding(world: World, monkeypatch):
    get = world.store.get

    def fail(key, **_):
        if key == entry_key(ID, 2):
            raise StoreError("Input/output error", where=key)
        return get(key)

    monkeypatch.setattr(world.store, "get", fail)
    assert codes(verify(world)) == [("entry-unreadable", 2)]


# -- keys and time


@pytest.fixture(scope="module")
def stamped(tmp_path_factory) -> World:
    """A release whose manifest and checkpoint are stamped, and whose records are not."""
    stamper, root = authority(tmp_path_factory.mktemp("tsa"))
    world = World(MemoryStore())
    year_ago = datetime.now(UTC) - timedelta(days=365)
    keys = tuple(msgspec.structs.replace(key, valid_from=year_ago) for key in world.trust.keys)
    believed = TrustedAuthority(roots=(root.pem,), valid_from=year_ago)
    world.trust = Trust(version=1, keys=keys, timestamp_authorities=(believed,))
    with TimestampServer(stamper) as server:
        clock = TimestampAuthority(server.url)
        world.release = Sealer(world.release.signer, clock)
        world.checkpoint = Sealer(world.checkpoint.signer, clock)
        world.publish()
    return world


def _revoked(world: World, when: datetime, *names: str) -> Trust:
    gone = {getattr(world, name).signer.public_key.keyid for name in names}
    return _with_keys(world, lambda key: {"revoked_at": when} if key.keyid in gone else {})


def _with_keys(world: World, change) -> Trust:
    keys = tuple(msgspec.structs.replace(key, **change(key)) for key in world.trust.keys)
    return msgspec.structs.replace(world.trust, keys=keys)


def test_a_stamped_manifest_vouches_for_what_it_lists_when_keys_are_revoked_later(stamped: World):
    later = datetime.now(UTC) + timedelta(days=1)
    trust = _revoked(stamped, later, "release", "record", "checkpoint")
    assert verify_store(stamped.store, trust).findings == ()


def test_a_revocation_before_the_stamp_reaches_everything(stamped: World):
    before = datetime.now(UTC) - timedelta(days=1)
    report = verify_store(stamped.store, _revoked(stamped, before, "record"))
    assert [finding.code for finding in report.findings] == ["record-seal", "statement-seal"]
    report = verify_store(stamped.store, _revoked(stamped, before, "release", "checkpoint"))
    assert [finding.code for finding in report.findings] == ["entry-seal", "checkpoint-seal"]


def test_without_a_stamp_a_revoked_key_is_not_believed(world: World):
    later = datetime.now(UTC) + timedelta(days=3650)
    report = verify_store(world.store, _revoked(world, later, "record"))
    assert {finding.code for finding in report.findings} == {"record-seal", "statement-seal"}


@pytest.mark.parametrize(("year", "codes"), [(2027, set()), (2026, {"record-seal", "statement-seal"})])
def test_attestations_without_a_time_are_judged_by_the_manifests(world: World, year: int, codes: set[str]):
    end = datetime(year, 2, 1, tzinfo=UTC)
    trust = _with_keys(world, lambda key: {"valid_until": end} if "record" in key.roles else {})
    assert {finding.code for finding in verify_store(world.store, trust).findings} == codes


def test_a_refused_attestation_says_why_its_own_key_is_refused(world: World):
    later = datetime.now(UTC) + timedelta(days=3650)
    report = verify_store(world.store, _revoked(world, later, "record"))
    (*_, message) = [finding.message for finding in report.findings if finding.code == "statement-seal"]
    assert "revoked" in message
