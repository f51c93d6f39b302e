"""What an approval is bound to, compared with what would be deployed: any difference voids it."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.host.text import one_line
from counterseal.manifest.approval import Binding
from counterseal.manifest.record import Digest, Reason


def changed(asked: Binding, found: Binding) -> Iterator[Reason]:
    """Yield one reason for each field in which what was asked for is not what would be deployed.

    Args:
        asked: what the request is bound to.
        found: what would be deployed if the answer were yes.
    """
    for name in Binding.__struct_fields__:
        before, after = getattr(asked, name), getattr(found, name)
        if before != after:
            yield Reason(
                rule=f"binding-{name.replace('_', '-')}",
                message=f"asked for {_shown(before)}, found {_shown(after)}",
                subject=name,
                remedy="ask again, for what is there now",
            )


def _shown(value: object) -> str:
    if isinstance(value, Digest):
        return value.sha256
    return "none" if value is None else one_line(str(value), limit=200)
