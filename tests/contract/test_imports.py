"""Nothing is imported before it is needed: a command line that waits for libraries is not used."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.commands import REGISTRY

SRC = Path(__file__).resolve().parents[2] / "src"
HEAVY = {
    "actions_toolkit",
    "boto3",
    "botocore",
    "cryptography",
    "id",
    "jinja2",
    "msgspec",
    "requests",
    "rfc8785",
}
HEAVY |= {"rfc3161_client", "sigstore", "urllib3", "yaml", "asyncio", "http", "ssl"}


def loaded_by(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running `code`."""
    code = (
        f"import sys, json; sys.path.insert(0, {str(SRC)!r})\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith("counterseal")}


def test_the_version_loads_next_to_nothing():
    modules = loaded_by("from counterseal.cli import main; main(['--version'])")
    assert ours(modules) == {"counterseal", "counterseal.cli", "counterseal.commands"}
    assert modules.isdisjoint(HEAVY | {"argparse", "dataclasses", "subprocess"})


@pytest.mark.parametrize("name", REGISTRY)
def test_the_help_of_a_command_loads_nothing_heavy(name):
    modules = loaded_by(f"from counterseal.cli import main; assert main([*{name.split()!r}, '--help']) == 0")
    assert modules.isdisjoint(HEAVY)


def test_a_command_that_needs_no_network_loads_no_client():
    modules = loaded_by("from counterseal.cli import main; assert main(['setup']) == 0")
    assert modules.isdisjoint({"requests", "urllib3", "ssl", "http", "boto3", "id", "asyncio"})


def test_what_is_heavy_is_told_from_what_is_not():
    assert "msgspec" in loaded_by("import counterseal.manifest.canonical")
