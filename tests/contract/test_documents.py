"""What is written for people is what the code does."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from counterseal import errors
from counterseal.checks.incidents import incidents_of_file
from counterseal.cli import main
from counterseal.host.result import Result
from counterseal.policy.code.waivers import load_waivers
from counterseal.policy.file import SECTIONS, load_policy

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| (\d+) \|(.*?)\|(.+?)\|(.*?)\|$", re.MULTILINE)


# What the section `branch` of a document names, and does not show.
_SECURITY = """
approval:
  groups: {security: {accounts: [1]}}
  classes: {normal: {stages: [{name: one, groups: [security]}]}}
  environments: {production: {classes: [normal], default: normal}}
"""


def documented() -> dict[int, tuple[set[str], str]]:
    """Return the names and the outcome that docs/exit-codes.md gives for each code."""
    rows = _ROW.findall((ROOT / "docs" / "exit-codes.md").read_text())
    return {
        int(code): (set(re.findall(r"`([\w-]+)`", names)), outcome.strip("` "))
        for code, names, _, outcome in rows
    }


def declared() -> dict[int, tuple[set[str], str]]:
    """Return the same from the errors."""
    found: dict[int, tuple[set[str], str]] = defaultdict(lambda: (set(), ""))
    for kind in vars(errors).values():
        if (
            isinstance(kind, type)
            and issubclass(kind, errors.CountersealError)
            and kind is not errors.CountersealError
        ):
            names, _ = found[kind.exit_code]
            found[kind.exit_code] = (names | {kind.code}, Result.from_error(kind("x")).outcome)
    return dict(found)


def test_the_table_of_exit_codes_is_complete_and_right():
    beside = {0: (set(), "passed"), 130: (set(), "")}
    assert documented() == {**declared(), **beside}


def test_the_help_tells_the_same_codes(capsys):
    main(["--help"])
    text = capsys.readouterr().out
    told = {int(code) for code in re.findall(r"(\d+) \w", text[text.index("Exit codes") :])}
    assert told == {0, *declared()}


def test_every_public_thing_has_a_docstring():
    command = [str(Path(sys.executable).parent / "interrogate"), "--quiet", "src"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["README.md", "docs/policy.md", "docs/waivers.md"])
def test_the_policies_that_documents_show_are_policies(name):
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
    shown = 0
    for block in blocks:
        text = re.sub(r"^#.*\n", "", block)
        if "waivers:\n  - " in text:
            assert load_waivers(text.encode(), name).waivers
        elif text.split(":")[0] in SECTIONS:
            whole = text if text.startswith("version") else f"version: 1\n{text}"
            document = yaml.safe_load(whole)
            if "branch" in document and "approval" not in document:
                whole += _SECURITY
            assert load_policy(whole.encode(), where=name)
        else:
            continue
        shown += 1
    assert shown


def test_the_incident_that_the_page_shows_is_read():
    page = (ROOT / "docs" / "dora-metrics.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (one,) = incidents_of_file(block.encode(), "incidents.yml", "https://github.com/o/r")
    assert one.id == "inc-2026-017"
