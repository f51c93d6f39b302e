"""Starting: the command, a step of a job, and the set-up at the beginning of a job."""
# ruff: noqa: INP001, S603, S607 - a program for developers, which starts other programs

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from measure import Figure, Line, Missing, run, seconds, typical

ROOT = Path(__file__).resolve().parent.parent
PYTHON = Path(sys.base_prefix) / "bin" / "python3"
RUN = [PYTHON, "-I", "-S", ROOT / "src" / "counterseal" / "run.py"]
BARE = [PYTHON, "-I", "-S", "-c", "pass"]
REPORT = "<testsuite>" + '<testcase name="a"/>' * 100 + "</testsuite>"
SETUPS = 3


def startup(folder: Path, runs: int) -> Iterator[Line]:
    """Yield the figures of starting; the cold set-up needs the network, and says so when it has none."""
    temporary, checkout = folder / "runner", folder / "checkout"
    _checkout(checkout)
    own = ("GITHUB_", "RUNNER_", "COUNTERSEAL_", "PYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    env["RUNNER_TEMP"] = str(temporary)
    yield from _setups(env, folder)
    bare = typical(lambda: run(BARE, env=env, cwd=checkout), runs)
    for name, aim, action in (
        ("counterseal --version", 0.15, lambda: run([*RUN, "--cli", "--version"], env=env, cwd=checkout)),
        ("a warm step (record)", 0.4, lambda: _step(env, checkout)),
    ):
        try:
            action()
        except subprocess.CalledProcessError as error:
            yield Missing(name, _last_line(error))
        else:
            yield Figure(name, typical(action, runs), "s", aim, "python3 -I -S -c pass", bare)


def _setups(env: dict[str, str], folder: Path) -> Iterator[Line]:
    """Yield set-ups from nothing (installers use no cache), and when it is all there."""
    temporary = Path(env["RUNNER_TEMP"])

    def set_up() -> None:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        _action("setup", {}, env, folder)

    try:
        cold = [seconds(set_up) for _ in range(SETUPS)]
        ready = typical(lambda: _action("setup", {}, env, folder), SETUPS)
    except subprocess.CalledProcessError as error:
        yield Missing("set-up", _last_line(error))
        return
    uv = "uv on the path" if shutil.which("uv") else "uv fetched by pip"
    yield Figure(f"set-up, nothing cached ({uv})", median(cold), "s", 3.0, **_pip(env, folder))
    yield Figure("set-up, once more in the same job", ready, "s", 0.4)


def _pip(env: dict[str, str], folder: Path) -> dict[str, object]:
    """Return what pip alone takes for the same lock with nothing cached, as the peer."""
    words = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-deps", "--require-hashes"]
    words += ["--target", str(folder / "site"), "-r", str(ROOT / "locks" / "core.txt")]
    with suppress(subprocess.CalledProcessError):
        return {"peer": "pip install", "against": seconds(lambda: run([PYTHON, *words], env=env, cwd=folder))}
    return {}


def _step(env: dict[str, str], checkout: Path) -> None:
    """Record a test report, as an action does, in an evidence folder that is empty."""
    shutil.rmtree(Path(env["RUNNER_TEMP"]) / "evidence", ignore_errors=True)
    inputs = {"name": "unit-tests", "files": "junit.xml", "read-as": "junit"}
    inputs["evidence-dir"] = str(Path(env["RUNNER_TEMP"]) / "evidence")
    _action("record", inputs, env, checkout)


def _action(name: str, inputs: dict[str, str], env: dict[str, str], cwd: Path) -> None:
    files = {
        variable: str(cwd / variable)
        for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_ENV")
    }
    for path in files.values():
        Path(path).touch()
    run([*RUN, name], env=env | files | {"COUNTERSEAL_INPUTS": json.dumps(inputs)}, cwd=cwd)


def _checkout(folder: Path) -> None:
    folder.mkdir()
    (folder / "junit.xml").write_text(REPORT, encoding="utf-8")
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], [*who, "commit", "--quiet", "--allow-empty", "--message", "Begin"]):
        subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


def _last_line(error: subprocess.CalledProcessError) -> str:
    said = (error.stderr or error.stdout or b"").decode(errors="replace").strip()
    return (said.splitlines() or [f"exit code {error.returncode}"])[-1][:60]
