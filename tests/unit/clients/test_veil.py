"""The veil: every text that a forge or a tracker can answer with is a name, prose, or said to be neither."""

from __future__ import annotations

import dataclasses
import types
import typing

import msgspec
import pytest

from counterseal.checks.branch_case import BranchCase, Subject, judge_case, with_actors
from counterseal.clients.forge import EnvironmentReview, Forge, TeamMembers
from counterseal.clients.tracker import Tracker
from counterseal.clients.veil import WORDS, veiled, veiled_forge, veiled_tracker
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.release import ChangeSet, Person
from counterseal.policy.branch import Branch, Messages, ProtectedPaths, Signatures, Tickets
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Account, GitPerson
from counterseal.policy.people import load_people
from counterseal.policy.pseudonyms import Pseudonyms
from counterseal.policy.rules.context import Context, GroupMembers
from counterseal.policy.ticket import Ticket, TicketChange
from simulators.changes import ANN, BOB, BOT, CARL, EVE, FORGE, commit, person, pull, push, review, sha
from simulators.fake_forge import FakeForge

NAMES = Pseudonyms("0123456789abcdef" * 4)
PLAIN = {
    "ApprovalRequest": {"change_class", "nonce", "incident", "ticket", "requested_at"},
    "Binding": {"repository", "environment", "commit", "tree", "run", "base_ref"},
    "BypassActor": {"kind", "mode"},
    "Change": {"commit", "tickets", "authored_at", "committed_at"},
    "ChangeFacts": {"repository", "base_ref", "head", "head_ref"},
    "ChangeSet": {"note"},
    "ChangedFile": {"path", "status", "previous"},
    "Comment": {"created_at"},
    "Deployment": {"environment", "commit", "created_at", "url"},
    "DeploymentStatus": {"state", "at"},
    "Digest": {"sha256"},
    "EnvironmentFacts": {"name", "branches"},
    "EnvironmentReview": {"state", "environments"},
    "ForgeCommit": {"id", "tree", "parents"},
    "Gap": {"topic", "subject"},
    "Issue": {"created_at", "closed_at", "url"},
    "Posture": {"branch", "rules", "pull_request"},
    "PullRequest": {
        *("state", "base_ref", "base", "head_ref", "head", "merge_commit", "opened_at", "merged_at"),
    },
    "Push": {"kind", "ref", "before", "after", "at"},
    "Repository": {"uri", "full_name", "default_branch"},
    "RequiredCheck": {"context"},
    "Review": {"state", "commit", "submitted_at"},
    "RunFacts": {"commit", "event", "workflow"},
    "SignatureState": {"state", "reason"},
    "Ticket": {
        *("key", "project", "kind", "state", "created_at", "approval", "verdict", "decided_at", "updated_at"),
        *("candidate", "window_from", "window_until", "url"),
    },
    "TicketChange": {"at", "field"},
    "Verification": {"reason", "verified_at", "source"},
}
"""What names nobody: names of things, words of the forge, times and digests."""


def parts(hint) -> set:
    """Return every class that a type is made of."""
    if hint is None or isinstance(hint, str):
        return set()
    if inside := typing.get_args(hint):
        if typing.get_origin(hint) is typing.Literal:
            return {str}
        return {one for each in inside for one in parts(each)}
    return {hint} if isinstance(hint, type) else set()


def hints(structure) -> dict[str, object]:
    return typing.get_type_hints(structure)


def answers() -> set[type]:
    """Return every structure that is veiled, with all that is inside."""
    methods = [
        one for kind in (Forge, Tracker) for one in vars(kind).values() if isinstance(one, types.FunctionType)
    ]
    waiting = {one for method in methods for one in parts(hints(method).get("return"))} | {
        ChangeSet,
        ApprovalRequest,
    }
    found: set[type] = set()
    while waiting:
        one = waiting.pop()
        if one in found or not (issubclass(one, msgspec.Struct) or dataclasses.is_dataclass(one)):
            continue
        found.add(one)
        waiting |= {part for hint in hints(one).values() for part in parts(hint)}
    return found - {Account, GitPerson, Person}


@pytest.mark.parametrize(
    "structure", sorted(answers(), key=lambda one: one.__name__), ids=lambda one: one.__name__
)
def test_every_text_of_an_answer_is_said_to_be_a_name_or_none(structure):
    texts = {name for name, hint in hints(structure).items() if str in parts(hint)}
    named, plain = set(WORDS.get(structure, {})), PLAIN.get(structure.__name__, set())
    assert texts == named | plain
    assert not named & plain


def test_whatever_a_forge_answers_names_nobody():
    behind = FakeForge()
    change = pull(
        commit(1, "Add refunds\n\nCo-authored-by: Carl <carl@example.com>", ANN, co_authors=(person(CARL),)),
        reviews=(review(1, BOB, sha(1), body="ask bob@example.com"),),
        pushes=(push(sha(1), EVE),),
    )
    behind.add_pull(change)
    behind.add_comment(12, "well done @ann", BOB)
    behind.teams["acme/leads"] = TeamMembers((ANN, BOB))
    behind.environment_answers[7] = (EnvironmentReview("approved", CARL, ("production",), "says @carl"),)
    forge = veiled_forge(behind, NAMES)
    number = change.pull_request.number
    seen = [
        forge.change_of_pull(number),
        forge.comments(12),
        forge.members("acme/leads"),
        forge.environment_reviews(7),
        forge.requests,
    ]
    told = repr(seen)
    assert not [name for name in ("ann", "bob", "carl", "eve") if f"'{name}'" in told or f"{name}@" in told]
    assert "account-1" in told
    assert forge.tip("refs/heads/main") == behind.tip("refs/heads/main")


def test_a_tracker_names_nobody_and_keeps_its_words():
    class Answers:
        def ticket(self, key):
            moved = TicketChange(
                at="2026-11-24T10:00:00Z", field="status", before="Open", after="Done", person="ann"
            )
            given = TicketChange(at="2026-11-24T10:00:00Z", field="assignee", before="Ann M", after="Bob")
            made = {"project": "PAY", "kind": "Bug", "state": "Done", "created_at": "2026-11-24T09:00:00Z"}
            return Ticket(key=key, assignee="ann", approvers=("bob", "ann"), log=(moved, given), **made)

    told = veiled_tracker(Answers(), NAMES).ticket("PAY-1")
    assert told.assignee == NAMES.tracker("ann") == told.approvers[1] == told.log[0].person
    assert (told.log[0].before, told.log[0].after) == ("Open", "Done")
    assert not {"Ann M", "Bob"} & {told.log[1].before, told.log[1].after}
    assert veiled_tracker(None, NAMES) is None


PEOPLE = load_people(
    b"""version: 1
people:
  - {id: e-ann, accounts: [1, 11], addresses: [ann@example.com, annie@home.example]}
  - {id: e-bob, accounts: [2], addresses: [bob@example.com]}
  - {id: e-carl, accounts: [3]}
bots: [{account: 49699333, name: dependabot}]
""",
    "people.yml",
)
POLICY = Branch(
    messages=Messages(title=("[A-Z].*",), sign_off=True),
    signatures=Signatures(),
    protected_paths=ProtectedPaths(paths=("**",), owners="leads"),
)
CHANGES = {
    "clean": pull(commit(), reviews=(review(1, BOB, sha(1)),)),
    "reviewed by the author": pull(commit(), reviews=(review(1, ANN, sha(1)),)),
    "by an alternate account": pull(
        commit(author=Account(id=11, login="annie")),
        reviews=(review(1, ANN, sha(1)),),
    ),
    "by an address alone": pull(
        commit(author="Somebody <Annie@Home.example>"),
        reviews=(review(1, ANN, sha(1)),),
    ),
    "by a hidden address": pull(
        commit(author="Ann <2+bob@users.noreply.github.com>"),
        reviews=(review(1, BOB, sha(1)),),
    ),
    "by nobody known": pull(commit(author="Mallory <m@evil.example>")),
    "by a line without address": pull(commit(author="Mallory")),
    "with a co-author": pull(
        commit(1, "Add refunds\n\nCo-authored-by: Bob <bob@example.com>"),
        reviews=(review(1, BOB, sha(1)),),
    ),
    "signed off": pull(commit(1, "Add refunds\n\nSigned-off-by: Ann <ann@example.com>")),
    "signed off by another": pull(commit(1, "Add refunds\n\nSigned-off-by: Bob <bob@example.com>")),
    "signed off in other letters": pull(commit(1, "Add refunds\n\nSigned-off-by: A <ANN@example.com>")),
    "by the forge": pull(commit(author=ANN, committer=FORGE)),
    "by a machine": pull(commit(author=BOT)),
}


def test_rules_on_text_are_not_met_by_pseudonyms():
    rules = Branch(
        messages=Messages(title_length=80), tickets=Tickets(pattern="[A-Za-z]+-[0-9]+", where=("commits",))
    )
    for message in (
        "Add refunds\n\nCo-authored-by: Bob <2+bob@users.noreply.github.com>",
        "Ask " + "b" * 110 + "@example.com",
        "a" * 70 + " @bob",
        "Add refunds\n\nTracked-by: PAY-142",
    ):
        change = pull(commit(1, message))
        cases = [
            BranchCase(subjects=(Subject(name="#12", change=one),), policy=rules)
            for one in (change, veiled(change, NAMES))
        ]
        found = [
            [(one.outcome, one.reason.rule) for judged in judge_case(case) for one in judged.findings]
            for case in cases
        ]
        assert found[0] == found[1], message


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_judged_the_same_under_pseudonyms(name):
    groups = (GroupMembers(group="leads", accounts=(1, 2, 3)),)
    context = Context(people=PEOPLE, duties=Duties(), members=groups, now="2026-11-24T12:00:00Z")
    case = BranchCase(
        subjects=(with_actors(Subject(name="#12", change=CHANGES[name], context=context)),), policy=POLICY
    )
    under = BranchCase(
        subjects=(
            Subject(
                name="#12",
                change=veiled(CHANGES[name], NAMES),
                context=msgspec.structs.replace(context, people=NAMES.people(PEOPLE)),
            ),
        ),
        policy=POLICY,
    )
    before, after = judge_case(case), judge_case(under)
    found = [
        [(one.outcome, one.reason.rule) for judged in each for one in judged.findings]
        for each in (before, after)
    ]
    assert found[0] == found[1]
    kept = under.encode().decode()
    assert not [
        word for word in ("@example.com", '"ann"', '"bob"', "e-ann", "evil", "Mallory") if word in kept
    ]
