from __future__ import annotations

import pytest

from counterseal.checks.change_base import base_commit, files_before
from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import CommitFiles
from counterseal.errors import Inconclusive, UsageError
from counterseal.host.event import Event


def event(name="pull_request", **given):
    blank = dict.fromkeys(("action", "sender_id", "sender", "repository_id", "pull_request"))
    return Event(name=name, **{**blank, **given})


def commit(repository, **files):
    for name, text in files.items():
        path = repository.root / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    repository.git("add", "-A")
    return repository.commit("more")


@pytest.fixture
def history(repository):
    """Two branches that part after the second commit."""
    first = commit(repository, a="old\n", b__c="kept\n")
    repository.git("checkout", "-q", "-b", "work")
    work = commit(repository, a="new\n")
    repository.git("checkout", "-q", "main")
    main = commit(repository, d="main\n")
    repository.git("checkout", "-q", "work")
    return first, work, main


def test_the_files_of_a_commit_are_read_whatever_is_checked_out(repository, history):
    first, _, _ = history
    files = CommitFiles(GitRepository(repository.root), first)
    assert sorted(files.blobs) == ["a", "b/c", "file.txt"]
    assert files.read(["a", "none"]) == {"a": b"old\n", "none": None}
    assert files.read(["a"], limit=2) == {"a": None}
    assert files.read([]) == {}


def test_a_change_starts_where_its_history_leaves_that_of_the_base(repository, history):
    first, work, main = history
    here = GitRepository(repository.root)
    assert here.merge_base(main, work) == first
    assert base_commit(event(base=main), here) == first
    assert base_commit(event("push", before=first), here) == first
    assert files_before(event(base=main), here).read(["a"]) == {"a": b"old\n"}


def test_where_nobody_knows_the_base_everything_is_new(repository, history):
    here = GitRepository(repository.root)
    _, work, _ = history
    for unknown in (None, event(), event("push"), event(base="a" * 40), event("push", before=work)):
        assert base_commit(unknown, here) is None
        assert files_before(unknown, here) is None


def test_a_commit_that_is_not_here_is_told(repository, history):
    with pytest.raises(Inconclusive):
        CommitFiles(GitRepository(repository.root), "a" * 40)
    with pytest.raises(UsageError):
        CommitFiles(GitRepository(repository.root), "main")
