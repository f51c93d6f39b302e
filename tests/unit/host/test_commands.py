import io
import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from counterseal.host.commands import ANNOTATION_LENGTH, ANNOTATIONS_PER_KIND, WorkflowCommands
from counterseal.host.result import Annotation
from simulators.runner import Command, commands

_HOSTILE = st.lists(st.sampled_from(["::", "##[", "\n", "\r", "%", "%0A", ",", ":", "=", "]", "\x1b", "x"]))
hostile = _HOSTILE.map("".join) | st.text(max_size=20)


def written(*annotations: Annotation) -> list[Command]:
    stream = io.StringIO()
    writer = WorkflowCommands(stream)
    for annotation in annotations:
        writer.annotate(annotation)
    return commands(stream.getvalue())


@given(st.sampled_from(["error", "warning", "notice"]), hostile, hostile, hostile)
def test_one_annotation_is_one_command_whatever_it_says(kind, message, title, file):
    found = written(Annotation(kind, message, title=title, file=file, line=3))
    assert [command.name for command in found] == [kind]
    assert set(found[0].properties) <= {"title", "file", "line"}
    assert found[0].properties["line"] == "3"


def test_an_annotation_says_what_it_was_given():
    found = written(Annotation("warning", "50%\nof: it, all", title="a: b, c", file="src/a.py", line=7))
    properties = {"title": "a: b, c", "file": "src/a.py", "line": "7"}
    assert found == [Command("warning", properties, "50%\nof: it, all")]


def test_what_is_absent_is_left_out():
    assert written(Annotation("notice", "x")) == [Command("notice", {}, "x")]


def test_hidden_characters_are_shown():
    assert written(Annotation("error", "a\x1b[2Kb\u202ec")) == [Command("error", {}, "a\\x1b[2Kb\\u202ec")]


def test_a_long_message_is_cut_to_what_the_runner_keeps():
    (command,) = written(Annotation("error", "x" * 5000))
    assert command.data == "x" * (ANNOTATION_LENGTH - 1) + "…"


def test_annotations_stop_at_the_runners_limit_for_each_kind():
    stream = io.StringIO()
    writer = WorkflowCommands(stream)
    shown = [writer.annotate(Annotation("error", str(number))) for number in range(12)]
    assert shown == [True] * ANNOTATIONS_PER_KIND + [False] * 2
    assert writer.annotate(Annotation("warning", "another kind"))
    assert len(commands(stream.getvalue())) == ANNOTATIONS_PER_KIND + 1


def test_a_mask_is_written_before_anything_a_child_prints():
    code = (
        "import subprocess, sys; from counterseal.host.commands import WorkflowCommands\n"
        "WorkflowCommands(sys.stdout).mask('s3cret\\n100%')\n"
        "subprocess.run(['echo', 'child'])"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}  # nothing that unbuffers
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert commands(done.stdout) == [Command("add-mask", {}, "s3cret\n100%")]
    assert done.stdout.splitlines()[1] == "child"


def test_nothing_is_masked_for_a_blank():
    stream = io.StringIO()
    WorkflowCommands(stream).mask(" \n")
    assert stream.getvalue() == ""
