from __future__ import annotations

import subprocess

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
