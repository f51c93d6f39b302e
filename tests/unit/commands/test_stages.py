import io

import pytest

from counterseal.commands import REGISTRY, stages
from counterseal.commands._base import Annotation, Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import SealError, UsageError
from counterseal.host import Host


def one(inputs, host):
    return Result(
        "passed",
        0,
        "one is done",
        (Reason("r", inputs["name"]),),
        {"d": "ab"},
        {"out": inputs["name"]},
        "# one",
    )


def two(inputs, host):
    if inputs["mode"] == "raise":
        raise SealError("no", where="a.json")
    if inputs["mode"] == "crash":
        raise ValueError("secret")
    code = 10 if inputs["mode"] == "fail" else 0
    note = (Annotation("notice", "two"),)
    return Result(
        "failed" if code else "passed", code, "two is done", (), {"d": "cd"}, {"out": "2"}, "# two", note
    )


def three(inputs, host):
    raise AssertionError("must not run")


_NAME = Input("name", "Its name.", required=True)
COMMANDS = {
    "one": Command("one", "One.", (_NAME,), (Output("out", "It."),), one),
    "two": Command("two", "Two.", (_NAME, Input("mode", "How.", default="pass")), (), two),
    "three": Command("three", "Three.", (Input("other", "Other."),), (), three),
}


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setattr(stages, "_known", lambda: COMMANDS)
    declared = (
        Input("stages", "Which.", required=True, multiple=True),
        *stages._all_inputs(COMMANDS.values()),
    )

    def run(**given):
        run.host = Host({}, tmp_path, io.StringIO(), io.StringIO())
        return stages.COMMAND.run(Inputs.from_strings(declared, given), run.host)

    return run


def test_all_that_passed_speak_together(run):
    result = run(stages="one, two", name="n")
    assert (result.outcome, result.exit_code, result.headline) == ("passed", 0, "one, two passed")
    assert result.outputs == {"outcome": "passed", "stopped-at": "", "one-out": "n", "two-out": "2"}
    assert result.digests == {"one-d": "ab", "two-d": "cd"}
    assert result.summary == "# one\n# two"
    assert result.annotations == (Annotation("notice", "two"),)


def test_they_run_in_the_order_given(run):
    assert list(run(stages="two\none", name="n").outputs) == ["outcome", "stopped-at", "two-out", "one-out"]


@pytest.mark.parametrize(("mode", "code", "outcome"), [("fail", 10, "failed"), ("raise", 12, "failed")])
def test_the_first_that_does_not_pass_is_the_last(run, mode, code, outcome):
    result = run(stages="one two three", name="n", mode=mode)
    assert (result.exit_code, result.outcome) == (code, outcome)
    assert result.outputs["stopped-at"] == "two"
    assert result.outputs["one-out"] == "n"
    assert result.headline.startswith("stopped at two: ")


def test_an_error_is_told_with_its_stage(run):
    result = run(stages="one two", name="n", mode="raise")
    assert result.reasons[-1] == Reason("seal", "no", subject="a.json")
    assert run.host.stderr.getvalue() == "two: seal: a.json: no\n"


def test_a_defect_does_not_lose_what_went_before(run):
    result = run(stages="one two", name="n", mode="crash")
    assert (result.exit_code, result.outputs["one-out"]) == (1, "n")
    assert "secret" not in run.host.stderr.getvalue()


def test_a_missing_input_is_the_stages_error(run):
    result = run(stages="one")
    assert (result.exit_code, result.outputs["stopped-at"]) == (2, "one")


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"stages": "one four", "name": "n"}, "stages"),
        ({"stages": "one one", "name": "n"}, "stages"),
        ({"stages": "one", "name": "n", "other": "x"}, "other"),
        ({"name": "n"}, "stages"),
    ],
)
def test_nothing_runs_when_the_call_is_wrong(run, given, where):
    with pytest.raises(UsageError) as caught:
        run(**given)
    assert caught.value.where == where


def test_an_input_of_several_stages_says_what_it_is_for_each():
    first, second = Input("key", "A."), Input("key", "B.", default="x")
    commands = [
        Command(name, "", (item,), (), one) for name, item in [("a", first), ("b", second), ("c", first)]
    ]
    (item,) = stages._all_inputs(commands)
    assert item == Input("key", "For a, c: A. For b: B. (default: x)")


def test_stages_that_disagree_on_an_input_cannot_be_declared():
    commands = [
        Command("a", "", (Input("x", ""),), (), one),
        Command("b", "", (Input("x", "", multiple=True),), (), one),
    ]
    with pytest.raises(ValueError, match="x"):
        stages._all_inputs(commands)


def test_every_stage_of_the_registry_is_offered():
    names = [name for name, entry in REGISTRY.items() if entry.stage]
    assert f"of: {', '.join(names)}." in stages.COMMAND.inputs[0].help


def test_the_evidence_of_a_failure_is_sealed_in_the_same_step(workspace):
    (workspace.root / "junit.xml").write_text(
        '<testsuite><testcase name="x"><failure/></testcase></testsuite>'
    )
    done = workspace.run(
        "stages",
        stages=["record", "sign", "evidence-upload"],
        name="unit-tests",
        files="junit.xml",
        read_as="junit",
        artifacts="dist/*",
        key=workspace.key,
        store=str(workspace.store),
        trust=str(workspace.trust),
        environment="production",
    )
    assert (done.code, done.outputs["stopped-at"]) == (10, "record")
    assert "sign-outcome" not in done.outputs
    assert done.outputs["evidence-upload-outcome"] == "failed"
    assert workspace.verify().code == 0
