"""A checkout that tries to run its own code, in counterseal's process or the installer's. None of it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.runner import Step
from simulators.suite import make_suite

_MODULES = [
    "json",
    "argparse",
    "hashlib",
    "sitecustomize",
    "usercustomize",
    "os",
    "pip",
    "counterseal",
    "startup",
]
_MODULES += [
    "zipfile",
    "subprocess",
    "tempfile",
    "unicodedata",
    "actions_toolkit",
    "msgspec",
    "site",
]
_BROKEN = "this is not = a configuration ]["
_TRAP = "import builtins\nbuiltins.open({marker!r}, 'a').write({name!r} + '\\n')\n"


@pytest.fixture
def suite(tmp_path):
    return make_suite(tmp_path)


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "marker"


@pytest.fixture
def checkout(tmp_path, marker):
    """A checkout full of traps."""
    root = tmp_path / "checkout"
    for name in _MODULES:
        for path in (root / f"{name}.py", root / "lib" / "python3" / f"{name}.py"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_TRAP.format(marker=str(marker), name=path.name))
    for name in ("pip", "counterseal", "src"):
        (root / name).mkdir()
        for file in ("__init__.py", "__main__.py", "run.py"):
            (root / name / file).write_text(_TRAP.format(marker=str(marker), name=f"{name}/{file}"))
    for name in ("uv", "pip", "python3"):
        path = root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho bin/{name} >> {marker}\nexit 1\n")
        path.chmod(0o755)
    for name in (
        "uv.toml",
        "pip.conf",
        "pip.ini",
        "setup.cfg",
        "pyproject.toml",
        ".python-version",
        "pyvenv.cfg",
    ):
        (root / name).write_text(_BROKEN)
    (root / "evil.pth").write_text(f"import os; open({str(marker)!r}, 'a').write('pth')")
    return root


def hostile(checkout: Path) -> dict[str, str]:
    """Return the variables that would lead an interpreter into the checkout."""
    return {
        "PYTHONPATH": f"{checkout}:",
        "PYTHONHOME": str(checkout),
        "PYTHONSTARTUP": str(checkout / "startup.py"),
        "PYTHONUSERBASE": str(checkout),
        "PYTHONINSPECT": "1",
        "PYTHONPLATLIBDIR": "lib",
        "PYTHONBREAKPOINT": "startup.trap",
        "GITHUB_WORKSPACE": str(checkout),
    }


def start(suite, checkout, path):
    """Run the setup action as the runner does: its own script, in the caller's checkout."""
    step = Step(suite.temp)
    env = {
        **suite.env(),
        **step.env(),
        **hostile(checkout),
        "GITHUB_ACTIONS": "true",
        "COUNTERSEAL_INPUTS": "{}",
    }
    env |= {"PATH": path, "GITHUB_ACTION_PATH": str(suite.root / "actions" / "setup")}
    script = 'python3 -I -S "$GITHUB_ACTION_PATH/../../src/counterseal/run.py" setup'
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return step, subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def only_python(suite) -> str:
    """Return a folder with nothing but the interpreter in it, so that pip has to install."""
    folder = suite.temp / "python"
    folder.mkdir()
    launcher = folder / "python3"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    launcher.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_nothing_of_the_checkout_runs(suite, checkout, marker, installer):
    tools = str(Path(sys.executable).parent) if installer == "uv" else only_python(suite)
    before = sorted(path.relative_to(checkout) for path in checkout.rglob("*"))
    # A path may hold the current folder, and folders of the checkout, behind the runner's own.
    path = os.pathsep.join([tools, os.defpath, "", ".", "bin", str(checkout / "bin")])
    step, done = start(suite, checkout, path)
    assert not marker.exists(), marker.read_text()
    assert (done.returncode, done.stderr) == (0, "")
    assert step.outputs()["outcome"] == "passed"
    assert sorted(path.relative_to(checkout) for path in checkout.rglob("*")) == before


@pytest.mark.parametrize("flags", [["-m", "counterseal"], ["-c", "import json"], ["-m", "pip", "--version"]])
def test_the_traps_work(checkout, marker, flags):
    env = {"PATH": os.defpath, "PYTHONPATH": str(checkout)}
    subprocess.run([sys.executable, *flags], cwd=checkout, env=env, capture_output=True, check=False)
    assert marker.read_text()


def test_the_traps_for_an_installer_work(suite, checkout):
    env = {**suite.env(), "PATH": os.defpath}
    uv = Path(sys.executable).parent / "uv"
    command = [uv, "pip", "install", "--python", sys.executable, "--target", suite.temp / "x", "-r"]
    lock = suite.index.locks / "core.txt"
    done = subprocess.run(
        [*command, lock], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "uv.toml" in done.stderr
