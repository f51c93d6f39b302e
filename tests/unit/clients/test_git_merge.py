from __future__ import annotations

import pytest

from counterseal.clients.git_merge import merge_all
from counterseal.errors import Inconclusive


@pytest.fixture
def forked(repository):
    """A repository with two branches that differ in different files."""

    def add(branch, name, text="x", start="main"):
        repository.git("checkout", "-q", "-B", branch, start)
        (repository.root / name).write_text(text)
        repository.git("add", name)
        repository.git("commit", "-q", "--no-gpg-sign", "-m", name)
        return repository.git("rev-parse", "HEAD")

    repository.add = add
    return repository


def test_a_merge_without_help_has_the_tree_that_git_gives_it(forked):
    one, other = forked.add("one", "a"), forked.add("other", "b")
    forked.git("merge", "-q", "--no-edit", "--no-gpg-sign", one)
    assert merge_all(forked.root, other, [one]).tree == forked.git("rev-parse", "HEAD^{tree}")


def test_an_edit_inside_a_merge_gives_it_another_tree(forked):
    one, other = forked.add("one", "a"), forked.add("other", "b")
    forked.git("merge", "-q", "--no-edit", "--no-gpg-sign", one)
    (forked.root / "a").write_text("smuggled")
    forked.git("commit", "-aq", "--amend", "--no-edit", "--no-gpg-sign")
    assert merge_all(forked.root, other, [one]).tree != forked.git("rev-parse", "HEAD^{tree}")


def test_a_conflict_has_no_tree(forked):
    one, other = forked.add("one", "a", "1"), forked.add("other", "a", "2")
    assert merge_all(forked.root, one, [other]).tree is None


def test_several_heads_are_merged_one_after_the_other(forked):
    heads = [forked.add(name, name) for name in ("a", "b", "c")]
    base = forked.git("rev-parse", "main")
    tree = merge_all(forked.root, base, heads).tree
    forked.git("checkout", "-q", "main")
    for head in heads:
        forked.git("merge", "-q", "--no-ff", "--no-edit", "--no-gpg-sign", head)
    assert tree == forked.git("rev-parse", "HEAD^{tree}")


def test_nothing_is_written_into_the_repository(forked):
    one, other = forked.add("one", "a"), forked.add("other", "b")
    before = sorted(path for path in (forked.root / ".git").rglob("*"))
    merge_all(forked.root, one, [other])
    assert sorted(path for path in (forked.root / ".git").rglob("*")) == before


def test_no_merge_program_of_the_repository_is_run(forked, tmp_path):
    one, other = forked.add("one", "file.txt", "1"), forked.add("other", "file.txt", "2")
    trap = tmp_path / "ran"
    forked.git("config", "merge.evil.driver", f"touch {trap}; true")
    (forked.root / ".git" / "info").mkdir(exist_ok=True)
    (forked.root / ".git" / "info" / "attributes").write_text("* merge=evil\n")
    (forked.root / ".gitattributes").write_text("* merge=evil\n")
    assert merge_all(forked.root / ".git" / "..", one, [other]).tree is None
    assert not trap.exists()


def test_a_commit_that_is_not_here_is_inconclusive(forked):
    one = forked.add("one", "a")
    with pytest.raises(Inconclusive, match="not in the checkout"):
        merge_all(forked.root, one, ["d" * 40])
    tree = forked.git("rev-parse", "HEAD^{tree}")
    with pytest.raises(Inconclusive, match="not in the checkout"):
        merge_all(forked.root, one, [tree])


@pytest.mark.parametrize(("base", "heads"), [("main", ["d" * 40]), ("d" * 40, ["--help"]), ("d" * 40, [])])
def test_what_is_no_commit_name_never_reaches_git(forked, base, heads):
    with pytest.raises(Inconclusive):
        merge_all(forked.root, base, heads)


def test_outside_a_repository_it_is_inconclusive(tmp_path):
    with pytest.raises(Inconclusive):
        merge_all(tmp_path, "d" * 40, ["e" * 40])
