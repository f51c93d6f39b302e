"""The book of requests: what was asked, what was seen and what was done, in a store that only creates.

Layout, under `approvals/<request id>/`::

    request.json            the sealed approval request; its id is the beginning of its payload's digest
    candidate.json          the candidate that it is about, by whose digest it is known
    seen/<digest>.json      a sealed sighting: what somebody did, when it was seen first
    steps/<key>.json        a step that is taken (reminder, escalation, ...): whoever creates it takes it
    told/<key>.json         that people have been told of a step
    decisions/<key>.json    the sealed record of a decision, and <key>.case.json what it was made from
    used.json               the one deployment that has used the approval up
    closed.json             what it came to in the end

and of emergencies, under `approvals/debts/<request id>/`, `owed.json` and, once it was reviewed, `paid.json`.

A key is created once, so every step is taken once, however often and in how many places a sweep runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from counterseal.errors import ApprovalMissing, MalformedError, SealError, StoreConflict, UsageError
from counterseal.ledger.layout import APPROVALS as PREFIX
from counterseal.manifest import canonical
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import ReleaseCandidate
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.interface import Store

SIGHTING: Final = "urn:counterseal:approval-sighting:v1"
"""The predicate type of a sighting, which never leaves the store."""

_ID = re.compile(r"[0-9a-f]{16}")
_DIGITS = 16


@dataclass(frozen=True)
class Asked:
    """A request as it stands in the store, whose seal held.

    Attributes:
        id: its id.
        request: what was asked.
        bundle: its sealed bundle.
    """

    id: str
    request: ApprovalRequest
    bundle: bytes


@dataclass(frozen=True)
class Sighting:
    """What somebody did, as it was seen first.

    Attributes:
        event: the event.
        seen_at: when it was seen, by the forge's clock.
        groups: the groups that the account belonged to then; None when that was not known.
    """

    event: dict[str, Any]
    seen_at: str
    groups: tuple[str, ...] | None = None


class RequestBook:
    """The requests of a store.

    Args:
        store: where they are.
        trust: whose seals are believed.
        sealer: seals what is added; without it nothing can be.
    """

    def __init__(self, store: Store, trust: Trust, sealer: Sealer | None = None) -> None:
        self._store, self._trust, self._sealer = store, trust, sealer

    def open(self, request: ApprovalRequest, candidate: ReleaseCandidate) -> Asked:
        """Seal a request and keep it with its candidate; return it with its id."""
        binding = request.binding
        if digest_of_candidate(candidate) != binding.candidate.sha256:
            raise UsageError("the request is about another candidate", where=PREFIX)
        subjects = (
            subject_of_commit(binding.repository, binding.commit),
            subject_of_file("candidate", binding.candidate.sha256),
        )
        payload = encode_statement(Statement(subjects, APPROVAL_REQUEST, request))
        name = sha256(payload)[:_DIGITS]
        bundle = self._seal(payload)
        self._create(f"{name}/candidate.json", canonical.encode(msgspec.to_builtins(candidate)))
        self._create(f"{name}/request.json", bundle)  # last: a request without its candidate is none
        return self.read(name)

    def read(self, name: str) -> Asked:
        """Return a request.

        Raises:
            UsageError: it is no id.
            KeyMissing: there is no such request.
            SealError: its seal does not hold, or it is another request.
        """
        if not _ID.fullmatch(name):
            raise UsageError(f"{name[:40]!r} is not the id of a request", where="request")
        key = f"{PREFIX}{name}/request.json"
        bundle = self._store.get(key)
        payload = open_bundle(bundle, self._trust, role="record", where=key).payload
        request = read_statement(payload, where=key).predicate
        if not isinstance(request, ApprovalRequest) or sha256(payload)[:_DIGITS] != name:
            raise SealError("this is another request than its name says", where=key)
        return Asked(name, request, bundle)

    def candidate(self, asked: Asked) -> ReleaseCandidate:
        """Return the candidate that a request is about.

        Raises:
            SealError: it is another one.
        """
        key = f"{PREFIX}{asked.id}/candidate.json"
        try:
            candidate = msgspec.json.decode(self._store.get(key), type=ReleaseCandidate)
        except msgspec.MsgspecError as cause:
            raise MalformedError(f"not a candidate: {str(cause)[:300]}", where=key) from cause
        if digest_of_candidate(candidate) != asked.request.binding.candidate.sha256:
            raise SealError("this is not the candidate that was asked about", where=key)
        return candidate

    def open_ids(self) -> Iterator[str]:
        """Yield the ids of the requests that are not closed, in order."""
        name, closed = "", False
        for key in self._store.keys(PREFIX):
            found, _, rest = key.removeprefix(PREFIX).partition("/")
            if found != name:
                if name and not closed:
                    yield name
                name, closed = found if _ID.fullmatch(found) else "", False
            closed = closed or rest == "closed.json"
        if name and not closed:
            yield name

    def see(self, name: str, event_id: str, make: Callable[[], Sighting]) -> Sighting:
        """Return what was seen first of an event, keeping it when nobody has seen it before."""
        key = f"{name}/seen/{sha256(event_id.encode())}.json"
        if self._store.head(PREFIX + key) is None and self._sealer is not None:
            sighting = make()
            predicate = {"event": sighting.event, "seenAt": sighting.seen_at, "request": name}
            if sighting.groups is not None:
                predicate["groups"] = list(sighting.groups)
            subject = subject_of_file("approval-request", sha256(name.encode()))
            self._create(key, self._seal(encode_statement(Statement((subject,), SIGHTING, predicate))))
        elif self._sealer is None:
            return make()
        return self._sighting(name, PREFIX + key)

    def seen(self, name: str) -> tuple[Sighting, ...]:
        """Return everything that was ever seen of a request."""
        return tuple(self._sighting(name, key) for key in self._store.keys(f"{PREFIX}{name}/seen/"))

    def take(self, name: str, step: str, at: str) -> bool:
        """Take a step; return whether nobody had taken it before."""
        return self._create(f"{name}/steps/{step}.json", canonical.encode({"at": at}))

    def told(self, name: str, step: str) -> bool:
        """Tell whether people have been told of a step."""
        return self._store.head(f"{PREFIX}{name}/told/{step}.json") is not None

    def tell(self, name: str, step: str, at: str) -> None:
        """Remember that people have been told of a step."""
        self._create(f"{name}/told/{step}.json", canonical.encode({"at": at}))

    def use(self, name: str, by: str, at: str) -> None:
        """Use an approval up.

        Raises:
            ApprovalMissing: another deployment has used it.
        """
        self._create(f"{name}/used.json", canonical.encode({"at": at, "by": by}))
        if (other := self.used_by(name)) != by:
            raise ApprovalMissing(
                f"the approval was used already, by {other}", where=name, remedy="ask for approval again"
            )

    def used_by(self, name: str) -> str | None:
        """Return the deployment that has used an approval up."""
        key = f"{PREFIX}{name}/used.json"
        return str(self._document(key)["by"]) if self._store.head(key) is not None else None

    def close(self, name: str, state: str, at: str) -> bool:
        """Close a request; return whether it was open."""
        return self._create(f"{name}/closed.json", canonical.encode({"at": at, "state": state}))

    def decided(self, name: str, key: str, case: bytes, payload: bytes) -> None:
        """Keep a decision with what it was made from, unless it is kept already."""
        place = f"{name}/decisions/{key}"
        if self._sealer is not None and self._store.head(f"{PREFIX}{place}.json") is None:
            self._create(f"{place}.case.json", case)
            self._create(f"{place}.json", self._seal(payload))

    def owe(self, name: str, due_at: str, environment: str) -> None:
        """Remember that an emergency has to be reviewed."""
        self._create(
            f"debts/{name}/owed.json", canonical.encode({"dueAt": due_at, "environment": environment})
        )

    def pay(self, name: str, at: str) -> None:
        """Remember that an emergency was reviewed."""
        self._create(f"debts/{name}/paid.json", canonical.encode({"at": at}))

    def owed(self) -> Iterator[tuple[str, str, str]]:
        """Yield each emergency that is not reviewed: its request, by when it is due, its environment."""
        keys = list(self._store.keys(f"{PREFIX}debts/"))
        paid = {key.split("/")[2] for key in keys if key.endswith("/paid.json")}
        for key in keys:
            name = key.split("/")[2]
            if key.endswith("/owed.json") and name not in paid:
                found = self._document(key)
                yield name, str(found["dueAt"]), str(found["environment"])

    def signed(self, name: str) -> Iterator[bytes]:
        """Yield the signed approvals that were put beside a request."""
        for key in self._store.keys(f"{PREFIX}{name}/signed/"):
            yield self._store.get(key)

    def _sighting(self, name: str, key: str) -> Sighting:
        payload = open_bundle(self._store.get(key), self._trust, role="record", where=key).payload
        statement = read_statement(payload, where=key)
        found: Any = statement.predicate
        if statement.predicate_type != SIGHTING or found.get("request") != name:
            raise SealError("this is no sighting of this request", where=key)
        groups = found.get("groups")
        return Sighting(found["event"], str(found["seenAt"]), None if groups is None else tuple(groups))

    def _document(self, key: str) -> dict[str, Any]:
        value = canonical.parse(self._store.get(key), where=key)
        if not isinstance(value, dict):
            raise MalformedError("not an object", where=key)
        return value

    def _create(self, key: str, data: bytes) -> bool:
        try:
            self._store.put(PREFIX + key, data)
        except StoreConflict:
            return False
        return True

    def _seal(self, payload: bytes) -> bytes:
        if self._sealer is None:
            raise UsageError("nothing can be sealed without a key", where="key")
        return self._sealer.seal(payload)
