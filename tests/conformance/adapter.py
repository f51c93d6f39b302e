"""Counterseal's side of the protocol: `python -m conformance.adapter verify-vector KIND FILE...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from counterseal.errors import CountersealError, MalformedError, SealError
from counterseal.ledger.chain import ChainWalk, link_of
from counterseal.manifest import canonical
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.stream import stream_id
from counterseal.seal.key import PublicKey
from counterseal.seal.trust import parse_trust
from counterseal.seal.verify import open_bundle, open_envelope

Answer = dict[str, str]


def answer(kind: str, paths: Sequence[str]) -> Answer:
    """Return the answer to one question."""
    try:
        return {"verdict": "accepted", "digest": _KINDS[kind]([Path(path) for path in paths])}
    except RuleBroken as broken:
        return {"verdict": "refused", "rule": broken.rule}
    except SealError as error:
        return {"verdict": "refused", "rule": _seal_rule(error)}


def _json(paths: Sequence[Path]) -> str:
    return sha256(canonical.encode(canonical.parse(paths[0].read_bytes(), where="input")))


def _canonical(paths: Sequence[Path]) -> str:
    data = paths[0].read_bytes()
    canonical.require_canonical(data, where="input")
    return sha256(data)


def _statement(paths: Sequence[Path]) -> str:
    data = paths[0].read_bytes()
    read_statement(data, where="input")
    return sha256(data)


def _chain(paths: Sequence[Path]) -> str:
    walk: ChainWalk | None = None
    payload = ""
    for path in paths:
        payload = _statement([path])
        manifest = read_statement(path.read_bytes(), where=path.name).predicate
        walk = walk or ChainWalk(stream_id(manifest.chain.stream))
        for problem in walk.visit(int(path.stem), link_of(manifest, payload)):
            raise RuleBroken(problem.code, problem.message)
    return payload


def _bundle(paths: Sequence[Path]) -> str:
    return open_bundle(paths[0].read_bytes(), _trust(paths[1]), role="release", where="input").payload_digest


def _envelope(paths: Sequence[Path]) -> str:
    return open_envelope(
        paths[0].read_bytes(), _trust(paths[1]), role="release", where="input"
    ).payload_digest


def _trust(path: Path):
    key = PublicKey.from_pem(path.read_bytes(), where="key")
    entry = {
        "keyid": key.keyid,
        "publicKey": key.pem,
        "roles": ["release"],
        "validFrom": "2000-01-01T00:00:00Z",
    }
    return parse_trust(json.dumps({"version": 1, "keys": [entry]}).encode(), where="trust")


def _seal_rule(error: CountersealError) -> str:
    if isinstance(error.__cause__, MalformedError) or "signatures where" in error.message:
        return "seal-form"
    if "trust file does not have" in error.message:
        return "seal-key"
    return "seal-signature" if "signature" in error.message else "seal-payload-type"


_KINDS: dict[str, Callable[[Sequence[Path]], str]] = {
    "json": _json,
    "canonical": _canonical,
    "statement": _statement,
    "chain": _chain,
    "bundle": _bundle,
    "envelope": _envelope,
}

if __name__ == "__main__":
    print(json.dumps(answer(sys.argv[2], sys.argv[3:])))
