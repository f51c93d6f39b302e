"""The command line as a process, with commands that are made up here."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from counterseal import cli
from counterseal.commands import REGISTRY
from counterseal.errors import Inconclusive
from simulators.runner import Command, Step, commands

# A command whose input says how it ends.
_EXAMPLE = """
import os, sys
from counterseal import commands
from counterseal.commands._base import Command, Input, Output, Reason, Result
from counterseal.errors import SealError

def run(inputs, host):
    how = inputs["how"]
    if how == "recursion":
        def deeper(): deeper()
        deeper()
    endings = {
        "pass": lambda: Result.passed("done", digests={"d": "ab"}, outputs={"file": inputs["text"]}),
        "fail": lambda: Result("failed", 10, "no", (Reason("rule", inputs["text"]),)),
        "error": lambda: (_ for _ in ()).throw(SealError(inputs["text"], where="a.json", remedy="sign")),
        "crash": lambda: {}["the secret"],
        "memory": lambda: (_ for _ in ()).throw(MemoryError),
        "absent": lambda: open("absent.json"),
        "folder": lambda: open("/"),
        "long": lambda: open("x" * 5000),
        "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    }
    return endings[how]()

INPUTS = (Input("how", "How it ends.", required=True), Input("text", "Any."))
COMMAND = Command("example", "An example.", INPUTS, (Output("file", "A file."),), run)
sys.modules["counterseal.commands.example"] = sys.modules[__name__]
commands.REGISTRY["example"] = commands.Entry("example", "COMMAND", "an example")
from counterseal.cli import main, run_action
sys.exit(run_action("example") if os.environ.get("COUNTERSEAL_INPUTS") else main())
"""


_REPORT = "set COUNTERSEAL_DEBUG=1 to see where, and report it"


@pytest.fixture
def start(tmp_path):
    script = tmp_path / "example.py"
    script.write_text(textwrap.dedent(_EXAMPLE))

    def start(*words, text=True, stdout=subprocess.PIPE, **env):
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **env}
        command = [sys.executable, script, *words]
        return subprocess.run(
            command, cwd=tmp_path, env=env, stdout=stdout, stderr=subprocess.PIPE, text=text, check=False
        )

    return start


def test_the_version():
    assert cli.main(["--version"]) == 0


def test_help_lists_every_command_but_the_hidden(capsys):
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert [name for name in REGISTRY if f"\n  {name} " not in text] == ["stages"]


def test_the_help_of_one_command(start):
    done = start("example", "--how", "pass", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: counterseal example")


@pytest.mark.parametrize(
    "words", [[], ["nope"], ["keys"], ["example"], ["example", "--how"], ["example", "--x", "y"]]
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_a_wrong_call_is_2_and_one_line(start, words, style):
    done = start(*words, *(["--format", "json"] if style == "json" else []))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "usage" in done.stderr
    assert (json.loads(done.stdout)["exitCode"] == 2) if style == "json" else (done.stdout == "")


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("flag", ["--text", "--how"])
def test_a_value_that_is_given_and_empty_is_2_and_drops_no_check(start, flag, value):
    done = start("example", "--how", "pass", flag, value)
    assert done.returncode == 2
    assert done.stderr == f"example: usage: {flag[2:]}: this input was given and is empty\n"


def test_a_pass_for_people(start):
    done = start("example", "--how", "pass", "--text", "a.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "example: passed: done\n  d = ab\n  file = a.json\n"


@pytest.mark.parametrize("flag", [["--format", "json"], ["--format=json"]])
def test_a_result_for_programs_is_one_object(start, flag):
    done = start("example", "--how", "fail", "--text", "why\u202e ##[error]", *flag)
    assert (done.returncode, done.stderr) == (10, "")
    assert json.loads(done.stdout) == {
        "command": "example",
        "outcome": "failed",
        "exitCode": 10,
        "reasons": [{"rule": "rule", "message": "why\u202e ##[error]"}],
        "digests": {},
        "outputs": {},
    }
    assert commands(done.stdout) == []


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("error", 12, "example: seal: a.json: ::error::x (sign)"),
        (
            "crash",
            1,
            f"example: internal-fault: unexpected KeyError ({_REPORT})",
        ),
        ("recursion", 2, "example: malformed: a document is nested too deeply"),
        (
            "memory",
            14,
            "example: inconclusive: not enough memory (give the job more memory, or smaller files)",
        ),
        ("absent", 2, "example: usage: absent.json: No such file or directory"),
        ("folder", 2, "example: usage: /: Is a directory"),
        ("long", 2, f"example: usage: {'x' * 200}…: File name too long"),
        ("interrupt", 130, "counterseal: interrupted"),
    ],
)
def test_every_ending_has_its_code_and_one_line(start, how, code, line):
    done = start("example", "--how", how, "--text", "::error::x")
    assert done.returncode == code
    assert done.stderr == line + "\n"
    assert done.stdout == ""


def test_where_a_defect_is_can_be_seen(start):
    done = start("example", "--how", "crash", COUNTERSEAL_DEBUG="1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "example.py" in done.stderr


def test_an_argument_that_is_not_text_does_no_harm(start):
    done = start("example", "--how", "pass", "--text", b"a\xff\x1b".replace(b"\x1b", b""), text=False)
    assert done.returncode == 0
    assert b"file = a\\udcff" in done.stdout


def test_a_terminal_without_unicode_does_no_harm(start):
    done = start("example", "--how", "pass", "--text", "é", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "  file = \\xe9")


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_result_that_cannot_be_written_does_not_pass(start, style):
    with Path("/dev/full").open("w") as full:
        done = start("example", "--how", "pass", "--format", style, stdout=full)
    assert done.returncode == 14
    assert done.stderr == "example: the result could not be written: inconclusive: No space left on device\n"


def test_a_reader_that_has_gone_is_no_pass(start):
    read, write = os.pipe()
    os.close(read)
    done = start("example", "--how", "pass", stdout=write)
    os.close(write)
    assert done.returncode == 14
    assert done.stderr.count("\n") == 1


def action(step, **inputs):
    return {**step.env(), "GITHUB_ACTIONS": "true", "COUNTERSEAL_INPUTS": json.dumps(inputs)}


def test_an_action_sets_its_outputs(start, tmp_path):
    step = Step(tmp_path)
    done = start(**action(step, how="pass", text="x\u202ey"))
    assert done.returncode == 0
    assert step.outputs() == {"outcome": "passed", "file": "x\u202ey"}
    assert commands(done.stdout + done.stderr) == []


def test_an_empty_input_of_an_action_counts_as_not_given(start, tmp_path):
    assert start(**action(Step(tmp_path), how="pass", text=" ")).returncode == 0


def test_an_action_that_fails_says_so_everywhere(start, tmp_path):
    step = Step(tmp_path)
    done = start(**action(step, how="error", text="no"))
    assert done.returncode == 12
    assert step.outputs() == {"outcome": "failed"}
    assert commands(done.stdout) == [
        Command("error", {"title": "example: failed"}, "seal: a.json: no (sign)")
    ]


@pytest.mark.parametrize(
    "inputs", ["[]", "{", '{"how": "pass", "nope": "x"}', '{"how": ""}', '{"how": true}']
)
def test_an_action_with_wrong_inputs_is_2(start, tmp_path, inputs):
    step = Step(tmp_path)
    done = start(**{**action(step), "COUNTERSEAL_INPUTS": inputs})
    assert done.returncode == 2
    assert step.outputs() == {"outcome": "error"}


def test_what_keeps_it_from_starting_is_annotated_as_it_is(monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert cli.refuse([], Inconclusive("50%0A\n::error::x")) == 14
    (command,) = commands(capsys.readouterr().out)
    assert command.data == "inconclusive: 50%0A\\x0a::error::x"


def test_an_action_whose_outputs_cannot_be_written_does_not_pass(start, tmp_path):
    env = action(Step(tmp_path), how="pass")
    del env["GITHUB_OUTPUT"]
    done = start(**env)
    assert done.returncode == 2
    assert "could not be written" in done.stderr
    env["COUNTERSEAL_INPUTS"] = json.dumps({"how": "error"})
    assert start(**env).returncode == 12


def test_half_a_command_is_answered_with_the_whole_ones(capsys):
    assert cli.main(["report"]) == 2
    assert "did you mean report audit or report dora or report release" in capsys.readouterr().err


def test_an_unknown_command_is_not_repeated(capsys):
    assert cli.main(["hunter2"]) == 2
    assert "hunter2" not in capsys.readouterr().err
