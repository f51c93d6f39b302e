"""The surroundings of repositories: the forge, the trusted policy and the tracker of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _forge, _people, _tracker
from counterseal.errors import CountersealError

if TYPE_CHECKING:
    from counterseal.checks.approvals.sweep import Around
    from counterseal.commands._base import Inputs
    from counterseal.host import Host


class Arounds:
    """The surroundings that the inputs of a command lead to.

    Args:
        inputs: the inputs.
        host: the surroundings of the command itself.
    """

    def __init__(self, inputs: Inputs, host: Host) -> None:
        self._inputs, self._host = inputs, host
        self._opened: dict[str, Around | CountersealError] = {}

    def of(self, uri: str) -> Around:
        """Return the surroundings of a repository, opened once; what cannot be opened is not tried again."""
        if uri not in self._opened:
            try:
                self._opened[uri] = self._open(uri)
            except CountersealError as error:
                self._opened[uri] = error
        found = self._opened[uri]
        if isinstance(found, CountersealError):
            raise found
        return found

    def _open(self, uri: str) -> Around:
        from urllib.parse import urlsplit

        from counterseal.checks.approvals.gate import approval_of
        from counterseal.checks.approvals.sweep import Around
        from counterseal.checks.trusted import trusted_policy
        from counterseal.clients.veil import veiled_forge, veiled_tracker

        forge = _forge.open_forge(self._inputs, self._host, urlsplit(uri).path.strip("/"))
        secret = _people.key(self._host)
        trusted = trusted_policy(
            forge, self._inputs["policy"], self._inputs["policy-ref"], pseudonym_key=secret
        )
        names = trusted.pseudonyms
        parity = approval_of(trusted).parity
        kind = parity.tracker if parity else None
        tracker = _tracker.open_tracker(self._inputs, self._host, kind)
        return Around(veiled_forge(forge, names), trusted, veiled_tracker(tracker, names))
