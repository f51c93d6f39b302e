"""A bank in the sandbox: people, teams, a repository, a release pipeline, and the real commands against it.

Everything goes through `cli.main` and HTTP. What passes between is held against GitHub's own description.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterseal import cli
from counterseal.ledger.requests import RequestBook
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.webhooks import payload
from counterseal.sandbox.world import World
from counterseal.seal.keygen import generate_key
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, TrustedKey, add_key, parse_trust
from counterseal.store.casefile import CaseFile
from counterseal.store.open import open_store
from github_api.recording import recorded

JUNIT = '<testsuites><testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
POLICY_PATH, PEOPLE_PATH = ".github/counterseal.yml", ".github/counterseal-people.yml"
MAIN = "refs/heads/main"
ALL = {
    "contents": "read",
    "pull_requests": "read",
    "issues": "write",
    "checks": "write",
    "actions": "write",
}


@dataclass(repr=False)
class Outcome:
    """What one command came to."""

    code: int
    result: dict[str, Any]
    errors: str

    def __str__(self) -> str:
        return f"{self.code} {self.state} {self.rules}: {self.said}"

    __repr__ = __str__

    @property
    def rules(self) -> list[str]:
        """The rules of the reasons."""
        return [reason["rule"] for reason in self.result["reasons"]]

    @property
    def said(self) -> str:
        """The messages of the reasons, and of an error."""
        errors = [line for line in self.errors.splitlines() if not line.startswith("::add-mask::")]
        return "; ".join([*(reason["message"] for reason in self.result["reasons"]), *errors])

    @property
    def state(self) -> str:
        """What the request has come to."""
        return self.result["outputs"].get("state", "")


@dataclass(repr=False)
class Bank:
    """The bank and what is done there."""

    home: Path
    capture: Any
    patch: Any
    world: World
    rules: dict[str, Any] = field(default_factory=dict)
    environment: str = "production"

    def __post_init__(self) -> None:
        w = self.world
        self.firm = w.organisation("meridian", 500)
        people = ("dana", "chris", "mia", "rita", "olga", "tess")
        self.dana, self.chris, self.mia, self.rita, self.olga, self.tess = (
            w.user(login, 600 + at) for at, login in enumerate(people)
        )
        self.dana_again = w.user("dana-private", 700)
        self.former = w.user("leaver", 701)
        self.robot = w.bot("renovate[bot]", 800)
        self.leads = w.team(
            self.firm, "leads", [self.chris, self.mia, self.dana, self.dana_again, self.former]
        )
        self.security = w.team(self.firm, "security", [self.rita, self.mia])
        self.on_call = w.team(self.firm, "on-call", [self.olga])
        self.repository = w.repository("meridian/payments", 900)
        for one in (self.dana, self.chris, self.mia, self.rita, self.olga, self.dana_again, self.former):
            self.repository.roles[one.id] = "write"
        self.rules = deepcopy(POLICY)
        self.sandbox = Sandbox(w)
        self.token = w.job_token(**ALL)
        self.members_token = w.token(self.tess)
        self.root, self.store = self.home / "checkout", self.home / "store"
        self.event_file = self.home / "event.json"
        key = _key(self.home / "release.pem", "release", "record", "checkpoint")
        trust = add_key(EMPTY, key)
        self.people = deepcopy(PEOPLE)
        self.people["bots"].append({"account": 41898282, "name": "pipeline", "keys": [key.keyid]})
        (self.home / "trust.json").write_bytes(trust.encode())

    # -- the world ------------------------------------------------------------------------------------

    def found(self) -> None:
        """Begin: policy and identity map on main, and a first release that nobody had to approve."""
        self.base = self.write_policy("Begin", {"src/pay.py": "pay = 1\n", "src/new.py": "\n" * 40})
        subprocess.run(
            ["git", "clone", "-q", str(self.repository.git.folder), str(self.root)],
            check=True,
            capture_output=True,
        )
        self.patch.chdir(self.root)
        self.baseline()

    def baseline(self) -> None:
        """Release main as it is, so that only what comes after it is asked about."""
        self.build(self.repository.refs[MAIN])
        assert self.command("evidence-upload", environment=self.environment, **self.places).code == 0
        self.forget()

    def write_policy(self, message: str = "Change the policy", files: dict[str, str] | None = None) -> str:
        """Put the policy as it is now, and the identity map, on main."""
        return self.repository.commit(
            "main",
            {POLICY_PATH: json.dumps(self.rules), PEOPLE_PATH: json.dumps(self.people), **(files or {})},
            self.tess,
            message,
        )

    def change(self, branch: str = "feature/PAY-1-refunds", **words: Any) -> Any:
        """Let dana open a pull request with one commit."""
        files = words.pop("files", {"src/pay.py": "pay = 2\n"})
        author = words.pop("author", self.dana)
        self.repository.commit(branch, files, author, words.pop("message", "Refund twice"), **words)
        return self.repository.open_pull(branch, "main", author, "PAY-1 Refund twice")

    # -- commands -------------------------------------------------------------------------------------

    @property
    def places(self) -> dict[str, str]:
        """Where the evidence is, and what seals it."""
        return {
            "store": str(self.store),
            "trust": str(self.home / "trust.json"),
            "key": f"file:{self.home / 'release.pem'}",
        }

    def command(self, name: str, /, **inputs: str | list[str]) -> Outcome:
        """Run a command in the checkout."""
        words = [name]
        for key, value in inputs.items():
            for one in [value] if isinstance(value, str) else value:
                words += [f"--{key.replace('_', '-')}", *([one] if one != "yes" else [])]
        self.capture.readouterr()
        code = cli.main([*words, "--format", "json"])
        seen = self.capture.readouterr()
        return Outcome(code, json.loads(seen.out) if seen.out else {"reasons": [], "outputs": {}}, seen.err)

    def surroundings(
        self, event: str, body: dict[str, Any], commit: str, ref: str = MAIN, **run: Any
    ) -> None:
        """Set what a runner sets for a run."""
        actor = run.get("actor", self.chris)
        self.event_file.write_text(json.dumps(body))
        values = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": self.repository.full_name,
            "GITHUB_REPOSITORY_ID": self.repository.id,
            "GITHUB_REPOSITORY_OWNER": "meridian",
            "GITHUB_REPOSITORY_OWNER_ID": self.firm.id,
            "GITHUB_SHA": commit,
            "GITHUB_REF": ref,
            "GITHUB_RUN_ID": run.get("number", 1),
            "GITHUB_RUN_ATTEMPT": run.get("attempt", 1),
            "GITHUB_ACTOR": actor.login,
            "GITHUB_ACTOR_ID": actor.id,
            "GITHUB_TRIGGERING_ACTOR": actor.login,
            "GITHUB_WORKFLOW_REF": f"{self.repository.full_name}/.github/workflows/release.yml@{MAIN}",
            "GITHUB_WORKFLOW_SHA": commit,
            "GITHUB_JOB": "gate",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": self.event_file,
            "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_ENVIRONMENT": "github-hosted",
            "GITHUB_API_URL": self.sandbox.url,
            "GITHUB_GRAPHQL_URL": self.sandbox.graphql_url,
            "GITHUB_TOKEN": self.token,
            "MEMBERS_TOKEN": self.members_token,
        }
        for name, value in values.items():
            self.patch.setenv(name, str(value))

    def judge(self, pull: Any = None, event: str = "pull_request_target", **words: Any) -> Outcome:
        """Run `branch-policy` for a pull request, or for the event with the words given."""
        inputs = words.pop("inputs", {})
        about = {"pull": pull} if pull is not None else words
        spoil = words.pop("spoil", lambda body: body)
        body = payload(
            event.removesuffix("_target"),
            "opened" if pull is not None else words.pop("action", ""),
            repository=self.repository,
            sender=self.dana,
            api=self.sandbox.url,
            **about,
        )
        body = spoil(body) or body
        ref = words["activity"].ref if "activity" in words else words.get("ref", MAIN)
        commit = pull.head if pull is not None else self.repository.refs.get(ref, self.base)
        self.fetch()
        self.forget()
        self.surroundings(event, body, self.git("rev-parse", "HEAD") if pull else commit, ref)
        if not pull:
            self.git("checkout", "-q", "--detach", commit)
        return self.command("branch-policy", members_token="env:MEMBERS_TOKEN", **inputs)

    def build(self, commit: str) -> None:
        """Build a commit in a workflow run: what is tested, and signed, is on record."""
        self.fetch()
        self.forget()
        shutil.rmtree(self.home / "artifact", ignore_errors=True)
        self.git("checkout", "-q", "--detach", commit)
        self.run = self.repository.run("release.yml", commit, self.tess, number=self.world.number())
        self.in_run()
        (self.root / "dist").mkdir(exist_ok=True)
        (self.root / "dist" / "payments-1.0.0.whl").write_bytes(b"wheel")
        (self.root / "unit.xml").write_text(JUNIT)
        assert self.command("record", name="unit-tests", files="unit.xml", read_as="junit").code == 0
        assert self.command("sign", artifacts="dist/*", key=self.places["key"]).code == 0

    def in_run(self, run: Any = None, attempt: int = 1) -> None:
        """Be a job of a workflow run, the one that has built unless told."""
        run = run or self.run
        self.surroundings(
            "workflow_dispatch",
            {"repository": {"id": self.repository.id}},
            self.git("rev-parse", "HEAD"),
            number=run.id,
            attempt=attempt,
            actor=run.attempts[attempt - 1],
        )

    def release(self, pull: Any, **inputs: str) -> Outcome:
        """Merge a pull request, build it and ask for approval."""
        self.merged = self.repository.merge(pull, self.tess)
        self.build(self.merged)
        return self.ask(**inputs)

    def ask(self, environment: str = "production", **inputs: str) -> Outcome:
        """Ask for approval of what the evidence folder holds."""
        done = self.gate("request", environment=environment, **inputs)
        if done.code == 0:
            self.request = done.result["outputs"]["request-id"]
            self.issue = self.repository.issues[int(done.result["outputs"]["issue"])]
        return done

    def approve(self, who: Any, words: str = "/approve", rest: str = "") -> Any:
        """Comment as somebody."""
        self.world.clock.advance(minutes=1)
        return self.repository.comment(self.issue, who, f"{words} {self.request}{rest}")

    def decide(self, *, use: bool = False, environment: str = "production", **inputs: Any) -> Outcome:
        """Decide; with `use`, as the deploying job of a run that mia has started."""
        self.world.clock.advance(minutes=1)
        self.forget_decisions()
        if use:
            run = inputs.pop("run", None) or self.deployment()
            self.in_run(run)
            return self.gate("decide", use="yes", environment=environment, **inputs)
        self.in_run()
        return self.gate("decide", environment=environment, **inputs)

    def deployment(self) -> Any:
        """Start the deploying workflow."""
        return self.repository.run("deploy.yml", self.git("rev-parse", "HEAD"), self.tess)

    def requests(self) -> list[Any]:
        """Return every request in the store."""
        trust = parse_trust((self.home / "trust.json").read_bytes(), where="trust.json")
        book = RequestBook(open_store(f"dir:{self.store}"), trust)
        return [book.read(name) for name in book.open_ids()]

    def sweep(self) -> Outcome:
        """Sweep."""
        return self.gate("sweep")

    def gate(self, mode: str, **inputs: str) -> Outcome:
        """Run `approval-gate`."""
        return self.command(
            "approval-gate", mode=mode, members_token="env:MEMBERS_TOKEN", **self.places, **inputs
        )

    # -- the checkout ---------------------------------------------------------------------------------

    @property
    def files(self) -> CaseFile:
        """The case file of the run."""
        return CaseFile(self.root / "counterseal-evidence")

    def forget(self) -> None:
        """Begin a new run: the case file of the last one is gone."""
        shutil.rmtree(self.root / "counterseal-evidence", ignore_errors=True)

    def forget_decisions(self) -> None:
        """Take the evidence folder of the building run, as the next job downloads it."""
        kept = self.home / "artifact"
        if not kept.exists():
            shutil.copytree(self.root / "counterseal-evidence", kept)
        self.forget()
        shutil.copytree(kept, self.root / "counterseal-evidence")

    def fetch(self) -> None:
        """Fetch every ref of the repository."""
        self.git("fetch", "-q", "--force", "origin", "+refs/*:refs/remotes/all/*")

    def git(self, *words: str) -> str:
        """Run git in the checkout."""
        env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", "-C", str(self.root), *words], env=env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


def _key(path: Path, *roles: str) -> TrustedKey:
    path.write_bytes(generate_key())
    path.chmod(0o600)
    public = open_signer(f"file:{path}", env={}).public_key
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return TrustedKey(keyid=public.keyid, public_key=public.pem, roles=roles, valid_from=since)


POLICY: dict[str, Any] = {
    "version": 1,
    "evidence": {"expect": ["record:unit-tests", "sign"]},
    "branch": {
        "names": {"branches": ["(feature|fix)/.+"]},
        "protected-paths": {"owners": "security"},
    },
    "duties": {"identities": PEOPLE_PATH},
    "approval": {
        "groups": {
            "leads": {"teams": ["meridian/leads"]},
            "security": {"teams": ["meridian/security"]},
            "on-call": {"teams": ["meridian/on-call"]},
        },
        "classes": {
            "normal": {
                "stages": [{"name": "lead", "groups": ["leads"]}],
                "deadline": 24,
                "valid-for": 12,
            },
            "guarded": {
                "stages": [
                    {"name": "lead", "groups": ["leads"]},
                    {"name": "security", "groups": ["security"], "distinct": True},
                ],
            },
            "emergency": {
                "stages": [{"name": "on-call", "groups": ["on-call"]}],
                "break-glass": {"post-review": ["security"], "within": 48},
            },
        },
        "environments": {
            "production": {"classes": ["normal", "guarded", "emergency"], "default": "normal"},
        },
    },
}

PEOPLE: dict[str, Any] = {
    "version": 1,
    "people": [
        {"id": "e-dana", "accounts": [600, 700], "addresses": ["dana@meridian.example"]},
        {"id": "e-chris", "accounts": [601], "addresses": ["chris@meridian.example"]},
        {"id": "e-mia", "accounts": [602], "addresses": ["mia@meridian.example"]},
        {"id": "e-rita", "accounts": [603], "addresses": ["rita@meridian.example"]},
        {"id": "e-olga", "accounts": [604], "addresses": ["olga@meridian.example"]},
        {"id": "e-tess", "accounts": [605], "addresses": ["tess@meridian.example"]},
        {"id": "e-left", "accounts": [701], "until": "2026-11-01"},
    ],
    "bots": [{"account": 800, "name": "renovate"}],
}


@pytest.fixture
def bank(tmp_path, monkeypatch, capsys):
    """The bank, founded."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "world").mkdir()
    made = Bank(home, capsys, monkeypatch, World(folder=tmp_path / "world"))
    with made.sandbox, recorded(made.sandbox) as traffic:
        made.traffic = traffic
        made.found()
        yield made
