"""The auditor's pack: what is in it, and that its script finds every wrong with openssl and a shell alone."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from counterseal.audit.answer import Answer
from counterseal.audit.pack import write_pack
from counterseal.audit.population import Release, Window
from counterseal.errors import StoreError, UsageError
from counterseal.ledger.entry import decode_entry
from counterseal.ledger.holds import HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.layout import checkpoint_key, entry_key, place_of
from counterseal.ledger.opened import open_sealed, require_manifest
from counterseal.manifest.canonical import encode
from counterseal.manifest.incident import Incident
from counterseal.manifest.legal_hold import HeldVersion, LegalHold, plain_hold
from counterseal.manifest.record import Origin
from counterseal.manifest.release import FileRetention
from counterseal.manifest.stream import repository_id
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import Trust, TrustedAuthority
from counterseal.store.directory import DirectoryStore
from simulators.releases import STAGING, STREAM, World, new_sealer, trusted
from simulators.tsa import Stamper, TimestampServer, issue
from unit.audit.stores import NAME, SINCE, make_evidence

ANSWER = Answer(
    window=Window(since="2026-08-29T00:00:00Z", until="2026-11-27T00:00:00Z"),
    repository="https://github.example/acme/payments",
    store="dir:store",
    trust="0" * 64,
    version="1",
)
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


def trust_file(trust: Trust) -> bytes:
    return msgspec.json.encode(trust)


def releases_of(store, trust: Trust) -> list[Release]:
    found = []
    for key in store.keys("streams/"):
        stream, sequence = place_of(key)
        opened = open_sealed(decode_entry(store.get(key), where=key).bundle, trust, "release", where=key)
        manifest = require_manifest(opened, where=key)
        found.append(Release(stream=stream, sequence=sequence, entry=key, manifest=manifest))
    return found


def packed(folder: Path, store, trust: Trust, releases: list[Release] | None = None, **more):
    releases = releases_of(store, trust) if releases is None else releases
    report = {"index.html": b"<!doctype html>"}
    return write_pack(
        folder, ANSWER, store=store, trust=trust_file(trust), releases=releases, report=report, **more
    )


def verify(folder: Path, shell: str = "sh"):
    return subprocess.run(
        [shell, str(folder / "verify.sh")],
        env=BARE | {"TMPDIR": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


@pytest.fixture
def world(tmp_path):
    world = World(DirectoryStore(tmp_path / "store"))
    world.publish(label="1")
    world.publish(label="2", records=2, approved=True)
    world.publish(STAGING, label="3")
    world.publish(label="4")
    return world


def test_a_stranger_verifies_the_pack_with_a_bare_shell(tmp_path, world):
    pack = packed(tmp_path / "pack", world.store, world.trust)
    done = verify(pack.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "4 releases, " in done.stdout
    assert "; 0 things are wrong." in done.stdout
    assert done.stdout.count("  passed  sealed by SHA256:") == 4
    assert all(key.keyid in done.stdout for key in world.trust.keys)
    # 4 manifests, verdicts and checkpoints; 5 records and 4 provenances; a request and a decision
    assert " 23 seals and " in done.stdout


def test_bash_as_a_posix_shell_says_the_same(tmp_path, world):
    pack = packed(tmp_path / "pack", world.store, world.trust)
    assert verify(pack.folder, "bash").stdout == verify(pack.folder).stdout


def test_what_the_pack_holds(tmp_path, world):
    pack = packed(tmp_path / "pack", world.store, world.trust)
    names = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*") if path.is_file()}
    assert {"README.md", "verify.sh", "answer.json", "window.txt", "absent.txt", "report/index.html"} <= names
    assert {"trust/trust.json", "trust/keys.txt", "trust/authorities.txt"} <= names
    objects = {name.removeprefix("store/") for name in names if name.startswith("store/")}
    assert objects == set(world.store.keys(""))
    assert (pack.objects, pack.absent) == (len(objects), ())
    assert (pack.folder / "answer.json").read_bytes() == encode(msgspec.to_builtins(ANSWER))
    assert (pack.folder / "absent.txt").read_bytes() == b""


def test_of_releases_outside_the_window_only_the_chain_is_there(tmp_path, world):
    window = [one for one in releases_of(world.store, world.trust) if one.name.endswith("/2")]
    pack = packed(tmp_path / "pack", world.store, world.trust, window)
    entries = sorted(path.name for path in (pack.folder / "store/streams").rglob("*.jsonl"))
    assert entries == [f"{number:012d}.jsonl" for number in (1, 2, 3)]
    assert not list((pack.folder / "store/streams").glob("*staging*"))
    done = verify(pack.folder)
    assert done.returncode == 0, done.stdout
    assert "3 releases, " in done.stdout
    assert done.stdout.count("read   ") == 1


def test_ed25519_keys_are_verified_too(tmp_path):
    evidence = make_evidence(tmp_path, algorithm="ed25519")
    done = verify(packed(tmp_path / "pack", evidence.store, evidence.trust).folder)
    assert done.returncode == 0, done.stdout


# -- wrongs -------------------------------------------------------------------------------------------------


def change(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.chmod(0o600)
    path.write_bytes(data.replace(old, new, 1))


def flip(path: Path, member: bytes, line: int = 0) -> None:
    """Change one letter of a member's base64 in a line."""
    lines = path.read_bytes().split(b"\n")
    at = lines[line].index(b'"' + member + b'":"') + len(member) + 24
    old = lines[line][at : at + 1]
    lines[line] = lines[line][:at] + (b"B" if old != b"B" else b"C") + lines[line][at + 1 :]
    path.chmod(0o600)
    path.write_bytes(b"\n".join(lines))


def entry_of(pack, sequence: int) -> Path:
    return pack.folder / "store" / entry_key(NAME, sequence)


def blobs_of(pack, marker: bytes) -> list[Path]:
    found = (pack.folder / "store" / "blobs").rglob("*")
    return [path for path in sorted(found) if path.is_file() and path.read_bytes().startswith(marker)]


def swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    for path, data in ((one, second), (other, first)):
        path.chmod(0o600)
        path.write_bytes(data)


def removes_the_newest(pack) -> None:
    entry_of(pack, 3).unlink()


def removes_one_between(pack) -> None:
    entry_of(pack, 2).unlink()


def swaps_two(pack) -> None:
    swap(entry_of(pack, 2), entry_of(pack, 3))


def forges_a_checkpoint(pack) -> None:
    flip(pack.folder / "store" / checkpoint_key(NAME, 2), b"sig")


def takes_another_checkpoint(pack) -> None:
    folder = pack.folder / "store"
    swap(folder / checkpoint_key(NAME, 1), folder / checkpoint_key(NAME, 2))


def removes_a_checkpoint(pack) -> None:
    (pack.folder / "store" / checkpoint_key(NAME, 2)).unlink()


def exchanges_a_key(pack) -> None:
    swap(pack.folder / "trust/key-1.pem", pack.folder / "trust/key-2.pem")


def empties_the_store(pack) -> None:
    for path in (pack.folder / "store/streams").rglob("*.jsonl"):
        path.unlink()


def der(tag, *parts):
    """Return an element of ASN.1 in DER."""
    body = b"".join(parts)
    size = len(body).to_bytes(4, "big").lstrip(b"\0")
    head = bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size
    return bytes([tag]) + head + body


def ends_in_the_same_bytes(pack) -> None:
    """Put an RSA key in its place, whose exponent is the point of that key: the tail of both is the same."""
    path = pack.folder / "trust/key-1.pem"
    key, form = serialization.load_pem_public_key(path.read_bytes()), serialization.PublicFormat
    tail = key.public_bytes(serialization.Encoding.DER, form.SubjectPublicKeyInfo)[-65:]
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    numbers = der(0x30, der(0x02, b"\x7f" * 256), der(0x02, tail))
    forged = base64.encodebytes(der(0x30, algorithm, der(0x03, b"\0", numbers)))
    path.write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + forged + b"-----END PUBLIC KEY-----\n")


def adds_a_key_without_a_line_feed(pack) -> None:
    """Seal a release with a key in a last line that a shell's loop would not see."""
    path = pack.folder / "trust/keys.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[1:], lines[0].replace("key-1.pem", "key-2.pem")]))


def renames_a_chain(pack) -> None:
    store, other = pack.folder / "store", "acme-payments-production-0000000000000000"
    for kind in ("streams", "checkpoints"):
        (store / kind / NAME).rename(store / kind / other)
    window = pack.folder / "window.txt"
    window.write_text(window.read_text().replace(NAME, other))


def hides_a_chain(pack) -> None:
    store = pack.folder / "store"
    (store / "streams" / NAME).rename(store / "streams" / f".{NAME}")
    window = pack.folder / "window.txt"
    window.write_text(window.read_text().replace(NAME, f".{NAME}"))


def writes_to_the_terminal(pack) -> None:
    path = pack.folder / "trust/keys.txt"
    path.write_text(path.read_text() + "\x1b[2Jx\n")


WRONGS = {
    "a key that ends in the same bytes": (ends_in_the_same_bytes, "is not the key"),
    "a key without a line feed": (adds_a_key_without_a_line_feed, "is not the key"),
    "a chain under another name": (renames_a_chain, "it belongs to another chain"),
    "a chain that is hidden": (hides_a_chain, "the release is not in this folder"),
    "escapes for the terminal": (writes_to_the_terminal, "it has control characters"),
    "an empty window": (
        lambda pack: (pack.folder / "window.txt").write_text(""),
        "no release is of the window",
    ),
    "a byte of a manifest": (lambda pack: flip(entry_of(pack, 2), b"payload"), "signature does not hold"),
    "a byte of its signature": (lambda pack: flip(entry_of(pack, 2), b"sig"), "signature does not hold"),
    "a byte of a verdict": (lambda pack: flip(entry_of(pack, 2), b"payload", 1), "2, verdict: its signature"),
    "evidence changed": (
        lambda pack: change(blobs_of(pack, b"<testsuite")[0], b"testsuite", b"testsuitf"),
        "has other contents",
    ),
    "evidence removed": (lambda pack: blobs_of(pack, b"<testsuite")[0].unlink(), "is missing"),
    "a record changed": (lambda pack: flip(blobs_of(pack, b'{"dsse')[0], b"sig"), "has other contents"),
    "a record removed": (lambda pack: blobs_of(pack, b'{"dsse')[0].unlink(), "is missing"),
    "the newest release removed": (removes_the_newest, "the release is not in this folder"),
    "a release between removed": (removes_one_between, "the release is missing"),
    "two releases swapped": (swaps_two, "it is another number in its chain"),
    "a checkpoint forged": (forges_a_checkpoint, "2, checkpoint: its signature does not hold"),
    "another checkpoint": (takes_another_checkpoint, "its checkpoint names another head"),
    "a checkpoint removed": (removes_a_checkpoint, "its checkpoint is missing"),
    "a key exchanged": (exchanges_a_key, "is not the key"),
    "nothing there": (empties_the_store, "there is no release"),
}


@pytest.mark.parametrize("name", WRONGS)
def test_the_script_names_every_wrong(tmp_path, world, name):
    plant, words = WRONGS[name]
    pack = packed(tmp_path / "pack", world.store, world.trust)
    plant(pack)
    done = verify(pack.folder)
    assert done.returncode == 12
    assert any(line.startswith("WRONG") and words in line for line in done.stdout.splitlines()), done.stdout
    assert "; 0 things are wrong." not in done.stdout


@pytest.mark.parametrize("role", ["record", "checkpoint"])
def test_a_key_for_something_else_is_not_believed(tmp_path, world, role):
    keys = [
        msgspec.structs.replace(key, roles=(role,)) if key.roles == ("release",) else key
        for key in world.trust.keys
    ]
    pack = packed(tmp_path / "pack", world.store, world.trust)
    other = Trust(version=1, keys=tuple(keys))
    again = packed(tmp_path / "again", world.store, other, releases_of(world.store, world.trust))
    assert verify(pack.folder).returncode == 0
    done = verify(again.folder)
    assert done.returncode == 12
    assert "its key may not seal this" in done.stdout


def test_a_seal_of_a_stranger_is_not_believed(tmp_path, world):
    strangers = Trust(version=1, keys=(trusted(world.stranger, "release", "record", "checkpoint"),))
    pack = packed(tmp_path / "pack", world.store, strangers, releases_of(world.store, world.trust))
    done = verify(pack.folder)
    assert done.returncode == 12
    assert "it is sealed by no key that is believed" in done.stdout


def revoked(trust: Trust, at: datetime) -> Trust:
    keys = tuple(msgspec.structs.replace(key, revoked_at=at, reason="lost") for key in trust.keys)
    return msgspec.structs.replace(trust, keys=keys)


def test_a_revoked_key_counts_only_with_a_stamp_from_before(tmp_path):
    root = issue("Root", authority=True)
    stamper = issue("Stamper", root, stamping=True)
    with TimestampServer(Stamper(tmp_path / "tsa", stamper, ())) as server:
        authority = TrustedAuthority(roots=(root.pem,), valid_from=SINCE)
        stamped = make_evidence(
            tmp_path, authority=TimestampAuthority(server.url), believed=(authority,), releases=2
        )
    now = datetime.now(UTC)
    for number, (at, code) in enumerate([(now + timedelta(days=1), 0), (now - timedelta(days=1), 12)]):
        trust = revoked(stamped.trust, at)
        pack = packed(
            tmp_path / f"pack-{number}", stamped.store, trust, releases_of(stamped.store, stamped.trust)
        )
        done = verify(pack.folder)
        assert done.returncode == code, done.stdout
        assert ("its key was revoked at" in done.stdout) is (code == 12)


def test_without_a_stamp_a_revoked_key_is_not_believed(tmp_path, world):
    trust = revoked(world.trust, datetime.now(UTC) + timedelta(days=1))
    pack = packed(tmp_path / "pack", world.store, trust, releases_of(world.store, world.trust))
    assert verify(pack.folder).returncode == 12


def test_a_key_is_not_believed_outside_its_time(tmp_path, world):
    early = tuple(
        msgspec.structs.replace(key, valid_until=datetime(2026, 2, 1, tzinfo=UTC)) for key in world.trust.keys
    )
    trust = msgspec.structs.replace(world.trust, keys=early)
    pack = packed(tmp_path / "pack", world.store, trust, releases_of(world.store, world.trust))
    done = verify(pack.folder)
    assert done.returncode == 12
    assert "its key was not valid at" in done.stdout


# -- writing ------------------------------------------------------------------------------------------------


class Failing(DirectoryStore):
    def chunks(self, key, *, version=None):
        if key.startswith("blobs/"):
            yield b"half"
            raise StoreError("the disk\nis broken", where=key)
        yield from super().chunks(key, version=version)


def test_what_cannot_be_read_is_named_and_not_half_there(tmp_path, world):
    store = Failing(tmp_path / "store")
    pack = packed(tmp_path / "pack", store, world.trust, releases_of(world.store, world.trust))
    lines = (pack.folder / "absent.txt").read_text().splitlines()
    assert len(lines) == len(pack.absent) > 10
    assert all(line.startswith("blobs/") and line.endswith(": the disk is broken") for line in lines)
    assert not (pack.folder / "store/blobs").exists() or not blobs_of(pack, b"")
    assert verify(pack.folder).returncode == 12


def test_a_folder_that_holds_something_is_refused(tmp_path, world):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/mine").touch()
    with pytest.raises(UsageError):
        packed(tmp_path / "pack", world.store, world.trust)


def test_the_answer_in_the_pack_reads_back(tmp_path, world):
    pack = packed(tmp_path / "pack", world.store, world.trust)
    data = (pack.folder / "answer.json").read_bytes()
    assert msgspec.json.decode(data, type=Answer) == ANSWER
    assert json.loads(data)["window"]["since"] == "2026-08-29T00:00:00Z"


def test_the_streams_are_those_of_the_sample():
    assert (STREAM.environment, STAGING.environment) == ("production", "staging")


# -- the books ----------------------------------------------------------------------------------------------

ORIGIN = Origin(repository="https://github.example/acme/payments", commit="c" * 40)
BOOK = f"incidents/{repository_id(ORIGIN.repository)}/inc-1"


def enter(world, number: int) -> None:
    facts = Incident(
        id="inc-1",
        service=ORIGIN.repository,
        severity="major",
        detected_at="2026-10-01T09:00:00Z",
        restored_at=f"2026-10-01T1{number}:00:00Z",
    )
    book = IncidentBook(world.store, world.trust, world.book)
    book.enter(facts, at=f"2026-11-0{number}T00:00:00Z", origin=ORIGIN)


def hold(world) -> str:
    """Enter a hold on the first release, as is done in a store that knows holds."""
    key = next(iter(world.store.keys("streams/")))
    stream, sequence = place_of(key)
    held = LegalHold(
        stream=stream, sequence=sequence, state="on", reason="proceedings 7/2026", by="counsel",
        objects=(HeldVersion(key=key, version="1"),),
    )  # fmt: skip
    book = HoldBook(world.store, world.trust).book
    entering = {"at": "2026-11-01T00:00:00Z", "origin": ORIGIN, "sealer": world.book}
    return book.enter(lambda: book.draft(plain_hold(held), **entering), None).key


@pytest.fixture
def booked(tmp_path, world):
    world.book = new_sealer()
    keys = (*world.trust.keys, trusted(world.book, "incident", "hold"))
    world.trust = msgspec.structs.replace(world.trust, keys=keys)
    for number in (1, 2, 3):
        enter(world, number)
    place = hold(world)
    return packed(tmp_path / "pack", world.store, world.trust), place


def test_the_books_of_incidents_and_holds_are_in_it_and_verified(booked, world):
    pack, _ = booked
    assert set(world.store.keys("")) == {
        path.relative_to(pack.folder / "store").as_posix()
        for path in (pack.folder / "store").rglob("*")
        if path.is_file()
    }
    done = verify(pack.folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "4 pages of the books" in done.stdout
    assert verify(pack.folder, "bash").stdout == done.stdout
    assert "Not looked at, since it is not in this folder: git, deployments" in done.stdout


def drops_the_first_page(pack, place):
    (pack.folder / f"store/{BOOK}/000001.json").unlink()


def drops_a_page_between(pack, place):
    (pack.folder / f"store/{BOOK}/000002.json").unlink()


def enters_a_page_twice(pack, place):
    pages = pack.folder / f"store/{BOOK}"
    (pages / "000004.json").write_bytes((pages / "000003.json").read_bytes())


def breaks_a_seal(pack, place):
    flip(pack.folder / "store" / place, b"sig")


def moves_a_hold(pack, place):
    path = pack.folder / "store" / place
    other = path.parent.parent / f"{9:012d}" / path.name
    other.parent.mkdir()
    path.rename(other)


def renames_an_incident(pack, place):
    path = pack.folder / f"store/{BOOK}"
    path.rename(path.with_name("inc-2"))


def loses_a_document(pack, place):
    blobs_of(pack, b'{"book":"holds/')[0].unlink()


@pytest.mark.parametrize(
    ("change_it", "said"),
    [
        (drops_the_first_page, "it does not follow the page before it"),
        (drops_a_page_between, "it does not follow the page before it"),
        (enters_a_page_twice, "it is a page of another book, or another page"),
        (breaks_a_seal, "its signature does not hold"),
        (moves_a_hold, "it is a page of another book, or another page"),
        (renames_an_incident, "it is a page of another book, or another page"),
        (loses_a_document, "is missing, or another"),
    ],
)
def test_the_script_names_every_wrong_of_the_books(booked, change_it, said):
    change_it(*booked)
    done = verify(booked[0].folder)
    assert done.returncode == 12
    assert said in done.stdout


@pytest.mark.parametrize(("until", "code"), [("2026-11-20T00:00:00Z", 0), ("2999-01-01T00:00:00Z", 12)])
def test_a_file_whose_own_time_is_over_may_be_gone(tmp_path, until, code):
    """By the later of two moments: when the audit asked, and now."""
    world = World(DirectoryStore(tmp_path / "store"))
    candidate = world.candidate()
    (file,) = candidate.evidence
    build = world.builder(candidate)

    def with_retention(chain, head):
        statement = build(chain, head)
        kept = FileRetention(retain_until=until, files=(file.digest.sha256,))
        manifest = msgspec.structs.replace(statement.predicate, file_retention=(kept,))
        return replace(statement, predicate=manifest)

    world.ledger.append(STREAM, with_retention)
    pack = packed(tmp_path / "pack", world.store, world.trust)
    for path in blobs_of(pack, b"<testsuite"):
        path.unlink()
    done = verify(pack.folder)
    assert (done.returncode, until in done.stdout) == (code, True), done.stdout + done.stderr
    assert ("that is over, and it is gone" in done.stdout) is (code == 0)
