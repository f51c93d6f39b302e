import io
import os
import subprocess
from pathlib import Path

import pytest

from counterseal import __version__
from counterseal.commands._base import Inputs
from counterseal.commands.setup import COMMAND
from counterseal.host import Host
from simulators.runner import Step


@pytest.fixture
def step(tmp_path):
    return Step(tmp_path)


def run(step, *, action, **env):
    host = Host({**step.env(), **env}, step.root, io.StringIO(), io.StringIO(), action=action)
    return COMMAND.run(Inputs(COMMAND.inputs, {}), host)


def test_as_an_action_the_command_is_on_the_path_of_later_steps(step):
    result = run(step, action=True, COUNTERSEAL_CACHED="true")
    assert step.path() == [result.outputs["path"]]
    assert os.access(Path(result.outputs["path"], "counterseal"), os.X_OK)
    assert result.outputs["version"] == __version__
    assert result.outputs["cached"] == "true"


def test_the_launcher_is_all_that_gets_on_the_path(step):
    folder = Path(run(step, action=False).outputs["path"])
    assert [path.name for path in folder.iterdir()] == ["counterseal"]


def test_on_a_terminal_it_changes_nothing(step):
    assert run(step, action=False).outputs["cached"] == "false"
    assert step.path() == []


def test_the_launcher_starts_from_anywhere_and_through_a_link(step, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(Path(run(step, action=False).outputs["path"], "counterseal"))
    env = {"PATH": os.environ["PATH"], "CDPATH": "/tmp:/", "HOME": str(tmp_path)}
    done = subprocess.run([link, "--version"], cwd="/", env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"counterseal {__version__}\n")
