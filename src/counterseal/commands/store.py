"""`store doctor`: look at a bucket before evidence is entrusted to it, and say what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host.result import Reason

if TYPE_CHECKING:
    from counterseal.host import Host

_CODES = {"failed": 13, "inconclusive": 14, "passed": 0}
_NEVER_KNOWN = "rights"  # where no policy denies them only an attempt would show them, so they decide nothing


def _doctor(inputs: Inputs, host: Host) -> Result:
    """Examine a store in S3; what must be mended fails, what cannot be told is said."""
    from counterseal.host.text import one_line
    from counterseal.policy.file import load_policy
    from counterseal.store.doctor import examine
    from counterseal.store.open import open_store
    from counterseal.store.s3 import S3Store

    store = open_store(_run.store_uri(host, inputs["store"]))
    if not isinstance(store, S3Store):
        raise UsageError(
            "a directory has neither versions nor locks", where="store", remedy="name s3://BUCKET"
        )
    path = inputs["policy"]
    kept = load_policy(_run.read_file(host, path), where=path).evidence.retention if path else None
    signs = list(examine(store, kept, _run.now()))
    ill = [one for one in signs if one.state == "ill"]
    weak = [one for one in signs if one.state == "weak"]
    told = [one for one in signs if one.state != "well"]
    open_ = [one for one in told if one.state == "unknown" and one.name != _NEVER_KNOWN]
    outcome = "failed" if ill else "inconclusive" if open_ else "passed"
    rows = (
        f"{one.state:<8} {one.name:<11} {one.said}{f' ({one.remedy})' if one.remedy else ''}" for one in signs
    )
    return Result(
        outcome=outcome,
        exit_code=_CODES[outcome],
        headline=f"{len(signs)} things looked at, {len(ill)} to mend, {len(weak)} that could be firmer",
        reasons=tuple(Reason("store-doctor", one.said, one.name, None, one.remedy or None) for one in told),
        outputs={"ill": str(len(ill)), "weak": str(len(weak))},
        text="\n".join(one_line(row, limit=1000) for row in rows),
    )


DOCTOR = Command(
    "store doctor",
    "Look at a bucket before evidence is entrusted to it, and say what to mend. Nothing is written.",
    (
        Input("store", "The store: s3://BUCKET/PREFIX.", required=True),
        Input("policy", "Policy file whose evidence.retention the bucket has to meet."),
    ),
    (
        Output("ill", "How many things have to be mended."),
        Output("weak", "How many things could be firmer."),
    ),
    _doctor,
)
