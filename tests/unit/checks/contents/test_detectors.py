"""Detectors: what they find, what they leave alone, and that nothing of a value is ever told."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import msgspec
import pytest

from counterseal.checks.contents import scan as scanning
from counterseal.checks.contents.cards import is_checked, network_of
from counterseal.checks.contents.detect import hits_in, problems_in
from counterseal.checks.contents.iban import LENGTHS, is_iban
from counterseal.checks.contents.open import Budget, Closed, texts_of
from counterseal.checks.contents.scan import scan_contents
from counterseal.checks.scan import CanaryMissed
from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import CommitFiles
from counterseal.policy.contents import Contents, check_contents
from simulators.contents import _checked, labelled, luhn, measured

CARD = luhn("455673758689985")  # of nobody: put together here
OTHER = luhn("455673758689986")
MASTER = luhn("510510510510511")
IBAN = "DE" + "02" + "120300000000202051"


def found(text, *detectors):
    return [hit.rule for hit in hits_in(text, detectors or ("card-number", "iban", "secret"))]


def test_precision_and_recall_over_a_labelled_set_that_the_detectors_were_not_made_for():
    figures = measured(hits_in, labelled(20261127, 200))
    assert {name: count for name, (_, _, count, _) in figures.items()} == {
        "card-number": 1800,
        "iban": 1000,
        "secret": 600,
    }
    floors = {"card-number": (0.95, 0.99), "iban": (0.99, 0.99), "secret": (0.99, 0.9)}
    for name, (precision, recall, _, _) in figures.items():
        assert (precision >= floors[name][0], recall >= floors[name][1]) == (True, True), (
            name,
            precision,
            recall,
        )
    # What it cannot know: digits at random that happen to be a card's, a password without quotation marks.
    assert {one for *_, wrong in figures.values() for one in wrong} <= {
        "false: any 16 digits",
        "missed: secret 12",
    }


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (CARD, True),
        (f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}", True),
        ("-".join((CARD[:4], CARD[4:8], CARD[8:12], CARD[12:])), True),
        (f"a,{CARD},b", True),
        (f"pan={CARD}", True),
        (f'"{CARD}"', True),
        (f"{CARD}.", True),
        (f"{CARD[:5]} {CARD[5:8]} {CARD[8:12]} {CARD[12:]}", False),
        (f"{CARD[:4]}-{CARD[4:8]} {CARD[8:12]} {CARD[12:]}", False),
        (f"1{CARD}", False),
        (f"{CARD}1", False),
        (f"x{CARD}", False),
        (f"0.{CARD}", False),
        (f"{CARD}.5", False),
        (f"{CARD[:-1]}{(int(CARD[-1]) + 1) % 10}", False),
        (luhn("955673758689985"), False),
        ("0" * 16, False),
        ("4" * 16, False),
    ],
)
def test_a_card_number_is_one_by_checksum_issuer_and_form(text, there):
    assert found(text) == (["card-number"] if there else [])


def test_numbers_published_for_tests_are_known_as_such():
    (hit,) = hits_in("4111 1111 1111 1111", ["card-number"])
    assert (hit.known, "published for tests" in hit.what) == (True, True)
    assert [hit.known for hit in hits_in(CARD, ["card-number"])] == [False]


@pytest.mark.parametrize(
    ("digits", "network"),
    [
        ("2221000000000009", "Mastercard"),
        ("2720990000000007", "Mastercard"),
        ("2721000000000004", None),
        ("340000000000009", "American Express"),
        ("3400000000000009", None),
        ("36000000000008", "Diners Club"),
        ("6500000000000002", "Discover"),
        ("62000000000000000", "UnionPay"),
    ],
)
def test_networks_are_told_by_range_and_length(digits, network):
    assert network_of(digits) == network


def test_a_bank_account_is_one_by_country_length_and_check_digits():
    assert is_iban(IBAN)
    assert found(f"pay to {IBAN} now") == ["iban"]
    assert found("pay to DE02 1203 0000 0000 2020 51 now") == ["iban"]
    assert found(f"pay to {IBAN}9") == found(f"X{IBAN}") == found(IBAN.replace("02", "03", 1)) == []
    assert len(LENGTHS) > 80


@pytest.mark.parametrize("token", [_checked("ghp_", "a8Xk2" * 6), _checked("npm_", "b9Yl3" * 6)])
def test_a_token_with_a_checksum_is_one_by_it(token):
    assert len(found(f"token {token}")) == 1
    assert found(f"token {token[:-1]}{'a' if token[-1] != 'a' else 'b'}") == []


def test_a_signed_token_is_one_by_its_header():
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    assert found(f"{head}.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{'a' * 30}") == []


def test_personal_data_are_looked_for_only_when_named():
    text = "ann.marsh@meridian-bank.eu, +49 30 1234567, 12345678Z, 078-05-1120, QQ123456A, AB 12 34 56 C"
    assert found(text) == []
    assert found(text, "personal-data") == [
        "email-address",
        "phone-number",
        "spanish-dni",
        "us-social-security",
        "uk-national-insurance",
    ]
    innocent = "a@example.com git@github.com 12345678A 000-12-3456 666-12-3456 GB123456A v@1.2"
    assert found(innocent, "personal-data") == []


@pytest.mark.parametrize(
    "text", [CARD, IBAN, f"t = {_checked('ghp_', 'a8Xk2' * 6)}", f'password = "tr0ub4dor&{CARD[:3]}-Zq"']
)
def test_nothing_of_a_value_is_told(text):
    (problem,) = problems_in(text, "a.txt", ["card-number", "iban", "secret"])
    value = hits_in(text, ["card-number", "iban", "secret"])[0].value
    told = msgspec.json.encode(problem).decode() + repr(hits_in(text, ["card-number", "iban", "secret"]))
    assert not any(
        value[at : at + 4] in told for at in range(len(value) - 3) if not value[at : at + 4].isalpha()
    )


def test_another_value_on_the_same_line_is_another_problem():
    def one(text, path="a.txt"):
        (problem,) = problems_in(text, path, ["card-number", "secret"])
        return problem.fingerprint

    assert one(f"x {CARD}") == one(f"\n\nx {CARD}")
    assert one(f"x {CARD}") != one(f"x {OTHER}")
    assert one(f"x {CARD}") != one(f"x {CARD}", "b.txt")
    first, second = _checked("ghp_", "a8Xk2" * 6), _checked("ghp_", "a8Xk3" * 6)
    assert one(first) != one(second)


def test_every_line_is_told():
    lines = [one.line for one in problems_in(f"\n{CARD}\n\n{OTHER} {MASTER}", "a", ["card-number"])]
    assert lines == [2, 4, 4]
    assert is_checked(MASTER)


def zipped(members, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():  # no time of now: tests are named by what they are given
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"hello", "x"),
        ("hello".encode("utf-16"), "x"),
        (b"hello \xff", "x"),
        (zipped({"a/b": b"hello"}), "x!a/b"),
        (tarred({"a": b"hello"}), "x!a"),
        (gzip.compress(tarred({"a": b"hello"}), mtime=0), "x!a"),
        (bz2.compress(b"hello"), "x"),
        (lzma.compress(b"hello"), "x"),
        (zipped({"in.zip": zipped({"c": b"hello"})}), "x!in.zip!c"),
    ],
)
def test_texts_are_found_in_files_and_archives(data, name):
    ((found_name, text),) = texts_of(data, "x", Budget(10**6))
    assert (found_name, text[:5]) == (name, "hello")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_its_mark_is_text(encoding):
    ((_, text),) = texts_of(f"card {CARD}".encode(encoding), "x", Budget(10**6))
    assert found(text) == ["card-number"]


def test_what_is_no_text_has_none():
    assert list(texts_of(b"\x89PNG\x00\x00", "x", Budget(10**6))) == []


def deep(levels):
    data = b"hello"
    for _ in range(levels):
        data = zipped({"a": data})
    return data


@pytest.mark.parametrize(
    "data",
    [
        zipped({"a": b"x" * 10_000})[:-30],
        b"PK\x03\x04 no",
        gzip.compress(b"x" * 100, mtime=0)[:-9],
        deep(5),
        zipped({"a": b"0" * 2_000_000}),
        gzip.compress(b"0" * 2_000_000, mtime=0),
        lzma.compress(b"x")[:20],
        tarred({"a": b"0" * 2_000_000}),
    ],
)
def test_an_archive_that_is_damaged_too_deep_or_too_large_is_no_pass(data):
    with pytest.raises(Closed):
        list(texts_of(data, "x", Budget(10**6)))


def test_an_encrypted_archive_is_no_pass():
    data = bytearray(zipped({"a": b"hello"}))
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(Closed, match="encrypted"):
        list(texts_of(bytes(data), "x", Budget(10**6)))


@pytest.fixture
def checkout(repository):
    """A repository, and a way to commit files and look at them."""

    def look(files, before=None, evidence=None, **rules):
        for name, data in files.items():
            path = repository.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        repository.git("add", "-A")
        oid = repository.commit("x")
        git = GitRepository(repository.root)
        old = CommitFiles(git, before) if before else None
        stated = msgspec.convert(rules, Contents)
        return oid, scan_contents(repository.root, stated, CommitFiles(git, oid), old, evidence), stated

    look.root = repository.root
    return look


def test_the_files_of_a_commit_are_looked_at(checkout):
    _, seen, _ = checkout(
        {"src/a.py": f"card = '{CARD}'\n", "b.bin": b"\x00\x01", "docs/c.md": IBAN}, exclude=["docs/**"]
    )
    assert [(one.rule, one.subject, one.line) for one in seen.problems] == [("card-number", "src/a.py", 1)]
    assert [one.outcome for one in seen.findings] == ["passed"]  # that one file was left out
    assert seen.counts["files-looked-at"] == 3


def test_what_the_change_did_not_bring_in_is_known(checkout):
    first, _, _ = checkout({"a.txt": CARD, "t.txt": _checked("ghp_", "a8Xk2" * 6)})
    _, seen, rules = checkout(
        {"b.txt": OTHER, "t.txt": "\n" + _checked("ghp_", "a8Xk2" * 6)},
        before=first,
        **{"introduced-only": True},
    )
    assert {one.subject: one.introduced for one in seen.problems} == {
        "a.txt": False,
        "b.txt": True,
        "t.txt": False,
    }
    assert [one.subject for one in seen.problems if rules.blocks(one)] == ["b.txt"]


def test_the_second_of_two_equal_ones_is_new(checkout):
    first, _, _ = checkout({"t.txt": _checked("ghp_", "a8Xk2" * 6)})
    _, seen, _ = checkout({"t.txt": f"{_checked('ghp_', 'a8Xk2' * 6)}\n" * 2}, before=first)
    assert [one.introduced for one in seen.problems] == [False, True]
    assert len({one.fingerprint for one in seen.problems}) == 2


def test_artifacts_of_a_build_and_the_evidence_are_looked_at_too(checkout, tmp_path):
    (checkout.root / "dist").mkdir()
    (checkout.root / ".gitignore").write_text("dist/\n")
    (checkout.root / "dist" / "a.whl").write_bytes(zipped({"pkg/x.py": CARD}))
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / ("0" * 64)).write_text(IBAN)
    _, seen, _ = checkout({}, evidence=tmp_path, artifacts=["dist/*.whl"])
    assert [one.subject for one in seen.problems] == ["dist/a.whl!pkg/x.py", f"evidence/{'0' * 64}"]


@pytest.mark.parametrize("rules", [{"artifacts": ["none/*"]}, {"exclude": ["**"]}])
def test_nothing_to_look_at_is_no_pass(checkout, rules):
    _, seen, _ = checkout({"a.txt": "x"}, **rules)
    assert "inconclusive" in [one.outcome for one in seen.findings]


def test_a_file_that_is_too_large_or_damaged_is_no_pass(checkout):
    _, seen, _ = checkout({"a.txt": "x" * (1024 * 1024 + 1), "b.zip": b"PK\x03\x04"}, megabytes=1)
    assert sorted(one.reason.subject for one in seen.findings) == ["a.txt", "b.zip"]


def test_a_detector_that_finds_nothing_of_what_is_planted_says_nothing(checkout, monkeypatch):
    monkeypatch.setattr(scanning, "hits_in", lambda *_: [])
    with pytest.raises(CanaryMissed, match="card-number"):
        checkout({"a.txt": "x"})


def test_known_test_values_are_noted_unless_the_policy_says_otherwise(checkout):
    _, seen, rules = checkout({"a.txt": "4242424242424242"})
    assert [rules.blocks(one) for one in seen.problems] == [False]
    assert [msgspec.convert({"test-values": "block"}, Contents).blocks(one) for one in seen.problems] == [
        True
    ]


def test_what_is_only_noted_does_not_block(checkout):
    _, seen, rules = checkout({"a.txt": f"{CARD} {IBAN}"}, note=["iban"])
    assert {one.rule: rules.blocks(one) for one in seen.problems} == {"card-number": True, "iban": False}


def test_what_nobody_can_mean_is_refused():
    wrong = msgspec.convert({"note": ["personal-data"]}, Contents)
    assert [path for path, _ in check_contents(wrong)] == ["note[0]"]


def test_content_that_lies_elsewhere_is_no_pass(checkout):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    _, seen, _ = checkout({"big.bin": pointer, "a.txt": "x"})
    assert [one.reason.subject for one in seen.findings] == ["big.bin"]
