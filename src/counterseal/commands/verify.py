"""`verify`: check artifacts, bundles, a chain or a whole store, offline, and say what is wrong and where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import CountersealError, NothingToJudge, SealError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from counterseal.host import Host
    from counterseal.manifest.statement import Statement
    from counterseal.seal.trust import Trust

_BUNDLE_LIMIT = 24 * 1024 * 1024
_MOST_LINES = 200

INPUTS = (
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("artifacts", "Artifacts that a bundle must vouch for: paths or glob patterns.", multiple=True),
    Input("bundles", "Sealed bundles: manifests, records, provenance or checkpoints.", multiple=True),
    Input("store", "Store to verify: dir:PATH or a path."),
    Input("stream", "Name of the one chain to verify; by default all of the store."),
    Input("sequence", "The one release of the stream to verify; by default all."),
    Input("anchor", "Checkpoint bundle that was kept elsewhere; the chain must still contain it."),
)
OUTPUTS = (
    Output("outcome", "passed or failed."),
    Output("checked", "How many signatures were verified."),
    Output("findings", "How many things are wrong."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Verify what was named; nothing named is nothing judged."""
    from counterseal.seal.trust import parse_trust

    if not (inputs["store"] or inputs.many("bundles")):
        raise UsageError("name a store or bundles to verify", where="store, bundles")
    if inputs.many("artifacts") and not inputs.many("bundles"):
        raise UsageError("name the bundles that should vouch for the artifacts", where="artifacts")
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    checked, reasons, notes = 0, list[Reason](), list[str]()
    if inputs.many("bundles"):
        count, found = _verify_bundles(inputs, host, trust)
        checked, reasons = checked + count, reasons + found
    if inputs["store"]:
        count, found, notes = _verify_store(inputs, host, trust)
        checked, reasons = checked + count, reasons + found
    return _result(checked, reasons, notes)


def _verify_bundles(inputs: Inputs, host: Host, trust: Trust) -> tuple[int, list[Reason]]:
    """Verify each bundle, and that every artifact is a subject of one of them."""
    from counterseal.host.files import expand, hash_file

    statements: list[Statement] = []
    reasons: list[Reason] = []
    for path in expand(inputs.many("bundles"), host.cwd):
        name = os.path.relpath(path, host.cwd)
        try:
            statements.append(_open(_run.read_file(host, name, _BUNDLE_LIMIT), trust, name))
        except CountersealError as error:
            reasons.append(
                Reason(error.code, error.message, subject=error.where or name, remedy=error.remedy)
            )
    vouched = set(_subjects(statements))
    for path in expand(inputs.many("artifacts"), host.cwd) if inputs.many("artifacts") else ():
        digest, _ = hash_file(path)
        if digest not in vouched:
            message = "no verified bundle vouches for an artifact with this digest"
            reasons.append(Reason("artifact", message, subject=path.name, digest=digest))
    return len(statements), reasons


def _open(data: bytes, trust: Trust, where: str) -> Statement:
    """Return the statement in a bundle whose seal is trusted for what it says it is."""
    from counterseal.ledger.opened import open_sealed, read_unverified, role_of

    announced = read_unverified(data, where=where).statement.predicate_type
    return open_sealed(data, trust, role_of(announced), where=where).statement


def _subjects(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield from (one.digest.sha256 for one in statement.subject if one.digest.sha256)


def _verify_store(inputs: Inputs, host: Host, trust: Trust) -> tuple[int, list[Reason], list[str]]:
    from counterseal.ledger.verify import verify_store
    from counterseal.store.open import open_store

    report = verify_store(
        open_store(_run.store_uri(host, inputs["store"])),
        trust,
        stream=inputs["stream"] or None,
        sequence=_run.sequence(inputs),
        anchor=_run.read_file(host, inputs["anchor"]) if inputs["anchor"] else None,
    )
    reasons = [Reason(one.code, one.message, subject=one.where) for one in report.findings]
    return report.signatures, reasons, [f"{one.code}: {one.where}: {one.message}" for one in report.notices]


def _result(checked: int, reasons: list[Reason], notes: list[str]) -> Result:
    from counterseal.host.markdown import escape

    outputs = {
        "outcome": "failed" if reasons else "passed",
        "checked": str(checked),
        "findings": str(len(reasons)),
    }
    if not checked and all(one.rule == NothingToJudge.code for one in reasons):
        raise NothingToJudge(
            "nothing sealed was found", remedy="check the store and the stream that were named"
        )
    lines = "".join(f"- {escape(one.line())}\n" for one in reasons[:_MOST_LINES])
    summary = f"### Verification: {len(reasons)} findings, {checked} signatures\n\n{lines}"
    text = "\n".join(f"  note: {note}" for note in notes[:_MOST_LINES])
    if not reasons:
        return Result.passed(f"{checked} signatures verify", outputs=outputs, summary=summary, text=text)
    headline = f"{len(reasons)} findings among {checked} verified signatures"
    return Result("failed", SealError.exit_code, headline, tuple(reasons), {}, outputs, summary, (), text)


COMMAND = Command("verify", "Check seals, chains and whole stores, offline.", INPUTS, OUTPUTS, run)
