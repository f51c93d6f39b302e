"""The rehearsal of docs/sandbox.md is run as it stands there, in a shell, against a served sandbox."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text()


def commands(heading):
    """Return the commands of every console block of a section."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


@pytest.fixture
def shell(tmp_path):
    """A folder with a `counterseal` on the path, as the launcher is where everything is installed."""
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin" / "counterseal"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} -m counterseal "$@"\n')
    launcher.chmod(0o755)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"PATH": f"{tmp_path / 'bin'}:{kept['PATH']}", "PYTHONPATH": str(ROOT / "src")}


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
def test_the_rehearsal_of_the_page_goes_as_it_says(tmp_path, shell):
    served = PAGE.partition("```console\n$ ")[2].partition("\n")[0].split()
    assert served[:2] == ["counterseal", "sandbox"]
    shutil.copytree(ROOT / "examples" / "sandbox", tmp_path / "examples" / "sandbox")
    with subprocess.Popen(served, cwd=tmp_path, env=shell, stdout=subprocess.DEVNULL) as sandbox:
        try:
            _wait_for(tmp_path / "checkouts" / "meridian-bank" / "payments" / ".git" / "HEAD")
            script = "\n".join(["set -eu", *commands("A rehearsal, from end to end")])
            done = subprocess.run(
                ["bash", "-c", script], check=False, cwd=tmp_path, env=shell, capture_output=True, text=True
            )
        finally:
            sandbox.terminate()
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    for line in (
        "is merger of",
        "3 steps told",
        "used: it was used already",
        "would be expired",
        "as it is on record",
    ):
        assert line in said, said


def _wait_for(path):
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} never came")
