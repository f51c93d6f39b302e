"""The ticket tracker that a command asks: its address, and where the credentials for it are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands._base import Input
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from counterseal.clients.tracker import Kind, Tracker
    from counterseal.commands._base import Inputs
    from counterseal.host import Host

TRACKER_URL = Input(
    "tracker-url", "Address of the ticket tracker that the policy names, such as https://jira.example.com."
)
TRACKER_CREDENTIALS = Input(
    "tracker-credentials",
    "Where the tracker's credentials are, as env:NAME; the variable holds user:password or a token.",
)


def open_tracker(inputs: Inputs, host: Host, kind: Kind | None) -> Tracker | None:
    """Return the tracker of this run, None when the policy or the inputs name none.

    Args:
        inputs: the inputs of a command with `TRACKER_URL` and `TRACKER_CREDENTIALS`.
        host: the surroundings.
        kind: the product that the policy names.

    Raises:
        UsageError: one of the two inputs is missing, or is not what it should be.
    """
    url, credentials = inputs[TRACKER_URL.name], inputs[TRACKER_CREDENTIALS.name]
    if kind is None or not (url or credentials):
        return None
    if not url or not credentials:
        missing = TRACKER_CREDENTIALS.name if url else TRACKER_URL.name
        raise UsageError("a tracker needs both an address and credentials", where=missing)
    from counterseal.clients import tracker

    scheme, _, name = credentials.partition(":")
    if scheme == "env" and (secret := host.env.get(name)):
        host.mask(secret)
    return tracker.open_tracker(kind, url, credentials, host.env)
