"""`store hold`: keep everything of a release regardless of its dates, or let it go; who and why is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from counterseal.host import Host
    from counterseal.ledger.holds import Asking
    from counterseal.store.s3 import S3Store

INPUTS = (
    Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX.", required=True),
    Input("stream", "Name of the chain that the release is in.", required=True),
    Input("sequence", "Number of the release in its chain.", required=True),
    Input("on", "Put the hold on.", flag=True),
    Input("off", "Take the hold off.", flag=True),
    Input("reason", "Why, such as the number of the proceedings.", required=True),
    Input("by", "Who asks for it; by default the account that started the run."),
    Input(
        "key",
        "Signer trusted for holds, such as env:COUNTERSEAL_HOLD_KEY, file:PATH or aws-kms:ARN.",
        required=True,
    ),
    Input("trust", "Trust file that the release and the book of holds must satisfy.", required=True),
    _run.TIMESTAMP_URL,
)
OUTPUTS = (
    Output("entry", "Key of the sealed record in the store."),
    Output("objects", "How many versions the hold is about."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Put the hold on, or take it off; every version is read back."""
    from counterseal.ledger.holds import HoldBook
    from counterseal.ledger.layout import is_stream_id
    from counterseal.seal.trust import parse_trust

    if inputs.flag("on") == inputs.flag("off"):
        raise UsageError("say either on or off", where="on, off")
    stream, sequence = inputs["stream"], _run.sequence(inputs)
    if not is_stream_id(stream) or not sequence:
        raise UsageError("names no release", where="stream, sequence")
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
    store = _store(inputs, host)
    book = HoldBook(store, trust)
    change = book.put_on if inputs.flag("on") else book.take_off
    entered = change(store, stream, sequence, _asking(inputs, host), sealer)
    count = len(entered.hold.objects)
    return Result.passed(
        f"the legal hold of release {sequence} of {stream} is {entered.hold.state}: {count} versions",
        outputs={"entry": entered.key, "objects": str(count)},
        digests={"record": entered.payload},
    )


def _store(inputs: Inputs, host: Host) -> S3Store:
    from counterseal.store.open import open_store
    from counterseal.store.s3 import S3Store

    store = open_store(_run.store_uri(host, inputs["store"]))
    if not isinstance(store, S3Store):
        raise UsageError("a directory knows no legal hold", where="store", remedy="name s3://BUCKET")
    return store


def _asking(inputs: Inputs, host: Host) -> Asking:
    """Return who asks. A login is told with its number, which nobody can take over."""
    from counterseal.ledger.holds import Asking
    from counterseal.manifest.pseudonym import account_name
    from counterseal.manifest.types import format_time

    context, reason = host.context, inputs["reason"]
    by = inputs["by"] or (f"{context.actor_id}:{context.actor}" if context.actor_id and context.actor else "")
    if not by:
        raise UsageError("nobody is named who asks for it", where="by", remedy="give --by")
    if names := _people.pseudonyms(host, None):
        own = account_name(context.actor_id) if context.actor_id and not inputs["by"] else ""
        by, reason = own or names.line(by), names.prose(reason)
    return Asking(by, reason, format_time(_run.now()), _run.origin(host))


COMMAND = Command(
    "store hold", "Put a legal hold on everything of a release, or take it off.", INPUTS, OUTPUTS, run
)
