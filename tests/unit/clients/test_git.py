from __future__ import annotations

import contextlib
import os
import shutil
import subprocess

import pytest

from counterseal.clients.git import GitRepository, parse_commit
from counterseal.errors import CountersealError, Inconclusive, UsageError


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


@pytest.fixture
def planted(repository, tmp_path, monkeypatch):
    """A repository whose configuration tries to run a program in every way that git knows; a marker tells."""
    marker, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv >> {marker}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("COUNTERSEAL_KEY", "SECRET")
    included = tmp_path / "included"
    included.write_text(f'[filter "x"]\n\tclean = {program}\n\trequired\n')
    (repository.root / ".git/info/attributes").write_text("* filter=x diff=x\n")
    for hook in ("reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (repository.root / ".git/hooks").mkdir(exist_ok=True)
        shutil.copy(program, repository.root / ".git/hooks" / hook)
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.uploadpack": str(program),
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "protocol.file.allow": "always",
        "include.path": str(included),
        **dict.fromkeys(
            (
                *("core.sshCommand", "core.gitProxy", "core.askPass", "core.fsmonitor", "core.pager"),
                *("core.alternateRefsCommand", "core.editor", "credential.helper", "gpg.program"),
                *("diff.external", "diff.x.textconv", "diff.x.command", "alias.rev-parse", "alias.cat-file"),
                "uploadpack.packObjectsHook",
            ),
            str(program),
        ),
    }
    with (repository.root / ".git/config").open("a") as file:
        for name, value in settings.items():
            section, _, key = name.rpartition(".")
            head, _, middle = section.partition(".")
            title = f'{head} "{middle}"' if middle else head
            file.write(f"[{title}]\n\t{key} = {value}\n")
    return marker


def use_everything(git, head):
    """Call all that there is, whether or not it can be answered."""
    calls = (
        *(git.head, git.remote_url, git.changed_files, git.untracked_count, git.is_shallow),
        *(lambda: git.contains("a" * 40, head), lambda: git.commits(head, limit=9)),
        *(lambda: git.history(head, since="b" * 40, limit=9), lambda: git.commits("c" * 40)),
    )
    for call in calls:
        with contextlib.suppress(CountersealError):
            call()


@pytest.mark.parametrize(
    "url", ["ext::PROGRAM", "file:///tmp", "ssh://host/x", "git://host/x", "https://127.0.0.1:1/x"]
)
def test_nothing_that_is_planted_in_the_repository_runs(repository, planted, tmp_path, url):
    head = repository.git("rev-parse", "HEAD")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    config = repository.root / ".git/config"
    config.write_text(config.read_text().replace(f"ext::{tmp_path}/program", url))
    config.write_text(config.read_text().replace("PROGRAM", f"{tmp_path}/program"))
    (repository.root / "file.txt").write_text("altered")
    planted.unlink(missing_ok=True)
    use_everything(GitRepository(repository.root), head)
    (repository.root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    use_everything(GitRepository(repository.root), head)
    (repository.root / ".git/objects" / head[:2] / head[2:]).unlink()
    use_everything(GitRepository(repository.root), head)
    assert not planted.exists()


def test_the_planted_configuration_would_run_if_git_were_asked_plainly(repository, planted):
    (repository.root / "file.txt").write_text("altered")
    subprocess.run(["git", "-C", repository.root, "status"], check=False, capture_output=True)
    assert "SECRET" in planted.read_text()


def test_no_secret_reaches_git(repository, tmp_path, monkeypatch):
    real, seen = shutil.which("git"), tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin/git"
    wrapper.write_text(f'#!/bin/sh\nenv >> {seen}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("COUNTERSEAL_KEY", "SECRET")
    monkeypatch.setenv("GIT_SSH_COMMAND", "SECRET")
    git = GitRepository(repository.root)
    use_everything(git, git.head()[0])
    text = seen.read_text()
    assert "GIT_ALLOW_PROTOCOL=none-such" in text
    assert "SECRET" not in text


def test_history_is_that_of_the_raw_objects(repository):
    """A graft and a commit graph that was written with it do not shorten it."""
    heads = [repository.commit(f"c{number}") for number in range(3)]
    (repository.root / ".git/info/grafts").write_text(f"{heads[2]}\n")
    found = GitRepository(repository.root).history(heads[2], since=heads[0], limit=9)
    assert [one.id for one in found.commits] == [heads[2], heads[1]]


def test_a_branch_from_before_the_older_commit_is_listed_and_nothing_behind_it(repository):
    for number in range(3):
        repository.commit(f"old {number}")
    repository.git("checkout", "-q", "-b", "side")
    side = [repository.commit(f"side {number}") for number in range(2)]
    repository.git("checkout", "-q", "main")
    since = repository.commit("released")
    repository.git("merge", "-q", "--no-ff", "-X", "ours", "-m", "merge", "side")
    until = repository.git("rev-parse", "HEAD")
    found = GitRepository(repository.root).history(until, since=since, limit=9)
    assert {one.id for one in found.commits} == {until, *side}
    assert found.commits[0].id == until
    assert (found.missing, found.more) == ((), False)
    assert len(GitRepository(repository.root).history(until, since=since, limit=3).commits) == 3
    assert GitRepository(repository.root).history(until, since=since, limit=2).more


def test_a_clone_that_is_shallow_reads_commits_up_to_what_is_missing(repository, tmp_path):
    first, head = repository.git("rev-parse", "HEAD"), repository.commit("second")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.root}", clone], check=True)
    found = GitRepository(clone).history(head, limit=9)
    assert [one.id for one in found.commits] == [head]
    assert found.missing == (first,)


def test_a_remote_without_a_usable_address_is_none(repository):
    assert GitRepository(repository.root).remote_url() is None
    repository.git("config", "remote.origin.url", "https://user:p/ss@forge.example/acme")
    assert GitRepository(repository.root).remote_url() is None


def test_parents_are_read_where_they_stand_only():
    head = b"tree t\nparent aa\nparent bb\nauthor A <a@x> 1 +0000\nparent cc\ncommitter A <a@x> 1 +0000\n"
    raw = head + b"\nparent dd\n"
    assert parse_commit("c" * 40, raw).parents == ("aa", "bb")
