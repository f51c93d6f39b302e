"""A process that is run apart: nothing of the job's environment, a limit of time, of memory and of output.

Memory is watched from outside. Engines reserve far more addresses than they ever use (the embedded one 256
GiB), so that the kernel's own limits would stop them before they begin.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_MOST_OUTPUT: Final = 64 * 1024 * 1024
_PACE: Final = 0.02  # seconds between two looks at a process


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code; negative for the signal that killed it.
        stdout: what it wrote.
        stderr: the beginning of what it complained of.
        problem: what made it end early; empty when nothing did.
    """

    code: int
    stdout: bytes
    stderr: str
    problem: str = ""


@dataclass(frozen=True)
class Limits:
    """What a process may take.

    Attributes:
        seconds: how long it may run; of the processor it may take no more either.
        megabytes: how much memory it may have.
    """

    seconds: int
    megabytes: int


def run_apart(command: Sequence[str], given: bytes, limits: Limits) -> Ended:
    """Run a program apart.

    Args:
        command: the program, absolute, and its arguments.
        given: what it gets on its standard input.
        limits: what it may take.
    """
    with tempfile.TemporaryDirectory(prefix="counterseal-") as work:
        folder = Path(work)
        (folder / "in").write_bytes(given)
        with (
            (folder / "in").open("rb") as stdin,
            (folder / "out").open("w+b") as out,
            (folder / "err").open("w+b") as err,
        ):
            process = subprocess.Popen(  # noqa: S603 - of ours, or of the trusted policy by digest; no shell
                list(command),
                cwd=folder,
                env={"LANG": "C.UTF-8", "HOME": work, "TMPDIR": work},
                stdin=stdin,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=lambda: _confine(limits),  # noqa: PLW1509 - one thread
            )
            problem = _wait(process, limits)
            return Ended(process.returncode, _head(out, _MOST_OUTPUT), _said(err), problem)


def _confine(limits: Limits) -> None:
    """Limit the process that is about to become the program."""
    for what, most in (
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, _MOST_OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _wait(process: subprocess.Popen[bytes], limits: Limits) -> str:
    """Wait for the end, and return what made it early."""
    ends = time.monotonic() + limits.seconds
    while True:
        try:
            process.wait(_PACE)
            break
        except subprocess.TimeoutExpired:
            if time.monotonic() > ends:
                return _kill(process, f"it took longer than {limits.seconds} seconds")
            if _resident(process.pid) > limits.megabytes * 1024 * 1024:
                return _kill(process, f"it took more than {limits.megabytes} megabytes of memory")
    if process.returncode == -signal.SIGXCPU:
        return f"it took more than {limits.seconds} seconds of the processor"
    return f"it was killed by signal {-process.returncode}" if process.returncode < 0 else ""


def _kill(process: subprocess.Popen[bytes], why: str) -> str:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return why


def _resident(number: int) -> int:
    """Return how much memory a process has, in bytes; 0 where the system does not tell, or it has ended."""
    try:
        pages = int(Path(f"/proc/{number}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _head(file: BinaryIO, most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def _said(file: BinaryIO) -> str:
    return " ".join(_head(file, 4000).decode("utf-8", "replace").split())[:500]
