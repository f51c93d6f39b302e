"""A host whose streams can be read, and the runner's files where a test asks for them."""

from __future__ import annotations

import io

import pytest

from counterseal.host import Host
from simulators.runner import Step


@pytest.fixture
def step(tmp_path) -> Step:
    """The runner's files of one step."""
    root = tmp_path / "step"
    root.mkdir()
    return Step(root)


@pytest.fixture
def host(tmp_path) -> Host:
    """A terminal."""
    return Host({}, tmp_path, io.StringIO(), io.StringIO())


@pytest.fixture
def action_host(tmp_path, step) -> Host:
    """A step of an action."""
    return Host({**step.env(), "GITHUB_ACTIONS": "true"}, tmp_path, io.StringIO(), io.StringIO(), action=True)
