"""Signatures of commits, verified here with keys of our own: no forge is asked, and none is believed.

Git's own check is satisfied when a key in the file of allowed signers has signed, and takes the commit's own
date for the time of signing. Whoever commits writes that date, so here keys must be believed now; and the key
must be one of the address that the commit gives for its committer, as a forge asks too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterseal.clients.allowed_signers import AllowedSigner, read_allowed_signers, read_keys
from counterseal.clients.git import GitRepository
from counterseal.clients.gitsign import find_signer
from counterseal.clients.ssh_signature import BEGIN, BadSignature, SshSignature, read_signature
from counterseal.errors import Inconclusive
from counterseal.manifest.types import parse_time
from counterseal.policy.forge import Verification

UNKNOWN_REASONS: Final = frozenset({"x509_unverified", "gpg_unsupported_locally"})
"""Reasons that say nothing against a signature: nobody here could verify it, so nothing is known."""

_NAMESPACE = "git"
_HEADERS = (b"tree", b"parent", b"author", b"committer", b"encoding")
_IDENTITY = re.compile(rb"[^<>\n\0]*<([^<>\n\0]*)> [0-9]+ [+-][0-9]{4}")
_X509 = b"-----BEGIN SIGNED MESSAGE-----"
_PGP = (b"-----BEGIN PGP SIGNATURE-----", b"-----BEGIN PGP MESSAGE-----")


@dataclass(frozen=True)
class SignedCommit:
    """A commit object, taken apart.

    Attributes:
        payload: what was signed.
        signature: the signature; None when there is none.
        committer: the committer's address.
        plain: whether it has the usual headers alone, so that every program sees the same payload.
    """

    payload: bytes
    signature: bytes | None
    committer: str
    plain: bool


def verify_commits(
    repository: GitRepository,
    commits: Sequence[str],
    allowed_signers: bytes,
    now: str,
    identities: Sequence[str] = (),
    *,
    revoked_keys: bytes = b"",
) -> dict[str, Verification]:
    """Verify the signatures of commits.

    The `reason` is GitHub's word where it has one; besides there are `revoked_key`, `not_yet_valid`, and
    those of `UNKNOWN_REASONS`. The signer is the key's OpenSSH fingerprint, or the keyless `issuer subject`.

    Args:
        repository: where the commits are.
        commits: their names.
        allowed_signers: the file of believed keys, from a trusted place.
        now: the moment at which keys must be believed.
        identities: the keyless signers that are believed, each `issuer subject`.
        revoked_keys: public keys that are believed no more, one a line.

    Raises:
        MalformedError: one of the files cannot be read.
        Inconclusive: a commit is not here, or is not what its name says.
    """
    signers, revoked = read_allowed_signers(allowed_signers), read_keys(revoked_keys)
    moment = parse_time(now)
    found: dict[str, Verification] = {}
    for name, data in repository.raw_commits(commits).items():
        if data is None:
            raise Inconclusive(
                "the commit is not in the checkout",
                where=name,
                remedy="check out the whole history (fetch-depth: 0)",
            )
        found[name] = _verify(name, data, signers, revoked, moment, identities)
    return found


def take_apart(data: bytes, length: int) -> SignedCommit | None:
    """Split a commit object into what was signed and the signature, or return None when it is ambiguous.

    Args:
        data: the raw object.
        length: how many digits its name has, which tells the header that a signature is in.
    """
    head, separator, message = data.partition(b"\n\n")
    fields = re.split(rb"\n(?! )", head)
    names = [field.partition(b" ")[0] for field in fields]
    committers = [field for field, name in zip(fields, names, strict=True) if name == b"committer"]
    signatures = [field for field, name in zip(fields, names, strict=True) if name.startswith(b"gpgsig")]
    who = _IDENTITY.fullmatch(committers[0].partition(b" ")[2]) if len(committers) == 1 else None
    own = b"gpgsig" if length == 40 else b"gpgsig-sha256"  # noqa: PLR2004 - digits of SHA-1
    sound = names.count(b"tree") == names.count(b"author") == 1 and b"\0" not in head and bool(separator)
    if not sound or who is None or any(field.partition(b" ")[0] != own for field in signatures[:2]):
        return None
    if len(signatures) > 1:
        return None
    kept = b"\n".join(field for field in fields if not field.startswith(b"gpgsig"))
    signature = signatures[0].partition(b" ")[2].replace(b"\n ", b"\n") if signatures else None
    plain = all(name in _HEADERS or name == own for name in names)
    return SignedCommit(kept + separator + message, signature, who[1].decode("utf-8", "replace"), plain)


def _verify(
    name: str,
    data: bytes,
    signers: Sequence[AllowedSigner],
    revoked: frozenset[bytes],
    moment: datetime,
    identities: Sequence[str],
) -> Verification:
    commit = take_apart(data, len(name))
    if commit is None:
        return _no("malformed_signature")
    if commit.signature is None:
        return _no("unsigned")
    if commit.signature.startswith(BEGIN):
        return _verify_ssh(commit, commit.signature, signers, revoked, moment)
    if commit.signature.startswith(_X509):
        signer = find_signer(name, data, identities) if commit.plain else None
        return _yes(signer) if signer else _no("x509_unverified")
    if commit.signature.startswith(_PGP):
        return _no("gpg_unsupported_locally")
    return _no("unknown_signature_type")


def _verify_ssh(
    commit: SignedCommit,
    armoured: bytes,
    signers: Sequence[AllowedSigner],
    revoked: frozenset[bytes],
    moment: datetime,
) -> Verification:
    try:
        signature = read_signature(armoured)
    except BadSignature:
        return _no("malformed_signature")
    try:
        signature.verify(commit.payload)
    except BadSignature:
        return _no("invalid", signature.keyid)
    reason = _objection(signature, commit.committer, signers, revoked, moment)
    return _no(reason, signature.keyid) if reason else _yes(signature.keyid)


def _objection(
    signature: SshSignature,
    committer: str,
    signers: Sequence[AllowedSigner],
    revoked: frozenset[bytes],
    moment: datetime,
) -> str | None:
    """Return why the key of a good signature is not believed, or None when one line of the file lets it."""
    if signature.blob in revoked:
        return "revoked_key"
    lines = [signer for signer in signers if signer.blob == signature.blob]
    if not lines:
        return "unknown_key"
    lines = [signer for signer in lines if signer.signs(_NAMESPACE)]
    if not lines or signature.namespace != _NAMESPACE.encode():
        return "not_signing_key"
    lines = [signer for signer in lines if signer.speaks_for(committer)]
    if not lines:
        return "bad_email"
    lines = [signer for signer in lines if signer.valid_before is None or moment <= signer.valid_before]
    if not lines:
        return "expired_key"
    begun = any(signer.valid_after is None or moment >= signer.valid_after for signer in lines)
    return None if begun else "not_yet_valid"


def _yes(signer: str) -> Verification:
    return Verification(verified=True, reason="valid", signer=signer, source="local")


def _no(reason: str, signer: str | None = None) -> Verification:
    return Verification(verified=False, reason=reason, signer=signer, source="local")
