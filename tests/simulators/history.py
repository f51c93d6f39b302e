"""A bank over ninety days: a real git repository, a forge, deployments, and a store of real, sealed releases.

`History` is what an audit compares, still with all that an intruder needs to change it. `make_history` builds
a clean one; every wrong in the tests is planted into a copy.
"""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from counterseal.audit.answer import Answer
from counterseal.audit.population import Deployed, Window
from counterseal.audit.sources.audited import audited
from counterseal.audit.sources.gather import Sources
from counterseal.audit.standing import exercised
from counterseal.clients.git import GitRepository
from counterseal.ledger.append import Appended, Head, Ledger
from counterseal.ledger.requests_debts import Debts
from counterseal.ledger.requests_shelf import Shelf
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.assemble import Decided, build_manifest
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Builder, Chain, Person, PreviousRelease, Retention, Stream
from counterseal.manifest.statement import Statement
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Outcome, format_time, parse_time
from counterseal.policy.audit import Audit
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from simulators.bank import DEMANDS, HOME, MAILS, POLICY, PRODUCTION, RITA, UNTIL, URI, WINDOW, day, later
from simulators.fake_forge import FakeForge
from simulators.locked_store import LockedStore
from simulators.manager import Manager
from simulators.planned import Planned, no_rego
from simulators.release_plan import Plan
from simulators.releases import new_sealer, trusted
from simulators.trunk import Trunk


@dataclass
class History(Trunk):
    """The bank's ninety days.

    Attributes:
        store: the store.
        release, record, checkpoint, stranger, keeper, auditor: who seals what.
        trust: the trust file.
        releases: what was published, in order.
        exports: deployments of other platforms; None where there are none.
        anchor: a checkpoint that was kept elsewhere.
        today: today's policy.
        demands: what an audit demands.
    """

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

    def publish(self, plan: Plan) -> Appended:
        """Seal and append a release as it is planned."""
        self.store.clock = plan.at
        sealing = Sealing(self.store, self.record, self.trust)
        planned = Planned(plan, self.root, sealing, self._run())
        candidate = plan.candidate_of(planned.candidate(self._previous(plan.stream)))
        decided = self._manager(plan, sealing).decided(candidate) if plan.approver else Decided()
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

    def _previous(self, stream: Stream) -> PreviousRelease | None:
        head = Ledger(self.store, self.release, self.checkpoint, trust=self.trust).head(stream)
        if head is None:
            return None
        return PreviousRelease(
            commit=head.manifest.candidate.source.commit, payload=Digest(sha256=head.payload_digest)
        )

    def _manager(self, plan: Plan, sealing: Sealing) -> Manager:
        author = self.git("log", "-1", "--format=%an <%ae>", f"{plan.commit}^2")
        return Manager(plan, sealing, self._run(), author, self.debts())

    def _run(self) -> str:
        """Return the run that builds and deploys the next release."""
        return f"{9000 + len(self.releases)}/1"

    def debts(self) -> Debts:
        return Debts(Shelf(self.store, self.trust, self.record))

    def entry(self, sequence: int) -> str:
        return self.releases[sequence - 1].entry_key

    def name(self, sequence: int) -> str:
        return f"{stream_id(PRODUCTION)}/{sequence}"

    def source(self, sequence: int) -> str:
        return self.releases[sequence - 1].statement.predicate.candidate.source.commit

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
