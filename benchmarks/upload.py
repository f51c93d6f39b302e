"""Uploading: two hundred files into a bucket of the imitation, locked and proven, against the AWS CLI."""
# ruff: noqa: INP001, S603 - a program for developers, which starts other programs

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from measure import Figure, Line, Missing, run, seconds

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

FILES, BYTES, RUNS = 200, 65_536, 3
PEER = "awscli==1.45.11"
UPLOAD = """
import sys
from pathlib import Path
from counterseal.store.blobs import put_blobs
from counterseal.store.interface import Retention
from counterseal.store.open import open_store
locked = Retention(retain_until="2099-01-01T00:00:00Z", mode="governance")
put_blobs(open_store(sys.argv[1]), dict.fromkeys(sorted(Path(sys.argv[2]).iterdir()), locked))
"""


def uploading(folder: Path) -> Iterator[Line]:
    """Yield how long the files take, each way with the start of its process, taking turns on one server."""
    name = f"uploading {FILES} files of {BYTES // 1024} KiB, each locked and read back"
    files = folder / "files"
    files.mkdir()
    for at in range(FILES):
        (files / f"{at:03}").write_bytes(os.urandom(BYTES))
    try:
        peer = _peer(folder / "awscli")
    except subprocess.CalledProcessError as error:
        yield Missing(name, f"{PEER} cannot be installed: exit {error.returncode}")
        return
    ours, theirs = [], []
    with _server() as (url, bucket):
        env = _environment(url)
        for turn in range(RUNS):
            mine = [sys.executable, "-c", UPLOAD, f"s3://{bucket}/ours-{turn}", files]
            copy = [peer, "s3", "cp", "--recursive", "--quiet", files, f"s3://{bucket}/theirs-{turn}/"]
            ours.append(seconds(lambda: run(mine, env=env, cwd=folder)))  # noqa: B023 - called at once
            theirs.append(seconds(lambda: run(copy, env=env, cwd=folder)))  # noqa: B023 - called at once
    yield Figure(name, median(ours), "s", 1, "aws s3 cp --recursive, neither", median(theirs), relative=True)


def _peer(folder: Path) -> Path:
    uv, python = Path(sys.executable).parent / "uv", folder / "bin" / "python"
    for words in (
        ["venv", "--quiet", str(folder)],
        ["pip", "install", "--quiet", "--python", str(python), PEER],
    ):
        subprocess.run([str(uv), *words], check=True)
    return folder / "bin" / "aws"


def _environment(url: str) -> dict[str, str]:
    """Return the environment that both are given: a server, and credentials that mean nothing."""
    source = str(Path(__file__).resolve().parent.parent / "src")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": source,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }


@contextmanager
def _server() -> Iterator[tuple[str, str]]:
    """Yield the address and the bucket of an imitation that runs in a process of its own."""
    near, far = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(far,), daemon=True)
    process.start()
    try:
        url, bucket = near.recv()
        yield url, bucket
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    from simulators.s3 import FakeS3

    with FakeS3() as server:
        server.page = 1000
        told.send((server.url, server.name))
        told.recv()  # until the process is ended
