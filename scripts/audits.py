"""The audit of the demonstration: a window in which all is as it must be, and one with a bypass planted.

The bank's next change goes the whole way on the offline forge; then Chris pushes past the gate and deploys
what he pushed. The real command audits both windows, and writes reports and the auditor's pack.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from actharness import packages
from gitrepo import commit_all, git
from people import DANA, ForgeBank
from samplebank import Answer

from counterseal.sandbox.people import Account
from counterseal.sandbox.things import Deployment
from counterseal.sandbox.world import World

LIMITS = "feature/PAY-170-limits"
SERVER = "https://github.com"
FORMATS = ("html", "pdf", "csv", "json", "md", "oscal")


@dataclass
class Audits:
    """Windows of the bank, and what an audit says of them.

    Attributes:
        bank: the bank, with its forge running.
        out: the folder for answers, reports and packs.
    """

    bank: ForgeBank
    out: Path

    def change(self) -> str:
        """Bring one more change the whole way to production, and return the moment before it began."""
        bank, repository = self.bank, self.bank.bank.repository
        since = bank.world.clock.advance(hours=2)
        git(repository, "checkout", "-q", "main")
        git(repository, "fetch", "-q", str(bank.repository.git.folder), "main")
        git(repository, "reset", "-q", "--hard", "FETCH_HEAD")
        git(repository, "checkout", "-q", "-b", LIMITS)
        limits = repository / "src" / "payments" / "limits.py"
        limits.write_text('"""Limits of transfers, in pence."""\n\nDAILY = 100_000_00\n')
        commit_all(repository, "PAY-170: Limits of transfers", DANA)
        bank.sign(bank.push(LIMITS, bank.dana))
        bank.merge(bank.repository.open_pull(LIMITS, "main", bank.dana, "PAY-170: Limits of transfers"))
        asked = bank.candidate("1.2.0").step("candidate", "ask").outputs
        issue = bank.repository.issues[int(asked["issue"])]
        said = bank.comment(issue, bank.chris, f"/approve {asked['request-id']}")
        if said.exit_code or len(bank.repository.dispatches) < 2:
            raise RuntimeError(f"Chris cannot approve: {said}\n{[one.body for one in issue.comments]}")
        self.deployed(bank.head(), bank.rita)
        done = bank.deploy()
        if done.exit_code:
            raise RuntimeError(f"the second release is not deployed: {done}\n{issue.comments[-1].body}")
        return since

    def bypass(self) -> str:
        """Have Chris push to the main branch and deploy that, past everything; return the commit."""
        repository = self.bank.bank.repository
        (repository / "src" / "payments" / "hotfix.py").write_text('"""Nobody looked at this."""\n')
        commit = commit_all(repository, "PAY-171: Quick fix", "Chris Coder <chris@meridian.example>")
        self.bank.push("main", self.bank.chris)
        self.deployed(commit, self.bank.chris)
        return commit

    def deployed(self, commit: str, who: Account) -> None:
        """Let the forge know of a deployment, as it does for a job with an environment."""
        world = self.bank.world
        made = Deployment(world.number(), commit, "main", "production", who, world.clock.tick())
        for state in ("in_progress", "success"):
            made.statuses.append(_status(world, state, who))
        self.bank.repository.deployments.append(made)

    def audit(self, name: str, since: str) -> Answer:
        """Audit the window since a moment, and leave the answer and the auditor's pack."""
        folder = self.out / name
        words = ["--store", str(self.bank.bank.store), "--trust", str(self.bank.bank.trust), "--since", since]
        words += ["--until", self.bank.world.clock.tick(), "--policy", ".github/counterseal.yml"]
        words += ["--out", str(folder / "answer.json"), "--pack", str(folder / "pack")]
        return self.bank.bank.command(
            "audit", *words, cwd=self.bank.bank.repository, env=self._forge_environment()
        )

    def report(self, name: str) -> tuple[Answer, ...]:
        """Write the reports of an answer in every format, and of the bank's delivery metrics."""
        folder, bank = self.out / name, self.bank.bank
        reports = str(folder / "reports")
        words = ("--store", str(bank.store), "--trust", str(bank.trust), "--service", self._uri())
        until = ("--since", "365d", "--until", self.bank.world.clock.text())
        metrics = str(folder / "metrics.json")
        return (
            bank.command(
                "report",
                "audit",
                "--answer",
                str(folder / "answer.json"),
                "--out",
                reports,
                "--formats",
                *FORMATS,
            ),
            bank.command("dora-metrics", *words, *until, "--out", metrics),
            bank.command(
                "report", "dora", "--metrics", metrics, "--out", reports, "--formats", "html", "pdf", "csv"
            ),
        )

    def verify_pack(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run the pack's own script with what a bare system has."""
        script = str(self.out / name / "pack" / "verify.sh")
        bare = {"PATH": "/usr/bin:/bin", "TMPDIR": str(self.out)}
        return subprocess.run(["sh", script], env=bare, capture_output=True, text=True, check=False)

    def states(self, name: str) -> dict[str, str]:
        """Return the state of each control in the OSCAL document of a window."""
        path = self.out / name / "reports" / "oscal-assessment-results.json"
        result = json.loads(path.read_text())["assessment-results"]["results"][0]
        return {one["target"]["target-id"]: one["target"]["status"]["state"] for one in result["findings"]}

    def _uri(self) -> str:
        return f"{SERVER}/{self.bank.repository.full_name}"

    def _forge_environment(self) -> dict[str, str]:
        rights = dict.fromkeys(
            ("contents", "pull_requests", "deployments", "administration", "metadata"), "read"
        )
        return {
            **packages(),  # the policy gate's verdict is made again, and its rules in Rego need their engine
            "GITHUB_REPOSITORY": self.bank.repository.full_name,
            "GITHUB_SERVER_URL": SERVER,
            "GITHUB_API_URL": self.bank.sandbox.url,
            "GITHUB_GRAPHQL_URL": self.bank.sandbox.graphql_url,
            "GITHUB_TOKEN": self.bank.world.job_token(**rights),
        }


def _status(world: World, state: str, who: Account) -> dict[str, object]:
    number, at = world.number(), world.clock.tick()
    return {
        "id": number,
        "node_id": f"status-{number}",
        "state": state,
        "creator": {"login": who.login, "id": who.id, "type": "User"},
        "description": "",
        "environment": "production",
        "created_at": at,
        "updated_at": at,
    }
