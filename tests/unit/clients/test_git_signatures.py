from __future__ import annotations

import base64
import hashlib
import stat

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from counterseal.clients import git_process
from counterseal.clients.git import GitRepository
from counterseal.clients.git_signatures import UNKNOWN_REASONS, take_apart, verify_commits
from counterseal.errors import Inconclusive, MalformedError
from simulators.signed_commits import Signing, with_signature, without_signature

NOW = "2026-11-24T10:00:00Z"
KINDS = [("ed25519", ""), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048")]


@pytest.fixture
def signing(tmp_path) -> Signing:
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    made = Signing(root, home)
    made.run("git", "init", "-q", "-b", "main")
    return made


def verify(signing, commit, allowed, now=NOW, **more):
    found = verify_commits(GitRepository(signing.root), [commit], allowed.encode(), now, **more)
    assert list(found) == [commit]
    assert found[commit].source == "local"
    assert not found[commit].by_forge
    return found[commit]


def armour(blob: bytes) -> bytes:
    text = base64.encodebytes(blob).rstrip(b"\n")
    return b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n" % text


def line(signing, key, principals="carl@example.com", options=""):
    return f"{principals} {options}{' ' if options else ''}{signing.public(key)} a comment\n"


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_a_signed_commit_is_verified_as_git_does(signing, kind, bits):
    key = signing.key(kind, bits)
    commit, allowed = (
        signing.commit(key, "gpgsig in the message\n\ngpgsig is no header here"),
        line(signing, key),
    )
    result = verify(signing, commit, allowed)
    assert (result.verified, result.reason) == (True, "valid")
    assert result.signer == signing.fingerprint(key)
    assert signing.git_accepts(commit, allowed)


@pytest.mark.parametrize(("kind", "bits"), KINDS)
@pytest.mark.parametrize("where", ["tree", "author", "message", "signature"])
def test_a_tampered_commit_is_invalid_for_git_too(signing, kind, bits, where):
    key = signing.key(kind, bits)
    payload, armoured = without_signature(signing.raw(signing.commit(key, "change")))
    if where == "signature":
        signed = signing.sign_raw(payload.replace(b"change", b"chance"), key)
        data = with_signature(payload, without_signature(signed)[1])
    else:
        before, after = {
            "tree": (payload[5:45], b"0" * 40),
            "author": (b"Ann <ann@", b"Eve <eve@"),
            "message": (b"change", b"chance"),
        }[where]
        data = with_signature(payload.replace(before, after), armoured)
    commit, allowed = signing.write(data), line(signing, key)
    result = verify(signing, commit, allowed)
    assert (result.verified, result.reason) == (False, "invalid")
    assert not signing.git_accepts(commit, allowed)


def test_an_unsigned_commit_is_unsigned(signing):
    key = signing.key()
    result = verify(signing, signing.commit(None), line(signing, key))
    assert (result.verified, result.reason, result.signer) == (False, "unsigned", None)


def test_a_key_that_is_not_in_the_file_is_unknown(signing):
    commit, allowed = signing.commit(signing.key(name="eve")), line(signing, signing.key())
    result = verify(signing, commit, allowed)
    assert (result.verified, result.reason) == (False, "unknown_key")
    assert result.signer == signing.fingerprint(signing.key(name="eve"))
    assert not signing.git_accepts(commit, allowed)
    assert verify(signing, commit, "").reason == "unknown_key"


def test_a_signature_for_another_namespace_is_refused(signing):
    key = signing.key()
    payload, _ = without_signature(signing.raw(signing.commit(key)))
    commit, allowed = signing.write(signing.sign_raw(payload, key, "file")), line(signing, key)
    assert verify(signing, commit, allowed).reason == "not_signing_key"
    assert not signing.git_accepts(commit, allowed)


@pytest.mark.parametrize(
    ("namespaces", "good"),
    [("git", True), ("file,git", True), ("g*", True), ("file", False), ("*,!git", False), ("GIT", False)],
)
def test_a_key_is_bound_to_its_namespaces_as_ssh_keygen_does(signing, namespaces, good):
    key = signing.key()
    commit, allowed = signing.commit(key), line(signing, key, options=f'namespaces="{namespaces}"')
    assert verify(signing, commit, allowed).verified is good
    assert signing.ssh_accepts(commit, allowed, "carl@example.com") is good


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('valid-before="20261124100000Z"', "valid"),
        ('valid-before="20261124095959Z"', "expired_key"),
        ('valid-before="20261124Z"', "expired_key"),
        ('valid-after="20261124100000Z"', "valid"),
        ('valid-after="20261124100001Z"', "not_yet_valid"),
        ('valid-after="202611240959",valid-before="202611241001"', "valid"),
        ('VALID-AFTER="20270101Z"', "not_yet_valid"),
    ],
)
def test_a_key_is_believed_in_its_time_as_ssh_keygen_does(signing, options, reason):
    key = signing.key()
    commit, allowed = signing.commit(key), line(signing, key, options=options)
    assert verify(signing, commit, allowed).reason == reason
    assert signing.ssh_accepts(commit, allowed, "carl@example.com") is (reason == "valid")


def test_a_commit_that_is_dated_back_does_not_revive_an_expired_key(signing):
    key = signing.key()
    signing.date = "2026-01-01T10:00:00Z"
    commit, allowed = signing.commit(key), line(signing, key, options='valid-before="20260601Z"')
    assert signing.git_accepts(commit, allowed)  # git takes the commit's own date
    assert verify(signing, commit, allowed).reason == "expired_key"


def test_a_revoked_key_is_refused_although_the_file_has_it(signing):
    key = signing.key()
    commit, allowed = signing.commit(key), line(signing, key)
    revoked = f"# lost\n{signing.public(key)} lost\n".encode()
    assert verify(signing, commit, allowed, revoked_keys=revoked).reason == "revoked_key"
    other = f"{signing.public(signing.key(name='eve'))}\n".encode()
    assert verify(signing, commit, allowed, revoked_keys=other).verified


@pytest.mark.parametrize(
    ("principals", "good"),
    [
        ("carl@example.com", True),
        ("ann@example.com,carl@example.com", True),
        ("*@example.com", True),
        ('"carl@example.com"', True),
        ("c?rl@example.com", True),
        ("*@example.com,!carl@example.com", False),
        ("ann@example.com", False),
        ("carl@example.com.evil", False),
        ("carl", False),
    ],
)
def test_a_key_speaks_for_the_committer_as_ssh_keygen_says(signing, principals, good):
    key = signing.key()
    commit, allowed = signing.commit(key), line(signing, key, principals)
    result = verify(signing, commit, allowed)
    assert (result.verified, result.reason) == (good, "valid" if good else "bad_email")
    assert signing.ssh_accepts(commit, allowed, "carl@example.com") is good


def test_a_colleagues_name_as_committer_is_refused_although_git_accepts_it(signing):
    key = signing.key(name="eve")
    commit, allowed = signing.commit(key), line(signing, key, "eve@example.com")
    assert signing.git_accepts(commit, allowed)
    assert verify(signing, commit, allowed).reason == "bad_email"


def test_one_good_line_is_enough_and_parts_of_two_are_not(signing):
    key = signing.key()
    commit = signing.commit(key)
    expired = line(signing, key, options='valid-before="20200101Z"')
    file_only = line(signing, key, options='namespaces="file"')
    assert verify(signing, commit, expired + file_only + line(signing, key)).verified
    assert not verify(signing, commit, expired + file_only).verified


@pytest.mark.parametrize(
    "text",
    [
        "carl@example.com cert-authority {key}",
        "carl@example.com namespaces=git {key}",
        'carl@example.com namespaces="git",cert-authority {key}',
        "carl@example.com no-such-option {key}",
        'carl@example.com valid-before="soon" {key}',
        'carl@example.com valid-before="20261301" {key}',
        'carl@example.com valid-before="20260101",valid-before="20300101" {key}',
        "carl@example.com",
        "carl@example.com ssh-ed25519",
        "carl@example.com ssh-ed25519 !!!!",
        "carl@example.com ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==",
        '"carl@example.com {key}',
        '"" {key}',
        "\xff",
    ],
)
def test_a_line_that_cannot_be_read_is_an_error_and_no_key_less(signing, text):
    key = signing.key()
    commit = signing.commit(key)
    bad = line(signing, key) + "# comment\n\n" + text.replace("{key}", signing.public(key)) + "\n"
    with pytest.raises(MalformedError) as caught:
        verify_commits(GitRepository(signing.root), [commit], bad.encode("latin-1"), NOW)
    assert caught.value.where.startswith("allowed-signers")


def test_a_second_signature_or_one_for_another_hash_is_refused(signing):
    key = signing.key()
    payload, armoured = without_signature(signing.raw(signing.commit(key)))
    signed = with_signature(payload, armoured)
    twice = with_signature(signed, armoured)
    other = with_signature(payload, armoured).replace(b"gpgsig ", b"gpgsig-sha256 ")
    both = signed.replace(b"\n\n", b"\ngpgsig-sha256 x\n\n", 1)
    for data in (twice, other, both):
        result = verify(signing, signing.write(data), line(signing, key))
        assert (result.verified, result.reason) == (False, "malformed_signature")


@pytest.mark.parametrize(
    "committer",
    [
        b"committer Carl <eve@example.com> <carl@example.com> 1 +0000",
        b"committer <carl@example.com",
        b"committer Carl <carl@example.com> 1 +0000\ncommitter Eve <eve@example.com> 1 +0000",
        b"committer Carl <carl@example.com\0> 1 +0000",
        b"commiter Carl <carl@example.com> 1 +0000",
    ],
)
def test_a_commit_with_two_readings_of_its_committer_is_refused(signing, committer):
    key = signing.key()
    payload, _ = without_signature(signing.raw(signing.commit(key)))
    start = payload.index(b"committer ")
    payload = payload[:start] + committer + payload[payload.index(b"\n", start) :]
    commit = signing.write(signing.sign_raw(payload, key))
    assert verify(signing, commit, line(signing, key)).reason == "malformed_signature"


def test_every_single_byte_of_a_signature_matters(signing):
    key = signing.key()
    payload, armoured = without_signature(signing.raw(signing.commit(key)))
    blob = base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))
    data = [payload]
    for at in range(len(blob)):
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        text = base64.encodebytes(changed).rstrip(b"\n")
        data.append(
            with_signature(payload, b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----" % text)
        )
    names = [signing.write(one) for one in data]
    found = verify_commits(GitRepository(signing.root), names, line(signing, key).encode(), NOW)
    assert len(found) == len(blob) + 1
    assert not any(one.verified for one in found.values())


@pytest.mark.parametrize("cut", [1, 10, 60, 100])
@pytest.mark.parametrize("more", [b"", b"\0"])
def test_a_signature_that_is_cut_or_longer_is_refused(signing, cut, more):
    key = signing.key()
    payload, armoured = without_signature(signing.raw(signing.commit(key)))
    blob = base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))
    changed = blob + more if more else blob[:-cut]
    data = with_signature(payload, armour(changed))
    assert verify(signing, signing.write(data), line(signing, key)).reason == "malformed_signature"


@pytest.mark.parametrize("field", [0, 4])
def test_bytes_that_are_hidden_in_a_key_or_a_signature_are_refused(signing, field):
    key = signing.key()
    payload, armoured = without_signature(signing.raw(signing.commit(key)))
    rest, fields = base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))[10:], []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        fields.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    fields[field] += b"hidden"
    whole = b"SSHSIG" + (1).to_bytes(4, "big") + b"".join(string(one) for one in fields)
    allowed = f"carl@example.com ssh-ed25519 {base64.b64encode(fields[0]).decode()}\n"
    commit = signing.write(with_signature(payload, armour(whole)))
    assert verify(signing, commit, allowed).reason == "invalid"


def test_a_short_rsa_key_is_refused(signing):
    key = signing.key("rsa", "1024")
    assert not verify(signing, signing.commit(key), line(signing, key)).verified


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_both_hashes_are_known(signing, digest):
    key = signing.key("rsa", "2048")
    payload, _ = without_signature(signing.raw(signing.commit(key)))
    commit = signing.write(signing.sign_raw(payload, key, "git", "-O", f"hashalg={digest}"))
    assert verify(signing, commit, line(signing, key)).verified


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def security_key(kind: str, flags: int):
    """Return a security key in software: its public blob, and how it signs (OpenSSH, PROTOCOL.u2f)."""
    application = b"ssh:"
    private = Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    if kind == "ed25519":
        name = b"sk-ssh-ed25519@openssh.com"
        point = string(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    else:
        name = b"sk-ecdsa-sha2-nistp256@openssh.com"
        raw = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        point = string(b"nistp256") + string(raw)
    blob = string(name) + point + string(application)

    def sign(message: bytes) -> bytes:
        tail = bytes([flags]) + (7).to_bytes(4, "big")
        data = hashlib.sha256(application).digest() + tail + hashlib.sha256(message).digest()
        if kind == "ed25519":
            return string(name) + string(private.sign(data)) + tail
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return string(name) + string(mpint(r) + mpint(s)) + tail

    return blob, sign


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("flags", [1, 5, 0])
def test_a_security_key_signs_when_somebody_touched_it(signing, kind, flags):
    blob, sign = security_key(kind, flags)
    payload, _ = without_signature(signing.raw(signing.commit(signing.key())))
    head = string(b"git") + string(b"") + string(b"sha512")
    signature = sign(b"SSHSIG" + head + string(hashlib.sha512(payload).digest()))
    whole = b"SSHSIG" + (1).to_bytes(4, "big") + string(blob) + head + string(signature)
    data = with_signature(payload, armour(whole))
    commit = signing.write(data)
    name = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode()
    allowed = f"carl@example.com {name} {base64.b64encode(blob).decode()}\n"
    assert verify(signing, commit, allowed).verified is bool(flags & 1)
    if flags & 1:
        assert signing.ssh_accepts(commit, allowed, "carl@example.com")


@pytest.mark.parametrize("first", ["-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----"])
def test_a_pgp_signature_is_unknown_and_never_verified(signing, first):
    payload = signing.raw(signing.commit(None))
    commit = signing.write(with_signature(payload, f"{first}\n\nabc\n-----END PGP SIGNATURE-----".encode()))
    result = verify(signing, commit, "")
    assert (result.verified, result.reason) == (False, "gpg_unsupported_locally")
    assert result.reason in UNKNOWN_REASONS


def test_a_signature_of_no_known_kind_is_refused(signing):
    commit = signing.write(with_signature(signing.raw(signing.commit(None)), b"looks good to me"))
    assert verify(signing, commit, "").reason == "unknown_signature_type"


def test_a_commit_that_is_not_here_is_inconclusive(signing):
    signing.commit(None)
    with pytest.raises(Inconclusive, match="not in the checkout"):
        verify_commits(GitRepository(signing.root), ["a" * 40], b"", NOW)


def test_an_object_that_is_not_what_its_name_says_is_inconclusive(signing):
    key = signing.key()
    good, other = signing.commit(key), signing.commit(None, "other")
    paths = {one: signing.root / ".git/objects" / one[:2] / one[2:] for one in (good, other)}
    paths[other].chmod(0o644)
    paths[other].write_bytes(paths[good].read_bytes())
    with pytest.raises(Inconclusive):
        verify_commits(GitRepository(signing.root), [other], line(signing, key).encode(), NOW)


def test_replacement_objects_are_not_believed(signing):
    key = signing.key()
    bad, good = signing.commit(None), signing.commit(key, "good")
    signing.run("git", "replace", bad, good)
    assert verify(signing, bad, line(signing, key)).reason == "unsigned"


def test_commits_of_a_sha256_repository_are_verified(tmp_path):
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    signing = Signing(root, home)
    signing.run("git", "init", "-q", "--object-format=sha256")
    key = signing.key()
    commit, allowed = signing.commit(key), line(signing, key)
    assert len(commit) == 64
    assert verify(signing, commit, allowed).verified
    assert signing.git_accepts(commit, allowed)


def test_a_merge_with_a_signed_tag_in_its_header_is_verified(signing):
    key = signing.key()
    signing.commit(key, "base")
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
    signing.run("git", "checkout", "-q", "-b", "side")
    signing.commit(key, "side")
    signing.run("git", *settings, "tag", "-s", "-m", "tag", "v1")
    signing.run("git", "checkout", "-q", "main")
    signing.commit(key, "main")
    signing.run("git", *settings, "merge", "-q", "-S", "--no-ff", "-m", "merge", "v1")
    commit = signing.run("git", "rev-parse", "HEAD").stdout.decode().strip()
    assert b"mergetag" in signing.raw(commit)
    allowed = line(signing, key)
    assert verify(signing, commit, allowed).verified
    assert signing.git_accepts(commit, allowed)


def test_nothing_of_the_repositorys_own_settings_is_believed(signing):
    key = signing.key(name="eve")
    commit = signing.commit(key)
    own = signing.home / "own"
    own.write_text(line(signing, key))
    signing.run("git", "config", "gpg.ssh.allowedSignersFile", str(own))
    signing.run("git", "config", "gpg.ssh.program", "/bin/true")
    signing.run("git", "config", "gpg.format", "ssh")
    assert verify(signing, commit, "").reason == "unknown_key"


CMS = b"-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----"
ISSUER, SUBJECT = "https://issuer.example", "ann@example.com"


@pytest.fixture
def gitsign(tmp_path, monkeypatch):
    """A stand-in for the program that writes down how it was called, and believes one identity."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gitsign"
    program.write_text(
        "#!/bin/sh\n"
        f"{{ printf '%s\\n' \"$@\"; env; git config --list; pwd; }} > {tmp_path}/called\n"
        'git cat-file commit "$4" > /dev/null || exit 3\n'
        f'test "$2" = "--certificate-identity={SUBJECT}" || exit 1\n'
        f'test "$3" = "--certificate-oidc-issuer={ISSUER}"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{git_process.environment()['PATH']}")
    return tmp_path / "called"


def keyless(signing) -> str:
    return signing.write(with_signature(signing.raw(signing.commit(None)), CMS))


def test_a_keyless_signature_is_verified_by_gitsign_for_the_identities_that_are_stated(signing, gitsign):
    commit = keyless(signing)
    identities = [f"{ISSUER} eve@example.com", f"{ISSUER} {SUBJECT}"]
    result = verify(signing, commit, "", identities=identities)
    assert (result.verified, result.reason, result.signer) == (True, "valid", f"{ISSUER} {SUBJECT}")
    assert verify(signing, commit, "", identities=identities[:1]).reason == "x509_unverified"
    assert verify(signing, commit, "", identities=[f"https://other.example {SUBJECT}"]).verified is False


def test_gitsign_sees_neither_secrets_nor_the_settings_of_the_repository(signing, gitsign, monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "hidden-secret")
    monkeypatch.setenv("GITSIGN_REKOR_URL", "https://evil.example")
    signing.run("git", "config", "gitsign.rekor", "https://evil.example")
    assert verify(signing, keyless(signing), "", identities=[f"{ISSUER} {SUBJECT}"]).verified
    called = gitsign.read_text()
    assert "hidden-secret" not in called
    assert "evil.example" not in called
    assert str(signing.root) not in called


def test_a_keyless_signature_is_unknown_without_the_program_or_without_identities(
    signing, monkeypatch, tmp_path
):
    commit = keyless(signing)
    assert verify(signing, commit, "").reason == "x509_unverified"
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "git").symlink_to(next(path for path in ("/usr/bin/git", "/bin/git")))
    monkeypatch.setenv("PATH", str(empty))
    assert verify(signing, commit, "", identities=[f"{ISSUER} {SUBJECT}"]).reason == "x509_unverified"


def test_a_header_that_gitsign_would_leave_out_keeps_it_from_being_asked(signing, gitsign):
    data = signing.raw(keyless(signing)).replace(b"\n\n", b"\nx-hidden yes\n\n", 1)
    result = verify(signing, signing.write(data), "", identities=[f"{ISSUER} {SUBJECT}"])
    assert result.reason == "x509_unverified"
    assert not gitsign.exists()


@pytest.mark.parametrize("identity", ["ann@example.com", "http://x.example ann", "https://x ", "-h x"])
def test_an_identity_that_is_not_issuer_and_subject_is_refused(signing, gitsign, identity):
    with pytest.raises(MalformedError, match="issuer subject"):
        verify(signing, keyless(signing), "", identities=[identity])


def test_what_was_signed_is_what_git_says_was_signed(signing):
    key = signing.key()
    data = signing.raw(signing.commit(key))
    parts = take_apart(data, 40)
    assert (parts.payload, parts.signature + b"\n") == without_signature(data)
    assert parts.plain
