"""Vouching: what a stamped manifest lists by digest existed when it was stamped.

So a record without a stamp of its own, sealed with a key that was revoked later, is still believed when a
manifest that was stamped before the revocation lists its exact bytes.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from counterseal.seal.trust import Trust


class VouchedTrust:
    """A trust file as it applies to what is known to have existed at a given moment.

    Args:
        trust: the trust file.
    """

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self._revocations = {key.keyid: key.revoked_at for key in trust.keys if key.revoked_at is not None}
        self._variants: dict[frozenset[str], Trust] = {}

    def at(self, moment: datetime | None) -> Trust:
        """Return the trust file without the revocations that came after the moment.

        Args:
            moment: a trusted time at which the bytes existed, or None when none is known.
        """
        if moment is None or not self._revocations:
            return self.trust
        spared = frozenset(keyid for keyid, since in self._revocations.items() if moment < since)
        if spared not in self._variants:
            self._variants[spared] = self._without(spared)
        return self._variants[spared]

    def _without(self, spared: frozenset[str]) -> Trust:
        if not spared:
            return self.trust
        keys = (
            msgspec.structs.replace(key, revoked_at=None) if key.keyid in spared else key
            for key in self.trust.keys
        )
        return msgspec.structs.replace(self.trust, keys=tuple(keys))
