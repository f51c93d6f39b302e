"""Wrongs of changes, branches and tags."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.manifest.release import ReleaseCandidate
from simulators.bank import EVE, MAILS, day, later
from simulators.history import History
from simulators.release_plan import Plan
from simulators.wrongs.planted import GAP, Named, named, publish, wrong


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
def a_list_of_changes_that_is_not_whole(history: History) -> Named:
    def cut(one: ReleaseCandidate) -> ReleaseCandidate:
        return replace(one, changes=replace(one.changes, complete=False, note="the history here is shallow"))

    name = publish(history, candidate_of=cut)
    also = ("deployed-despite-failure", "unreleased-too-long")
    return named("changes-incomplete", "releases", name, GAP, *also)
