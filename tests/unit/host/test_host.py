import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.errors import SealError, UsageError
from counterseal.host import Annotation, Reason, Result
from simulators.runner import Command, commands

_HOSTILE = st.lists(st.sampled_from(["::", "error", "##[", "]", "\n", "\r", "\u202e", "\x1b", " ", "x"])).map(
    "".join
)
RESULT = Result(
    "failed",
    10,
    "two tests failed",
    (Reason("tests", "failed", subject="a.xml"),),
    {"record": "ab"},
    {"record-digest": "ab"},
    summary="### no\n",
    text="one\ntwo",
)


def out(host):
    return host.stdout.getvalue()


def err(host):
    return host.stderr.getvalue()


def test_for_people(host):
    assert host.emit("record", RESULT) == 10
    assert out(host).splitlines() == [
        "record: failed: two tests failed",
        "  tests: a.xml: failed",
        "one",
        "two",
        "  record = ab",
        "  record-digest = ab",
    ]
    assert err(host) == ""


def test_a_list_is_shown_one_a_line_and_deeper_than_any_name(host):
    host.emit(
        "x", Result.passed("yes", outputs={"files": "a\n  outcome = passed\n::error::b\x1b", "rows": "2"})
    )
    assert out(host).splitlines() == [
        "x: passed: yes",
        "  files:",
        "    a",
        "      outcome = passed",
        "\\::error::b\\x1b",
        "  rows = 2",
    ]


def test_for_programs(host):
    host.style = "json"
    host.emit("record", RESULT)
    assert json.loads(out(host)) == RESULT.to_dict("record")
    assert out(host).count("\n") == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_HOSTILE, style=st.sampled_from(["text", "json"]))
def test_nothing_that_a_stranger_chose_is_a_command(host, text, style):
    for stream in (host.stdout, host.stderr):
        stream.seek(0)
        stream.truncate()
    host.style = style
    reason = Reason(text, text, text, text, text)
    host.emit("x", Result(text, 1, text, (reason,), {text: text}, {text: text}, text=text))
    host.say(text)
    host.fail("x", SealError(text, where=text, remedy=text))
    assert commands(out(host)) == commands(err(host)) == []


def test_a_step_gets_outputs_annotations_and_a_summary(action_host, step):
    assert action_host.emit("record", RESULT) == 10
    assert step.outputs() == {"outcome": "failed", "record-digest": "ab"}
    assert step.summary() == "### no\n\n"
    assert commands(out(action_host)) == [
        Command("error", {"title": "record: failed"}, "tests: a.xml: failed")
    ]


def test_a_command_may_have_an_outcome_of_its_own(action_host, step):
    action_host.emit("x", Result("passed", 0, "yes", outputs={"outcome": "promoted"}))
    assert step.outputs() == {"outcome": "promoted"}
    assert commands(out(action_host)) == []


def test_its_own_error_annotation_is_enough(action_host):
    own = Annotation("error", "here", file="a.py", line=1)
    action_host.emit("x", Result("failed", 10, "no", (Reason("r", "m"),), annotations=(own,)))
    assert [command.data for command in commands(out(action_host))] == ["here"]


def test_what_fails_without_a_reason_is_annotated_with_its_headline(action_host):
    action_host.emit("x", Result("failed", 10, "no"))
    assert [command.data for command in commands(out(action_host))] == ["no"]


def test_annotations_without_room_go_to_the_summary(action_host, step):
    reasons = tuple(Reason("rule", f"reason <{number}>") for number in range(13))
    action_host.emit("x", Result("failed", 10, "no", reasons))
    assert len(commands(out(action_host))) == 10
    assert step.summary().count("- error: ") == 3
    assert "<" not in step.summary()


def test_an_error_is_one_line_on_stderr(host):
    error = SealError("does not verify", where="a.json", remedy="sign it again")
    assert host.fail("verify", error) == 12
    assert err(host) == "verify: seal: a.json: does not verify (sign it again)\n"
    assert out(host) == ""


def test_an_error_for_programs(host):
    host.style = "json"
    host.fail("verify", SealError("no"))
    assert json.loads(out(host))["reasons"] == [{"rule": "seal", "message": "no"}]
    assert err(host) == "verify: seal: no\n"


def test_an_error_of_a_step_reaches_the_run_page(action_host, step):
    action_host.fail("verify", SealError("no"))
    assert step.outputs() == {"outcome": "failed"}
    assert commands(out(action_host)) == [Command("error", {"title": "verify: failed"}, "seal: no")]


def test_without_the_runners_files_a_result_does_not_pass(action_host):
    action_host.env = {"GITHUB_ACTIONS": "true"}
    with pytest.raises(UsageError):
        action_host.emit("x", Result.passed("yes"))


def test_a_mask_is_a_command_on_a_runner_and_nothing_elsewhere(host, action_host):
    host.mask("s3cret")
    action_host.mask("s3cret")
    assert out(host) == ""
    assert commands(out(action_host)) == [Command("add-mask", {}, "s3cret")]


def test_a_mask_leaves_stdout_to_the_one_object(action_host):
    action_host.style = "json"
    action_host.mask("s3cret")
    action_host.emit("x", Result.passed("yes"))
    assert json.loads(out(action_host))["outcome"] == "passed"
    assert commands(err(action_host)) == [Command("add-mask", {}, "s3cret")]


def test_where_an_error_happened_is_shown_when_asked_for(host):
    error = ValueError("x\n::error::y")
    host.trace(error)
    assert err(host) == ""
    host.env = {"COUNTERSEAL_DEBUG": "1"}
    host.trace(error)
    assert "ValueError" in err(host)
    assert commands(err(host)) == []
