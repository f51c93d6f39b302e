"""The bootstrap as a process, on a bare interpreter, installing from an index that is made here."""

import ast
import json
import os
import subprocess
import sys

import pytest

from counterseal import __version__, run
from counterseal.errors import UsageError
from simulators.runner import Step, commands
from simulators.suite import make_suite

_NOTHING = "nothing==1.0 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def suite(tmp_path):
    return make_suite(tmp_path)


def test_what_is_missing_is_installed_once(suite):
    first, second = (suite.start("--cli", "setup", "--format", "json") for _ in range(2))
    assert [json.loads(done.stdout)["outputs"]["cached"] for done in (first, second)] == ["false", "true"]
    assert suite.installed() == ["core"]


def test_an_action_from_its_inputs_to_its_outputs(suite):
    step = Step(suite.temp)
    inputs = json.dumps({"tiers": "aws"})
    done = suite.start("setup", COUNTERSEAL_INPUTS=inputs, GITHUB_ACTIONS="true", **step.env())
    assert (done.returncode, done.stderr) == (0, "")
    expected = {"outcome": "passed", "path": f"{suite.root}/bin", "version": __version__, "cached": "false"}
    assert step.outputs() == expected
    assert step.path() == [f"{suite.root}/bin"]
    assert suite.installed() == ["aws", "core"]


def test_compiled_code_is_kept_for_the_next_step(suite):
    step = Step(suite.temp)
    suite.start("setup", COUNTERSEAL_INPUTS="{}", GITHUB_ACTIONS="true", **step.env())
    assert list((suite.temp / "counterseal").rglob("actions_toolkit/__pycache__/*.pyc"))


def test_nothing_is_written_into_the_callers_checkout(suite):
    before = sorted(suite.root.rglob("*"))
    done = suite.start("--cli", "setup", GITHUB_WORKSPACE=str(suite.root))
    assert done.returncode == 0
    assert sorted(suite.root.rglob("*")) == before


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_help_needs_no_installation(suite, word):
    assert suite.start("--cli", word).returncode == 0
    assert suite.installed() == []


@pytest.mark.parametrize("words", [["setup"], ["--cli", "setup"], ["--cli", "setup", "--format", "json"]])
def test_what_cannot_be_installed_is_14_and_says_what_to_do(suite, words):
    suite.index.lock("core", _NOTHING)
    done = suite.start(*words)
    assert done.returncode == 14
    assert done.stderr.startswith("counterseal: inconclusive: the libraries cannot be installed: ")
    assert "(check the network and the package index" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (json.loads(done.stdout)["exitCode"] == 14) if "json" in words else (done.stdout == "")


def test_on_a_runner_it_is_annotated_although_the_library_for_that_is_missing(suite):
    suite.index.lock("core", _NOTHING)
    done = suite.start("setup", GITHUB_ACTIONS="true")
    (command,) = commands(done.stdout)
    assert command.name == "error"
    assert "cannot be installed" in command.data


def test_a_lock_that_is_gone_is_named(suite):
    (suite.index.locks / "core.txt").unlink()
    done = suite.start("setup")
    assert done.returncode == 2
    assert "core.txt: No such file" in done.stderr


@pytest.mark.parametrize("flags", [(), ("-I",), ("-S",), ("-E", "-s", "-S")])
def test_it_does_not_start_in_the_open(suite, flags):
    done = suite.start("--cli", "--version", flags=flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-I -S" in done.stderr


@pytest.mark.parametrize("name", ["gone", "record\n::error::x", ""])
def test_an_unknown_action_is_refused(suite, name):
    done = suite.start(name, COUNTERSEAL_INPUTS="{}")
    assert done.returncode == 2
    assert "unknown command" in done.stderr
    assert commands(done.stdout + done.stderr) == []


def test_any_interpreter_can_read_it_and_an_old_one_says_so(suite):
    file = suite.root / "src" / "counterseal" / "run.py"
    ast.parse(file.read_text(), feature_version=(3, 8))
    code = f"import sys, runpy; sys.version_info = (3, 8, 18); runpy.run_path({str(file)!r})"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("counterseal: usage: Python 3.11 or newer is needed, this is 3.8 ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "env", "tiers"),
    [
        (["--cli", "sign", "--key", "env:KEY"], {}, []),
        (["--cli", "sign", "--key", "aws-kms:alias/x"], {}, ["aws"]),
        (["--cli", "sign", "--key=sigstore:"], {}, ["sigstore"]),
        (["sign"], {"COUNTERSEAL_INPUTS": '{"key": "aws-kms:x"}'}, ["aws"]),
        (
            ["sign"],
            {"COUNTERSEAL_INPUTS": '{"checkpoint-key": " sigstore:", "key": "aws-kms:x"}'},
            ["aws", "sigstore"],
        ),
        (["setup"], {"COUNTERSEAL_INPUTS": '{"tiers": "sigstore, aws"}'}, ["aws", "sigstore"]),
        (["setup"], {"COUNTERSEAL_TIERS": "aws"}, ["aws"]),
        (["policy-gate"], {}, ["code"]),
        (["--cli", "verify", "--store", "s3://evidence/x"], {}, ["aws"]),
        (["--cli", "index", "build", "--store", "x"], {}, ["code", "index"]),
        (["--cli", "index", "query", "--engine", "athena", "--store", "x"], {}, ["aws", "index"]),
        (["--cli", "policy", "replay", "--case", "x"], {}, ["code"]),
        (["--cli", "report", "dora", "--metrics", "x"], {}, ["report"]),
        (["--cli", "report", "audit", "--answer", "x"], {}, []),
        (["--cli", "report", "audit", "--formats", "html", "pdf"], {}, ["report"]),
        (["--cli", "dora-metrics"], {}, ["code", "report"]),
        (["stages"], {"COUNTERSEAL_INPUTS": '{"stages": "record sast"}'}, ["code"]),
        (["sign"], {"COUNTERSEAL_INPUTS": '{"key": 1}'}, []),
        (["sign"], {"COUNTERSEAL_INPUTS": "[1]"}, []),
        (["sign"], {"COUNTERSEAL_INPUTS": "{"}, []),
        (["sign"], {"COUNTERSEAL_INPUTS": "[" * 100_000}, []),
    ],
)
def test_a_tier_is_wanted_by_name_or_by_the_key(words, env, tiers):
    assert run.wanted_tiers(words, env) == tiers


def test_an_unknown_tier_is_refused():
    with pytest.raises(UsageError, match="gcp"):
        run.wanted_tiers([], {"COUNTERSEAL_TIERS": "gcp"})


def test_a_wanted_tier_is_on_the_path_of_the_command(suite):
    suite.start("--cli", "sign", "--key", "sigstore:")
    assert suite.installed() == ["core", "sigstore"]


def test_the_standard_library_cannot_be_shadowed(suite):
    lines = [
        (suite.index.locks / "core.txt").read_text(),
        suite.index.add("evil", {"argparse.py": "1/0"}),
    ]
    suite.index.lock("core", *lines)
    assert suite.start("--cli", "setup", "--format", "json").returncode == 0


def test_the_launcher_passes_every_word_on(suite):
    command = [suite.root / "bin" / "counterseal", "sign", "--artifacts", "a b\n$(id)"]
    done = subprocess.run(command, env=suite.env(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "artifacts: control characters are not allowed" in done.stderr


def test_an_interrupted_installation_is_begun_anew(suite):
    cache = suite.temp / "counterseal"
    (cache / ".new-half" / "site").mkdir(parents=True)
    done = suite.start("--cli", "setup", "--format", "json")
    assert json.loads(done.stdout)["outputs"]["cached"] == "false"
    assert os.listdir(cache / ".new-half" / "site") == []  # somebody else's, perhaps still at work  # noqa: PTH208
