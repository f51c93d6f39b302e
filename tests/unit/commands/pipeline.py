"""A pipeline that asks for approval in one run and deploys in another."""

from __future__ import annotations

import json
import shutil

from counterseal.ledger.requests import RequestBook
from counterseal.policy.forge import RunFacts
from counterseal.seal.trust import parse_trust
from counterseal.store.casefile import CaseFile
from counterseal.store.open import open_store
from simulators.changes import CARL, EVE

BEGUN, LATER, LATE = "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T19:00:00Z"
PEOPLE = {
    "version": 1,
    "people": [
        {"id": "e-ann", "accounts": [1, 11]},
        {"id": "e-bob", "accounts": [2]},
        {"id": "e-carl", "accounts": [3]},
        {"id": "e-eve", "accounts": [5]},
    ],
    "bots": [],
}
POLICY = {
    "version": 1,
    "duties": {"identities": ".github/people.yml"},
    "approval": {
        "groups": {"leads": {"accounts": [1, 2, 5, 11]}, "reviewers": {"accounts": [3]}},
        "classes": {
            "normal": {"stages": [{"name": "lead", "groups": ["leads"]}], "deadline": 10},
            "emergency": {
                "stages": [{"name": "lead", "groups": ["leads"]}],
                "break-glass": {"post-review": ["reviewers"], "within": 24},
            },
        },
        "environments": {"production": {"classes": ["normal", "emergency"], "default": "normal"}},
    },
}


class Pipeline:
    """A pipeline that asks in one run and deploys in another."""

    def __init__(self, workspace, forge, monkeypatch):
        self.workspace, self.forge, self.patch = workspace, forge, monkeypatch
        self.commit = workspace.repository.git("rev-parse", "HEAD")
        self.kept = workspace.home / "kept"
        self.publish(POLICY)

    def publish(self, policy):
        key = parse_trust(self.workspace.trust.read_bytes(), where="trust").keys[0].keyid
        people = {**PEOPLE, "bots": [{"account": 90, "name": "pipeline", "keys": [key]}]}
        self.forge.put(".github/counterseal.yml", json.dumps(policy))
        self.forge.put(".github/people.yml", json.dumps(people))

    def in_run(self, number, attempt=1, actor=EVE):
        self.forge.runs.setdefault(number, [])
        if len(self.forge.runs[number]) < attempt:
            self.forge.runs[number].append(
                RunFacts(
                    id=number,
                    attempt=attempt,
                    commit=self.commit,
                    event="push",
                    actor=EVE,
                    triggering_actor=actor,
                )
            )
        values = {
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_REPOSITORY_ID": 1,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": number,
            "GITHUB_RUN_ATTEMPT": attempt,
            "GITHUB_ACTOR": EVE.login,
            "GITHUB_ACTOR_ID": EVE.id,
            "GITHUB_SHA": self.commit,
        }
        for name, value in values.items():
            self.patch.setenv(name, str(value))

    @property
    def places(self):
        space = self.workspace
        return {"store": str(space.store), "trust": str(space.trust), "key": space.key}

    def gate(self, mode, **inputs):
        return self.workspace.run("approval-gate", mode=mode, **{**self.places, **inputs})

    def ask(self, **inputs):
        done = self.gate("request", environment="production", **inputs)
        if done.code == 0:
            self.id, self.issue = done.outputs["request-id"], int(done.outputs["issue"])
            shutil.rmtree(self.kept, ignore_errors=True)
            shutil.copytree(self.workspace.root / "counterseal-evidence", self.kept)
        return done

    def say(self, who, words="/approve"):
        return self.forge.add_comment(self.issue, f"{words} {self.id}", who)

    def deploy(self, number=200, attempt=1, actor=CARL, *, fresh=True):
        """Use the approval in the deploying job, which has fetched the evidence."""
        self.in_run(number, attempt, actor)
        if fresh:
            self.fetch()
        words = {"mode": "decide", "environment": "production", **self.places}
        return self.workspace.run("approval-gate --use", **words)

    def fetch(self):
        self.workspace.forget()
        shutil.copytree(self.kept, self.workspace.root / "counterseal-evidence")

    @property
    def files(self):
        return CaseFile(self.workspace.root / "counterseal-evidence")

    @property
    def book(self):
        trust = parse_trust(self.workspace.trust.read_bytes(), where="trust")
        return RequestBook(open_store(f"dir:{self.workspace.store}"), trust)

    def records(self):
        return {
            one.statement.predicate.name: one.statement.predicate
            for one in self.files.records()
            if one.statement.predicate.stage == "approval-gate"
        }
