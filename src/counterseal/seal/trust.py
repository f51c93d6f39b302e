"""The trust file: which keys, identities and timestamp authorities are believed, for what and when.

Nothing is ever removed from it: a key that is replaced gets an end, a key that is lost gets a revocation,
and what was sealed before stays verifiable.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from counterseal.errors import MalformedError, SealError, UsageError, article
from counterseal.manifest import canonical
from counterseal.manifest.types import KeyId, Name, Text
from counterseal.seal.key import PublicKey
from counterseal.seal.pem import is_block

Role: TypeAlias = Literal["release", "record", "checkpoint", "approval", "hold", "incident", "audit", "index"]
"""What a key may seal. `release` covers manifests, summaries and attestations, `record` control records, and
`hold` and `incident` the pages of these two books, `audit` what an audit has verified
and `index` the index that is made of a store, both for whoever does it again."""

Moment = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339 time with its offset")]
Pem = Annotated[str, msgspec.Meta(min_length=1, max_length=16384, description="PEM text")]


class _Struct(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", forbid_unknown_fields=True
):
    pass


class Holder(_Struct, frozen=True, kw_only=True):
    """What every trusted signer has, whether it is a key or an identity.

    Attributes:
        roles: what it may seal.
        valid_from: the first moment of its validity.
        valid_until: the last moment of its validity, or None while there is no end.
        revoked_at: when it stopped being believed, or None.
        reason: why it was revoked.
        comment: whose it is, for the reader.
        streams: for which repositories (their URIs) or streams (their ids) it may seal manifests,
            checkpoints and pages of books; None for all.
    """

    roles: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1)]
    valid_from: Moment
    valid_until: Moment | None = None
    revoked_at: Moment | None = None
    reason: Text | None = None
    comment: Text | None = None
    streams: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)] | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        raise NotImplementedError

    def require_stream(self, *names: str) -> None:
        """Return when the signer may seal for what has these names.

        Args:
            names: all that is known of it: the id of the stream, the repository's URI.

        Raises:
            SealError: it may not.
        """
        if self.streams is not None and not {*names} & {*self.streams}:
            raise SealError(
                f"{self.name} is not trusted to seal for {' of '.join(names)}",
                remedy="see `streams` in the trust file",
            )


class TrustedKey(Holder, frozen=True, kw_only=True):
    """A managed key that is believed.

    Attributes:
        keyid: its OpenSSH fingerprint.
        public_key: the key, PEM.
    """

    keyid: KeyId
    public_key: Pem

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"key {self.keyid}"


class TrustedIdentity(Holder, frozen=True, kw_only=True):
    """A keyless identity that is believed: what the certificate says, compared exactly.

    Attributes:
        issuer: the OpenID Connect issuer.
        subject: the subject alternative name, for GitHub the workflow's URI with its ref.
    """

    issuer: Name
    subject: Name

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"identity {self.subject} of {self.issuer}"


class TrustedAuthority(_Struct, frozen=True, kw_only=True):
    """A timestamp authority that is believed for stamps made within its window.

    Attributes:
        roots: its root certificates, PEM.
        intermediates: further certificates of its chain, PEM.
        valid_from: the first moment of stamps that are believed.
        valid_until: the last one, or None while there is no end.
        comment: whose it is.
    """

    roots: Annotated[tuple[Pem, ...], msgspec.Meta(min_length=1)]
    valid_from: Moment
    intermediates: tuple[Pem, ...] = ()
    valid_until: Moment | None = None
    comment: Text | None = None

    def covers(self, moment: datetime) -> bool:
        """Tell whether stamps of this moment are believed; both ends are inside."""
        return self.valid_from <= moment and (self.valid_until is None or moment <= self.valid_until)


class Trust(_Struct, frozen=True, kw_only=True, dict=True):
    """A trust file.

    Attributes:
        version: the format's version.
        keys: the managed keys.
        timestamp_authorities: the authorities whose stamps are believed.
        identities: the keyless identities.
    """

    version: Literal[1]
    keys: tuple[TrustedKey, ...] = ()
    timestamp_authorities: tuple[TrustedAuthority, ...] = ()
    identities: tuple[TrustedIdentity, ...] = ()

    def find(self, keyid: str) -> TrustedKey | None:
        """Return the key with this id, or None."""
        found = self._loaded.get(keyid)
        return found[0] if found else None

    def signer(self, name: str) -> Holder | None:
        """Return the key with this id, or the identity that messages call so; or None."""
        return self.find(name) or next((one for one in self.identities if one.name == name), None)

    def public_key(self, keyid: str) -> PublicKey | None:
        """Return the loaded key with this id, or None. Each key is loaded once."""
        found = self._loaded.get(keyid)
        return found[1] if found else None

    def encode(self) -> bytes:
        """Return the file's text: JSON, indented for the reviewer of a change."""
        return (json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False) + "\n").encode()

    @cached_property
    def _loaded(self) -> dict[str, tuple[TrustedKey, PublicKey]]:
        return {
            key.keyid: (key, PublicKey.from_pem(key.public_key, where=f"keys[{at}].publicKey"))
            for at, key in enumerate(self.keys)
        }


EMPTY: Final = Trust(version=1)
"""A trust file that believes nobody."""


def parse_trust(data: bytes, *, where: str) -> Trust:
    """Read a trust file and check that it does not contradict itself.

    Raises:
        MalformedError: when it is not strict JSON, has unknown members, or a key or certificate in it
            cannot be loaded or is not what it is called.
    """
    value = canonical.parse(data, where=where)
    try:
        trust = msgspec.convert(value, Trust)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"not a trust file: {str(cause)[:300]}", where=where) from cause
    _check(trust, where=where)
    return trust


def judge(holder: Holder, role: str, claimed: datetime | None, trusted: datetime | None) -> None:
    """Decide whether a signer was believed when it signed. Pure: the current time plays no part.

    Args:
        holder: the key or identity.
        role: what was sealed.
        claimed: the time that the signed payload states, if any; the signer can choose it.
        trusted: the time that somebody else vouches for (RFC 3161), if any.

    Raises:
        SealError: when it was not. A revoked signer is believed only with a trusted time strictly before
            its revocation; a signer whose validity has an end only with some time inside its window.
    """
    if role not in holder.roles:
        raise SealError(
            f"{holder.name} is not trusted to seal {article(role)}", remedy="see `roles` in the trust file"
        )
    if holder.revoked_at is not None:
        _judge_revocation(holder, holder.revoked_at, trusted)
    moment = trusted or claimed
    if moment is None:
        if holder.valid_until is not None:
            raise SealError(f"{holder.name} has an end, and nothing says when this was sealed")
    elif moment < holder.valid_from:
        raise SealError(f"{holder.name} was not valid yet at {moment.isoformat()}")
    elif holder.valid_until is not None and moment > holder.valid_until:
        raise SealError(f"{holder.name} was no longer valid at {moment.isoformat()}")


def add_key(trust: Trust, key: TrustedKey) -> Trust:
    """Return the trust file with one more key.

    Raises:
        UsageError: when the key is in it already: its validity is history, not a setting.
        MalformedError: when the key contradicts itself.
    """
    if trust.find(key.keyid):
        raise UsageError(f"{key.name} is in the trust file already")
    grown = msgspec.structs.replace(trust, keys=(*trust.keys, key))
    _check(grown, where="trust file")
    return grown


def revoke_key(trust: Trust, keyid: str, *, at: datetime, reason: str) -> Trust:
    """Return the trust file with a key revoked from a moment on.

    Raises:
        UsageError: when the key is unknown, or was revoked at that moment or before: a revocation can be
            moved to an earlier moment, never to a later one.
    """
    key = trust.find(keyid)
    if key is None:
        raise UsageError(f"key {keyid} is not in the trust file")
    if key.revoked_at is not None and at >= key.revoked_at:
        raise UsageError(f"{key.name} is revoked since {key.revoked_at.isoformat()} already")
    revoked = msgspec.structs.replace(key, revoked_at=at, reason=reason)
    keys = tuple(revoked if one.keyid == keyid else one for one in trust.keys)
    return msgspec.structs.replace(trust, keys=keys)


def _judge_revocation(holder: Holder, revoked_at: datetime, trusted: datetime | None) -> None:
    since = f"{holder.name} is revoked since {revoked_at.isoformat()}"
    if trusted is None:
        raise SealError(f"{since}, and no trusted timestamp shows that this was sealed before")
    if trusted >= revoked_at:
        raise SealError(f"{since}, and this was stamped at {trusted.isoformat()}")


def _check(trust: Trust, *, where: str) -> None:
    if len({key.keyid for key in trust.keys}) != len(trust.keys):
        raise MalformedError("a keyid occurs twice", where=where)
    if len({(one.issuer, one.subject) for one in trust.identities}) != len(trust.identities):
        raise MalformedError("an identity occurs twice", where=where)
    _check_keys(trust, where=where)
    windows: list[Any] = [*trust.keys, *trust.identities, *trust.timestamp_authorities]
    for one in windows:
        if one.valid_until is not None and one.valid_until < one.valid_from:
            raise MalformedError("validUntil is before validFrom", where=where)
    _check_certificates(trust.timestamp_authorities, where=where)


def _check_keys(trust: Trust, *, where: str) -> None:
    try:
        loaded = [trust.public_key(key.keyid) for key in trust.keys]
    except MalformedError as cause:
        raise MalformedError(cause.message, where=f"{where}: {cause.where}", remedy=cause.remedy) from cause
    for key, public in zip(trust.keys, loaded, strict=True):
        if not is_block(key.public_key, "PUBLIC KEY"):
            raise MalformedError(f"more than a PEM block in the public key of {key.keyid}", where=where)
        if public is None or public.keyid != key.keyid:
            raise MalformedError(f"the public key of {key.keyid} has another keyid", where=where)


def _check_certificates(authorities: tuple[TrustedAuthority, ...], *, where: str) -> None:
    if not authorities:
        return
    from counterseal.seal.timestamp import load_certificate

    for at, authority in enumerate(authorities):
        for pem in (*authority.roots, *authority.intermediates):
            place = f"{where}: timestampAuthorities[{at}]"
            if not is_block(pem, "CERTIFICATE"):
                raise MalformedError(
                    "not one certificate in PEM with nothing around it",
                    where=place,
                    remedy="give each certificate as a member of its own, without comments",
                )
            try:
                load_certificate(pem)
            except ValueError as cause:
                raise MalformedError("not a certificate in PEM", where=place) from cause
