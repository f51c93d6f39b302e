"""The shelf: the part of a store where requests are; every document is created once, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from counterseal.errors import MalformedError, StoreConflict, UsageError
from counterseal.ledger.layout import APPROVALS
from counterseal.manifest import canonical
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.interface import Store


class Shelf:
    """Documents under `approvals/`, plain or sealed; every key is given without that beginning.

    Args:
        store: where they are.
        trust: whose seals are believed.
        sealer: seals what is added; without it nothing sealed can be.

    Attributes:
        trust: whose seals are believed.
    """

    def __init__(self, store: Store, trust: Trust, sealer: Sealer | None) -> None:
        self.trust = trust
        self._store, self._sealer = store, sealer

    @property
    def can_seal(self) -> bool:
        """Whether something sealed can be added."""
        return self._sealer is not None

    def seal(self, payload: bytes) -> bytes:
        """Return a payload's sealed bundle, judged as every reader will: what is created stays.

        Raises:
            UsageError: there is no key.
            SealError: the trust file does not let the key seal this.
        """
        if self._sealer is None:
            raise UsageError("nothing can be sealed without a key", where="key")
        bundle = self._sealer.seal(payload)
        self.payload(bundle, "")
        return bundle

    def create(self, key: str, data: bytes) -> bool:
        """Create a document; return whether nobody had created it before."""
        try:
            self._store.put(APPROVALS + key, data)
        except StoreConflict:
            return False
        return True

    def note(self, key: str, **said: str) -> bool:
        """Create a small plain document; return whether nobody had created it before."""
        return self.create(key, canonical.encode(said))

    def has(self, key: str) -> bool:
        """Tell whether there is such a document."""
        return self._store.head(APPROVALS + key) is not None

    def get(self, key: str) -> bytes:
        """Return a document.

        Raises:
            KeyMissing: there is none.
        """
        return self._store.get(APPROVALS + key)

    def text(self, key: str, name: str) -> str:
        """Return one text of a small plain document.

        Raises:
            MalformedError: it is not in there.
        """
        found: Any = canonical.parse(self.get(key), where=APPROVALS + key)
        if not isinstance(found, dict) or not isinstance(found.get(name), str):
            raise MalformedError(f"it does not say {name}", where=APPROVALS + key)
        return str(found[name])

    def payload(self, bundle: bytes, key: str) -> bytes:
        """Return the payload of a sealed document.

        Raises:
            SealError: its seal does not hold.
        """
        return open_bundle(bundle, self.trust, role="record", where=APPROVALS + key).payload

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of the documents that begin like this, in order."""
        return (key.removeprefix(APPROVALS) for key in self._store.keys(APPROVALS + prefix))
