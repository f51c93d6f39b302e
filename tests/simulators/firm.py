"""A small firm around the approval gate: a merged change, a candidate, people, keys, and all in memory.

Ann has opened and written the change, Carl has merged it, Eve has started the run that built it. Bob and Dan
are the leads of whom one must approve.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from msgspec.structs import replace

from counterseal.approval.model import Case, ChangeRecord
from counterseal.checks.approvals.carry import Carrier
from counterseal.checks.approvals.gate import Gate, Looked
from counterseal.checks.approvals.sweep import Around, Sweeper, Swept
from counterseal.checks.trusted import trusted_policy
from counterseal.ledger.requests import Asked, RequestBook
from counterseal.manifest.approval import SIGNED_APPROVAL, ApprovalRequest, Binding, SignedApproval
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.policy.forge import Account, RunFacts
from counterseal.policy.issue import Comment
from counterseal.policy.pull_request import Review
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, Trust, TrustedKey, add_key
from factories import COMMIT, REPOSITORY, TREE, candidate
from simulators.changes import BOB, CARL, DAN, EVE, commit, pull
from simulators.fake_forge import FakeForge
from simulators.memory_store import MemoryStore

ANN_AGAIN = Account(id=11, login="ann-private")
LEFT = Account(id=12, login="left")
STRANGER = Account(id=99, login="stranger")
ROBOT = Account(id=80, login="robot[bot]", bot=True)
REVIEWER = Account(id=13, login="rex")
BEGUN = "2026-11-24T09:00:00Z"
PEOPLE: dict[str, Any] = {
    "version": 1,
    "people": [
        {"id": "e-ann", "accounts": [1, 11], "tracker": ["t-ann"]},
        {"id": "e-bob", "accounts": [2], "tracker": ["t-bob"]},
        {"id": "e-carl", "accounts": [3]},
        {"id": "e-dan", "accounts": [4]},
        {"id": "e-eve", "accounts": [5]},
        {"id": "e-left", "accounts": [12], "until": "2026-11-01"},
        {"id": "e-rex", "accounts": [13]},
    ],
    "bots": [{"account": 81, "name": "pipeline"}],
}
POLICY: dict[str, Any] = {
    "version": 1,
    "duties": {"identities": ".github/people.yml"},
    "approval": {
        "groups": {
            "leads": {"accounts": [1, 2, 3, 4, 5, 11, 12]},
            "team": {"teams": ["acme/leads"]},
            "heads": {"teams": ["acme/heads"]},
            "reviewers": {"accounts": [13]},
        },
        "classes": {
            "normal": {
                "stages": [{"name": "lead", "groups": ["leads"]}],
                "deadline": 10,
                "remind": [50, 80],
                "escalate": [{"after": 90, "add": ["heads"]}],
                "valid-for": 4,
            },
            "team": {"stages": [{"name": "lead", "groups": ["team"]}], "deadline": 10},
            "board": {"stages": [{"name": "lead", "groups": ["leads"]}], "change-record": True},
            "recorded": {
                "stages": [{"name": "board", "groups": ["leads"], "sources": ["change-record"]}],
                "change-record": True,
            },
            "emergency": {
                "stages": [{"name": "lead", "groups": ["leads"]}],
                "deadline": 2,
                "valid-for": 2,
                "break-glass": {"post-review": ["reviewers"], "within": 24},
            },
        },
        "environments": {
            "production": {
                "classes": ["normal", "team", "board", "recorded", "emergency"],
                "default": "normal",
            }
        },
    },
}


def new_sealer(role: str) -> tuple[Sealer, TrustedKey]:
    """Return a sealer with a new key, and what a trust file says of it."""
    signer = open_signer("env:KEY", env={"KEY": generate_key().decode()})
    public = signer.public_key
    since = datetime(2026, 1, 1, tzinfo=UTC)
    key = TrustedKey(keyid=public.keyid, public_key=public.pem, roles=(role,), valid_from=since)
    return Sealer(signer), key


@cache
def keys() -> tuple[Trust, Sealer, Sealer, str]:
    """Return a trust file with the gate's key and one of Dan's, their sealers, and the name of Dan's key."""
    (gate, gates), (dan, dans) = new_sealer("record"), new_sealer("approval")
    return add_key(add_key(EMPTY, gates), dans), gate, dan, dans.keyid


@dataclass
class Firm:
    """The firm; whatever a test wants to be otherwise is changed before `ask`."""

    forge: FakeForge = field(default_factory=lambda: FakeForge(clock=BEGUN))
    store: Any = field(default_factory=MemoryStore)
    policy: dict[str, Any] = field(default_factory=lambda: deepcopy(POLICY))
    people: dict[str, Any] = field(default_factory=lambda: deepcopy(PEOPLE))
    release: Any = field(default_factory=candidate)
    tracker: Any = None
    workflow: str = ""

    def __post_init__(self) -> None:
        self.trust, self.sealer, self.dans, keyid = keys()
        self.people["people"][3]["keys"] = [keyid]
        self.forge.add_pull(pull(commit(), pr_state="merged", pr_merge_commit=COMMIT, pr_merger=CARL))
        self.forge.runs[100] = [RunFacts(id=100, attempt=1, commit=COMMIT, event="push", actor=EVE)]
        self.forge.trees[COMMIT] = TREE
        self.forge.add_team("acme/leads", [BOB, DAN])
        self.forge.add_team("acme/heads", [])
        self.publish()

    @property
    def book(self) -> RequestBook:
        """The book of requests, opened anew."""
        return RequestBook(self.store, self.trust, self.sealer)

    @property
    def gate(self) -> Gate:
        """The gate."""
        return Gate(self.book, self.trust)

    @property
    def sweeper(self) -> Sweeper:
        """The sweeper of this one repository."""
        return Sweeper(self.gate, self.store, lambda _: self.around(), self.workflow)

    def around(self) -> Around:
        """Return what surrounds the repository."""
        return Around(self.forge, trusted_policy(self.forge), self.tracker)

    def publish(self) -> None:
        """Put the policy and the identity map on the trusted branch."""
        self.forge.put(".github/counterseal.yml", json.dumps(self.policy))
        self.forge.put(".github/people.yml", json.dumps(self.people))

    def binding(self, **parts: Any) -> Binding:
        """Return what a request is about."""
        made = {
            "repository": REPOSITORY,
            "repository_id": 1,
            "environment": "production",
            "commit": self.release.source.commit,
            "tree": self.release.source.tree,
            "candidate": Digest(sha256=digest_of_candidate(self.release)),
            "policy": Digest(sha256=trusted_policy(self.forge).digest),
            "run": "100/1",
        }
        return Binding(**(made | parts))

    def ask(self, change_class: str = "normal", **parts: Any) -> Asked:
        """Ask for approval."""
        own = {name: parts.pop(name) for name in list(parts) if name in Binding.__struct_fields__}
        made = {
            "requested_at": self.forge.clock,
            "requested_by": Person(id=EVE.id, login=EVE.login),
            "nonce": f"{self.forge.requests:032x}",
            "issue": self.forge.open_issue(f"ask-{self.forge.requests}", "Approval", "Asked"),
        }
        request = ApprovalRequest(binding=self.binding(**own), change_class=change_class, **(made | parts))
        self.asked = self.book.open(request, self.release)
        looked = self.look()
        self.sweeper.keep(self.asked, looked.case)
        Carrier(self.book, self.forge).ask(self.asked, looked.case)
        return self.asked

    def at(self, clock: str) -> Firm:
        """Set the forge's clock to a time of the day, or to a whole moment."""
        self.forge.clock = clock if "T" in clock else f"2026-11-24T{clock}Z"
        return self

    def say(self, who: Account | None, words: str = "/approve", rest: str = "") -> Comment:
        """Comment on the request's issue."""
        return self.forge.add_comment(self.asked.request.issue, f"{words} {self.asked.id}{rest}", who)

    def change_comment(self, comment: Comment, **parts: Any) -> None:
        """Change a comment, or take it away when nothing is given."""
        talk = self.forge.talk[self.asked.request.issue]
        at = talk.index(comment)
        talk[at : at + 1] = [replace(comment, **parts)] if parts else []

    def review(self, who: Account | None, **parts: Any) -> Review:
        """Review the pull request."""
        made = {"id": 500 + self.forge.requests, "state": "approved", "author": who, "commit": COMMIT}
        made |= {"submitted_at": self.forge.clock, "edited": False}
        review = Review(**(made | parts))
        self.forge.add_review(12, review)
        return review

    def signed(self, action: str = "approve", sealer: Sealer | None = None, **parts: Any) -> bytes:
        """Return what Dan has signed."""
        candidate = self.asked.request.binding.candidate
        made = {"request": self.asked.id, "candidate": candidate, "action": action, "signed_at": BEGUN}
        said = SignedApproval(**(made | parts))
        subject = subject_of_file("candidate", said.candidate.sha256)
        return (sealer or self.dans).seal(encode_statement(Statement((subject,), SIGNED_APPROVAL, said)))

    def look(self, *files: bytes, **scene: Any) -> Looked:
        """Look at the request as it is now."""
        from dataclasses import replace as changed

        sweeper = self.sweeper
        found = changed(sweeper.scene(self.asked, self.around()), **scene)
        return sweeper.gate.look(self.asked, found, files)

    def case(self, *files: bytes, **scene: Any) -> Case:
        """Return the case of the request as it is now."""
        return self.look(*files, **scene).case

    def use(self, deployment: str = "200/1", **scene: Any) -> Case:
        """Return the case of the request as a deployment sees it."""
        return self.case(deployment=deployment, **scene)

    def sweep(self) -> list[Swept]:
        """Sweep."""
        return self.sweeper.sweep(list(self.book.open_ids()))

    def comments(self) -> list[str]:
        """Return the keys of what was said in the request's issue, without its id."""
        said = self.forge.said.get(self.asked.request.issue, [])
        return [key.removeprefix(f"{self.asked.id}:") for key in said]


def rules(case: Case) -> list[str]:
    """Return the rules that spoke."""
    return [one.rule for one in case.decision.reasons]


def record(**parts: Any) -> ChangeRecord:
    """Return a change record that Bob has approved."""
    made = {"key": "CHG1", "verdict": "approved", "approvers": ("t-bob",), "at": BEGUN}
    return ChangeRecord(**(made | parts))
