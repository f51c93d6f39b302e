"""A bank over ninety days: a real git repository, a forge, deployments, and a store of real, sealed releases.

`History` is what an audit compares, still with all that an intruder needs to change it. `make_history` builds
a clean one; every wrong in the tests is planted into a copy.
"""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Event, Facts, Member
from counterseal.approval.record import approvals_of
from counterseal.audit.answer import Answer
from counterseal.audit.population import Deployed, Window
from counterseal.audit.sources.audited import audited
from counterseal.audit.sources.gather import Sources
from counterseal.audit.standing import exercised
from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
from counterseal.checks.changes import changes_since
from counterseal.checks.gate.verdict import rule_on
from counterseal.clients.forge import Repository
from counterseal.clients.git import GitRepository
from counterseal.ledger.append import Appended, Head, Ledger
from counterseal.ledger.requests_debts import Debts, Owed
from counterseal.ledger.requests_shelf import Shelf
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest, Binding
from counterseal.manifest.assemble import Decided, build_manifest, digest_of_candidate
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import (
    CONTROL_RECORD,
    ControlRecord,
    Digest,
    EvidenceReference,
    Origin,
    Validity,
    Waiver,
)
from counterseal.manifest.release import (
    Artifact,
    Builder,
    Chain,
    Person,
    PolicyReference,
    PreviousRelease,
    RecordReference,
    ReleaseCandidate,
    Retention,
    SealedReference,
    Source,
    Stream,
)
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Outcome, format_time, parse_time
from counterseal.policy.approval import ApprovalPolicy, BreakGlass, ChangeClass, EnvironmentRule, Group, Stage
from counterseal.policy.audit import Audit
from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.file import load_policy
from counterseal.policy.forge import Account, Deployment, DeploymentStatus, ForgeCommit, GitPerson, Push
from counterseal.policy.gate.case import Case as GateCase
from counterseal.policy.gate.case import Rules
from counterseal.policy.gate.case import encode_case as encode_gate_case
from counterseal.policy.gate.document import Document, RecordFact
from counterseal.policy.gate.document import Release as GatedRelease
from counterseal.policy.people import People, PersonEntry
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.blobs import put_blob
from simulators.fake_forge import FakeForge
from simulators.locked_store import LockedStore
from simulators.releases import new_sealer, trusted

URI = "https://github.example/meridian/payments"
HOME = Repository(uri=URI, id=700100, full_name="meridian/payments", default_branch="main")
MAIN = "refs/heads/main"
PRODUCTION = Stream(repository=URI, environment="production")
SINCE, UNTIL = "2026-08-29T00:00:00Z", "2026-11-27T00:00:00Z"
WINDOW = Window(since=SINCE, until=UNTIL)
DEMANDS = Audit(branches=("main", "release/*"), tags=("v*",))
POLICY = "version: 1\nevidence:\n  expect: [record]\ngate:\n  evidence: [{record: 'record:unit-tests'}]\n"
DANA, CHRIS = Account(id=41001, login="dana"), Account(id=41002, login="chris")
RITA, MIA = Account(id=41003, login="rita"), Account(id=41004, login="mia")
EVE, SHADOW = Account(id=41666, login="eve"), Account(id=41099, login="dana-two")
MAILS = {
    one.login: f"{one.login.title()} <{one.login}@meridian.example>" for one in (DANA, CHRIS, RITA, MIA, EVE)
}
NAMES = {MAILS[one.login]: one for one in (DANA, CHRIS, RITA, MIA, EVE)}
PEOPLE = People(
    version=1,
    people=(
        PersonEntry(id="dana", accounts=(DANA.id, SHADOW.id), addresses=("dana@meridian.example",)),
        PersonEntry(id="chris", accounts=(CHRIS.id,), addresses=("chris@meridian.example",)),
        PersonEntry(id="rita", accounts=(RITA.id,), addresses=("rita@meridian.example",)),
        PersonEntry(id="mia", accounts=(MIA.id,), addresses=("mia@meridian.example",)),
    ),
)
APPROVAL = ApprovalPolicy(
    groups={"managers": Group(accounts=(MIA.id, DANA.id, CHRIS.id, SHADOW.id))},
    classes={
        "normal": ChangeClass(stages=(Stage(name="release", groups=("managers",)),)),
        "emergency": ChangeClass(
            stages=(Stage(name="release", groups=("managers",)),),
            break_glass=BreakGlass(post_review=("managers",), within=48),
        ),
    },
    environments={"production": EnvironmentRule(classes=("normal", "emergency"), default="normal")},
)
LAX = Duties(apart=())


@dataclass
class Plan:
    """One release to be published; every part that a wrong cares about can be given."""

    commit: str
    at: str
    previous_commit: str | None = None
    approver: Account | None = MIA
    change_class: str = "normal"
    duties: Duties = field(default_factory=lambda: Duties(identities="people"))
    outcome: Outcome = Outcome.PASSED
    tag: str | None = None
    waiver_until: str | None = None
    policy: str = POLICY
    said_at: str | None = None
    actors: tuple[Actor, ...] | None = None
    stream: Stream = PRODUCTION
    hide: tuple[str, ...] = ()
    drop_commits: int = 0
    origin_commit: str | None = None
    valid_until: str | None = None
    proven: bool = True
    tests: bytes | None = None
    sealer: Sealer | None = None
    created_at: str | None = None
    candidate_of: Callable[[ReleaseCandidate], ReleaseCandidate] = lambda one: one
    gated: bool = True
    gate_case: Callable[[bytes], bytes] = lambda one: one


@dataclass
class History:
    """The bank.

    Attributes:
        root: the clone.
        forge: the forge.
        store: the store.
        release, record, checkpoint, stranger, keeper, auditor: who seals what.
        trust: the trust file.
        releases: what was published, in order.
        exports: deployments of other platforms; None where there are none.
        anchor: a checkpoint that was kept elsewhere.
        today: today's policy.
        retention: what releases promise.
    """

    root: Path
    forge: FakeForge
    store: LockedStore
    release: Sealer
    record: Sealer
    checkpoint: Sealer
    stranger: Sealer
    keeper: Sealer
    auditor: Sealer
    trust: Trust
    releases: list[Appended] = field(default_factory=list)
    exports: tuple[Deployed, ...] | None = None
    anchor: bytes | None = None
    today: str | None = POLICY
    demands: Audit = DEMANDS

    # -- time, git and the forge --------------------------------------------------------------------------

    def git(self, *words: str, who: str = MAILS["dana"], at: str = "2026-08-01T00:00:00Z") -> str:
        """Run git as somebody at some moment, and return what it says."""
        name, _, mail = who.removesuffix(">").partition(" <")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": mail, f"GIT_{role}_DATE": at}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str], at: str, who: str = MAILS["dana"]) -> str:
        """Commit files on the branch that is checked out."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, who=who, at=at)
        return self.head()

    def head(self, ref: str = "HEAD") -> str:
        return self.git("rev-parse", ref)

    def push(self, before: str | None, after: str, at: str, kind: str, who: Account, ref: str = MAIN) -> Push:
        """Let the forge know of a movement, and of the commits that it brought."""
        old = self.forge.moves.get(ref, ())
        push = Push(
            id=len(old) + 1 + 1000 * len(ref),
            kind=kind,
            ref=ref,
            at=at,
            before=before,
            after=after,
            actor=who,
        )
        self.forge.moves[ref] = (push, *old)
        self.forge.tips[ref] = after
        span = f"{before}..{after}" if before else after
        listed = self.git("rev-list", "--reverse", span).split()
        facts = ChangeFacts(
            repository=URI,
            repository_id=HOME.id,
            base_ref=ref,
            head=after,
            head_ref=ref,
            commits=tuple(self._forge_commit(one) for one in listed),
        )
        self.forge.pushed[ref, before, after] = facts
        return push

    def _forge_commit(self, name: str) -> ForgeCommit:
        words = self.git("log", "-1", "--format=%T%n%P%n%an <%ae>%n%cn <%ce>%n%B", name).split("\n")
        tree, parents, author, committer, message = words[0], words[1].split(), words[2], words[3], words[4:]
        co_authors = [line.split(": ", 1)[1] for line in message if line.startswith("Co-authored-by: ")]
        return ForgeCommit(
            id=name,
            tree=tree,
            parents=tuple(parents),
            message="\n".join(message),
            author=_git_person(author),
            committer=_git_person(committer),
            co_authors=tuple(map(_git_person, co_authors)),
        )

    def merge_pull(
        self, number: int, title: str, at: str, *, author: str = MAILS["dana"], more: str = ""
    ) -> str:
        """Make a change on a branch, and have Rita merge its pull request."""
        before = self.head("main")
        self.git("checkout", "-q", "-b", f"feature/{number}")
        self.commit(f"PAY-{number}: {title}{more}", {f"src/{number}.py": title}, at, author)
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", f"feature/{number}",
                 who=MAILS["rita"], at=at)  # fmt: skip
        after = self.head("main")
        self.push(before, after, at, "pr_merge", RITA)
        self.forge.brought[after] = (number,)
        return after

    def demand(self, section: str, at: str) -> str:
        """Have the policy demand more by a pull request of its own, and return it."""
        before, policy = self.head("main"), POLICY + section
        self.git("checkout", "-q", "-b", "feature/policy")
        self.commit("PAY-500: A stricter policy", {".github/counterseal.yml": policy}, at, MAILS["chris"])
        self.git("checkout", "-q", "main")
        words = ("merge", "-q", "--no-ff", "-m", "Merge pull request #500", "feature/policy")
        self.git(*words, who=MAILS["rita"], at=at)
        self.push(before, self.head("main"), at, "pr_merge", RITA)
        self.forge.brought[self.head("main")] = (500,)
        return policy

    def deploy(
        self, commit: str, at: str, *, state: str = "success", environment: str = "production"
    ) -> Deployment:
        """Let the forge know of a deployment that began at a moment, and took five minutes."""
        made = Deployment(
            id=8000 + len(self.forge.deployed),
            environment=environment,
            commit=commit,
            created_at=at,
            creator=RITA,
            statuses=(
                DeploymentStatus(state="in_progress", at=at),
                DeploymentStatus(state=state, at=later(at, minutes=5)),
            ),
        )
        self.forge.deployed.insert(0, made)
        return made

    # -- releases -----------------------------------------------------------------------------------------

    def publish(self, plan: Plan) -> Appended:
        """Seal and append a release as it is planned."""
        self.store.clock = plan.at
        sealing = Sealing(self.store, self.record, self.trust)
        candidate = plan.candidate_of(self._candidate(plan, sealing))
        decided = self._decided(plan, candidate, sealing) if plan.approver else Decided()
        until = format_time(parse_time(plan.at) + timedelta(days=2557))
        retention = Retention(retain_until=until, mode="compliance")

        def build(chain: Chain, head: Head | None) -> Statement:
            return build_manifest(
                candidate,
                chain=chain,
                builder=Builder(
                    id=f"{URI}/.github/workflows/release.yml",
                    identity="oidc",
                    actor=Person(id=RITA.id, login=RITA.login),
                    run_id=int(self._run().partition("/")[0]),
                    run_attempt=1,
                ),
                created_at=plan.created_at or plan.at,
                retention=retention,
                decided=decided,
            )

        ledger = Ledger(
            self.store,
            plan.sealer or self.release,
            self.checkpoint,
            trust=self.trust,
            clock=lambda: parse_time(plan.at),
        )
        made = ledger.append(plan.stream, build)
        for kept in self.store.objects.values():  # what publishing with a retention would have done
            if kept[0].mode is None:
                kept[0].mode, kept[0].retain_until = "compliance", until
        self.releases.append(made)
        return made

    def _candidate(self, plan: Plan, sealing: Sealing) -> ReleaseCandidate:
        repository = GitRepository(self.root)
        changes = changes_since(repository, plan.commit, plan.previous_commit)
        if plan.drop_commits:
            changes = replace(changes, commits=changes.commits[plan.drop_commits :])
        hidden = tuple(
            replace(one, co_authors=tuple(who for who in one.co_authors if who.text not in plan.hide))
            for one in changes.commits
        )
        wheel = Artifact(name="payments.whl", size=3, digest=Digest(sha256=sha256(plan.commit.encode())))
        head = Ledger(self.store, self.release, self.checkpoint, trust=self.trust).head(plan.stream)
        previous = None
        if head is not None:
            previous = PreviousRelease(
                commit=head.manifest.candidate.source.commit, payload=Digest(sha256=head.payload_digest)
            )
        records, files = self._records(plan, sealing)
        return ReleaseCandidate(
            source=Source(
                repository=URI,
                commit=plan.commit,
                tree=repository.tree_of(plan.commit),
                repository_id=HOME.id,
                ref=f"refs/tags/{plan.tag}" if plan.tag else MAIN,
                previous=previous,
            ),
            changes=replace(changes, commits=hidden),
            artifacts=(wheel,),
            records=records,
            statements=(self._provenance(wheel, plan.commit, sealing),) if plan.proven else (),
            evidence=files,
            policy=PolicyReference(
                uri=f"git+{URI}#.github/counterseal.yml", digest=Digest(sha256=sha256(plan.policy.encode()))
            ),
        )

    def _records(
        self, plan: Plan, sealing: Sealing
    ) -> tuple[tuple[RecordReference, ...], tuple[EvidenceReference, ...]]:
        data = plan.tests or f"<testsuite name='{plan.commit}'/>".encode()
        put_blob(self.store, data)
        file = EvidenceReference(
            name="junit.xml", media_type="application/xml", size=len(data), digest=Digest(sha256=sha256(data))
        )
        made_at = later(plan.at, hours=-3)
        waivers = ()
        if plan.waiver_until:
            waivers = (
                Waiver(
                    id="CVE-2024-6221", rule="sca", reason="behind the proxy", approver="account:41004",
                    expires_at=plan.waiver_until,
                ),
            )  # fmt: skip
        validity = None
        if plan.valid_until:
            validity = Validity(not_before="2026-01-01T00:00:00Z", not_after=plan.valid_until)
        record = ControlRecord(
            stage="record",
            name="unit-tests",
            kind="test",
            outcome=plan.outcome,
            created_at=made_at,
            origin=Origin(repository=URI, commit=plan.origin_commit or plan.commit, run=self._run()),
            evidence=(file,),
            waivers=waivers,
            validity=validity,
        )
        statement = Statement((subject_of_commit(URI, record.origin.commit),), CONTROL_RECORD, record)
        tested = self._listed(statement, sealing)
        if not plan.gated or load_policy(plan.policy.encode(), where="policy").gate is None:
            return (tested,), (file,)
        gated, case = self._gate(plan, tested, sealing)
        return (tested, gated), (file, case)

    def _gate(
        self, plan: Plan, tested: RecordReference, sealing: Sealing
    ) -> tuple[RecordReference, EvidenceReference]:
        """Have the policy gate judge the tests, and keep its case."""
        at = later(plan.at, hours=-2.5)
        fact = RecordFact(
            stage=tested.stage, name=tested.name, kind=tested.kind, outcome=str(tested.outcome),
            issued_at=later(plan.at, hours=-3), digest=tested.payload.sha256,
        )  # fmt: skip
        release = GatedRelease(repository=URI, commit=plan.commit, environment="production")
        case = GateCase(
            document=Document(now=at, release=release, records=(fact,)),
            rules=Rules(where=".github/counterseal.yml", policy=plan.policy),
        )
        said = rule_on(case, no_rego).verdict()
        data = plan.gate_case(encode_gate_case(replace(case, verdict=said)))
        put_blob(self.store, data)
        file = EvidenceReference(
            name="gate-case.json", media_type="application/json", size=len(data),
            digest=Digest(sha256=sha256(data)),
        )  # fmt: skip
        record = ControlRecord(
            stage="policy-gate",
            name="policy-gate",
            kind="policy",
            outcome=said.outcome,
            created_at=at,
            origin=Origin(repository=URI, commit=plan.commit, run=self._run()),
            evidence=(file,),
        )
        statement = Statement((subject_of_commit(URI, plan.commit),), CONTROL_RECORD, record)
        return self._listed(statement, sealing), file

    def _listed(self, statement: Statement, sealing: Sealing) -> RecordReference:
        payload = encode_statement(statement)
        record = statement.predicate
        kept = sealing.keep(
            sealing.sealer.seal(payload), payload, CONTROL_RECORD, f"{record.stage}.{record.name}"
        )
        return RecordReference(
            **{name: getattr(kept, name) for name in kept.__struct_fields__},
            stage=record.stage,
            name=record.name,
            kind=record.kind,
            outcome=record.outcome,
            waivers=record.waivers,
        )

    def _provenance(self, wheel: Artifact, commit: str, sealing: Sealing) -> SealedReference:
        predicate = {
            "buildDefinition": {"resolvedDependencies": [{"uri": "source", "digest": {"gitCommit": commit}}]},
            "runDetails": {},
        }
        statement = Statement((subject_of_file(wheel.name, wheel.digest.sha256),), PROVENANCE, predicate)
        payload = encode_statement(statement)
        return sealing.keep(sealing.sealer.seal(payload), payload, PROVENANCE, "provenance")

    def _decided(self, plan: Plan, candidate: ReleaseCandidate, sealing: Sealing) -> Decided:
        case, request = self.case_of(plan, candidate)
        data, evidence = case_evidence(case)
        put_blob(self.store, data)
        decision = record_of(case, "approval", origin_of(case), evidence)
        reference = self._listed(decision, sealing)
        if plan.change_class == "emergency":
            owed = Owed(case.request_id, case.decision.post_review_due_at or "", URI, "production")
            self.debts().owe(owed)
        return Decided(
            approvals=tuple(approvals_of(request, case.events, case.decision, record=reference.payload)),
            requests=(self._request(request, candidate, sealing),),
            records=(reference,),
            evidence=decision.predicate.evidence,
        )

    def _request(
        self, request: ApprovalRequest, candidate: ReleaseCandidate, sealing: Sealing
    ) -> SealedReference:
        subjects = (
            subject_of_file("candidate", digest_of_candidate(candidate)),
            subject_of_commit(URI, candidate.source.commit),
        )
        payload = encode_statement(Statement(subjects, APPROVAL_REQUEST, request))
        return sealing.keep(sealing.sealer.seal(payload), payload, APPROVAL_REQUEST, "approval-request")

    def case_of(self, plan: Plan, candidate: ReleaseCandidate) -> tuple[Case, ApprovalRequest]:
        """Return the case in which the approver has approved a candidate."""
        digest = digest_of_candidate(candidate)
        identity = sha256(digest.encode())[:16]
        binding = Binding(
            repository=URI,
            environment="production",
            commit=candidate.source.commit,
            tree=candidate.source.tree,
            candidate=Digest(sha256=digest),
            policy=Digest(sha256=sha256(plan.policy.encode())),
            run=self._run(),
        )
        asked, said = later(plan.at, hours=-2), plan.said_at or later(plan.at, hours=-1)
        emergency = plan.change_class == "emergency"
        request = ApprovalRequest(
            binding=binding,
            change_class=plan.change_class,
            requested_at=asked,
            requested_by=Person(id=RITA.id, login=RITA.login),
            nonce="0" * 32,
            reason="payments fail" if emergency else None,
            incident="INC-7" if emergency else None,
        )
        author = self.git("log", "-1", "--format=%an <%ae>", f"{plan.commit}^2")
        actors = plan.actors or (
            Actor(role="author", account=NAMES[author], text=author),
            Actor(role="merger", account=RITA),
            Actor(role="requester", account=RITA),
        )
        accounts = (MIA.id, DANA.id, CHRIS.id, SHADOW.id)
        facts = Facts(
            binding=binding,
            actors=actors,
            members=(Member(group="managers", accounts=accounts),),
            people=PEOPLE,
        )
        event = Event(
            id="comment:1",
            source="comment",
            action="approve",
            at=said,
            account=plan.approver,
            request=identity,
        )
        now = max(later(plan.at, minutes=-5), said)
        decision = decide(request, identity, (event,), APPROVAL, plan.duties, facts, now)
        case = Case(
            request_id=identity,
            request=request,
            events=(event,),
            policy=APPROVAL,
            duties=plan.duties,
            facts=facts,
            now=now,
            decision=decision,
        )
        return case, request

    def _run(self) -> str:
        """Return the run that builds and deploys the next release."""
        return f"{9000 + len(self.releases)}/1"

    def debts(self) -> Debts:
        return Debts(Shelf(self.store, self.trust, self.record))

    # -- looking ------------------------------------------------------------------------------------------

    def entry(self, sequence: int) -> str:
        return self.releases[sequence - 1].entry_key

    def name(self, sequence: int) -> str:
        return f"{stream_id(PRODUCTION)}/{sequence}"

    def source(self, sequence: int) -> str:
        return self.releases[sequence - 1].statement.predicate.candidate.source.commit

    @cached_property
    def uri(self) -> str:
        return URI

    def sources(self, **parts: Any) -> Sources:
        given = {
            "store": self.store,
            "trust": self.trust,
            "repository": GitRepository(self.root),
            "uri": URI,
            "run_rego": no_rego,
            "forge": self.forge,
            "exports": self.exports,
            "today": self.today,
            "anchor": self.anchor,
        }
        return Sources(**(given | parts))

    def audit(self, window: Window = WINDOW, **parts: Any) -> Answer:
        """Gather and reconcile."""
        found = audited(self.sources(**parts), window, self.demands)
        return Answer(
            window=window,
            repository=URI,
            environments=self.demands.environments,
            store="memory",
            trust="0" * 64,
            censuses=found.populations.censuses,
            elements=found.elements,
            exercised=exercised(found.populations.releases, found.elements),
            work=found.work,
            version="1",
        )

    def copy(self, folder: Path) -> History:
        """Return a copy of all of it, with a clone of its own."""
        shutil.copytree(self.root, folder)
        made = copy.copy(self)
        made.root, made.forge, made.store = folder, copy.deepcopy(self.forge), copy.deepcopy(self.store)
        made.releases = list(self.releases)
        return made


def no_rego(*_: object) -> Any:
    raise AssertionError("there are no rules in Rego here")


def later(time: str, **span: float) -> str:
    """Return a moment that comes so much later."""
    return format_time(parse_time(time) + timedelta(**span))


def day(number: int, hour: int = 9) -> str:
    """Return a morning of the history: day 0 is the first of August."""
    return format_time(
        datetime.fromisoformat("2026-08-01T00:00:00+00:00") + timedelta(days=number, hours=hour)
    )


def _git_person(text: str) -> GitPerson:
    return GitPerson(text=text, account=NAMES.get(text))


def payload_of(bundle: bytes) -> Statement:
    """Return the statement in a bundle, unverified."""
    from counterseal.seal.bundle import parse_bundle

    return read_statement(parse_bundle(bundle, where="x").envelope.payload, where="x")


def make_history(root: Path) -> History:
    """Return a clean history: ten releases; one failed, one was an emergency, one rests on a waiver."""
    root.mkdir()
    release, record, checkpoint, stranger, second, keeper, auditor = (new_sealer() for _ in range(7))
    roles = ((release, "release"), (record, "record"), (checkpoint, "checkpoint"), (second, "release"))
    books = (trusted(keeper, "hold", "incident"), trusted(auditor, "audit"))
    keys = (*books, *(trusted(sealer, role) for sealer, role in roles))
    trust = Trust(version=1, keys=keys)
    store = LockedStore()
    made = History(
        root,
        FakeForge(home=HOME, clock=UNTIL),
        store,
        release,
        record,
        checkpoint,
        stranger,
        keeper,
        auditor,
        trust,
    )
    made.git("init", "-q", "-b", "main")
    first = made.commit("PAY-1: Payments", {".github/counterseal.yml": POLICY}, day(2), MAILS["rita"])
    made.push(None, first, day(2), "branch_creation", RITA)
    commit = made.merge_pull(10, "Accounts", day(5))
    made.publish(Plan(commit, day(6)))
    made.deploy(commit, later(day(6), minutes=-3))
    for number in range(2, 11):
        previous, at = commit, day(24 + number * 8)
        commit = made.merge_pull(10 + number, f"Change {number}", at, **_variety(number))
        _go(made, number, commit, later(at, days=1), previous, second)
    made.merge_pull(30, "Not released yet", day(112))
    return made


def _variety(number: int) -> dict[str, str]:
    if number == 5:
        return {"more": f"\n\nCo-authored-by: {MAILS['chris']}"}
    return {"author": MAILS["chris"]} if number == 8 else {}


def _go(made: History, number: int, commit: str, at: str, previous: str, second: Sealer) -> None:
    """Publish and deploy one release of the clean history."""
    plan = Plan(commit, at, previous)
    if number == 4:
        plan.change_class = "emergency"
    if number == 6:
        plan.waiver_until = later(at, days=30)
    if number == 7:
        plan.tag = "v1.7"
        made.git("tag", "v1.7", commit)
    if number == 9:
        plan.outcome, plan.approver = Outcome.FAILED, None
    if number == 10:
        plan.sealer = second
    if number >= 10:
        plan.previous_commit = made.source(9)
    made.publish(plan)
    if number == 4:
        request = made.debts()
        owed = next(iter(request.unpaid()))
        request.pay(owed.request, later(at, hours=20))
    if number != 9:
        made.deploy(commit, later(at, minutes=-3))
