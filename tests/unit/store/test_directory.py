"""The directory store on a real file system: what is on the disk, and what the system may refuse."""

from __future__ import annotations

import hashlib
import os
import resource
import stat
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from counterseal.errors import CountersealError, KeyMissing, StoreConflict, StoreError, UsageError
from counterseal.store import directory as module
from counterseal.store.directory import DirectoryStore
from counterseal.store.interface import DOCUMENT_BYTES
from simulators.deep_folder import deep_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store"


@pytest.fixture
def store(root: Path) -> DirectoryStore:
    return DirectoryStore(root)


def test_a_file_is_read_only_and_nothing_temporary_is_left(store: DirectoryStore, root: Path):
    store.put("streams/s/1", b"data")
    assert stat.S_IMODE((root / "streams/s/1").stat().st_mode) == 0o444
    assert (root / "streams/s/1").stat().st_nlink == 1
    assert list((root / "tmp").iterdir()) == []


def test_the_temporary_directory_is_not_part_of_the_store(store: DirectoryStore, root: Path):
    store.put("a", b"")
    (root / "tmp" / "left-over").write_bytes(b"half")
    assert list(store.keys("")) == ["a"]
    assert list(store.keys("tmp/")) == []
    for call in (store.get, store.head, lambda key: store.put(key, b"")):
        with pytest.raises(StoreError, match="temporary"):
            call("tmp/left-over")


def test_reading_creates_nothing(store: DirectoryStore, root: Path):
    assert list(store.keys("streams/")) == []
    assert store.head("streams/a") is None
    assert not root.exists()


def test_a_conflict_leaves_nothing_behind(store: DirectoryStore, root: Path):
    store.put("a", b"first")
    with pytest.raises(StoreConflict):
        store.put("a", b"second")
    assert list((root / "tmp").iterdir()) == []


def test_a_name_that_appears_meanwhile_is_a_conflict(store: DirectoryStore, root: Path, monkeypatch):
    def slow_write(descriptor, chunks):
        (root / "a").write_bytes(b"other")
        return write(descriptor, chunks)

    write = module._write
    store.put("z", b"")
    monkeypatch.setattr(module, "_write", slow_write)
    with pytest.raises(StoreConflict):
        store.put("a", b"mine")
    assert store.get("a") == b"other"
    assert list((root / "tmp").iterdir()) == []


@pytest.mark.parametrize("kind", ["symlink", "dangling", "directory", "fifo"])
def test_only_regular_files_are_read(store: DirectoryStore, root: Path, kind: str):
    store.put("real", b"secret")
    path = root / "a"
    if kind == "symlink":
        path.symlink_to(root / "real")
    elif kind == "dangling":
        path.symlink_to(root / "nowhere")
    elif kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(StoreError) as caught:
        store.get("a")
    assert not isinstance(caught.value, KeyMissing)
    with pytest.raises(StoreConflict):
        store.put("a", b"data")


def test_a_linked_directory_is_neither_written_to_nor_listed_through(
    store: DirectoryStore, root: Path, tmp_path: Path
):
    store.put("real", b"")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"")
    (root / "streams").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a directory"):
        store.put("streams/a", b"data")
    assert list(store.keys("")) == ["real", "streams"]
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["file"]


def test_names_that_are_no_keys_are_listed_all_the_same(store: DirectoryStore, root: Path):
    store.put("a/b", b"")
    (root / "a" / "b~").write_bytes(b"")
    (root / "a" / "c d").write_bytes(b"")
    assert list(store.keys("a/")) == ["a/b", "a/b~", "a/c d"]


def test_a_listing_never_leaves_the_store(store: DirectoryStore):
    with pytest.raises(StoreError, match="not a key"):
        store.keys("../other/")


@pytest.mark.parametrize("linked", ["streams", "streams/s"])
def test_nothing_is_read_or_listed_behind_a_linked_folder(
    store: DirectoryStore, root: Path, tmp_path: Path, linked: str
):
    store.put("streams/s/1", b"data")
    (root / linked).rename(tmp_path / "elsewhere")
    (root / linked).symlink_to(tmp_path / "elsewhere")
    for attempt in (
        lambda: store.get("streams/s/1"),
        lambda: list(store.chunks("streams/s/1")),
        lambda: store.head("streams/s/1"),
        lambda: list(store.keys("streams/s/")),
    ):
        with pytest.raises(StoreError, match="symbolic links"):
            attempt()


def test_a_store_that_is_itself_behind_a_link_is_read(store: DirectoryStore, root: Path, tmp_path: Path):
    store.put("streams/s/1", b"data")
    (tmp_path / "link").symlink_to(root)
    linked = DirectoryStore(tmp_path / "link")
    assert (linked.get("streams/s/1"), list(linked.keys("streams/"))) == (b"data", ["streams/s/1"])


def test_folders_of_any_depth_are_listed(store: DirectoryStore, root: Path):
    store.put("a", b"")
    with deep_folder(root) as deep:
        Path(f"{root}/{deep}/file").write_bytes(b"")
        assert list(store.keys("")) == ["a", f"{deep}/file"]
        assert list(store.keys("", after="d0")) == []


def test_a_file_that_grows_while_it_is_read_is_refused_in_bounded_memory(
    store: DirectoryStore, root: Path, monkeypatch
):
    store.put("a", b"data")
    (root / "a").chmod(0o600)
    read, given = os.read, []

    def growing(descriptor: int, count: int) -> bytes:
        with (root / "a").open("ab") as file:
            file.write(b"more")
        given.append(count)
        return read(descriptor, count)

    monkeypatch.setattr(module.os, "read", growing)
    for attempt in (lambda: store.get("a"), lambda: list(store.chunks("a"))):
        with pytest.raises(StoreError, match="grew"):
            attempt()
    assert sum(given) < 100


def test_a_document_that_is_too_large_is_refused_and_can_be_read_in_chunks(store: DirectoryStore, root: Path):
    store.put("a", b"")
    with (root / "big").open("wb") as file:
        file.truncate(DOCUMENT_BYTES + 1)
    with pytest.raises(StoreError, match="more than"):
        store.get("big")
    assert sum(len(chunk) for chunk in store.chunks("big")) == DOCUMENT_BYTES + 1


def test_a_file_where_a_directory_must_be_is_told(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError) as caught:
            DirectoryStore(root).put("a", b"data")
        assert caught.value.where is not None


def test_a_source_that_cannot_be_read_is_the_callers_error(store: DirectoryStore, tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        store.put_file("a", tmp_path / "missing", sha256="0" * 64)
    assert list(store.keys("")) == []


def test_a_disk_that_takes_no_more_is_a_store_error_and_leaves_nothing(store: DirectoryStore, root: Path):
    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            store.put("a", b"x" * 1001)
        except StoreError as error:
            os._exit(42 if error.where == "a" and not list((root / "tmp").iterdir()) else 1)
        os._exit(0)

    child = get_context("fork").Process(target=fill)
    child.start()
    child.join()
    assert child.exitcode == 42
    assert store.head("a") is None


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a place where even root may not write")
def test_a_directory_without_permission_is_a_store_error():
    with pytest.raises(StoreError) as caught:
        DirectoryStore("/sys/kernel/counterseal").put("a", b"data")
    assert caught.value.where == "a"
    assert caught.value.remedy is not None


def test_large_files_are_stored_in_bounded_memory(root: Path, tmp_path: Path):
    size = 200 * 1024 * 1024
    with (tmp_path / "big").open("wb") as file:
        file.truncate(size)
    program = (
        "import re, sys; from pathlib import Path\n"
        "from counterseal.store.blobs import put_blob\n"
        "from counterseal.store.directory import DirectoryStore\n"
        "store = DirectoryStore(sys.argv[1]); put_blob(store, Path(sys.argv[2]))\n"
        # Not ru_maxrss, which a child takes over from the process that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", program, str(root), str(tmp_path / "big")]
    source = str(Path(module.__file__).parents[2])
    run = subprocess.run(command, capture_output=True, check=True, env={"PYTHONPATH": source}, text=True)
    assert int(run.stdout) < 150 * 1024  # KiB; the file alone is 200 MiB


class Calls:
    """Records the system calls that durability hangs on, in order."""

    def __init__(self, monkeypatch, root: Path) -> None:
        self.calls: list[tuple[str, str]] = []
        self._root = root
        for name in ("fsync", "link", "mkdir"):
            monkeypatch.setattr(module.os, name, self._recorded(name, getattr(os, name)))

    def _recorded(self, name, real):
        def call(target, *rest):
            path = Path(f"/proc/self/fd/{target}").readlink() if name == "fsync" else (rest or (target,))[0]
            result = real(target, *rest)
            relative = os.path.relpath(path, self._root)
            self.calls.append((name, "temporary" if relative.startswith("tmp/") else relative))
            return result

        return call


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_everything_is_synced_before_put_returns_in_the_right_order(
    store: DirectoryStore, root: Path, monkeypatch
):
    root.mkdir(parents=True)
    calls = Calls(monkeypatch, root).calls
    store.put("a/b/c", b"data")
    assert calls == [
        ("mkdir", "a"),
        ("fsync", "."),
        ("mkdir", "a/b"),
        ("fsync", "a"),
        ("mkdir", "tmp"),
        ("fsync", "."),
        ("fsync", "temporary"),
        ("link", "a/b/c"),
        ("fsync", "a/b"),
    ]
    calls.clear()
    store.put("a/b/d", b"data")
    assert calls == [("fsync", "temporary"), ("link", "a/b/d"), ("fsync", "a/b")]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_what_another_process_wrote_is_synced_before_it_is_relied_on(
    store: DirectoryStore, root: Path, monkeypatch
):
    (root / "a").mkdir(parents=True)
    (root / "a" / "b").write_bytes(b"other")
    calls = Calls(monkeypatch, root).calls
    with pytest.raises(StoreConflict):
        store.put("a/b", b"mine")
    assert calls == [("fsync", "a")]
    calls.clear()
    stored = store.head("a/b")
    assert stored is not None
    assert calls == [("fsync", "a")]
    calls.clear()
    store.put("a/c", b"mine")  # and the directory itself may be another's, so it is synced in its parent
    assert ("fsync", ".") in calls


def test_one_of_many_creators_wins(store: DirectoryStore, root: Path):
    store.put("other", b"")
    context = get_context("fork")
    start = context.Event()

    def create(number: int) -> None:
        start.wait()
        try:
            store.put("a/b/c", str(number).encode())
        except StoreConflict:
            os._exit(1)
        except CountersealError:
            os._exit(2)
        os._exit(0)

    children = [context.Process(target=create, args=(number,)) for number in range(8)]
    for child in children:
        child.start()
    start.set()
    for child in children:
        child.join()
    codes = [child.exitcode for child in children]
    assert sorted(codes) == [0] + [1] * 7
    assert store.get("a/b/c") == str(codes.index(0)).encode()
    assert hashlib.sha256(store.get("a/b/c")).hexdigest() == store.head("a/b/c").sha256
