from __future__ import annotations

import pytest

from counterseal.checks.branch import Observer
from counterseal.checks.branch_case import BranchCase, Subject, facts_of, judge_case, read_case
from counterseal.checks.branch_report import headline, summary
from counterseal.checks.branch_simulate import read_supposition, suppose
from counterseal.checks.trusted import trusted_policy
from counterseal.errors import Inconclusive, MalformedError, NothingToJudge, UsageError
from counterseal.host.event import Event
from counterseal.manifest.types import Outcome
from counterseal.policy.branch import Branch, ProtectedPaths, Signatures, Tickets
from counterseal.policy.change import ChangedFile
from counterseal.policy.forge import Verification
from counterseal.policy.posture import EnvironmentFacts, Posture, RequiredCheck
from counterseal.policy.rules.context import Context, GroupMembers
from simulators.changes import (
    ANN,
    BASE,
    BOB,
    BOT,
    BY_FORGE,
    CARL,
    FORGE,
    MAIN,
    commit,
    pull,
    push,
    pushed,
    review,
    sha,
)
from simulators.fake_forge import NOW, FakeForge
from simulators.signed_commits import Signing

POLICY = """version: 1
branch:
  names: {branches: ["(feature|fix)/[A-Z]+-[0-9]+-[a-z0-9-]+", "dependabot/.+"], tags: ["v.+"]}
  signatures: {web-flow: merges}
  tickets: {projects: [PAY]}
  protected-paths: {owners: security}
approval:
  groups: {security: {accounts: [2], teams: [acme/security]}}
  classes: {normal: {stages: [{name: one, groups: [security]}]}}
  environments: {production: {classes: [normal], default: normal}}
"""
WORKFLOW = (ChangedFile(path=".github/workflows/ci.yml", status="modified"),)


def event(name="pull_request_target", **parts):
    made = {"action": None, "sender_id": 1, "sender": "ann", "repository_id": 1, "pull_request": 12}
    return Event(name=name, **(made | parts))


def observe(forge, root, asked=None, tracker=None, ref=None, at=None):
    return Observer(forge, trusted_policy(forge), root, tracker).observe(asked or event(), ref, at)


def verdict(case):
    judged = judge_case(case)
    return facts_of(case, judged)


def rules(facts):
    return {reason.rule for reason in facts.reasons}


@pytest.fixture
def forge():
    made = FakeForge()
    made.put(".github/counterseal.yml", POLICY)
    made.add_pull(pull())
    return made


def test_a_good_pull_request_passes_with_few_requests_and_without_a_checkout(forge, tmp_path):
    case = observe(forge, tmp_path)
    facts = verdict(case)
    assert (facts.outcome, facts.reasons) == (Outcome.PASSED, ())
    assert facts.counts["commits"] == 1
    assert case.now == NOW
    assert case.requests == forge.requests <= 12
    assert {actor.role for actor in case.subjects[0].context.actors} >= {"opener", "author", "pusher"}


def test_a_case_is_kept_as_canonical_json_and_judged_again_to_the_same_verdict(forge, tmp_path):
    forge.change_pull(12, files=WORKFLOW)
    case = observe(forge, tmp_path)
    again = read_case(case.encode(), "x")
    assert again == case
    assert verdict(again) == verdict(case)
    assert verdict(case).outcome is Outcome.FAILED


def test_who_touched_the_change_is_never_taken_from_a_case():
    forged = Context(actors=(), members=(GroupMembers(group="security", accounts=(ANN.id,)),))
    change = pull(files=WORKFLOW, reviews=(review(1, ANN, sha(1)),))
    policy = Branch(protected_paths=ProtectedPaths(owners="security"))
    case = BranchCase(subjects=(Subject(name="#12", change=change, context=forged),), policy=policy)
    assert verdict(case).outcome is Outcome.FAILED


def test_a_change_to_the_workflow_needs_the_security_owners_and_their_team_may_be_hidden(forge, tmp_path):
    forge.change_pull(12, files=WORKFLOW)
    forge.add_review(12, review(1, CARL, sha(1)))
    facts = verdict(observe(forge, tmp_path))
    assert (facts.outcome, rules(facts)) == (Outcome.INCONCLUSIVE, {"protected-paths"})
    forge.add_team("acme/security", [CARL])
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.PASSED


def test_a_team_that_the_forge_cannot_list_is_not_empty(forge, tmp_path):
    forge.change_pull(12, files=WORKFLOW)
    forge.add_review(12, review(1, CARL, sha(1)))
    forge.fail("members", Inconclusive("status 502"))
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.INCONCLUSIVE


def test_the_policy_that_a_pull_request_brings_along_does_not_judge_it(forge, tmp_path):
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {}\n", sha(1))
    forge.change_pull(12, files=(ChangedFile(path=".github/counterseal.yml", status="modified"),))
    assert "protected-paths" in rules(verdict(observe(forge, tmp_path)))


@pytest.mark.parametrize("method", ["change_of_pull", "now", "repository"])
def test_a_forge_that_fails_leaves_an_inconclusive_case_and_never_a_pass(forge, tmp_path, method):
    observer = Observer(forge, trusted_policy(forge), tmp_path)
    forge.fail(method, Inconclusive("status 502", where="GET /x", remedy="wait"))
    case = observer.observe(event(), None, None)
    facts = verdict(case)
    assert (facts.outcome, rules(facts)) == (Outcome.INCONCLUSIVE, {"observation"})
    assert "could not be observed" in headline(case, (), simulated=False)
    assert "status 502" in summary(case, (), simulated=False)


def test_a_pull_request_that_is_not_there_is_inconclusive(forge, tmp_path):
    facts = verdict(observe(forge, tmp_path, event(pull_request=99)))
    assert facts.outcome is Outcome.INCONCLUSIVE


def test_a_policy_without_the_section_has_nothing_to_judge_by(forge, tmp_path):
    forge.put(".github/counterseal.yml", "version: 1\n")
    with pytest.raises(NothingToJudge):
        observe(forge, tmp_path)


def test_no_change_at_all_is_not_a_pass():
    assert verdict(BranchCase()).outcome is Outcome.INCONCLUSIVE


def test_a_re_run_judges_what_is_there_now(forge, tmp_path):
    forge.change_pull(12, pull_request={"title": "no ticket"}, head_ref="refs/heads/feature/OPS-1-x")
    facts = verdict(observe(forge, tmp_path, event(head=sha(1))))
    assert "tickets" in rules(facts)
    forge.add_pull(pull())
    assert verdict(observe(forge, tmp_path, event(head=sha("old")))).outcome is Outcome.INCONCLUSIVE


def test_dependabot_is_known_by_who_pushed(forge, tmp_path):
    forge.put(
        ".github/counterseal.yml",
        "version: 1\nbranch:\n  names: {branches: ['feature/.+'], exempt-bots: [49699333]}\n"
        "  tickets: {exempt-bots: [49699333]}\n  signatures: {web-flow: all}\n",
    )
    made = commit(author=BOT, committer=FORGE, verification=BY_FORGE, message="Bump x")
    ref = "refs/heads/dependabot/pip/x-1"
    moves = (push(made.id, BOT, ref=ref),)
    forge.add_pull(pull(made, head_ref=ref, pr_title="Bump x", pr_opener=BOT, pushes=moves))
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.PASSED
    created = pushed(made, ref=ref, created=True, pushes=moves)
    forge.add_push(created, None, made.id)
    asked = event("push", ref=ref, after=made.id, pull_request=None)
    assert verdict(observe(forge, tmp_path, asked)).outcome is Outcome.PASSED
    forge.moves[ref] = (push(made.id, ANN, "push", ref=ref), *moves)
    assert verdict(observe(forge, tmp_path, asked)).outcome is Outcome.FAILED
    forge.fail("pushes", Inconclusive("status 403"))
    assert verdict(observe(forge, tmp_path, asked)).outcome is Outcome.INCONCLUSIVE


def test_the_repositorys_protection_is_looked_at_when_the_policy_states_it(forge, tmp_path):
    forge.put(
        ".github/counterseal.yml",
        "version: 1\nbranch:\n  posture: {required-checks: [{context: Branch policy, app: 15368}], "
        "environments: [production]}\n",
    )
    facts = verdict(observe(forge, tmp_path))
    assert (facts.outcome, rules(facts)) == (Outcome.FAILED, {"posture"})
    forge.postures["main"] = Posture(
        branch="main",
        rules=("pull_request", "non_fast_forward", "deletion"),
        pull_request={"required_approving_review_count": "1", "dismiss_stale_reviews_on_push": "true"},
        required_checks=(RequiredCheck(context="Branch policy", app=15368),),
        bypass_actors=(),
        environments=(EnvironmentFacts(name="production", id=1, admins_can_bypass=False),),
        actions_may_approve=False,
    )
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.PASSED
    assert ("posture", "main", ("production",)) in forge.calls
    forge.fail("posture", Inconclusive("status 403", remedy="administration: read"))
    facts = verdict(observe(forge, tmp_path))
    assert facts.outcome is Outcome.INCONCLUSIVE
    assert "administration: read" in facts.reasons[0].message


class Tracker:
    def __init__(self, error):
        self.error = error

    def ticket(self, key):
        assert key == "PAY-1"
        raise self.error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Inconclusive("status 401"), Outcome.INCONCLUSIVE), (MalformedError("no such ticket"), Outcome.FAILED)],
)
def test_a_tracker_that_refuses_us_is_not_a_missing_ticket(forge, tmp_path, error, outcome):
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {tickets: {tracker: jira}}\n")
    assert verdict(observe(forge, tmp_path, tracker=Tracker(error))).outcome is outcome
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.INCONCLUSIVE


def test_a_ticket_that_was_used_before_is_found_in_the_checkout(forge, repository, tmp_path):
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {tickets: {one-change-set: true}}\n")
    forge.tips[MAIN] = repository.commit("PAY-1 done long ago")
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {tickets: {one-change-set: true}}\n")
    facts = verdict(observe(forge, repository.root))
    assert (facts.outcome, rules(facts)) == (Outcome.FAILED, {"tickets"})
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.INCONCLUSIVE


QUEUE = "refs/heads/gh-readonly-queue/main/pr-13-x"


def queue(forge, *changes, tip=None):
    own = tip or commit("group", parents=(BASE,), committer=FORGE, verification=BY_FORGE)
    for change in changes:
        forge.add_pull(change)
    forge.groups[BASE, own.id] = tuple(change.pull_request.number for change in changes)
    forge.add_push(pushed(own, ref=QUEUE), BASE, own.id)
    return event("merge_group", head=own.id, base=BASE, ref=QUEUE, base_ref=MAIN, pull_request=None)


def other(**parts):
    ref = "refs/heads/feature/PAY-2-x"
    made = commit("other", **parts)
    return pull(made, pr_number=13, pr_title="PAY-2 x", head_ref=ref, pushes=(push(made.id, ref=ref),))


def test_a_merge_group_passes_when_all_of_its_pull_requests_do(forge, tmp_path):
    case = observe(forge, tmp_path, queue(forge, pull(), other()))
    assert verdict(case).outcome is Outcome.PASSED
    assert [one.name for one in case.subjects] == ["#12", "#13", "merge group"]


def test_one_bad_pull_request_in_a_merge_group_stops_it_and_is_named(forge, tmp_path):
    bad = other(verification=Verification(verified=False, reason="unsigned"))
    facts = verdict(observe(forge, tmp_path, queue(forge, pull(), bad)))
    assert facts.outcome is Outcome.FAILED
    assert any(reason.message.startswith("#13: ") for reason in facts.reasons)


def test_two_pull_requests_of_a_merge_group_cannot_share_a_ticket(forge, repository):
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {tickets: {one-change-set: true}}\n")
    again = pull(commit("again"), pr_number=13, head_ref="refs/heads/feature/PAY-1-again")
    facts = verdict(observe(forge, repository.root, queue(forge, pull(), again)))
    assert facts.outcome is Outcome.FAILED
    assert {reason.subject for reason in facts.reasons if "another change" in reason.message} == {"PAY-1"}


def real_merge(repository, smuggle=""):
    """Make two branches and a merge of them in a real repository."""
    repository.git("checkout", "-q", "-b", "one")
    (repository.root / "a").write_text("a")
    repository.git("add", "a")
    repository.git("commit", "-q", "--no-gpg-sign", "-m", "one")
    repository.git("checkout", "-q", "main")
    base = repository.commit("main moves on")
    repository.git("merge", "-q", "--no-edit", "--no-gpg-sign", "one")
    if smuggle:
        (repository.root / "a").write_text(smuggle)
        repository.git("commit", "-aq", "--amend", "--no-edit", "--no-gpg-sign")
    names = ("HEAD", "HEAD^{tree}", "one")
    return base, *(repository.git("rev-parse", name) for name in names)


@pytest.mark.parametrize(("smuggle", "outcome"), [("", Outcome.PASSED), ("evil", Outcome.FAILED)])
def test_a_web_flow_merge_is_made_again_in_the_checkout(forge, repository, smuggle, outcome):
    base, name, tree, side = real_merge(repository, smuggle)
    own = commit(id=side)
    web = commit(
        id=name, tree=tree, parents=(base, side), committer=FORGE, verification=BY_FORGE, message="Merge"
    )
    forge.add_pull(pull(own, web))
    assert verdict(observe(forge, repository.root)).outcome is outcome


@pytest.mark.parametrize(("smuggle", "outcome"), [("", Outcome.PASSED), ("evil", Outcome.FAILED)])
def test_the_tree_of_a_merge_group_is_made_again_in_the_checkout(forge, repository, smuggle, outcome):
    base, name, tree, side = real_merge(repository, smuggle)
    tip = commit(id=name, tree=tree, parents=(base, side), committer=FORGE, verification=BY_FORGE)
    forge.add_pull(pull(commit(id=side)))
    forge.groups[base, name] = (12,)
    forge.add_push(pushed(tip, ref=QUEUE), base, name)
    asked = event("merge_group", head=name, base=base, ref=QUEUE, base_ref=MAIN, pull_request=None)
    assert verdict(observe(forge, repository.root, asked)).outcome is outcome


@pytest.mark.parametrize(("believed", "outcome"), [(True, Outcome.PASSED), (False, Outcome.FAILED)])
def test_signatures_are_verified_here_with_the_signers_of_the_trusted_ref(
    forge, repository, tmp_path, believed, outcome
):
    home = tmp_path / "keys"
    home.mkdir()
    signing = Signing(repository.root, home)
    key = signing.key()
    name = signing.commit(key)
    line = f"carl@example.com {signing.public(key if believed else signing.key(name='eve'))}\n"
    forge.put(".github/signers", line)
    forge.put(
        ".github/counterseal.yml",
        "version: 1\nbranch: {signatures: {verify: local, allowed-signers: .github/signers}}\n",
    )
    unknown = Verification(verified=False, reason="unknown_key")
    forge.add_pull(pull(commit(id=name, verification=unknown)))
    assert verdict(observe(forge, repository.root)).outcome is outcome
    assert verdict(observe(forge, tmp_path)).outcome is Outcome.INCONCLUSIVE


def test_a_forced_push_to_the_default_branch_fails(forge, tmp_path):
    made = commit("x", "PAY-1 x")
    forge.add_push(pushed(made, forced=True), BASE, made.id)
    forge.put(".github/counterseal.yml", POLICY)
    facts = verdict(observe(forge, tmp_path, event("push", ref=MAIN, before=BASE, after=made.id)))
    assert "history" in rules(facts)
    assert facts.outcome is Outcome.FAILED


def test_a_deleted_branch_and_a_new_tag(forge, tmp_path):
    forge.add_push(pushed(ref="refs/heads/x", deleted=True, head=sha(1)), sha(1), None)
    assert (
        verdict(observe(forge, tmp_path, event("push", ref="refs/heads/x", before=sha(1)))).outcome
        is Outcome.PASSED
    )
    for tag, outcome in (("refs/tags/v1", Outcome.PASSED), ("refs/tags/x", Outcome.FAILED)):
        forge.add_push(pushed(ref=tag, created=True, head=sha(1)), None, sha(1))
        assert verdict(observe(forge, tmp_path, event("push", ref=tag, after=sha(1)))).outcome is outcome


HOSTILE = [
    'a";$(touch x)',
    "a`id`",
    "a|b<script>",
    "a\n::error::x",
    "a\u202eb",
    "x" * 255,
    "a'b",
    "##[add-path]x",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_branch_name_is_shown_and_does_nothing(forge, tmp_path, name):
    ref = f"refs/heads/{name}"
    forge.add_pull(pull(head_ref=ref, pr_title=name, pushes=(push(sha(1), ref=ref),)))
    case = observe(forge, tmp_path)
    judged = judge_case(case)
    assert facts_of(case, judged).outcome is Outcome.FAILED
    text = summary(case, judged, simulated=False)
    assert "\n::" not in text
    assert "<script>" not in text
    assert "\u202e" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4}


def test_the_summary_has_a_line_for_every_rule_with_what_to_do(forge, tmp_path):
    forge.change_pull(12, files=WORKFLOW)
    case = observe(forge, tmp_path)
    text = summary(case, judge_case(case), simulated=False)
    assert "| Protected paths | **fail** | " in text
    assert "ask the owners to approve" in text
    assert "| Commit messages | not stated |" in text
    assert "| Branch and tag names | pass |" in text


def simulated(**parts):
    policy = Branch(
        protected_paths=ProtectedPaths(owners="security"), signatures=Signatures(), tickets=Tickets()
    )
    context = Context(members=(GroupMembers(group="security", accounts=(BOB.id,)),), now=NOW)
    subject = Subject(name="#12", change=pull(files=WORKFLOW), context=context)
    return BranchCase(subjects=(subject,), policy=policy, **parts)


def supposed(text):
    return verdict(suppose(simulated(), read_supposition(text.encode(), "s.json"))).outcome


BOBS = '"id": 9, "state": "approved", "author": {"id": 2, "login": "bob"}'


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("{}", Outcome.FAILED),
        (f'{{"reviews": [{{{BOBS}}}]}}', Outcome.PASSED),
        (f'{{"subject": "#12", "reviews": [{{{BOBS}}}]}}', Outcome.PASSED),
        (f'{{"reviews": [{{{BOBS}, "commit": "{sha(9)}"}}]}}', Outcome.FAILED),
        (f'{{"reviews": [{{{BOBS}}}], "members": {{"security": [3]}}}}', Outcome.FAILED),
        (f'{{"reviews": [{{{BOBS.replace("2", "1", 1)}}}], "members": {{"security": [1]}}}}', Outcome.FAILED),
    ],
)
def test_what_if_this_review_existed(text, outcome):
    assert supposed(text) is outcome


def test_what_if_this_commit_existed():
    import msgspec

    unsigned = commit("new", verification=Verification(verified=False, reason="unsigned"))
    text = f'{{"reviews": [{{{BOBS}}}], "commits": [{msgspec.json.encode(unsigned).decode()}]}}'
    facts = verdict(suppose(simulated(), read_supposition(text.encode(), "s.json")))
    assert rules(facts) >= {"signatures"}
    assert {reason.subject for reason in facts.reasons if reason.rule == "signatures"} == {unsigned.id}


def test_what_if_this_ticket_were_in_another_state():
    case = simulated()
    policy = Branch(tickets=Tickets(tracker="jira", states=("Open",)))
    case = BranchCase(subjects=case.subjects, policy=policy)
    assert verdict(case).outcome is Outcome.INCONCLUSIVE
    whole = '"project": "PAY", "kind": "Bug", "createdAt": "2026-11-24T10:00:00Z"'
    for state, outcome in (("Open", Outcome.PASSED), ("Done", Outcome.FAILED)):
        what = read_supposition(f'{{"tickets": {{"PAY-1": {{"state": "{state}", {whole}}}}}}}'.encode(), "s")
        case = suppose(case, what)
        assert verdict(case).outcome is outcome
    case = suppose(case, read_supposition(b'{"tickets": {"PAY-1": {"state": "open"}}}', "s"))
    assert verdict(case).outcome is Outcome.PASSED


@pytest.mark.parametrize("text", ["[]", '{"review": []}', '{"reviews": [{}]}', "{"])
def test_what_is_no_supposition_is_refused(text):
    with pytest.raises(MalformedError):
        read_supposition(text.encode(), "s.json")


def test_a_supposition_about_no_change_or_half_a_ticket_is_refused():
    with pytest.raises(UsageError, match="no change"):
        suppose(simulated(), read_supposition(b'{"subject": "#99"}', "s"))
    with pytest.raises(MalformedError, match="not a ticket"):
        suppose(simulated(), read_supposition(b'{"tickets": {"PAY-9": {"state": "Open"}}}', "s"))


def test_what_is_no_case_is_refused():
    with pytest.raises(MalformedError, match="facts of a change"):
        read_case(b'{"subjects": 1}', "c.json")
