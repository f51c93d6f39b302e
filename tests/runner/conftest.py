"""Scenarios for real workflows: a bank with a repository, keys and a store of its own for each test."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from actharness import Runner, Trigger  # noqa: E402 - scripts are no package
from gitrepo import commit_all  # noqa: E402
from samplebank import SampleBank  # noqa: E402

from runner.steps import CHECKOUT  # noqa: E402


def pytest_collection_modifyitems(items):
    """Everything here runs act."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("runner")


@pytest.fixture(scope="session")
def runner(tmp_path_factory):
    """The machine that workflows run on."""
    return Runner(tmp_path_factory.mktemp("runner"))


@pytest.fixture(scope="session")
def founded(tmp_path_factory, runner):
    """A bank that has released nothing, to be copied."""
    bank = SampleBank(tmp_path_factory.mktemp("bank"), runner)
    bank.found()
    return bank


@pytest.fixture
def bank(tmp_path, founded, runner):
    """A bank that has released nothing."""
    mine = SampleBank(tmp_path / "bank", runner)
    shutil.copytree(founded.home, mine.home)
    mine.secrets = dict(founded.secrets)
    return mine


@pytest.fixture
def play(bank):
    """Run a job of the given steps, after a checkout; returns what happened."""

    def play(*steps, **trigger):
        job = {"runs-on": "self-hosted", "steps": [CHECKOUT, *steps]}
        text = yaml.safe_dump({"name": "scenario", "on": ["push"], "jobs": {"job": job}}, sort_keys=False)
        (bank.repository / ".github" / "workflows" / "scenario.yml").write_text(text)
        commit_all(bank.repository, "PAY-2: a scenario")
        variables = {"COUNTERSEAL_STORE": f"dir:{bank.store}"}
        settings = {"secrets": bank.secrets, "variables": variables} | trigger
        return bank.runner.run(bank.repository, "scenario.yml", Trigger(**settings))

    return play
