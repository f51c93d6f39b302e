"""What other people's verifiers get to see: releases read back from a real store, whole and altered."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from counterseal.ledger.append import Ledger
from counterseal.seal.key import Algorithm, PublicKey
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import Trust, TrustedAuthority, TrustedKey
from counterseal.store.directory import DirectoryStore
from factories import STREAM, manifest_statement
from simulators.tsa import TimestampServer, authority

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

Change = Callable[[dict[str, Any]], None]
"""Alters a DSSE envelope, as JSON, in place."""


@dataclass(frozen=True)
class Release:
    """One release as a stranger finds it.

    Attributes:
        key: the public key that sealed it.
        bundle: the Sigstore bundle of the manifest, the first line of the entry.
        vsa: the DSSE envelope of the verdict, the second line.
        checkpoint: the Sigstore bundle of the checkpoint.
        stampers: the certificates of who stamped it, the stamping one first; empty when nobody did.
        store: the directory of the store.
        trust: the trust file.
    """

    key: PublicKey
    bundle: bytes
    vsa: bytes
    checkpoint: bytes
    stampers: tuple[str, ...]
    store: Path
    trust: Trust


def publish(folder: Path, algorithm: Algorithm, *, stamped: bool = False) -> Release:
    """Append two releases to a fresh store and return the second one, read from the files."""
    signer = open_signer("env:KEY", env={"KEY": generate_key(algorithm).decode()})
    with ExitStack() as stack:
        stampers: tuple[str, ...] = ()
        tsa = None
        if stamped:
            stamper, root = authority(folder / "authority")
            stampers = (stamper.leaf.pem, root.pem)
            tsa = TimestampAuthority(stack.enter_context(TimestampServer(stamper)).url)
        trust = _trust(signer.public_key, stampers)
        ledger = Ledger(DirectoryStore(folder / "store"), Sealer(signer, tsa), trust=trust)
        for _ in range(2):
            added = ledger.append(
                STREAM,
                lambda chain, _: manifest_statement(
                    sequence=chain.sequence, previous=chain.previous and chain.previous.sha256
                ),
            )
    store = folder / "store"
    bundle, vsa = (store / added.entry_key).read_bytes().splitlines()
    checkpoint = (store / added.checkpoint_key).read_bytes()
    return Release(signer.public_key, bundle, vsa, checkpoint, stampers, store, trust)


def other_key(algorithm: Algorithm) -> PublicKey:
    """Return the public half of a key that has sealed nothing."""
    private = serialization.load_pem_private_key(generate_key(algorithm), password=None)
    return PublicKey.from_key(private.public_key(), where="other key")


def altered(document: bytes, change: Change) -> bytes:
    """Return a bundle, or a plain envelope, whose envelope was altered."""
    value = json.loads(document)
    change(value.get("dsseEnvelope", value))
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def change_payload(envelope: dict[str, Any]) -> None:
    """Turn the outcome around; everything else stays what it was."""
    payload = base64.b64decode(envelope["payload"])
    changed = payload.replace(b'"passed"', b'"failed"').replace(b'"PASSED"', b'"FAILED"')
    assert changed != payload
    envelope["payload"] = base64.b64encode(changed).decode()


def change_payload_type(envelope: dict[str, Any]) -> None:
    """Say that the same bytes are of another type."""
    envelope["payloadType"] = "application/json"


def change_signature(envelope: dict[str, Any]) -> None:
    """Turn the last bit of the signature around."""
    signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    signature[-1] ^= 1
    envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()


def add_signature(envelope: dict[str, Any]) -> None:
    """Let the envelope have the same signature twice."""
    envelope["signatures"] *= 2


def drop_signature(envelope: dict[str, Any]) -> None:
    """Leave no signature."""
    envelope["signatures"] = []


CHANGES: dict[str, Change] = {
    "payload": change_payload,
    "payloadType": change_payload_type,
    "signature": change_signature,
    "two signatures": add_signature,
    "no signature": drop_signature,
}
"""What is done to an envelope, after which nobody may accept it."""


def _trust(key: PublicKey, stampers: tuple[str, ...]) -> Trust:
    trusted = TrustedKey(
        keyid=key.keyid, public_key=key.pem, roles=("release", "checkpoint"), valid_from=BEGIN
    )
    authorities = [
        TrustedAuthority(roots=stampers[1:], intermediates=stampers[:1], valid_from=BEGIN)
        for _ in stampers[:1]
    ]
    return Trust(version=1, keys=(trusted,), timestamp_authorities=tuple(authorities))
