from __future__ import annotations

import os

import pytest

from counterseal.errors import MalformedError, UsageError
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Artifact
from counterseal.manifest.statement import encode_statement
from counterseal.store.casefile import CaseFile
from factories import candidate, evidence, record_statement


@pytest.fixture
def case(tmp_path):
    return CaseFile(tmp_path / "case")


def test_what_is_filed_is_read_back(case):
    payload = case.add_record(record_statement())
    (filed,) = case.records()
    assert (filed.payload, filed.statement, filed.bundle) == (payload, record_statement(), None)


def test_an_empty_case_file_has_nothing(case):
    assert (case.records(), case.statements(), case.artifacts()) == ([], [], ())


def test_a_record_is_never_replaced(case):
    case.add_record(record_statement())
    with pytest.raises(UsageError, match="filed already"):
        case.add_record(record_statement())


def test_a_record_sealed_at_once_carries_its_seal(case):
    payload = case.add_record(record_statement(), lambda payload: b"sealed:" + payload)
    assert case.records()[0].bundle == b"sealed:" + payload


def test_records_are_ordered_by_stage_and_name(case):
    for name in ("zeta", "alpha"):
        case.add_record(record_statement(name))
    assert [one.statement.predicate.name for one in case.records()] == ["alpha", "zeta"]


def test_a_statement_is_filed_by_its_digest(case):
    payload = encode_statement(record_statement())
    case.add_statement(payload)
    case.add_statement(payload)
    assert [one.payload for one in case.statements()] == [payload]


def test_a_file_is_copied_and_described_by_its_copy(case, tmp_path):
    source = tmp_path / "junit.xml"
    source.write_bytes(b"<testsuite/>")
    reference = case.add_file(source, "junit.xml", "application/xml")
    source.write_bytes(b"changed later")
    assert reference == evidence(b"<testsuite/>")
    assert case.blob(reference).read_bytes() == b"<testsuite/>"


def test_a_changed_evidence_file_is_noticed(case, tmp_path):
    source = tmp_path / "x"
    source.write_bytes(b"12")
    reference = case.add_file(source, "x", "text/plain")
    (case.root / "blobs" / reference.digest.sha256).write_bytes(b"13")
    with pytest.raises(MalformedError, match="was changed"):
        case.blob(reference)


def test_a_missing_or_linked_evidence_file_is_noticed(case, tmp_path):
    reference = evidence(b"secret")
    with pytest.raises(MalformedError, match="not in the case file"):
        case.blob(reference)
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    (case.root / "blobs").mkdir(parents=True)
    (case.root / "blobs" / reference.digest.sha256).symlink_to(outside)
    with pytest.raises(MalformedError, match="not in the case file"):
        case.blob(reference)


def test_a_record_under_another_name_is_refused(case):
    case.add_record(record_statement("unit-tests"))
    folder = case.root / "records" / "record"
    (folder / "unit-tests.json").rename(folder / "penetration-test.json")
    with pytest.raises(MalformedError, match="holds the record record:unit-tests"):
        case.records()


def test_a_statement_of_another_kind_is_no_record(case):
    from factories import manifest_statement

    folder = case.root / "records" / "record"
    folder.mkdir(parents=True)
    (folder / "x.json").write_bytes(encode_statement(manifest_statement()))
    with pytest.raises(MalformedError, match="not a control record"):
        case.records()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"_type":1}'])
def test_garbage_is_refused(case, content):
    folder = case.root / "records" / "record"
    folder.mkdir(parents=True)
    (folder / "x.json").write_bytes(content)
    with pytest.raises(MalformedError) as caught:
        case.records()
    assert caught.value.where.endswith("x.json")


@pytest.mark.parametrize("name", ["x.txt", "x"])
def test_files_that_do_not_belong_there_are_refused(case, name):
    folder = case.root / "records" / "record"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"{}")
    with pytest.raises(MalformedError, match="does not belong"):
        case.records()


def test_artifacts_are_ordered_and_checked(case):
    for name in ("b.whl", "a.whl"):
        data = name.encode()
        case.add_artifact(Artifact(name=name, size=len(data), digest=Digest(sha256=sha256(data))))
    assert [one.name for one in case.artifacts()] == ["a.whl", "b.whl"]
    path = next((case.root / "artifacts").iterdir())
    path.rename(path.with_name("0" * 64 + ".json"))
    with pytest.raises(MalformedError, match="another digest"):
        case.artifacts()


# -- the candidate that people are asked about


def test_the_fixed_candidate_is_read_back_and_may_be_fixed_again(case):
    assert case.candidate() is None
    case.fix_candidate(candidate())
    case.fix_candidate(candidate())
    assert case.candidate() == candidate()


def test_another_candidate_is_refused_and_the_first_stays(case):
    case.fix_candidate(candidate())
    with pytest.raises(UsageError, match="another candidate"):
        case.fix_candidate(candidate(commit="e" * 40))
    assert case.candidate() == candidate()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{ "source": 1 }', b"\xff"])
def test_a_file_that_is_no_candidate_is_refused(case, content):
    case.root.mkdir()
    (case.root / "candidate.json").write_bytes(content)
    with pytest.raises(MalformedError):
        case.candidate()


@pytest.mark.parametrize("what", ["link", "dangling", "pipe", "folder"])
def test_the_candidate_is_never_read_from_elsewhere(case, tmp_path, what):
    case.fix_candidate(candidate())
    path = case.root / "candidate.json"
    elsewhere = path.rename(tmp_path / "elsewhere.json")
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(elsewhere if what == "link" else tmp_path / "nothing")
    with pytest.raises(MalformedError, match="does not belong"):
        case.candidate()


def test_requests_come_in_the_order_of_their_ids(case):
    case.add_request("b" * 16, b"second")
    case.add_request("a" * 16, b"first")
    assert case.requests() == [b"first", b"second"]


def test_a_seal_that_is_added_later_is_the_statements(case):
    payload = case.add_record(record_statement())
    case.add_seal(payload, b"sealed")
    (filed,) = case.records()
    assert filed.bundle == b"sealed"
    case.require_sealed([filed])


def test_a_seal_whose_statement_is_gone_is_noticed(case):
    case.add_seal(b"gone", b"sealed")
    with pytest.raises(MalformedError, match="altered or removed"):
        case.require_sealed([])
