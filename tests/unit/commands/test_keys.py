from __future__ import annotations

import json
import stat

import pytest

from counterseal.errors import UsageError
from counterseal.seal.signer import open_signer
from counterseal.seal.signers.pem import PASSWORD_VARIABLE
from counterseal.seal.trust import parse_trust

_MOMENT = "2026-03-01T00:00:00Z"


@pytest.fixture
def made(workspace):
    """The workspace, with a fresh key pair `new` and a trust file of its own."""
    outcome = workspace.run("keys generate", out="new")
    workspace.keyid = outcome.outputs["keyid"]
    return workspace


def _keys(workspace, name: str = "mine.json"):
    return parse_trust((workspace.root / name).read_bytes(), where=name).keys


def _trust(workspace, **more):
    return workspace.run("keys trust", **{"trust": "mine.json", "key": "new.pub", "role": "release", **more})


@pytest.mark.parametrize("algorithm", ["ecdsa-p256-sha256", "ed25519"])
def test_a_new_key_is_private_and_signs(workspace, algorithm):
    outcome = workspace.run("keys generate", out="new", algorithm=algorithm, public="public.pem")
    private = workspace.root / "new"
    assert outcome.code == 0
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    signer = open_signer(f"file:{private}", env={})
    assert signer.public_key.algorithm == algorithm
    assert signer.public_key.keyid == outcome.outputs["keyid"]
    assert (workspace.root / "public.pem").read_text() == signer.public_key.pem


def test_the_key_is_never_shown(made):
    secret = (made.root / "new").read_text().splitlines()[1]
    shown = made.run("keys show", path="new")
    assert shown.outputs["keyid"] == made.keyid
    assert secret not in json.dumps(shown.result) + shown.errors


@pytest.mark.parametrize("existing", ["new", "new.pub"])
def test_nothing_is_overwritten(workspace, existing):
    (workspace.root / existing).write_text("precious")
    outcome = workspace.run("keys generate", out="new")
    assert outcome.code == 2
    assert (workspace.root / existing).read_text() == "precious"
    assert len(list(workspace.root.glob("new*"))) == 1


def test_a_dangling_link_is_not_written_through(workspace):
    (workspace.root / "new").symlink_to(workspace.root / "elsewhere")
    assert workspace.run("keys generate", out="new").code == 2
    assert not (workspace.root / "elsewhere").exists()


def test_a_key_is_encrypted_with_the_password_of_the_environment(workspace, monkeypatch):
    assert workspace.run("keys generate --encrypt", out="new").code == 2
    assert not (workspace.root / "new").exists()
    monkeypatch.setenv(PASSWORD_VARIABLE, "hunter2")
    assert workspace.run("keys generate --encrypt", out="new").code == 0
    assert "ENCRYPTED" in (workspace.root / "new").read_text()
    assert open_signer(f"file:{workspace.root / 'new'}", env={PASSWORD_VARIABLE: "hunter2"})
    with pytest.raises(UsageError):
        open_signer(f"file:{workspace.root / 'new'}", env={})


def test_an_unknown_algorithm_is_refused(workspace):
    assert workspace.run("keys generate", out="new", algorithm="rsa").code == 2
    assert not (workspace.root / "new").exists()


def test_a_folder_that_is_not_there_is_told(workspace):
    outcome = workspace.run("keys generate", out="missing/new")
    assert outcome.code == 2
    assert "missing/new" in outcome.errors


@pytest.mark.parametrize("path", ["new", "new.pub"])
def test_both_halves_show_the_same_key(made, path):
    assert made.run("keys show", path=path).outputs == {"keyid": made.keyid}


def test_a_trust_file_shows_its_keys(made):
    _trust(made, comment="Bob\u2019s")
    assert made.run("keys show", path="mine.json").code == 0


@pytest.mark.parametrize("content", ["", "x", '{"version":2}'])
def test_anything_else_cannot_be_shown(workspace, content):
    (workspace.root / "x").write_text(content)
    assert workspace.run("keys show", path="x").code == 2


def test_trust_is_a_file_of_its_own_that_grows(made):
    assert _trust(made, role=["checkpoint", "record", "record"], valid_from=_MOMENT).code == 0
    made.run("keys generate", out="second")
    assert _trust(made, key="second.pub", valid_until="2030-01-01T00:00:00Z", comment="Bob").code == 0
    first, second = _keys(made)
    assert (first.keyid, first.roles) == (made.keyid, ("record", "checkpoint"))
    assert first.valid_from.isoformat() == "2026-03-01T00:00:00+00:00"
    assert (second.valid_until.year, second.comment) == (2030, "Bob")
    assert [path.name for path in made.root.glob(".mine*")] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "admin"},
        {"key": "new"},  # the private half
        {"key": "missing.pub"},
        {"valid_from": "2026-03-01"},
        {"valid_from": _MOMENT, "valid_until": "2026-02-01T00:00:00Z"},
    ],
)
def test_a_wrong_entry_leaves_the_trust_file_alone(made, wrong):
    _trust(made)
    made.run("keys generate", out="second")
    before = (made.root / "mine.json").read_bytes()
    outcome = _trust(made, **{"key": "second.pub", **wrong})
    assert outcome.code == 2
    assert (made.root / "mine.json").read_bytes() == before


def test_a_key_is_trusted_for_the_releases_of_some_repositories(made):
    uris = ["https://github.com/acme/payments", "acme-cards-production-0123456789abcdef"]
    assert _trust(made, stream=uris).code == 0
    assert [one.streams for one in _keys(made)] == [tuple(uris)]
    assert made.run("keys show", path="mine.json").code == 0


def test_a_key_is_trusted_once(made):
    assert [_trust(made).code, _trust(made, role="record").code] == [0, 2]
    assert [one.roles for one in _keys(made)] == [("release",)]


def test_a_trust_file_that_cannot_be_read_is_not_replaced(made):
    (made.root / "mine.json").write_text('{"version":1,"keys":[],"surprise":1}')
    assert _trust(made).code == 2
    assert "surprise" in (made.root / "mine.json").read_text()


def test_the_mode_of_a_trust_file_stays(made):
    _trust(made)
    (made.root / "mine.json").chmod(0o664)
    made.run("keys revoke", trust="mine.json", keyid=made.keyid, reason="lost")
    assert stat.S_IMODE((made.root / "mine.json").stat().st_mode) == 0o664


def _revoke(workspace, **more):
    given = {"trust": "mine.json", "keyid": workspace.keyid, "reason": "lost", "at": _MOMENT, **more}
    return workspace.run("keys revoke", **given)


def test_a_revocation_is_for_good(made):
    _trust(made)
    assert _revoke(made).code == 0
    (key,) = _keys(made)
    assert (key.revoked_at.isoformat(), key.reason) == ("2026-03-01T00:00:00+00:00", "lost")
    assert _revoke(made, at="2026-04-01T00:00:00Z").code == 2
    assert _trust(made).code == 2
    assert _keys(made) == (key,)


@pytest.mark.parametrize(
    "wrong", [{"keyid": "SHA256:" + "a" * 43}, {"trust": "none.json"}, {"at": "yesterday"}, {"reason": ""}]
)
def test_a_wrong_revocation_changes_nothing(made, wrong):
    _trust(made)
    before = (made.root / "mine.json").read_bytes()
    assert _revoke(made, **wrong).code == 2
    assert (made.root / "mine.json").read_bytes() == before
    assert not (made.root / "none.json").exists()
