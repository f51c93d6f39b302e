"""The book of requests: what was asked, what was seen and what was done, in a store that only creates.

Layout, under `approvals/`::

    <request id>/request.json         the sealed request; its id is the beginning of its payload's digest
    <request id>/candidate.json       the candidate that it is about, by whose digest it is known
    <request id>/seen/<digest>.json   a sealed sighting: what somebody did, as it was seen first
    <request id>/signed/<digest>.json a decision that a person signed with a key of their own
    <request id>/steps/<key>.json     a step (reminder, escalation, ...), taken by whoever creates it
    <request id>/told/<key>.json      that people have been told of a step
    <request id>/decisions/<number>-<state>-<digest>.json   the sealed record of a decision, from 000001 on
    <request id>/cases/<digest>.json  what a decision was made from
    <request id>/used.json            the one deployment that has used the approval up
    <request id>/closed.json          what it came to in the end
    asked/<digest>/<number>.json      the sealed request again, by what it asks: so that a run asks once
    debts/<request id>/               of emergencies: `owed.json` and, once it was reviewed, `paid.json`

A key is created once, so every step is taken once, however often and in how many places a sweep runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from counterseal.errors import ApprovalMissing, MalformedError, SealError, UsageError
from counterseal.ledger.layout import APPROVALS as PREFIX
from counterseal.ledger.requests_debts import Debts
from counterseal.ledger.requests_layout import DECISION, is_of_requests
from counterseal.ledger.requests_seen import Sightings
from counterseal.ledger.requests_shelf import Shelf
from counterseal.manifest import canonical
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest, Binding
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import ReleaseCandidate
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.interface import Store

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


class RequestBook:
    """The requests of a store.

    Args:
        store: where they are.
        trust: whose seals are believed.
        sealer: seals what is added; without it nothing can be.

    Attributes:
        sightings: what was seen of them.
        debts: the emergencies whose review is owed.
    """

    def __init__(self, store: Store, trust: Trust, sealer: Sealer | None = None) -> None:
        self._shelf = Shelf(store, trust, sealer)
        self.sightings = Sightings(self._shelf)
        self.debts = Debts(self._shelf)

    def open(self, request: ApprovalRequest, candidate: ReleaseCandidate) -> Asked:
        """Seal a request and keep it with its candidate; return it with its id.

        Raises:
            UsageError: it is about another candidate, or there is no key.
        """
        payload = _payload_of(request, candidate)
        return self._keep(Asked(_id_of(payload), request, self._shelf.seal(payload)), candidate)

    def standing(self, binding: Binding, change_class: str) -> tuple[int, Asked | None]:
        """Return how many requests for exactly this are closed, and the one that is not."""
        keys = list(filter(is_of_requests, self._shelf.keys(_place(binding, change_class))))
        if not keys:
            return 0, None
        asked = self._asked(keys[-1])
        if _place(asked.request.binding, asked.request.change_class) != _place(binding, change_class):
            raise SealError("this request asks something else", where=PREFIX + keys[-1])
        return (len(keys), None) if self.closed(asked.id) else (len(keys) - 1, asked)

    def open_once(self, request: ApprovalRequest, candidate: ReleaseCandidate) -> Asked:
        """Do as `open`, unless a request for exactly this is open: then that one is returned.

        Killed anywhere, the next call finds what was asked and completes it.
        """
        payload = _payload_of(request, candidate)
        over, asked = self.standing(request.binding, request.change_class)
        if asked is None:
            key = f"{_place(request.binding, request.change_class)}{over:04d}.json"
            self._shelf.create(key, self._shelf.seal(payload))
            asked = self._asked(key)  # ours, or that of whoever was faster
        return self._keep(asked, candidate)

    def read(self, name: str) -> Asked:
        """Return a request.

        Raises:
            UsageError: it is no id.
            KeyMissing: there is no such request.
            SealError: its seal does not hold, or it is another request.
        """
        if not _ID.fullmatch(name):
            raise UsageError(f"{name[:40]!r} is not the id of a request", where="request")
        asked = self._asked(f"{name}/request.json")
        if asked.id != name:
            raise SealError("this is another request than its name says", where=f"{PREFIX}{name}")
        return asked

    def candidate(self, asked: Asked) -> ReleaseCandidate:
        """Return the candidate that a request is about.

        Raises:
            SealError: it is another one.
        """
        key = f"{asked.id}/candidate.json"
        try:
            candidate = msgspec.json.decode(self._shelf.get(key), type=ReleaseCandidate)
        except msgspec.MsgspecError as cause:
            raise MalformedError(f"not a candidate: {str(cause)[:300]}", where=PREFIX + key) from cause
        if digest_of_candidate(candidate) != asked.request.binding.candidate.sha256:
            raise SealError("this is not the candidate that was asked about", where=PREFIX + key)
        return candidate

    def open_ids(self) -> Iterator[str]:
        """Yield the ids of the requests that are not closed, in order: one listing for all of them."""
        name, closed = "", False
        for key in self._shelf.keys(""):
            found, _, rest = key.partition("/")
            if found != name:
                if name and not closed:
                    yield name
                name, closed = found if _ID.fullmatch(found) else "", False
            closed = closed or rest == "closed.json"
        if name and not closed:
            yield name

    def take(self, name: str, step: str, at: str) -> bool:
        """Take a step; return whether nobody had taken it before."""
        return self._shelf.note(f"{name}/steps/{step}.json", at=at)

    def told(self, name: str, step: str) -> bool:
        """Tell whether people have been told of a step."""
        return self._shelf.has(f"{name}/told/{step}.json")

    def tell(self, name: str, step: str, at: str) -> None:
        """Remember that people have been told of a step."""
        self._shelf.note(f"{name}/told/{step}.json", at=at)

    def use(self, name: str, by: str, at: str) -> None:
        """Use an approval up; the same deployment may do so again.

        Raises:
            ApprovalMissing: another deployment has used it.
        """
        self._shelf.note(f"{name}/used.json", at=at, by=by)
        if (other := self.used_by(name)) != by:
            raise ApprovalMissing(
                f"the approval was used already, by {other}", where=name, remedy="ask for approval again"
            )

    def used_by(self, name: str) -> str | None:
        """Return the deployment that has used an approval up."""
        key = f"{name}/used.json"
        return self._shelf.text(key, "by") if self._shelf.has(key) else None

    def close(self, name: str, state: str, at: str) -> bool:
        """Close a request; return whether it was open."""
        return self._shelf.note(f"{name}/closed.json", at=at, state=state)

    def closed(self, name: str) -> bool:
        """Tell whether a request is closed."""
        return self._shelf.has(f"{name}/closed.json")

    def decisions(self, name: str) -> tuple[str, ...]:
        """Return the decisions on record in their order, each `<number>-<state>-<digest>`."""
        prefix = f"{name}/decisions/"
        found = (key.removeprefix(prefix).removesuffix(".json") for key in self._shelf.keys(prefix))
        return tuple(name for name in found if DECISION.fullmatch(name))

    def decide(self, name: str, what: str, case: bytes, payload: bytes) -> tuple[str, ...]:
        """Keep a decision and what it was made from, unless the newest one is the same; return all.

        Args:
            name: the request.
            what: what it comes to, `<state>-<digest>`: the same for the same decision.
            case: what it was made from.
            payload: the record.
        """
        names = self.decisions(name)
        if not self._shelf.can_seal or (names and names[-1].partition("-")[2] == what):
            return names
        self._shelf.create(f"{name}/cases/{sha256(case)}.json", case)
        new = f"{len(names) + 1:06d}-{what}"
        self._shelf.create(f"{name}/decisions/{new}.json", self._shelf.seal(payload))
        return (*names, new)

    def sign(self, name: str, bundle: bytes) -> None:
        """Keep a decision that somebody has signed."""
        self._shelf.create(f"{name}/signed/{sha256(bundle)}.json", bundle)

    def signed(self, name: str) -> Iterator[bytes]:
        """Yield the signed decisions that lie beside a request."""
        for key in self._shelf.keys(f"{name}/signed/"):
            yield self._shelf.get(key)

    def _asked(self, key: str) -> Asked:
        return read_request(self._shelf.get(key), self._shelf.trust, PREFIX + key)

    def _keep(self, asked: Asked, candidate: ReleaseCandidate) -> Asked:
        self._shelf.create(f"{asked.id}/candidate.json", canonical.encode(msgspec.to_builtins(candidate)))
        self._shelf.create(f"{asked.id}/request.json", asked.bundle)  # last: without its candidate it is none
        return self.read(asked.id)


def read_request(bundle: bytes, trust: Trust, where: str) -> Asked:
    """Return a request from its sealed bundle.

    Args:
        bundle: the bundle.
        trust: whose seals are believed.
        where: what it is, for the error.

    Raises:
        SealError: its seal does not hold, or it is no request.
    """
    payload = open_bundle(bundle, trust, role="record", where=where).payload
    request = read_statement(payload, where=where).predicate
    if not isinstance(request, ApprovalRequest):
        raise SealError("this is no request", where=where)
    return Asked(_id_of(payload), request, bundle)


def _payload_of(request: ApprovalRequest, candidate: ReleaseCandidate) -> bytes:
    binding = request.binding
    if digest_of_candidate(candidate) != binding.candidate.sha256:
        raise UsageError("the request is about another candidate", where=PREFIX)
    subjects = (
        subject_of_commit(binding.repository, binding.commit),
        subject_of_file("candidate", binding.candidate.sha256),
    )
    payload = encode_statement(Statement(subjects, APPROVAL_REQUEST, request))
    read_statement(
        payload, where=PREFIX
    )  # what nobody could read again would stand in the way of every other
    return payload


def _id_of(payload: bytes) -> str:
    return sha256(payload)[:_DIGITS]


def _place(binding: Binding, change_class: str) -> str:
    """Return where requests for exactly this are; another policy, run or class is another question."""
    asked = canonical.encode({"binding": msgspec.to_builtins(binding), "changeClass": change_class})
    return f"asked/{sha256(asked)}/"
