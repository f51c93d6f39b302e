from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from counterseal.clients.git import GitRepository
from counterseal.errors import Inconclusive


def commit_all(repository, message="more"):
    repository.git("add", "-A")
    repository.git("commit", "-q", "--no-gpg-sign", "-m", message)
    return repository.git("rev-parse", "HEAD")


def alter(path: Path):
    """Change a byte and keep the size and every time that can be kept."""
    times = path.stat()
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_flag_in_the_index_hides_no_altered_file(repository, flag):
    repository.git("update-index", flag, "file.txt")
    alter(repository.root / "file.txt")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]


def test_a_work_tree_that_the_configuration_names_is_not_believed(repository, tmp_path):
    shutil.copytree(repository.root, tmp_path / "clean")
    repository.git("config", "core.worktree", str(tmp_path / "clean"))
    alter(repository.root / "file.txt")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]


def test_the_same_size_and_time_hide_no_altered_file(repository):
    repository.git("config", "core.checkStat", "minimal")
    repository.git("config", "core.trustctime", "false")
    repository.git("status")
    alter(repository.root / "file.txt")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]


def test_a_clean_filter_hides_no_altered_file_and_does_not_run(repository, tmp_path):
    good = tmp_path / "good"
    shutil.copy(repository.root / "file.txt", good)
    repository.git("config", "filter.x.clean", f"touch {tmp_path}/ran; cat {good}")
    (repository.root / ".git/info/attributes").write_text("* filter=x\n")
    alter(repository.root / "file.txt")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]
    assert not (tmp_path / "ran").exists()


def test_mode_type_and_absence_are_alterations(repository):
    for name in ("run.sh", "link", "gone", "folder/deep/file", "linked/file"):
        path = repository.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to("file.txt") if name == "link" else path.write_text(name)
    commit_all(repository)
    git = GitRepository(repository.root)
    assert git.changed_files() == []
    (repository.root / "run.sh").chmod(0o755)
    (repository.root / "link").unlink()
    (repository.root / "link").symlink_to("gone")
    (repository.root / "gone").unlink()
    shutil.rmtree(repository.root / "folder")
    (repository.root / "folder").write_text("in its place")
    (repository.root / "linked").rename(repository.root / "elsewhere")
    (repository.root / "linked").symlink_to("elsewhere")
    assert git.changed_files() == ["folder/deep/file", "gone", "link", "linked/file", "run.sh"]


def test_a_file_in_place_of_a_link_with_its_target_as_content_is_altered(repository):
    link = repository.root / "link"
    link.symlink_to("file.txt")
    commit_all(repository)
    link.unlink()
    link.write_text("file.txt")
    assert GitRepository(repository.root).changed_files() == ["link"]


def test_a_pipe_in_place_of_a_file_is_altered(repository):
    (repository.root / "file.txt").unlink()
    os.mkfifo(repository.root / "file.txt")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]


def test_converted_line_endings_are_alterations(repository):
    repository.git("config", "core.autocrlf", "true")
    (repository.root / "file.txt").write_bytes(b"first\r\n")
    assert GitRepository(repository.root).changed_files() == ["file.txt"]


def test_large_file_storage_is_known_by_its_pointer(repository):
    content, path = os.urandom(3_000_000), repository.root / "large.bin"
    oid = hashlib.sha256(content).hexdigest()
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n")
    commit_all(repository)
    git = GitRepository(repository.root)
    assert git.changed_files() == []
    path.write_bytes(content)
    assert git.changed_files() == []
    path.write_bytes(content[:-1])
    assert git.changed_files() == ["large.bin"]


def test_an_altered_file_whose_blob_is_large_or_missing_is_altered(repository):
    (repository.root / "large").write_bytes(os.urandom(3_000_000))
    commit_all(repository)
    for name in ("file.txt", "large"):
        (repository.root / name).write_text("altered")
    git = GitRepository(repository.root)
    assert git.changed_files() == ["file.txt", "large"]
    blob = repository.git("rev-parse", "HEAD:file.txt")
    (repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert git.changed_files() == ["file.txt", "large"]


@pytest.mark.parametrize("kind", ["HEAD^{tree}", "HEAD"])
def test_an_object_that_is_not_what_its_name_says_is_refused(repository, kind):
    real = repository.git("rev-parse", kind)
    repository.commit("another")
    other = repository.git("rev-parse", kind)
    folder = repository.root / ".git/objects"
    planted = folder / other[:2] / other[2:]
    planted.chmod(0o644)
    shutil.copyfile(folder / real[:2] / real[2:], planted)
    with pytest.raises(Inconclusive, match="not what its name says"):
        GitRepository(repository.root).changed_files()


@pytest.fixture
def parent(repository, tmp_path):
    """A repository with a submodule in `inner`."""
    inner = tmp_path / "inner"
    shutil.copytree(repository.root, inner)
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "inner")
    commit_all(repository, "submodule")
    return repository


def test_a_submodule_at_another_commit_is_altered_though_it_is_to_be_ignored(parent):
    assert GitRepository(parent.root).changed_files() == []
    parent.git("config", "-f", ".gitmodules", "submodule.inner.ignore", "all")
    commit_all(parent)
    words = ["-c", "user.name=A", "-c", "user.email=a@x", "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(["git", "-C", parent.root / "inner", *words], check=True)
    assert GitRepository(parent.root).changed_files() == ["inner"]


def test_altered_files_of_a_submodule_are_named(parent):
    alter(parent.root / "inner/file.txt")
    assert GitRepository(parent.root).changed_files() == ["inner/file.txt"]


def test_a_submodule_that_is_not_there_is_unaltered_only_when_its_folder_is_empty(parent):
    shutil.rmtree(parent.root / "inner")
    assert GitRepository(parent.root).changed_files() == ["inner"]
    (parent.root / "inner").mkdir()
    assert GitRepository(parent.root).changed_files() == []
    (parent.root / "inner/code.py").write_text("planted")
    assert GitRepository(parent.root).changed_files() == ["inner"]


def test_linked_work_trees_and_folders_below_are_compared(repository, tmp_path):
    (repository.root / "folder").mkdir()
    (repository.root / "folder/file").write_text("x")
    commit_all(repository)
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git = GitRepository(tmp_path / "linked/folder")
    assert git.head() == GitRepository(repository.root).head()
    assert git.changed_files() == []
    alter(tmp_path / "linked/file.txt")
    assert git.changed_files() == ["file.txt"]


def test_repositories_of_the_sha256_format_are_compared(tmp_path):
    subprocess.run(["git", "init", "-q", "--object-format=sha256", tmp_path], check=True)
    (tmp_path / "file.txt").write_text("x")
    words = ["-c", "user.name=A", "-c", "user.email=a@x", "commit", "-q", "-m", "x"]
    subprocess.run(["git", "-C", tmp_path, "add", "-A"], check=True)
    subprocess.run(["git", "-C", tmp_path, *words], check=True)
    git = GitRepository(tmp_path)
    assert len(git.head()[0]) == 64
    assert git.changed_files() == []
    alter(tmp_path / "file.txt")
    assert git.changed_files() == ["file.txt"]


def test_names_that_are_no_text_are_compared(repository):
    path = repository.root / "\udcff\n"
    path.write_text("x")
    commit_all(repository)
    assert GitRepository(repository.root).changed_files() == []
    path.unlink()
    assert GitRepository(repository.root).changed_files() == ["\udcff\n"]


def test_untracked_files_are_counted_ignored_and_hidden_ones_too(parent):
    git = GitRepository(parent.root)
    assert git.untracked_count() == 0
    (parent.root / ".git/info/exclude").write_text("*\n")
    (parent.root / "folder/.git").mkdir(parents=True)
    (parent.root / "folder/.git/a").write_text("")
    (parent.root / "folder/up").symlink_to("..")
    (parent.root / "inner/b").write_text("")
    assert git.untracked_count() == 3


def test_a_tree_that_leads_out_of_the_work_tree_is_refused(repository):
    blob = repository.git("rev-parse", "HEAD:file.txt")
    raw = b"100644 ..\0" + bytes.fromhex(blob)
    words = ["git", "-C", repository.root, "hash-object", "--literally", "-t", "tree", "-w", "--stdin"]
    tree = subprocess.run(words, input=raw, capture_output=True, check=True).stdout.decode().strip()
    head = repository.git("commit-tree", "-m", "x", tree)
    repository.git("update-ref", "--no-deref", "HEAD", head)
    with pytest.raises(Inconclusive, match="no checkout"):
        GitRepository(repository.root).changed_files()


def test_a_tree_that_is_cut_short_is_refused(repository):
    words = ["git", "-C", repository.root, "hash-object", "--literally", "-t", "tree", "-w", "--stdin"]
    done = subprocess.run(words, input=b"100644 file", capture_output=True, check=True)
    head = repository.git("commit-tree", "-m", "x", done.stdout.decode().strip())
    repository.git("update-ref", "--no-deref", "HEAD", head)
    with pytest.raises(Inconclusive, match="cannot be read"):
        GitRepository(repository.root).changed_files()


def test_git_that_dies_while_it_reads_is_inconclusive(repository, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin/git"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *cat-file*) exit 1;; esac\nexec {shutil.which("git")} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(Inconclusive):
        GitRepository(repository.root).changed_files()
