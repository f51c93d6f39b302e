from __future__ import annotations

import msgspec
import pytest

from counterseal.checks.actors import WEB_FLOW, actors_of
from counterseal.policy.change import ChangedFile, ChangeFacts
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Account, ForgeCommit, Gap, GitPerson, Push, RunFacts, Verification
from counterseal.policy.people import BotEntry, Identities, People, PersonEntry
from counterseal.policy.pull_request import PullRequest
from counterseal.policy.separation import conflicts, unresolved

ANN, BOB, CARL, DAN, EVE = (
    Account(id=number, login=name) for number, name in enumerate(["ann", "bob", "carl", "dan", "eve"], 1)
)
BOT = Account(id=49699333, login="dependabot[bot]", bot=True)
FORGE = GitPerson(text="GitHub <noreply@github.com>", account=Account(id=WEB_FLOW, login="web-flow"))
BY_FORGE = Verification(verified=True, reason="valid", by_forge=True)
SIGNED = Verification(verified=True, reason="valid")
C1, C2, C3, OLD, MERGE, BASE = ("1" * 40, "2" * 40, "3" * 40, "8" * 40, "9" * 40, "0" * 39 + "b")
HEAD_REF, BASE_REF = "refs/heads/feature", "refs/heads/main"


def git(who: Account | None, text: str | None = None) -> GitPerson:
    return GitPerson(text=text or f"{who.login} <{who.login}@example.com>", account=who)


def commit(name=C1, author=ANN, committer=None, message="change", **more) -> ForgeCommit:
    author = author if isinstance(author, GitPerson) else git(author)
    committer = committer if isinstance(committer, GitPerson) else git(committer) if committer else author
    return ForgeCommit(id=name, tree="d" * 40, message=message, author=author, committer=committer, **more)


def push(number, after, actor=ANN, before=BASE, kind="push", ref=HEAD_REF) -> Push:
    return Push(
        id=number, kind=kind, ref=ref, at="2026-11-24T10:00:00Z", before=before, after=after, actor=actor
    )


def change(*commits, head=C1, pushes=None, files=("a.py",), gaps=(), merge=None, pull=True, **of_pull):
    pull_request = PullRequest(
        number=7,
        title="t",
        base_ref="main",
        base=BASE,
        head_ref="feature",
        head=head,
        commit_count=len(commits),
        file_count=len(files),
        **({"state": "open", "opener": ANN} | of_pull),
    )
    return ChangeFacts(
        repository="https://github.example/acme/payments",
        repository_id=1,
        base_ref=BASE_REF,
        head=head,
        head_ref=HEAD_REF if pull else BASE_REF,
        commits=commits or (commit(),),
        files=tuple(ChangedFile(path=path, status="modified") for path in files),
        pushes=(push(1, head),) if pushes is None else tuple(pushes),
        pull_request=pull_request if pull else None,
        merge=merge,
        gaps=tuple(gaps),
    )


def who(actors, role) -> list:
    """Return the logins, or the text, of everybody in a role."""
    return [actor.account.login if actor.account else actor.text for actor in actors if actor.role == role]


def test_everybody_of_a_plain_change_is_there_in_a_fixed_order():
    facts = change(commit(author=ANN, committer=BOB, co_authors=(git(CARL),)), pushes=[push(1, C1, DAN)])
    actors = actors_of(facts, signers=["SHA256:k"], requester=EVE, deployer=BOB)
    assert [actor.role for actor in actors] == [
        *("opener", "author", "committer", "co-author", "pusher"),
        *("artifact-signer", "requester", "deployer"),
    ]
    assert [who(actors, role) for role in ("author", "committer", "co-author", "pusher")] == [
        ["ann"],
        ["bob"],
        ["carl"],
        ["dan"],
    ]
    assert who(actors, "artifact-signer") == ["SHA256:k"]
    assert actors == actors_of(facts, signers=["SHA256:k"], requester=EVE, deployer=BOB)


def test_nobody_is_listed_twice_in_a_role():
    facts = change(*(commit(name) for name in (C1, C2, C3)), head=C3, pushes=[push(2, C3), push(1, C1)])
    actors = actors_of(facts)
    assert len(actors) == len({(actor.role, actor.account, actor.text) for actor in actors})
    assert who(actors, "author") == ["ann"]
    assert next(actor.subject for actor in actors if actor.role == "author") == C1


def test_a_co_author_that_only_the_message_names_is_there():
    message = "change\n\nCo-authored-by: Carl <carl@corp.example>\r\n co-AUTHORED-by : Dan"
    assert who(actors_of(change(commit(message=message))), "co-author") == [
        "Carl <carl@corp.example>",
        "Dan",
    ]


def test_a_co_author_whom_the_forge_attributes_is_not_named_again_by_the_message():
    message = "change\n\nCo-authored-by: Carl C. <CARL@example.com>\nCo-authored-by: ann <ann@example.com>"
    facts = change(commit(message=message, co_authors=(git(CARL),)))
    assert who(actors_of(facts), "co-author") == ["carl"]


def test_code_in_a_commit_of_a_colleague_still_counts_its_pusher():
    facts = change(commit(author=BOB, committer=BOB), pushes=[push(1, C1, EVE)], opener=BOB)
    assert who(actors_of(facts), "pusher") == ["eve"]
    assert conflicts("account:5", actors_of(facts), Identities(None), Duties())


def test_a_commit_of_the_web_interface_is_committed_by_its_author():
    facts = change(commit(author=ANN, committer=FORGE, verification=BY_FORGE, via_web=True))
    assert who(actors_of(facts), "committer") == ["ann"]
    assert who(actors_of(facts), "suggestion-applier") == []


@pytest.mark.parametrize(
    "state", [None, Verification(verified=False, reason="invalid", by_forge=True), SIGNED]
)
def test_the_forges_name_as_committer_proves_nothing_without_the_forges_signature(state):
    actors = actors_of(change(commit(author=ANN, committer=FORGE, verification=state)))
    assert who(actors, "committer") == ["GitHub <noreply@github.com>"]
    assert [actor.role for actor in unresolved(actors, Identities(None))] == ["committer"]


def test_whoever_applies_a_suggestion_and_whoever_wrote_it_are_both_there():
    message = "Apply suggestion\n\nCo-authored-by: bob <bob@example.com>"
    made = commit(
        author=ANN,
        committer=FORGE,
        verification=BY_FORGE,
        via_web=True,
        message=message,
        co_authors=(git(BOB),),
    )
    actors = actors_of(change(made))
    assert who(actors, "suggestion-applier") == ["ann"]
    assert who(actors, "co-author") == ["bob"]
    assert conflicts("account:2", actors, Identities(None), Duties())


def test_a_forged_bot_as_author_is_nobody_until_its_commit_is_verified():
    forged = commit(author=git(BOT, "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"))
    people = Identities(People(version=1, bots=(BotEntry(account=BOT.id, name="dependabot"),)))
    actors = actors_of(change(forged))
    assert {actor.role for actor in unresolved(actors, people) if "dependabot" in (actor.text or "")} == {
        "author",
        "committer",
    }
    real = msgspec.structs.replace(forged, verification=SIGNED)
    assert {actor.role for actor in unresolved(actors_of(change(real)), people)} == {"opener", "pusher"}


def test_an_author_whom_the_forge_knows_not_is_unresolved():
    facts = change(commit(author=git(None, "Nobody <nobody@example.com>")))
    assert {actor.role for actor in unresolved(actors_of(facts), Identities(None))} == {"author", "committer"}


def test_a_deploy_key_as_pusher_is_unresolved():
    actors = actors_of(change(pushes=[push(1, C1, None)]))
    assert who(actors, "pusher") == ["a deploy key or a deleted account"]
    assert unresolved(actors, Identities(None))[0].role == "pusher"


def test_a_deleted_account_that_opened_the_change_is_unresolved():
    actors = actors_of(change(opener=None))
    assert [actor.role for actor in unresolved(actors, Identities(None))] == ["opener"]


def test_a_head_that_nobody_is_on_record_as_having_pushed_is_unresolved():
    for pushes in ([], [push(1, C2)], [push(1, C1, ref="refs/heads/other")]):
        (missing,) = [actor for actor in actors_of(change(pushes=pushes)) if actor.role == "pusher"]
        assert missing.account is None
        assert unresolved([missing], Identities(None))


def test_with_a_gap_of_pushes_the_gap_speaks_and_nobody_is_made_up():
    facts = change(pushes=[], gaps=[Gap(topic="pushes", message="needs contents: read")])
    assert who(actors_of(facts), "pusher") == []


def test_every_push_of_the_change_counts_and_none_before_it():
    pushes = [
        push(9, C3, BOB, before=C2),
        push(8, C2, CARL, before=C1),
        push(7, C1, DAN, before=BASE),
        push(6, BASE, EVE, before=OLD),
    ]
    facts = change(commit(C1), commit(C2), commit(C3), head=C3, pushes=pushes)
    assert who(actors_of(facts), "pusher") == ["bob", "carl", "dan"]


def test_a_push_that_came_after_the_head_that_is_judged_is_another_matter():
    facts = change(pushes=[push(2, C2, EVE, before=C1), push(1, C1, BOB)])
    assert who(actors_of(facts), "pusher") == ["bob"]


def test_who_pushed_away_and_back_by_force_is_there():
    pushes = [
        push(3, C1, EVE, before=OLD, kind="force_push"),
        push(2, OLD, DAN, before=C1, kind="force_push"),
        push(1, C1, BOB),
    ]
    assert who(actors_of(change(pushes=pushes)), "pusher") == ["eve", "dan", "bob"]


def test_who_pushed_what_a_forced_push_replaced_is_there():
    pushes = [
        push(4, C1, ANN, before=OLD, kind="force_push"),
        push(3, OLD, CARL, before=C3),
        push(2, C3, DAN, before=None, kind="branch_creation"),
        push(1, C2, EVE),
    ]
    assert who(actors_of(change(pushes=pushes)), "pusher") == ["ann", "carl", "dan"]


def test_deleting_and_making_the_branch_anew_hides_nobody():
    pushes = [
        push(3, C1, ANN, before=None, kind="branch_creation"),
        push(2, None, ANN, before=C1, kind="branch_deletion"),
        push(1, C1, EVE, before=None, kind="branch_creation"),
    ]
    assert who(actors_of(change(pushes=pushes)), "pusher") == ["ann", "eve"]


def test_a_push_without_pull_request_has_its_pushers_only():
    pushes = [push(2, C1, BOB, ref=BASE_REF), push(1, BASE, EVE, ref=BASE_REF)]
    actors = actors_of(change(pushes=pushes, pull=False))
    assert who(actors, "pusher") == ["bob"]
    assert who(actors, "opener") == []


def test_a_forced_push_without_pull_request_does_not_bring_in_the_whole_past():
    pushes = [push(2, C1, BOB, kind="force_push", ref=BASE_REF), push(1, BASE, EVE, ref=BASE_REF)]
    assert who(actors_of(change(pushes=pushes, pull=False)), "pusher") == ["bob"]


def test_who_deleted_a_ref_is_there():
    pushes = [push(2, None, BOB, before=C1, kind="branch_deletion", ref=BASE_REF)]
    facts = msgspec.structs.replace(change(pushes=pushes, pull=False), deleted=True, commits=())
    assert who(actors_of(facts), "pusher") == ["bob"]


def test_who_merged_is_there_by_the_pull_request_and_by_the_record_of_the_base():
    pushes = [push(2, MERGE, BOB, kind="pr_merge", ref=BASE_REF), push(1, C1, ANN)]
    facts = change(pushes=pushes, state="merged", merger=CARL, merge_commit=MERGE)
    assert who(actors_of(facts), "merger") == ["bob", "carl"]
    gone = change(state="merged", merger=None, merge_commit=MERGE)
    assert who(actors_of(gone), "merger") == ["a deleted account"]


def test_a_merge_that_was_pushed_by_hand_has_a_pusher_author_and_committer():
    pushes = [push(2, MERGE, EVE, ref=BASE_REF), push(1, C1, ANN)]
    merge = commit(MERGE, author=DAN, committer=EVE)
    facts = change(pushes=pushes, state="merged", merger=CARL, merge_commit=MERGE, merge=merge)
    actors = actors_of(facts)
    assert who(actors, "pusher") == ["ann", "eve"]
    assert who(actors, "author") == ["ann", "dan"]
    assert who(actors, "committer") == ["ann", "eve"]


def test_a_merge_by_the_forge_has_no_author_of_its_own():
    merge = commit(MERGE, author=EVE, committer=FORGE, verification=BY_FORGE)
    facts = change(merge=merge, state="merged", merger=CARL, merge_commit=MERGE)
    assert who(actors_of(facts), "author") == ["ann"]


def run(**more) -> RunFacts:
    return RunFacts(**({"id": 5, "attempt": 1, "commit": C1, "event": "push", "actor": ANN} | more))


def test_who_started_a_run_and_who_started_it_again_are_there():
    actors = actors_of(change(), runs=[run(attempt=2, triggering_actor=BOB)])
    assert who(actors, "run-starter") == ["ann"]
    assert who(actors, "re-run-starter") == ["bob"]
    assert who(actors_of(change(), runs=[run(triggering_actor=ANN)]), "re-run-starter") == []
    assert who(actors_of(change(), runs=[run(triggering_actor=BOB)]), "re-run-starter") == ["bob"]
    assert who(actors_of(change(), runs=[run(attempt=2, triggering_actor=ANN)]), "re-run-starter") == ["ann"]


def test_a_run_or_a_second_attempt_that_nobody_started_is_unresolved():
    actors = actors_of(change(), runs=[run(actor=None, attempt=2)])
    assert {actor.role for actor in unresolved(actors, Identities(None))} == {"run-starter", "re-run-starter"}


def test_the_run_that_asks_is_not_counted_so_that_an_approving_comment_is_no_conflict():
    facts = msgspec.structs.replace(change(), run=run(actor=EVE))
    assert who(actors_of(facts), "run-starter") == []


@pytest.mark.parametrize(
    "files", [(".github/workflows/ci.yml",), ("a.py", ".github/actions/build/action.yml")]
)
def test_who_changes_a_workflow_is_a_workflow_editor(files):
    facts = change(commit(author=ANN, committer=BOB), pushes=[push(1, C1, CARL)], files=files)
    assert who(actors_of(facts), "workflow-editor") == ["ann", "bob", "carl"]


def test_who_moves_a_workflow_away_is_a_workflow_editor():
    moved = ChangedFile(path="old.yml", status="renamed", previous=".github/workflows/ci.yml")
    facts = msgspec.structs.replace(change(), files=(moved,))
    assert who(actors_of(facts), "workflow-editor") == ["ann"]


def test_without_the_whole_list_of_files_everybody_may_be_a_workflow_editor():
    assert who(actors_of(change()), "workflow-editor") == []
    facts = change(gaps=[Gap(topic="files", message="more than 3000")])
    assert who(actors_of(facts), "workflow-editor") == ["ann"]


def test_endless_and_empty_names_fit_and_keep_their_address():
    long = git(None, "x" * 5000 + " <ann@example.com>")
    facts = change(
        commit(author=long, committer=git(None, " ")), commit(C2, co_authors=(git(None, "y" * 3000),))
    )
    people = Identities(
        People(version=1, people=(PersonEntry(id="ann", accounts=(1,), addresses=("ann@example.com",)),))
    )
    actors = actors_of(facts)
    assert conflicts("ann", [one for one in actors if one.role == "author"], people, Duties())
    assert msgspec.json.decode(msgspec.json.encode(actors), type=tuple[Actor, ...]) == actors
