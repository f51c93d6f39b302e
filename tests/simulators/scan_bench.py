"""A checkout on a runner, with a policy on the forge, for tests of the commands that scan."""

from __future__ import annotations

import json
from datetime import date, timedelta

from counterseal.store.casefile import CaseFile

PEOPLE = {
    "version": 1,
    "people": [
        {"id": "ann", "accounts": [1]},
        {"id": "bob", "accounts": [2]},
        {"id": "carl", "accounts": [3]},
    ],
}


class ScanBench:
    """A checkout with code in it, on a runner, with its policy on the forge."""

    def __init__(self, workspace, forge, monkeypatch, stage):
        self.workspace, self.forge, self.patch, self.stage = workspace, forge, monkeypatch, stage
        if stage != "policy-gate":
            self.policy({})
        forge.put(".github/people.yml", json.dumps(PEOPLE))

    def policy(self, rules, **more):
        self.whole_policy(code={self.stage: rules, **more})

    def whole_policy(self, **sections):
        people = {"identities": ".github/people.yml"}
        whole = {"version": 1, "duties": people, **sections}
        self.forge.put(".github/counterseal.yml", json.dumps(whole))

    def waive(self, **entry):
        today = date.fromisoformat(self.forge.clock[:10])
        entry = {
            "id": "w-1", "kind": "code", "rule": "B602", "subject": "app.py", "reason": "constant",
            "ticket": "SEC-1", "approver": 3, "granted": str(today), "expires": str(today + timedelta(30)),
            **entry,
        }  # fmt: skip
        text = json.dumps({"version": 1, "waivers": [entry]})
        self.forge.put(".github/counterseal-waivers.yml", text)
        return text

    def code(self, **files):
        """Commit Python files."""
        return self.files({f"{name}.py": text for name, text in files.items()})

    def files(self, files):
        """Commit files."""
        for name, text in files.items():
            path = self.workspace.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.workspace.repository.git("add", "-A")
        self.workspace.repository.commit("code")
        return self

    def event(self):
        """Be a run because of the pull request, with nothing on record."""
        event = self.workspace.home / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 12}}))
        self.patch.setenv("GITHUB_EVENT_NAME", "pull_request")
        self.patch.setenv("GITHUB_EVENT_PATH", str(event))
        self.workspace.forget()

    def scan(self, *, before=(), **inputs):
        """Run the stage in a new run, after what `before` does in it."""
        root = self.workspace.root
        self.event()
        for prepare in before:
            prepare()
        done = self.workspace.run(self.stage, **inputs)
        filed = [one.statement.predicate for one in CaseFile(root / "counterseal-evidence").records()]
        self.record = next((one for one in filed if one.stage == self.stage), None)
        return done

    def exhibit(self, name):
        reference = next(one for one in self.record.evidence if one.name == name)
        return CaseFile(self.workspace.root / "counterseal-evidence").blob(reference).read_bytes()

    def problems(self):
        return json.loads(self.exhibit(f"{self.stage}-problems.json"))["problems"]
