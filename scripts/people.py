"""The people gates of the demonstration: a bank on the offline forge, and its real workflows through act.

Dana opens a pull request, which is judged; the release of it asks for approval; Dana approves her own work
and is refused; the deadline comes nearer and Mia is added; she approves, and it is deployed, once.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from actevents import Run
from actharness import ROOT, Forge, Runner, Trigger
from artifactstore import hosted_actions
from gitrepo import commit_all, git
from samplebank import SIGNING_KEY, SampleBank

sys.path.insert(0, str(ROOT / "src"))

from counterseal.manifest.types import format_time
from counterseal.sandbox.clock import Clock
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.things import Issue, Pull, Verification
from counterseal.sandbox.webhooks import payload
from counterseal.sandbox.world import World

DANA, MIA = "Dana Developer <dana@meridian.example>", "Mia Manager <mia@meridian.example>"
FEATURE = "feature/PAY-142-statement"
CARELESS = "feature/PAY-160-receipts"
WAIVER = "feature/PAY-161-waiver"


OFFICE = 'office: {zone: Europe/London, from: "08:00", until: "18:00", holidays: ["2026-12-25"]}'
ALWAYS = 'office: {zone: UTC, from: "00:00", until: "23:59", days: [mon, tue, wed, thu, fri, sat, sun]}'
FREEZES = """  freezes:
    - {name: year-end, zone: Europe/London, from: "2026-12-18T18:00", until: "2027-01-04T08:00"}
"""


def soon() -> str:
    """Return the moment at which the forge begins: that of this machine, once the bank has its keys.

    Releases are dated by the machine and approved by the forge's clock; an audit holds one against the other.
    """
    return format_time(datetime.now(UTC) + timedelta(minutes=5))


def at_any_hour(policy: str) -> str:
    """Return the bank's policy for people who always work, so that it can be shown whenever somebody asks."""
    if OFFICE not in policy or FREEZES not in policy:
        raise RuntimeError("the example policy has another calendar than the demonstration knows")
    return policy.replace(OFFICE, ALWAYS).replace(FREEZES, "")


@dataclass
class ForgeBank:
    """The bank, with its repository on the offline forge.

    Args:
        home: an empty or missing folder for all of it.
        machine: a folder for the machine that workflows run on.
    """

    home: Path
    machine: Path
    world: World = field(default_factory=lambda: World(Clock(soon())))

    def __post_init__(self) -> None:
        forge = Forge(actor="rita-release", actor_id=41003)
        self.runner = Runner(
            self.machine,
            forge,
            actions=hosted_actions(self.machine.parent / "hosted", self.home / "repository"),
        )
        self.bank = SampleBank(self.home, self.runner)
        self.target = self.home / "production"
        self.advisories = self.home / "advisories"
        self.organisation = self.world.organisation("meridian-bank", 700001)
        self.dana = self.world.user("dana-dev", 41001, "dana@meridian.example", name="Dana Developer")
        self.chris = self.world.user("chris-dev", 41002, "chris@meridian.example", name="Chris Coder")
        self.rita = self.world.user("rita-release", 41003, "rita@meridian.example", name="Rita Release")
        self.mia = self.world.user("mia-platform", 41004, "mia@meridian.example", name="Mia Manager")
        self.world.team(self.organisation, "release-managers", [self.dana, self.chris])
        self.world.team(self.organisation, "heads-of-platform", [self.mia])
        self.repository: Repository = self.world.repository("meridian-bank/payments", 700100)
        for one in (self.dana, self.chris, self.rita, self.mia):
            self.repository.roles[one.id] = "write"
        self.sandbox = Sandbox(self.world)
        readable = ("contents", "pull_requests", "members", "administration", "deployments")
        rights = dict.fromkeys(readable, "read")
        self.token = self.world.job_token(**rights, issues="write", checks="write", actions="write")

    def found(self) -> None:
        """Make the bank and bring its repository, with policy and identity map, to the forge."""
        self.bank.found()
        folder = self.bank.repository / ".github"
        key = self._pipeline_key()
        people = (ROOT / "examples" / "people" / "counterseal-people.yml").read_text()
        (folder / "counterseal-people.yml").write_text(people.replace("PIPELINE-KEY", key))
        for name in ("counterseal-waivers.yml", "counterseal-data.yml"):
            shutil.copy(ROOT / "examples" / "people" / name, folder)
        policy = (ROOT / "examples" / "people" / "counterseal.yml").read_text()
        (folder / "counterseal.yml").write_text(at_any_hour(policy))
        (folder / "rules").mkdir()
        shutil.copy(ROOT / "policies" / "classification.rego", folder / "rules")
        self.ship("requests==2.32.4", "MIT", "eu-west-1")
        ignored = self.bank.repository / ".gitignore"
        ignored.write_text(ignored.read_text() + "evidence/\nevidence-of-build/\n")
        commit_all(self.bank.repository, "PAY-2: Policy and people", "Rita Release <rita@meridian.example>")
        self.push("main", self.rita)
        self.publish_advisories()

    def push(self, branch: str, who: Any) -> str:
        """Push what is checked out to a branch of the forge, which says that its commits are signed."""
        oid = git(self.bank.repository, "rev-parse", "HEAD")
        self.repository.absorb(self.bank.repository, f"refs/heads/{branch}", oid, who)
        return oid

    def sign(self, oid: str) -> None:
        """Let the forge say that a commit is signed by whoever committed it."""
        at = self.world.clock.text()
        seen = Verification(
            verified=True, reason="valid", verified_at=at, signature="-", payload="-", key="K"
        )
        self.repository.verify(oid, seen)

    def open_pull(self, title: str) -> Pull:
        """Make a change on a branch and open a pull request of it."""
        git(self.bank.repository, "checkout", "-q", "-b", FEATURE)
        git(self.bank.repository, "apply", str(ROOT / "examples" / "changes" / "1-statement.patch"))
        commit_all(self.bank.repository, title, DANA)
        self.push(FEATURE, self.dana)
        return self.repository.open_pull(FEATURE, "main", self.dana, title)

    def correct(self, title: str) -> None:
        """Say the same again as the policy wants it: with its ticket, and signed."""
        git(self.bank.repository, "-c", "user.name=Dana Developer", "-c", "user.email=dana@meridian.example",
            "commit", "-q", "--amend", f"--message={title}")  # fmt: skip
        oid = git(self.bank.repository, "rev-parse", "HEAD")
        self.repository.absorb(self.bank.repository, f"refs/heads/{FEATURE}", oid, self.dana)
        self.sign(oid)

    def merge(self, pull: Pull) -> str:
        """Have Rita merge the pull request, and check the result out as the runner will."""
        oid = self.repository.merge(pull, self.rita)
        git(self.bank.repository, "checkout", "-q", "main")
        git(self.bank.repository, "fetch", "-q", str(self.repository.git.folder), "main")
        git(self.bank.repository, "reset", "-q", "--hard", oid)
        return oid

    def head(self) -> str:
        """Return the commit that is checked out, which is what the runner builds."""
        return git(self.bank.repository, "rev-parse", "HEAD")

    def judge(self, pull: Pull) -> Run:
        """Run change.yml for a pull request, as it is opened or changed."""
        body = payload("pull_request", "opened", repository=self.repository, sender=self.dana, pull=pull)
        return self._run("change.yml", Trigger("pull_request_target", "refs/heads/main", body), self.dana)

    def publish_advisories(self) -> None:
        """Keep real advisories on the bank's machine, beside one of its own that is from today."""
        self.advisories.mkdir()
        shutil.copy(ROOT / "tests" / "advisories" / "sample.zip", self.advisories)
        package = {"package": {"ecosystem": "PyPI", "name": "meridian-ledger"}, "versions": ["0.9"]}
        own = {"id": "MERIDIAN-1", "modified": self.world.clock.text(), "affected": [package]}
        (self.advisories / "meridian.json").write_text(json.dumps(own))

    def open_careless_pull(self) -> Pull:
        """Open a pull request with a weak hash, a vulnerable pin, a bad licence and a bucket too far."""
        git(self.bank.repository, "checkout", "-q", "-b", CARELESS)
        self.receipt("md5", "GPL-3.0-only", "us-east-1")
        commit_all(self.bank.repository, "PAY-160: Receipts", DANA)
        self.push(CARELESS, self.dana)
        return self.repository.open_pull(CARELESS, "main", self.dana, "PAY-160: Receipts")

    def mend_careless_pull(self) -> None:
        """Mend all but the pin, for which Mia grants a waiver by a pull request of her own."""
        self.receipt("sha256", "MIT", "eu-west-1")
        commit_all(self.bank.repository, "PAY-160: Another hash, another library, another region", DANA)
        self.push(CARELESS, self.dana)
        today = date.fromisoformat(self.world.clock.text()[:10])
        waiver = {
            "id": "w-2027-001",
            "kind": "dependency",
            "rule": "CVE-2024-6221",
            "subject": "pkg:pypi/flask-cors",
            "version": "4.0.2",
            "reason": "the header is set by the proxy",
            "ticket": "SEC-12",
            "approver": 41004,
            "granted": today.isoformat(),
            "expires": (today + timedelta(days=60)).isoformat(),
        }
        text = json.dumps({"version": 1, "waivers": [waiver]}, indent=2)
        files = {".github/counterseal-waivers.yml": text}
        self.repository.commit(WAIVER, files, self.mia, "PAY-161: A waiver for receipts")
        pull = self.repository.open_pull(WAIVER, "main", self.mia, "PAY-161: A waiver for receipts")
        self.repository.merge(pull, self.rita)

    def receipt(self, function: str, licence: str, region: str) -> None:
        """Write the files of the careless change."""
        root = self.bank.repository
        (root / "src" / "payments" / "receipt.py").write_text(
            f"import hashlib\n\n\ndef number(text: str) -> str:\n"
            f"    return hashlib.{function}(text.encode()).hexdigest()\n"
        )
        self.ship("flask-cors==4.0.2", licence, region)

    def ship(self, requirement: str, licence: str, region: str) -> None:
        """Write what is shipped besides the code: a dependency, another one's licence, a bucket."""
        root = self.bank.repository
        (root / "requirements.txt").write_text(f"{requirement}\n")
        (root / "web").mkdir(exist_ok=True)
        package = {"version": "2.1.0", "license": licence}
        lock = {"lockfileVersion": 3, "packages": {"node_modules/receipt-printer": package}}
        (root / "web" / "package-lock.json").write_text(json.dumps(lock, indent=2))
        (root / "infra").mkdir(exist_ok=True)
        (root / "infra" / "plan.json").write_text(json.dumps(_plan(region), indent=2))

    def scan(self, pull: Pull) -> Run:
        """Run code.yml for a pull request, as it is opened or changed."""
        body = payload("pull_request", "synchronize", repository=self.repository, sender=self.dana, pull=pull)
        return self._run(
            "code.yml", Trigger("pull_request", f"refs/pull/{pull.number}/merge", body), self.dana
        )

    def candidate(self, version: str) -> Run:
        """Push a version's tag: build, test, sign and ask."""
        self.repository.tag(f"v{version}", git(self.bank.repository, "rev-parse", "HEAD"), self.rita)
        moved = self.repository.activity[-1]
        body = payload("push", repository=self.repository, sender=self.rita, activity=moved)
        return self._run("release-approved.yml", Trigger("push", f"refs/tags/v{version}", body), self.rita)

    def comment(self, issue: Issue, who: Any, text: str) -> Run:
        """Comment, and run approvals.yml because of it."""
        remark = self.repository.comment(issue, who, text)
        body = payload(
            "issue_comment", "created", repository=self.repository, sender=who, issue=issue, comment=remark
        )
        return self._run("approvals.yml", Trigger("issue_comment", "refs/heads/main", body), who)

    def clock(self, hours: float) -> Run:
        """Let time pass, and run approvals.yml on its schedule."""
        self.world.clock.advance(hours=hours)
        return self._run("approvals.yml", Trigger("schedule", "refs/heads/main"), self.rita)

    def deploy(self) -> Run:
        """Run deploy.yml as the newest dispatch has asked for it."""
        inputs = self.repository.dispatches[-1]["inputs"]
        trigger = Trigger(
            "workflow_dispatch",
            "refs/heads/main",
            {"inputs": inputs, "repository": {"default_branch": "main"}},
        )
        return self._run("deploy.yml", trigger, self.world.actions_bot)

    def audit(self) -> Run:
        """Run audit.yml on its schedule."""
        return self._run("audit.yml", Trigger("schedule", "refs/heads/main"), self.rita)

    def kept(self, name: str) -> list[Path]:
        """Return the files that the newest run has kept as an artifact."""
        run = str(9000 + self.runner.runs)
        folder = self.machine.parent / "hosted" / "artifacts" / run / name
        return [path for path in folder.rglob("*") if path.is_file()]

    def _run(self, workflow: str, trigger: Trigger, who: Any) -> Run:
        """Run a workflow; the forge knows of the run before it begins."""
        number = 9001 + self.runner.runs
        head = git(self.bank.repository, "rev-parse", "HEAD")
        self.repository.run(workflow, head, who, trigger.event, number=number)
        env = {"GITHUB_API_URL": self.sandbox.url, "GITHUB_GRAPHQL_URL": self.sandbox.graphql_url}
        secrets = {**self.bank.secrets, "GITHUB_TOKEN": self.token, "COUNTERSEAL_MEMBERS_TOKEN": self.token}
        variables = {
            "COUNTERSEAL_STORE": f"dir:{self.bank.store}",
            "COUNTERSEAL_ADVISORIES": str(self.advisories),
            "DEPLOY_TARGET": str(self.target),
        }
        full = Trigger(trigger.event, trigger.ref, trigger.payload, env, secrets, variables)
        return self.runner.run(self.bank.repository, workflow, full)

    def _pipeline_key(self) -> str:
        """Return the fingerprint of the pipeline's signing key."""
        answer = self.bank.must("keys", "show", "--path", str(self.bank.keys / f"{SIGNING_KEY}.pem"))
        return str(answer.document["outputs"]["keyid"])


def _plan(region: str) -> dict[str, Any]:
    """Return a Terraform plan of one bucket, closed to the public, in a region."""
    shut = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )
    resources = {
        "aws_s3_bucket": {"bucket": "meridian-receipts", "tags": {"region": "eu-west-1"}},
        "aws_s3_bucket_public_access_block": {"bucket": "meridian-receipts", **shut},
    }
    return {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": f"{kind}.receipts",
                "mode": "managed",
                "type": kind,
                "name": "receipts",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "after": after, "after_unknown": {"arn": True, "id": True}},
            }
            for kind, after in resources.items()
        ],
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "expressions": {"region": {"constant_value": region}}}
            },
            "root_module": {
                "resources": [
                    {"address": f"{kind}.receipts", "provider_config_key": "aws"} for kind in resources
                ]
            },
        },
    }
