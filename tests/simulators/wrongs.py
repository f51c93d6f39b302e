"""Everything that can be wrong with ninety days of changes and evidence: each function plants one wrong.

It returns what an audit has to name: the verdict, by population and name of the element. `also` lists further
verdicts that follow from the same wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from counterseal.ledger.entry import Entry, decode_entry, encode_entry
from counterseal.ledger.holds import Asking, HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.layout import checkpoint_key
from counterseal.manifest.digest import sha256
from counterseal.manifest.incident import Incident
from counterseal.manifest.record import ControlRecord, Digest, Origin
from counterseal.manifest.release import ReleaseCandidate, Stream
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Outcome, parse_time
from counterseal.policy.audit import Audit
from counterseal.policy.duties import Actor
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from simulators.history import (
    CHRIS,
    DANA,
    EVE,
    LAX,
    MAILS,
    MIA,
    PRODUCTION,
    RITA,
    SHADOW,
    URI,
    History,
    Plan,
    day,
    later,
)

STREAM = stream_id(PRODUCTION)


@dataclass(frozen=True)
class Named:
    """What an audit has to name.

    Attributes:
        code: the verdict.
        population: of which population the element is.
        name: the element's name.
        exit_code: what the audit ends with.
        also: verdicts that may follow from the same wrong.
    """

    code: str
    population: str
    name: str
    exit_code: int
    also: frozenset[str] = field(default_factory=frozenset)


GAP, TAMPERED, UNPROVABLE = 15, 12, 14
Plant = Callable[[History], Named]
WRONGS: dict[str, Plant] = {}


def wrong(plant: Plant) -> Plant:
    """Register a wrong by the name of its function."""
    WRONGS[plant.__name__.replace("_", " ")] = plant
    return plant


def named(code: str, population: str, name: str, exit_code: int, *also: str) -> Named:
    return Named(code, population, name, exit_code, frozenset(also))


MERGED, RELEASED = day(113), day(114)
"""When a change more is merged and released: after everything else of the history."""


def publish(history: History, number: int = 11, **parts: object) -> str:
    """Merge, release and deploy one change more, and return the release's name."""
    at = MERGED
    commit = history.merge_pull(200 + number, "One more", at, author=str(parts.pop("author", MAILS["dana"])))
    plan = Plan(commit, later(at, days=1), history.source(10), **parts)  # type: ignore[arg-type]
    history.publish(plan)
    history.deploy(commit, later(plan.at, minutes=-3))
    return history.name(len(history.releases))


def evidence_of(history: History, sequence: int) -> str:
    """Return the key of an evidence file of a release."""
    manifest = history.releases[sequence - 1].statement.predicate
    return blob_key(manifest.candidate.evidence[0].digest.sha256)


# -- the chain and its seals -------------------------------------------------------------------------------


@wrong
def a_manifest_deleted(history: History) -> Named:
    del history.store.objects[history.entry(5)]
    return named("manifest-missing", "releases", history.name(6), TAMPERED, *_HOLE)


_HOLE = (
    "chain-broken",
    "checkpoint-broken",
    "clock-doubtful",
    "deployment-without-evidence",
    "evidence-without-deployment",
    "no-evidence",
    "retention-shortened",
    "unreleased-too-long",
)


@wrong
def the_newest_release_removed_with_its_checkpoint(history: History) -> Named:
    anchor = checkpoint_key(STREAM, 10)
    history.anchor = history.store.get(anchor)
    for key in (history.entry(10), anchor):
        del history.store.objects[key]
    return named("manifest-missing", "objects", "anchor", TAMPERED, *_HOLE)


@wrong
def a_checkpoint_removed(history: History) -> Named:
    del history.store.objects[checkpoint_key(STREAM, 5)]
    return named("checkpoint-broken", "releases", history.name(5), TAMPERED)


@wrong
def a_checkpoint_forged(history: History) -> Named:
    key = checkpoint_key(STREAM, 5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"sig":"'))
    return named("checkpoint-broken", "releases", history.name(5), TAMPERED, "seal-broken")


@wrong
def a_seal_forged(history: History) -> Named:
    key = history.entry(5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"sig":"'))
    return named("seal-broken", "releases", history.name(5), TAMPERED, *_HOLE)


@wrong
def a_manifest_changed(history: History) -> Named:
    key = history.entry(5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"payload":"'))
    return named("seal-broken", "releases", history.name(5), TAMPERED, *_HOLE)


@wrong
def a_seal_by_a_strangers_key(history: History) -> Named:
    entry = decode_entry(history.store.get(history.entry(10)), where="x")
    payload = _payload(entry.bundle)
    forged = Entry(history.stranger.seal(payload), entry.vsa)
    history.store.replace(history.entry(10), encode_entry(forged))
    return named("signer-unknown", "releases", history.name(10), GAP, *_HOLE)


@wrong
def a_key_revoked_before_it_sealed(history: History) -> Named:
    keys = tuple(
        replace(key, revoked_at=datetime(2026, 11, 1, tzinfo=UTC), reason="lost")
        if key.keyid == history.trust.keys[-1].keyid
        else key
        for key in history.trust.keys
    )
    history.trust = Trust(version=1, keys=keys)
    return named("signer-revoked", "releases", history.name(10), TAMPERED, *_HOLE)


@wrong
def two_releases_swapped(history: History) -> Named:
    one, other = history.entry(5), history.entry(6)
    first, second = history.store.get(one), history.store.get(other)
    history.store.replace(one, second)
    history.store.replace(other, first)
    return named("chain-broken", "releases", history.name(5), TAMPERED, *_HOLE)


@wrong
def an_old_manifest_replayed(history: History) -> Named:
    history.store.replace(history.entry(10), history.store.get(history.entry(8)))
    return named("chain-broken", "releases", history.name(10), TAMPERED, *_HOLE)


@wrong
def a_release_of_another_stream_copied_in(history: History) -> Named:
    other = Stream(repository=URI, environment="staging")
    made = history.publish(Plan(history.source(10), day(107), history.source(8), stream=other, approver=None))
    history.store.replace(history.entry(10), history.store.get(made.entry_key))
    history.releases.pop()
    return named("chain-broken", "releases", history.name(10), TAMPERED, *_HOLE, "evidence-foreign")


@wrong
def a_verdict_changed(history: History) -> Named:
    entry = decode_entry(history.store.get(history.entry(5)), where="x")
    other = decode_entry(history.store.get(history.entry(6)), where="x")
    history.store.replace(history.entry(5), encode_entry(Entry(entry.bundle, other.vsa)))
    return named("content-broken", "releases", history.name(5), TAMPERED)


# -- records and evidence ----------------------------------------------------------------------------------


@wrong
def a_record_removed(history: History) -> Named:
    manifest = history.releases[4].statement.predicate
    del history.store.objects[blob_key(manifest.candidate.records[0].sealed.digest.sha256)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED)


@wrong
def evidence_removed(history: History) -> Named:
    del history.store.objects[evidence_of(history, 5)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED)


@wrong
def evidence_changed(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.replace(key, history.store.get(key).replace(b"testsuite", b"testsuitf"))
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def evidence_made_longer(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.replace(key, history.store.get(key) + b" ")
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def evidence_of_another_commit(history: History) -> Named:
    name = publish(history, origin_commit=history.source(10))
    return named("evidence-foreign", "releases", name, GAP)


@wrong
def evidence_that_was_out_of_date(history: History) -> Named:
    name = publish(history, valid_until="2026-10-01T00:00:00Z")
    return named("evidence-stale", "releases", name, GAP)


@wrong
def an_artifact_without_provenance(history: History) -> Named:
    return named("artifact-unproven", "releases", publish(history, proven=False), GAP)


@wrong
def a_waiver_that_had_ended(history: History) -> Named:
    name = publish(history, waiver_until="2026-10-01T00:00:00Z")
    return named("waiver-expired", "releases", name, GAP)


@wrong
def a_decision_altered(history: History) -> Named:
    release = publish(history, candidate_of=lambda one: one)
    manifest = history.releases[-1].statement.predicate
    key = blob_key(manifest.decision_evidence[0].digest.sha256)
    history.store.replace(key, history.store.get(key).replace(b'"account"', b'"accounu"'))
    return named("evidence-altered", "releases", release, TAMPERED, "approval-altered", *_UNCLEARED)


# -- people ------------------------------------------------------------------------------------------------


_UNCLEARED = ("approved-by-participant", "reviewed-by-participant", "reviewer-unproven")


@wrong
def an_author_approves_alone(history: History) -> Named:
    publish(history, approver=DANA, duties=LAX)
    made = history.head(f"{history.source(11)}^2")
    return named("reviewed-by-participant", "changes", made, GAP, *_UNCLEARED)


@wrong
def an_author_approves_by_a_second_account(history: History) -> Named:
    name = publish(history, approver=SHADOW, duties=LAX)
    return named("approved-by-participant", "releases", name, GAP, *_UNCLEARED)


@wrong
def a_co_author_approves(history: History) -> Named:
    actors = (Actor(role="author", account=DANA), Actor(role="co-author", account=CHRIS))
    name = publish(history, approver=CHRIS, duties=LAX, actors=actors)
    return named("approved-by-participant", "releases", name, GAP, *_UNCLEARED)


@wrong
def a_pusher_approves(history: History) -> Named:
    actors = (Actor(role="author", account=DANA), Actor(role="pusher", account=MIA))
    name = publish(history, duties=LAX, actors=actors)
    return named("approved-by-participant", "releases", name, GAP, *_UNCLEARED)


@wrong
def nobody_approves(history: History) -> Named:
    publish(history, approver=None)
    return named("not-reviewed", "changes", history.source(11), GAP)


@wrong
def an_author_whom_the_release_leaves_out(history: History) -> Named:
    at, before = MERGED, history.head("main")
    history.git("checkout", "-q", "-b", "feature/211")
    who = f"{MAILS['chris']}"
    hidden = history.commit(f"PAY-211: Together\n\nCo-authored-by: {who}", {"src/211.py": "x"}, at)
    history.git("checkout", "-q", "main")
    history.git(
        "merge", "-q", "--no-ff", "-m", "Merge pull request #211", "feature/211", who=MAILS["rita"], at=at
    )
    commit = history.head("main")
    history.push(before, commit, at, "pr_merge", RITA)
    history.forge.brought[commit] = (211,)
    history.publish(Plan(commit, later(at, days=1), history.source(10), hide=(who,)))
    history.deploy(commit, later(at, days=1, minutes=-3))
    return named("undisclosed-participant", "changes", hidden, GAP)


@wrong
def an_approval_that_came_late(history: History) -> Named:
    publish(history, said_at=later(RELEASED, minutes=-1))
    return named("approved-late", "deployments", _newest(history), GAP)


@wrong
def an_approval_that_had_ended(history: History) -> Named:
    publish(history)
    old = history.forge.deployed[0]
    at = later(old.created_at, days=3)
    states = tuple(replace(one, at=at) for one in old.statuses)
    history.forge.deployed[0] = replace(old, created_at=at, statuses=states)
    return named("approval-expired", "deployments", _newest(history), GAP)


@wrong
def an_emergency_that_nobody_reviewed(history: History) -> Named:
    name = publish(history, change_class="emergency")
    return named("emergency-unreviewed", "releases", name, GAP)


@wrong
def an_emergency_that_was_reviewed_late(history: History) -> Named:
    name = publish(history, change_class="emergency")
    owed = next(iter(history.debts().unpaid()))
    history.debts().pay(owed.request, later(RELEASED, days=3))
    return named("emergency-reviewed-late", "releases", name, GAP)


# -- policy ------------------------------------------------------------------------------------------------


@wrong
def a_policy_that_no_protected_branch_held(history: History) -> Named:
    name = publish(history, policy="version: 1\n")
    return named("policy-unknown", "releases", name, GAP)


@wrong
def a_release_without_a_policy(history: History) -> Named:
    def without(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, policy=None)

    return named("policy-absent", "releases", publish(history, candidate_of=without), GAP)


@wrong
def a_section_of_the_policy_that_nothing_was_judged_by(history: History) -> Named:
    name = publish(history, gated=False)
    return named("control-not-run", "releases", name, GAP)


@wrong
def a_scan_that_the_policy_of_then_wanted_and_nobody_ran(history: History) -> Named:
    stricter = history.demand("code:\n  sast: {}\n", day(112))
    return named("control-not-run", "releases", publish(history, policy=stricter), GAP)


# -- the policy gate ---------------------------------------------------------------------------------------


def case_of(history: History, sequence: int) -> str:
    """Return the key of the policy gate's case of a release."""
    manifest = history.releases[sequence - 1].statement.predicate
    return next(
        blob_key(file.digest.sha256) for file in manifest.candidate.evidence if file.name == "gate-case.json"
    )


@wrong
def a_gate_case_removed(history: History) -> Named:
    del history.store.objects[case_of(history, 5)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED, "gate-unproven")


@wrong
def a_gate_case_changed(history: History) -> Named:
    key = case_of(history, 5)
    history.store.replace(key, history.store.get(key) + b" ")
    return named("evidence-altered", "releases", history.name(5), TAMPERED, "gate-unproven")


@wrong
def a_gate_case_written_over(history: History) -> Named:
    key = case_of(history, 5)
    history.store.over(key, b"{}")
    return named("overwritten", "objects", key, TAMPERED, "unreadable", "gate-unproven")


@wrong
def a_delete_marker_over_a_gate_case(history: History) -> Named:
    key = case_of(history, 5)
    history.store.over(key, None)
    return named("delete-marker", "objects", key, TAMPERED, "unreadable", "gate-unproven")


@wrong
def a_gate_case_that_is_none(history: History) -> Named:
    name = publish(history, gate_case=lambda _: b"not a case")
    return named("gate-altered", "releases", name, TAMPERED)


@wrong
def a_gate_verdict_that_does_not_follow(history: History) -> Named:
    def lenient(case: bytes) -> bytes:
        return case.replace(b'"outcome":"passed","stage":"record"', b'"outcome":"failed","stage":"record"')

    return named("gate-altered", "releases", publish(history, gate_case=lenient), TAMPERED)


# -- changes, tags and deployments -------------------------------------------------------------------------


@wrong
def a_commit_pushed_past_the_gate(history: History) -> Named:
    before, at = history.head("main"), day(113)
    commit = history.commit("PAY-666: Quick fix", {"src/fix.py": "x"}, at, MAILS["eve"])
    history.push(before, commit, at, "push", EVE)
    return named("pushed-past-gate", "changes", commit, GAP)


@wrong
def a_commit_that_a_release_does_not_list(history: History) -> Named:
    publish(history, drop_commits=1)
    return named("no-evidence", "changes", history.source(11), GAP)


@wrong
def a_history_rewritten(history: History) -> Named:
    tip, at = history.head("main"), day(113)
    base = history.git("rev-parse", f"{tip}~1")
    history.git("checkout", "-q", "-B", "main", base)
    commit = history.commit("PAY-667: Another end", {"src/end.py": "x"}, at, MAILS["eve"])
    history.push(tip, commit, at, "force_push", EVE)
    return named("history-rewritten", "changes", commit, GAP, "pushed-over")


@wrong
def a_commit_removed_from_the_branch(history: History) -> Named:
    tip, at = history.head("main"), day(113)
    base = history.git("rev-parse", f"{tip}~1")
    history.git("checkout", "-q", "-B", "main", base)
    history.push(tip, base, at, "force_push", EVE)
    return named("pushed-over", "changes", tip, GAP)


@wrong
def a_change_that_waits_too_long(history: History) -> Named:
    history.demands = replace(history.demands, unreleased_days=3)
    return named("unreleased-too-long", "changes", history.head("main"), GAP)


@wrong
def a_tag_moved(history: History) -> Named:
    history.git("tag", "-f", "v1.7", history.source(6))
    return named("tag-moved", "tags", "refs/tags/v1.7", GAP)


@wrong
def a_tag_deleted(history: History) -> Named:
    history.git("tag", "-d", "v1.7")
    history.git("tag", "v0.1", history.source(1))
    return named("tag-deleted", "tags", "refs/tags/v1.7", GAP)


@wrong
def a_release_from_no_protected_branch(history: History) -> Named:
    at = day(113)
    history.git("checkout", "-q", "-b", "mine", history.source(10))
    history.git("checkout", "-q", "-b", "mine-too")
    history.commit("PAY-668: Mine", {"src/mine.py": "x"}, at)
    history.git("checkout", "-q", "mine")
    history.git("merge", "-q", "--no-ff", "-m", "Merge mine", "mine-too", who=MAILS["rita"], at=at)
    commit = history.head()
    history.git("checkout", "-q", "main")
    history.publish(Plan(commit, later(at, hours=4), history.source(10)))
    history.deploy(commit, later(at, hours=3.9))
    return named("source-not-on-branch", "releases", history.name(11), GAP)


@wrong
def a_deployment_without_evidence(history: History) -> Named:
    history.deploy(history.head("main"), day(113))
    return named("deployment-without-evidence", "deployments", _newest(history), GAP)


@wrong
def a_deployment_that_was_done_twice(history: History) -> Named:
    history.deploy(history.source(10), day(113))
    return named("deployed-again", "deployments", _newest(history), GAP)


@wrong
def a_deployment_of_a_release_that_failed(history: History) -> Named:
    history.deploy(history.source(9), later(day(97), minutes=5))
    return named("deployed-despite-failure", "deployments", _newest(history), GAP)


@wrong
def a_deployment_of_another_artifact(history: History) -> Named:
    history.exports = (_exported(history, artifacts=("e" * 64,)),)
    return named("other-artifact", "deployments", "jenkins:1", GAP)


@wrong
def a_deployment_of_another_commit_than_its_release(history: History) -> Named:
    history.exports = (_exported(history, commit=history.source(8)),)
    return named("other-commit", "deployments", "jenkins:1", GAP)


@wrong
def a_deployment_that_names_no_known_release(history: History) -> Named:
    history.exports = (_exported(history, release=f"{STREAM}/99"),)
    return named("release-unknown", "deployments", "jenkins:1", GAP, "evidence-without-deployment")


@wrong
def evidence_without_a_deployment(history: History) -> Named:
    name = publish(history)
    history.forge.deployed.pop(0)
    return named("evidence-without-deployment", "releases", name, GAP)


@wrong
def a_list_of_changes_that_is_not_whole(history: History) -> Named:
    def cut(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, changes=replace(one.changes, complete=False, note="the history here is shallow"))

    name = publish(history, candidate_of=cut)
    also = ("deployed-despite-failure", "unreleased-too-long")
    return named("changes-incomplete", "releases", name, GAP, *also)


# -- objects and their locks -------------------------------------------------------------------------------


@wrong
def a_manifest_written_over(history: History) -> Named:
    history.store.over(history.entry(5), history.store.get(history.entry(6)))
    return named("overwritten", "objects", history.entry(5), TAMPERED, *_HOLE, "unreadable")


@wrong
def a_delete_marker_over_a_manifest(history: History) -> Named:
    history.store.over(history.entry(5), None)
    return named("delete-marker", "objects", history.entry(5), TAMPERED, *_HOLE, "unreadable")


@wrong
def a_delete_marker_over_evidence(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.over(key, None)
    return named("delete-marker", "objects", key, TAMPERED, "unreadable")


@wrong
def a_lock_shortened(history: History) -> Named:
    kept = history.store.objects[history.entry(5)][0]
    kept.retain_until = "2027-01-01T00:00:00Z"
    return named("retention-shortened", "objects", history.entry(5), GAP)


@wrong
def a_legal_hold_lifted_past_its_book(history: History) -> Named:
    stream, _, number = history.name(5).partition("/")
    origin = Origin(repository=URI, commit=history.source(5))
    asking = Asking("counsel", "proceedings 7/2026", day(110), origin)
    book, history.store.clock = HoldBook(history.store, history.trust), day(110)
    book.put_on(history.store, stream, int(number), asking, history.keeper)
    history.store.objects[evidence_of(history, 5)][0].hold = False
    return named("hold-removed", "releases", history.name(5), GAP)


@wrong
def a_legal_hold_let_go_with_a_copied_page(history: History) -> Named:
    stream, _, number = history.name(5).partition("/")
    origin = Origin(repository=URI, commit=history.source(5))
    book, history.store.clock = HoldBook(history.store, history.trust), day(110)
    for change, hour in ((book.put_on, 9), (book.take_off, 10), (book.put_on, 11)):
        asking = Asking("counsel", "proceedings 7/2026", day(110, hour), origin)
        change(history.store, stream, int(number), asking, history.keeper)
    folder = f"holds/{stream}/{int(number):012d}/"
    history.store.put(f"{folder}000004.json", history.store.get(f"{folder}000002.json"))
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def a_page_about_an_incident_of_another_repository_copied_in(history: History) -> Named:
    incident = Incident(id="issue-12", service=URI, severity="major", detected_at=day(100))
    book, history.store.clock = IncidentBook(history.store, history.trust, history.keeper), day(110)
    origin = Origin(repository=URI, commit=history.source(5))
    mine = book.enter(incident, at=day(110), origin=origin)
    other = replace(incident, service=f"{URI}-cards", restored_at=day(101))
    theirs = book.enter(other, at=day(110), origin=origin)
    assert mine
    assert theirs
    copied = mine.key.replace("000001", "000002")
    history.store.put(copied, history.store.get(theirs.key))
    return named("evidence-altered", "objects", copied, TAMPERED, "lock-unproven")


@wrong
def a_lock_in_a_weaker_mode(history: History) -> Named:
    history.store.objects[evidence_of(history, 5)][0].mode = "governance"
    return named("lock-weaker", "objects", evidence_of(history, 5), GAP)


@wrong
def no_lock_at_all(history: History) -> Named:
    kept = history.store.objects[history.entry(5)][0]
    kept.mode = kept.retain_until = None
    return named("lock-unproven", "objects", history.entry(5), UNPROVABLE)


@wrong
def a_strange_object(history: History) -> Named:
    history.store.put("streams/readme.txt", b"hello")
    return named("stray-object", "objects", "streams/readme.txt", GAP)


# -- what cannot be told -----------------------------------------------------------------------------------


@wrong
def locks_that_nobody_tells(history: History) -> Named:
    history.store.told = False
    return named("lock-unproven", "objects", history.entry(5), UNPROVABLE)


@wrong
def a_listing_that_breaks_off(history: History) -> Named:
    history.store.broken_after = len(history.store.objects) - 3
    return named("cannot-enumerate", "releases", "census", UNPROVABLE, *_HOLE, "evidence-missing")


@wrong
def a_hole_in_the_record_of_movements(history: History) -> Named:
    moves = list(history.forge.moves["refs/heads/main"])
    del moves[4]
    history.forge.moves["refs/heads/main"] = tuple(moves)
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def a_record_of_movements_that_begins_too_late(history: History) -> Named:
    history.forge.moves["refs/heads/main"] = history.forge.moves["refs/heads/main"][:4]
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def deployments_that_cannot_be_listed(history: History) -> Named:
    from counterseal.errors import Inconclusive

    history.forge.fail("deployments", Inconclusive("deployments: read is missing"))
    return named("cannot-enumerate", "deployments", "census", UNPROVABLE)


@wrong
def a_shallow_clone(history: History) -> Named:
    (history.root / ".git" / "shallow").write_text(history.source(9) + "\n")
    return named("cannot-enumerate", "changes", "census", UNPROVABLE)


@wrong
def a_clock_that_is_far_off(history: History) -> Named:
    name = publish(history, created_at=later(RELEASED, days=-9), said_at=None)
    return named(
        "clock-doubtful", "releases", name, GAP, "approved-late", "evidence-stale", "evidence-foreign"
    )


_BEFORE = "2026-08-01T00:00:00Z"


@wrong
def a_release_dated_before_the_window(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None)
    return named("clock-doubtful", "releases", name, GAP, "not-reviewed")


@wrong
def a_release_dated_before_the_window_without_provenance(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None, proven=False)
    return named("artifact-unproven", "releases", name, GAP, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_window_without_a_policy(history: History) -> Named:
    def without(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, policy=None)

    name = publish(history, created_at=_BEFORE, approver=None, candidate_of=without)
    return named("policy-absent", "releases", name, GAP, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_window_with_evidence_removed(history: History) -> Named:
    name = publish(history, created_at=_BEFORE, approver=None)
    del history.store.objects[evidence_of(history, 11)]
    return named("evidence-missing", "releases", name, TAMPERED, "clock-doubtful", "not-reviewed")


@wrong
def a_release_dated_before_the_one_that_it_follows(history: History) -> Named:
    commit, at, made = history.merge_pull(212, "Too soon", MERGED), RELEASED, later(RELEASED, days=-11)
    history.publish(Plan(commit, at, history.source(10), created_at=made, approver=None))
    history.store.objects[history.entry(11)][0].written_at = made
    history.deploy(commit, later(at, minutes=-3))
    return named("clock-doubtful", "releases", history.name(11), GAP, "not-reviewed")


@wrong
def an_approval_long_after_its_release(history: History) -> Named:
    name = publish(history, created_at=later(RELEASED, hours=-23), said_at=later(RELEASED, hours=3))
    return named("clock-doubtful", "releases", name, GAP, "approved-late")


@wrong
def a_branch_that_is_not_there(history: History) -> Named:
    history.demands = Audit(branches=("trunk",))
    return named("cannot-enumerate", "changes", "census", UNPROVABLE, "policy-unproven")


def _newest(history: History) -> str:
    return f"github:{history.forge.deployed[0].id}"


def _exported(history: History, **parts: object):
    """Return the tenth deployment as another platform tells it; the forge no longer does."""
    from counterseal.audit.population import Deployed

    gone = next(one for one in history.forge.deployed if one.commit == history.source(10))
    history.forge.deployed.remove(gone)
    plain = Deployed(
        id="1",
        platform="jenkins",
        environment="production",
        commit=history.source(10),
        started_at=gone.created_at,
        outcome=Outcome.PASSED,
        release=history.name(10),
    )
    return replace(plain, **parts)


def _with_byte_changed(data: bytes, member: bytes) -> bytes:
    at = data.index(member) + len(member) + 20
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]


def _payload(bundle: bytes) -> bytes:
    from counterseal.seal.bundle import parse_bundle

    return parse_bundle(bundle, where="x").envelope.payload


__all__ = ["MIA", "WRONGS", "ControlRecord", "Digest", "Named", "parse_time", "sha256", "timedelta"]
