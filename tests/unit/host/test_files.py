import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import NothingToJudge, UsageError
from counterseal.host.files import expand, hash_file, read_bytes, write_bytes


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    for name in ("a.xml", "b.txt", "sub/c.xml", "sub/deep/d.xml", ".hidden/e.xml", "odd/[1].xml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "outside.xml").write_text("outside")
    return root


def names(patterns, root):
    return [str(path.relative_to(root)) for path in expand(patterns, root)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.xml", ["a.xml"]),
        ("./sub//c.xml", ["sub/c.xml"]),
        ("*.xml", ["a.xml"]),
        ("?.xml", ["a.xml"]),
        ("[ab].*", ["a.xml", "b.txt"]),
        ("sub/**", ["sub/c.xml", "sub/deep/d.xml"]),
        ("**/d.xml", ["sub/deep/d.xml"]),
        ("**/*.xml", [".hidden/e.xml", "a.xml", "odd/[1].xml", "sub/c.xml", "sub/deep/d.xml"]),
        ("*/*.xml", [".hidden/e.xml", "odd/[1].xml", "sub/c.xml"]),
        ("odd/[1].xml", ["odd/[1].xml"]),
        ("**/**/c.xml", ["sub/c.xml"]),
    ],
)
def test_patterns(tree, pattern, expected):
    assert names([pattern], tree) == expected


def test_matches_are_sorted_and_each_comes_once(tree):
    assert names(["sub/*.xml", "b.txt", "**/c.xml", "a.xml"], tree) == ["a.xml", "b.txt", "sub/c.xml"]


@pytest.mark.parametrize("pattern", ["*.nothing", "none.xml", "a.xml/*", "sub/*.txt"])
def test_a_pattern_that_matches_nothing_is_an_error(tree, pattern):
    with pytest.raises(NothingToJudge) as caught:
        expand(["a.xml", pattern], tree)
    assert caught.value.where == pattern


@pytest.mark.parametrize("pattern", ["../outside.xml", "sub/../a.xml", "sub/../../outside.xml", "**/.."])
def test_a_pattern_does_not_climb(tree, pattern):
    with pytest.raises(UsageError):
        expand([pattern], tree)


@pytest.mark.parametrize("pattern", ["link.xml", "*.xml", "**/*.xml"])
def test_a_link_does_not_lead_out(tree, pattern):
    (tree / "link.xml").symlink_to(tree.parent / "outside.xml")
    with pytest.raises(UsageError, match="outside"):
        expand([pattern], tree)


def test_a_linked_folder_does_not_lead_out(tree):
    (tree / "linked").symlink_to(tree.parent)
    with pytest.raises(UsageError, match="outside"):
        expand(["linked/outside.xml"], tree)
    assert "linked/outside.xml" not in names(["**/*.xml"], tree)


def test_a_link_inside_the_folder_is_a_file_of_it(tree):
    (tree / "link.xml").symlink_to("sub/c.xml")
    assert names(["link.xml"], tree) == ["link.xml"]


def test_a_link_to_nothing_is_an_error(tree):
    (tree / "link.xml").symlink_to("gone.xml")
    with pytest.raises(FileNotFoundError):
        expand(["*.xml"], tree)


@pytest.mark.parametrize("pattern", ["sub", ".", ""])
def test_a_folder_is_not_a_file(tree, pattern):
    with pytest.raises(UsageError, match="regular"):
        expand([pattern], tree)


def test_a_pipe_is_not_a_file(tree):
    os.mkfifo(tree / "pipe.xml")
    with pytest.raises(UsageError, match="regular"):
        expand(["*.xml"], tree)


def test_a_folder_that_cannot_be_listed_is_an_error(tree, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        expand(["**/*.xml"], tree)


def test_an_absolute_pattern_inside_the_folder_is_like_any_other(tree):
    (tree / "link.xml").symlink_to(tree.parent / "outside.xml")
    assert names([f"{tree}/sub/*.xml"], tree) == ["sub/c.xml"]
    with pytest.raises(UsageError, match="outside"):
        expand([f"{tree}/link.xml"], tree)


def test_an_absolute_pattern_elsewhere_has_its_own_root(tree, tmp_path):
    other = tmp_path / "other"
    (other / "x").mkdir(parents=True)
    (other / "x" / "f.xml").write_text("f")
    assert expand([f"{other}/x/f.xml", f"{other}/**/*.xml"], tree) == [other / "x" / "f.xml"]
    (other / "x" / "link.xml").symlink_to(tmp_path / "outside.xml")
    with pytest.raises(UsageError, match="outside"):
        expand([f"{other}/x/*.xml"], tree)


@given(st.text(alphabet="ab/.*?[]-\\", max_size=12))
def test_no_pattern_leads_out(tmp_path_factory, pattern):
    base = tmp_path_factory.getbasetemp() / "fuzz"
    (base / "root" / "a" / "b").mkdir(parents=True, exist_ok=True)
    (base / "root" / "a" / "ab").touch()
    (base / "b").touch()
    try:
        found = expand([pattern.lstrip("/")], base / "root")
    except (UsageError, NothingToJudge):
        return
    assert all(path.resolve().is_relative_to(base / "root") and path.is_file() for path in found)


@given(st.binary(max_size=300))
def test_the_digest_and_size_are_those_of_the_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "data"
    path.write_bytes(data)
    assert hash_file(path) == (hashlib.sha256(data).hexdigest(), len(data))


@pytest.mark.parametrize("path", ["/dev/zero", "/"])
def test_only_files_are_hashed(path):
    with pytest.raises(UsageError, match="regular"):
        hash_file(Path(path))


@pytest.fixture
def pipe(tmp_path):
    """A pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_or_a_device_is_refused_at_once(pipe, tmp_path):
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="regular"):
            read_bytes(path, limit=10)
        with pytest.raises(UsageError, match="regular"):
            hash_file(path)


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(pipe, monkeypatch):
    monkeypatch.setattr("counterseal.host.files._require_regular", lambda _: None)
    with pytest.raises(UsageError, match="regular"):
        read_bytes(pipe, limit=10)


def test_a_file_is_read_up_to_its_limit_and_through_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert read_bytes(tmp_path / "link", limit=5) == b"12345"
    with pytest.raises(UsageError, match="larger than the 4 bytes"):
        read_bytes(tmp_path / "file", limit=4)
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "gone", limit=4)


def test_a_link_where_a_file_is_written_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "out").symlink_to("victim")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("out", "dangling", "new"):
        write_bytes(tmp_path / name, b"data", root=tmp_path)
        assert not (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_bytes() == b"data"
    assert (tmp_path / "victim").read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "new", "out", "victim"]  # noqa: PTH208


def test_nothing_is_written_outside_the_root(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "linked").symlink_to(outside)
    for path in (root / "linked" / "file", root / ".." / "file", outside / "file"):
        with pytest.raises(UsageError, match="outside"):
            write_bytes(path, b"data", root=root)
    assert list(outside.iterdir()) == []


def test_only_files_are_written(pipe, tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (pipe, tmp_path / "link", tmp_path):
        with pytest.raises(UsageError, match="regular"):
            write_bytes(path, b"data")
    assert (tmp_path / "link").is_symlink()


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "file").write_text("old")
    with pytest.raises(OSError, match="No space") as caught:
        write_bytes(tmp_path / "file", b"new")
    assert caught.value.filename == str(tmp_path / "file")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "old")]


@pytest.fixture
def checkout(tree):
    """A folder with git's own in it."""
    (tree / "sub" / ".git").mkdir()
    for folder in (tree, tree / "sub"):
        (folder / ".git").mkdir(exist_ok=True)
        (folder / ".git" / "config").write_text("authorization: basic c2VjcmV0")
    return tree


@pytest.mark.parametrize(
    "pattern", ["**", "**/*", "*/**", "sub/**", "**/**", "[.]git/*", "*git/config", "?git/**"]
)
def test_a_wildcard_passes_over_git(checkout, pattern):
    try:
        found = names([pattern], checkout)
    except NothingToJudge:
        return
    assert found
    assert not any(".git" in name for name in found)


@pytest.mark.parametrize(
    "pattern", [".git/config", "sub/.git/*", "**/.git/config", ".GIT/config", "./.git/**", ".git"]
)
def test_git_cannot_be_named(checkout, pattern):
    for path in (pattern, f"{checkout}/{pattern}"):
        with pytest.raises(UsageError, match="git"):
            expand([path], checkout)


def test_a_link_does_not_lead_into_git(checkout):
    (checkout / "notes.txt").symlink_to(".git/config")
    with pytest.raises(UsageError, match="git"):
        expand(["notes.txt"], checkout)
