"""`keys generate | show | trust | revoke`: make signing keys, and keep the trust file that believes them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from counterseal.host import Host
    from counterseal.seal.key import PublicKey
    from counterseal.seal.trust import Role, Trust

_ALGORITHMS = ("ecdsa-p256-sha256", "ed25519")
_TRUST = Input("trust", "Path of the trust file.", required=True)
_KEYID = Output("keyid", "OpenSSH fingerprint of the public key.")


def _generate(inputs: Inputs, host: Host) -> Result:
    """Write a new private key, which only its owner can read, and the public key beside it."""
    from counterseal.seal.keygen import generate_key
    from counterseal.seal.signers.pem import PASSWORD_VARIABLE, load_signer

    algorithm, private = inputs["algorithm"], host.cwd / inputs["out"]
    public = host.cwd / (inputs["public"] or f"{inputs['out']}.pub")
    if algorithm not in _ALGORITHMS:
        raise UsageError("an unknown algorithm", where="algorithm", remedy="use " + " or ".join(_ALGORITHMS))
    password = host.env.get(PASSWORD_VARIABLE) if inputs.flag("encrypt") else None
    if inputs.flag("encrypt") and not password:
        raise UsageError("there is no password", where="encrypt", remedy=f"set {PASSWORD_VARIABLE}")
    _require_absent(private, public)
    pem = generate_key("ed25519" if algorithm == "ed25519" else "ecdsa-p256-sha256", password=password)
    key = load_signer(pem, env=host.env, where=str(private)).public_key
    _create(private, pem, 0o600)
    _create(public, key.pem.encode(), 0o644)
    outputs = {"keyid": key.keyid, "private-key": str(private), "public-key": str(public)}
    return Result.passed(
        f"a new key {key.keyid}", outputs=outputs, text=f"  private: {private}\n  public: {public}"
    )


def _show(inputs: Inputs, host: Host) -> Result:
    """Show what a key file or a trust file holds; of a private key, its public half."""
    from counterseal.seal.key import PublicKey
    from counterseal.seal.signers.pem import load_signer
    from counterseal.seal.trust import parse_trust

    path = inputs["path"]
    data = _run.read_file(host, path)
    if data.lstrip().startswith(b"{"):
        return _show_trust(parse_trust(data, where=path), path)
    if b"PRIVATE KEY" in data:
        key = load_signer(data, env=host.env, where=path).public_key
    else:
        key = PublicKey.from_pem(data, where=path)
    return Result.passed(f"key {key.keyid}", outputs={"keyid": key.keyid}, text=_describe(key))


def _trust(inputs: Inputs, host: Host) -> Result:
    """Add a public key to a trust file, which is created when there is none."""
    from counterseal.seal.key import PublicKey
    from counterseal.seal.trust import TrustedKey, add_key

    key = PublicKey.from_pem(_run.read_file(host, inputs["key"]), where=inputs["key"])
    trusted = TrustedKey(
        keyid=key.keyid,
        public_key=key.pem,
        roles=_roles(inputs),
        valid_from=_moment(inputs, "valid-from") or _run.now(),
        valid_until=_moment(inputs, "valid-until"),
        comment=inputs["comment"] or None,
        streams=inputs.many("stream") or None,
    )
    _replace(host.cwd / inputs["trust"], add_key(_read_trust(inputs, host), trusted).encode())
    roles = ", ".join(trusted.roles)
    return Result.passed(f"key {key.keyid} is trusted for {roles}", outputs={"keyid": key.keyid})


def _revoke(inputs: Inputs, host: Host) -> Result:
    """Mark a key of a trust file as revoked; nothing marks it otherwise again."""
    from counterseal.seal.trust import revoke_key

    if not (host.cwd / inputs["trust"]).exists():
        raise UsageError("there is no such trust file", where=inputs["trust"])
    at = _moment(inputs, "at") or _run.now()
    trust = revoke_key(_read_trust(inputs, host), inputs["keyid"], at=at, reason=inputs["reason"])
    _replace(host.cwd / inputs["trust"], trust.encode())
    return Result.passed(
        f"key {inputs['keyid']} is revoked since {at.isoformat()}",
        outputs={"keyid": inputs["keyid"]},
        text="  what it sealed before stays valid only where a trusted timestamp shows that",
    )


def _describe(key: PublicKey) -> str:
    return f"  algorithm: {key.algorithm}\n  fingerprint: {key.keyid}\n{key.pem}"


def _show_trust(trust: Trust, path: str) -> Result:
    """Say of each key, identity and authority what it is trusted for and when."""
    from counterseal.host.text import one_line

    lines = []
    for holder in (*trust.keys, *trust.identities):
        window = f"{holder.valid_from.isoformat()} to {_end(holder.valid_until)}"
        revoked = f", revoked since {holder.revoked_at.isoformat()}" if holder.revoked_at else ""
        comment = f" ({holder.comment})" if holder.comment else ""
        scope = f" for {', '.join(holder.streams)}" if holder.streams else ""
        lines.append(f"{holder.name}{comment}: {', '.join(holder.roles)}{scope}; {window}{revoked}")
    for authority in trust.timestamp_authorities:
        window = f"{authority.valid_from.isoformat()} to {_end(authority.valid_until)}"
        lines.append(f"timestamp authority {authority.comment or ''}: {window}")
    headline = f"{path}: {len(trust.keys)} keys, {len(trust.identities)} identities, "
    headline += f"{len(trust.timestamp_authorities)} timestamp authorities"
    return Result.passed(headline, text="\n".join(f"  {one_line(line)}" for line in lines))


def _end(moment: datetime | None) -> str:
    return moment.isoformat() if moment else "further notice"


def _read_trust(inputs: Inputs, host: Host) -> Trust:
    from counterseal.seal.trust import EMPTY, parse_trust

    path = inputs["trust"]
    if not (host.cwd / path).exists():
        return EMPTY
    return parse_trust(_run.read_file(host, path), where=path)


def _roles(inputs: Inputs) -> tuple[Role, ...]:
    from counterseal.seal.trust import Role

    known: tuple[Role, ...] = get_args(Role)
    for name in inputs.many("role"):
        if name not in known:
            raise UsageError(
                f"{name[:40]!r} is not a role", where="role", remedy="use one of: " + ", ".join(known)
            )
    return tuple(role for role in known if role in inputs.many("role"))


def _moment(inputs: Inputs, name: str) -> datetime | None:
    from counterseal.manifest.types import parse_time

    return parse_time(inputs[name], where=name) if inputs[name] else None


def _require_absent(*paths: Path) -> None:
    for path in paths:
        if os.path.lexists(path):
            raise UsageError("this file exists, and no key is ever overwritten", where=str(path))


def _create(path: Path, data: bytes, mode: int) -> None:
    """Write a file that did not exist, with no moment at which others could read it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=str(path)) from cause


def _replace(path: Path, data: bytes) -> None:
    """Replace a file as a whole: a reader, or a crash, sees the old text or the new one."""
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(temporary, target)  # noqa: PTH105 (mkstemp gives text)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=str(path)) from cause


GENERATE = Command(
    "keys generate",
    "Make a new signing key.",
    (
        Input("out", "Where to write the private key; an existing file is never overwritten.", required=True),
        Input("public", "Where to write the public key; by default beside it, with .pub added."),
        Input("algorithm", "Either ecdsa-p256-sha256 or ed25519.", default=_ALGORITHMS[0]),
        Input("encrypt", "Encrypt the private key with the password in COUNTERSEAL_KEY_PASSWORD.", flag=True),
    ),
    (
        _KEYID,
        Output("private-key", "Path of the private key."),
        Output("public-key", "Path of the public key."),
    ),
    _generate,
)
SHOW = Command(
    "keys show",
    "Show the public half of a key and its identifier, or what a trust file trusts.",
    (Input("path", "A private key, a public key or a trust file.", required=True),),
    (_KEYID,),
    _show,
)
TRUST = Command(
    "keys trust",
    "Add a key to a trust file.",
    (
        _TRUST,
        Input("key", "Path of the public key, PEM.", required=True),
        Input(
            "role",
            "What it may seal: release, record, checkpoint, approval, hold, incident, audit or index.",
            required=True,
            multiple=True,
        ),
        Input(
            "stream",
            "URI of a repository, or id of a stream, that it may seal for; by default for all.",
            multiple=True,
        ),
        Input("valid-from", "First moment of its validity, such as 2026-01-31T00:00:00Z; by default now."),
        Input("valid-until", "Last moment of its validity; by default there is none."),
        Input("comment", "Whose key it is."),
    ),
    (_KEYID,),
    _trust,
)
REVOKE = Command(
    "keys revoke",
    "Revoke a key in a trust file, for good.",
    (
        _TRUST,
        Input("keyid", "Identifier of the key.", required=True),
        Input("reason", "Why it is revoked.", required=True),
        Input("at", "First moment at which it is no longer believed; by default now."),
    ),
    (_KEYID,),
    _revoke,
)
