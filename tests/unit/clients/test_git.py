from __future__ import annotations

import os
import subprocess

import pytest

from counterseal.clients.git import GitRepository, parse_commit
from counterseal.errors import Inconclusive, UsageError


def test_head_is_the_commit_and_its_tree(repository):
    commit, tree = GitRepository(repository.root).head()
    assert commit == repository.git("rev-parse", "HEAD")
    assert tree == repository.git("rev-parse", "HEAD^{tree}")


def test_a_folder_without_a_commit_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no git commit"):
        GitRepository(tmp_path).head()


def test_commits_since_are_newest_first_and_complete(repository):
    first = repository.git("rev-parse", "HEAD")
    second, third = repository.commit("second"), repository.commit("third")
    found = GitRepository(repository.root).commits(third, since=first, limit=10)
    assert [one.id for one in found] == [third, second]
    assert [one.message.strip() for one in found] == ["third", "second"]


def test_limit_is_kept(repository):
    head = [repository.commit(f"c{number}") for number in range(4)][-1]
    assert len(GitRepository(repository.root).commits(head, limit=2)) == 2


def test_names_that_are_no_object_are_refused(repository):
    for name in ("HEAD", "--all", "main", "a" * 39, ""):
        with pytest.raises(UsageError):
            GitRepository(repository.root).commits(name)


def test_a_commit_that_is_elsewhere_is_not_contained(repository):
    head = repository.git("rev-parse", "HEAD")
    git = GitRepository(repository.root)
    assert git.contains(head, head)
    assert not git.contains("a" * 40, head)


def test_an_unrelated_commit_is_no_ancestor(repository):
    head = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "--orphan", "other")
    other = repository.commit("unrelated")
    assert not GitRepository(repository.root).contains(head, other)


def test_altered_tracked_files_are_seen_and_untracked_ones_are_not(repository):
    git = GitRepository(repository.root)
    (repository.root / "built.whl").write_text("new")
    assert git.changed_files() == []
    (repository.root / "file.txt").write_text("altered")
    assert git.changed_files() == ["file.txt"]


def test_a_touched_file_with_the_same_content_is_not_altered(repository):
    os.utime(repository.root / "file.txt", (1, 1))
    assert GitRepository(repository.root).changed_files() == []


def test_replacement_objects_do_not_change_what_is_read(repository):
    real = repository.git("rev-parse", "HEAD")
    fake = repository.commit("forged message")
    repository.git("replace", real, fake)
    assert GitRepository(repository.root).commits(real)[0].message.strip() == "first"


def test_nothing_in_the_configuration_is_executed(repository, tmp_path):
    marker = tmp_path / "ran"
    hook = tmp_path / "monitor"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(hook))
    repository.git("config", "core.pager", str(hook))
    git = GitRepository(repository.root)
    git.changed_files()
    git.commits(git.head()[0])
    assert not marker.exists()


def test_the_environment_does_not_point_git_elsewhere(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert len(GitRepository(repository.root).head()[0]) == 40


def test_credentials_are_cut_from_the_remote(repository):
    repository.git("remote", "add", "origin", "https://user:secret@forge.example/acme/payments")
    assert GitRepository(repository.root).remote_url() == "https://forge.example/acme/payments"


def test_a_shallow_clone_says_so(repository, tmp_path):
    repository.commit("second")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.root}", clone], check=True)
    assert GitRepository(clone).is_shallow()
    assert not GitRepository(repository.root).is_shallow()


def test_git_that_is_missing_is_inconclusive(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Inconclusive, match="could not be run"):
        GitRepository(repository.root).changed_files()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ann <ann@example.com> 1 +0000", "Ann <ann@example.com>"),
        ("Ann 1 +0000", "Ann 1 +0000"),
        ("<> 1 +0000", "<>"),
    ],
)
def test_identity_is_read_without_its_date(line, expected):
    raw = f"tree {'a' * 40}\nauthor {line}\ncommitter {line}\n\nmessage".encode()
    assert parse_commit("c" * 40, raw).author == expected


def test_a_header_in_the_message_forges_nothing():
    head = b"tree t\nauthor Ann <a@x> 1 +0000\ncommitter Ann <a@x> 1 +0000\n"
    raw = head + b"\ntitle\n\nauthor Eve <e@x> 1 +0000\ngpgsig x"
    commit = parse_commit("c" * 40, raw)
    assert (commit.author, commit.signed) == ("Ann <a@x>", False)


def test_a_second_author_header_does_not_replace_the_first():
    raw = b"tree t\nauthor Ann <a@x> 1 +0000\nauthor Eve <e@x> 1 +0000\ncommitter C <c@x> 1 +0000\n\nm"
    assert parse_commit("c" * 40, raw).author == "Ann <a@x>"
