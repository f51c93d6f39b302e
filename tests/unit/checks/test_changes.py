from __future__ import annotations

import subprocess

import msgspec
import pytest

from counterseal.checks import changes
from counterseal.checks.changes import changes_since
from counterseal.clients.git import GitRepository


def test_the_first_release_lists_its_commit_and_says_so(repository):
    head = repository.git("rev-parse", "HEAD")
    found = changes_since(GitRepository(repository.root), head, None)
    assert found.complete
    assert [one.commit for one in found.commits] == [head]
    assert "first release" in found.note


def test_changes_since_the_previous_release(repository):
    previous = repository.git("rev-parse", "HEAD")
    message = "PAY-42 Add refunds\n\nCo-authored-by: Bea <bea@example.com>\nco-authored-by:  Dan <d@x>"
    head = repository.commit(message)
    (change,) = changes_since(GitRepository(repository.root), head, previous).commits
    assert change.title == "PAY-42 Add refunds"
    assert change.tickets == ("PAY-42",)
    assert [one.text for one in change.authors] == ["Ann <ann@example.com>"]
    assert [one.text for one in change.committers] == ["Carl <carl@example.com>"]
    assert [one.text for one in change.co_authors] == ["Bea <bea@example.com>", "Dan <d@x>"]
    assert change.signature.state == "unsigned"


def test_the_same_commit_again_changes_nothing(repository):
    head = repository.git("rev-parse", "HEAD")
    found = changes_since(GitRepository(repository.root), head, head)
    assert found.complete
    assert found.commits == ()


def test_a_shallow_history_is_incomplete(repository, tmp_path):
    previous = repository.git("rev-parse", "HEAD")
    repository.commit("second")
    head = repository.commit("third")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.root}", clone], check=True)
    found = changes_since(GitRepository(clone), head, previous)
    assert not found.complete
    assert "shallow" in found.note


def test_a_rewritten_history_is_incomplete(repository):
    previous = repository.commit("to be lost")
    repository.git("reset", "-q", "--hard", "HEAD^")
    head = repository.commit("instead")
    found = changes_since(GitRepository(repository.root), head, previous)
    assert not found.complete
    assert "ancestor" in found.note


def test_more_commits_than_are_listed_is_incomplete(repository, monkeypatch):
    monkeypatch.setattr(changes, "MAX_COMMITS", 2)
    previous = repository.git("rev-parse", "HEAD")
    head = [repository.commit(f"c{number}") for number in range(3)][-1]
    found = changes_since(GitRepository(repository.root), head, previous)
    assert not found.complete
    assert found.commits == ()


def test_a_side_branch_that_a_shallow_clone_cuts_is_incomplete(repository, tmp_path):
    repository.git("checkout", "-q", "-b", "side")
    for number in range(5):
        repository.commit(f"side {number}")
    repository.git("checkout", "-q", "main")
    previous = repository.commit("released")
    repository.git("merge", "-q", "--no-ff", "-X", "ours", "-m", "merge", "side")
    head = repository.git("rev-parse", "HEAD")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "4", f"file://{repository.root}", clone], check=True)
    assert changes_since(GitRepository(repository.root), head, previous).complete
    found = changes_since(GitRepository(clone), head, previous)
    assert not found.complete
    assert "lacks commits" in found.note
    assert len(found.commits) == 4


def test_a_graft_hides_no_commit(repository):
    previous = repository.git("rev-parse", "HEAD")
    hidden, head = repository.commit("hidden"), repository.commit("head")
    (repository.root / ".git/info/grafts").write_text(f"{head} {previous}\n")
    found = changes_since(GitRepository(repository.root), head, previous)
    assert found.complete
    assert [one.commit for one in found.commits] == [head, hidden]


def test_a_shallow_boundary_that_is_planted_hides_no_commit(repository):
    previous = repository.git("rev-parse", "HEAD")
    hidden, head = repository.commit("hidden"), repository.commit("head")
    (repository.root / ".git/shallow").write_text(f"{hidden}\n")
    found = changes_since(GitRepository(repository.root), head, previous)
    assert [one.commit for one in found.commits] == [head, hidden]


@pytest.mark.parametrize("count", [50, 51, 17_000])
def test_people_and_tickets_of_a_commit_are_bounded_and_the_cut_is_told(repository, count, tmp_path):
    previous = repository.git("rev-parse", "HEAD")
    tickets = " ".join(f"PAY-{number}" for number in range(1, count + 1))
    people = "\n".join(f"Co-authored-by: P{number} <{'p' * 900}@x>" for number in range(count))
    (tmp_path / "message").write_text(f"{tickets}\n\n{people}\n")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    head = repository.git("commit-tree", "-p", previous, "-F", str(tmp_path / "message"), tree)
    found = changes_since(GitRepository(repository.root), head, previous)
    (change,) = found.commits
    assert (len(change.co_authors), len(change.tickets), len(change.title)) == (
        50,
        50,
        min(len(tickets), 1000),
    )
    assert found.complete == (count == 50)
    assert found.complete or head in found.note
    assert len(msgspec.json.encode(found)) < 100_000


def test_a_change_set_with_too_much_text_lists_the_newest_and_is_incomplete(repository, monkeypatch):
    previous = repository.git("rev-parse", "HEAD")
    heads = [repository.commit(f"c{number}") for number in range(20)]
    monkeypatch.setattr(changes, "MAX_BYTES", 2000)
    found = changes_since(GitRepository(repository.root), heads[-1], previous)
    listed = [one.commit for one in found.commits]
    assert not found.complete
    assert listed == heads[::-1][: len(listed)]
    assert 0 < len(msgspec.json.encode(found.commits)) <= 2001
    assert heads[::-1][len(listed)] in found.note
