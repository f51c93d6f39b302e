from __future__ import annotations

import subprocess

import pytest

from counterseal.audit.recipe import Authorities, Sealed, SealingKey, can_recite, recipe
from counterseal.audit.report import write_report
from counterseal.errors import MalformedError
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import TrustedAuthority
from simulators.tsa import Stamper, TimestampServer, issue
from unit.audit.pages import Page, follow
from unit.audit.stores import SINCE, make_evidence

PEM = "-----BEGIN PUBLIC KEY-----\nPEM\n-----END PUBLIC KEY-----\n"
AT = "2026-11-24T09:30:00Z"


def page_of(evidence, folder, number=2):
    return Page(
        write_report(evidence.store, evidence.trust, folder, generated_at=AT).pages[number - 1].read_bytes()
    )


@pytest.mark.parametrize(
    ("algorithm", "answer"),
    [("ecdsa-p256-sha256", "Verified OK"), ("ed25519", "Signature Verified Successfully")],
)
def test_a_reader_with_openssl_alone_comes_to_the_same_verdict(tmp_path, algorithm, answer):
    evidence = make_evidence(tmp_path, algorithm=algorithm)
    page = page_of(evidence, tmp_path / "out")
    done = follow(page, evidence.root)
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout
    lines = done.stdout.splitlines()
    assert (
        sum(line.endswith(": OK") for line in lines) == len(lines) - 1 == 6
    )  # key, payload, 3 files, previous
    told = [one.text.removeprefix("Expect: ") for one in page.all("p", class_="expect")]
    assert [words for words in told if words not in done.stdout] == ["one OK for each file, and no FAILED"]


def test_the_first_release_has_no_step_for_the_one_before(tmp_path):
    evidence = make_evidence(tmp_path, releases=1)
    done = follow(page_of(evidence, tmp_path / "out", 1), evidence.root)
    assert done.returncode == 0, done.stderr
    assert "previous.json" not in done.stdout


@pytest.mark.parametrize("victim", ["payload", "signature", "evidence", "removed", "previous"])
def test_the_recipe_fails_once_the_store_was_tampered_with(tmp_path, victim):
    evidence = make_evidence(tmp_path)
    page = page_of(evidence, tmp_path / "out")
    blob = next(path for path in (evidence.root / "blobs").rglob("*") if path.is_file() and _of_second(path))
    if victim == "evidence":
        evidence.damage(blob)
    elif victim == "removed":
        blob.unlink()
    else:
        path = evidence.entry(1 if victim == "previous" else 2)
        member = b'"sig":"' if victim == "signature" else b'"payload":"'
        data = path.read_bytes()
        at = data.index(member) + len(member) + 20
        path.chmod(0o600)
        path.write_bytes(data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :])
    done = follow(page, evidence.root)
    assert done.returncode != 0
    assert not (victim == "signature" and "Verified OK" in done.stdout)


def _of_second(path):
    return path.read_bytes() == b"<testsuite name='2'/>"


def test_a_time_stamp_is_verified_as_well(tmp_path):
    root = issue("Root", authority=True)
    middle = issue("Middle", root, authority=True)
    stamper = issue("Stamper", middle, stamping=True)
    with TimestampServer(Stamper(tmp_path / "tsa", stamper, (middle,))) as server:
        believed = TrustedAuthority(roots=(root.pem,), intermediates=(middle.pem,), valid_from=SINCE)
        evidence = make_evidence(
            tmp_path, releases=1, authority=TimestampAuthority(server.url), believed=(believed,)
        )
    page = page_of(evidence, tmp_path / "out", 1)
    done = follow(page, evidence.root)
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("GMT")


def test_a_keyless_seal_has_no_recipe():
    assert not can_recite(SealingKey("identity x of y", "keyless", ""))


def test_words_from_outside_are_quoted():
    key = SealingKey("00", "ed25519", PEM)
    code = recipe(Sealed("streams/$(touch x)'/1", "00", key, previous="`id`"))
    assert "entry='streams/$(touch x)'\"'\"'/1'" in code[0].code
    assert "'`id`'" in code[-1].code


def test_a_manifest_without_files_has_no_step_for_them():
    key = SealingKey("00", "ed25519", PEM)
    assert len(recipe(Sealed("e", "00", key, files=False))) + 1 == len(recipe(Sealed("e", "00", key)))


_INJECTION = "PEM\ntouch x\ncat <<'PEM'\n"


@pytest.mark.parametrize("extra", [_INJECTION, _INJECTION.replace("PEM", "END."), "$(touch x)\n", "\nx\n"])
def test_text_beside_a_key_or_certificate_never_reaches_the_readers_shell(extra):
    key, good, bad = SealingKey("00", "ed25519", PEM), PEM.replace("PUBLIC KEY", "CERTIFICATE"), PEM + extra
    with pytest.raises(MalformedError):
        recipe(Sealed("e", "00", SealingKey("00", "ed25519", bad)))
    for authorities in (Authorities(bad, ""), Authorities(good, bad)):
        with pytest.raises(MalformedError):
            recipe(Sealed("e", "00", key, stamped_at=1, authorities=authorities))
    assert recipe(Sealed("e", "00", key, stamped_at=1, authorities=Authorities(good * 2, good)))


def test_no_line_of_pem_ends_the_text_that_the_shell_reads(tmp_path):
    pem = PEM.replace("\nPEM\n", "\nPEM\nEND\nEOF\n")
    code = recipe(Sealed("e", "00", SealingKey("00", "ed25519", pem)))[0].code
    document = code[code.index("cat >") : code.index("\nopenssl")]
    for shell in ("sh", "bash"):
        script = f"work={tmp_path}\n{document}"
        done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
        assert (done.stdout, done.stderr) == (b"", b"")
        assert (tmp_path / "key.pem").read_text() == pem
