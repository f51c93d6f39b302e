from enum import Enum, StrEnum
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.errors import InternalFault, UsageError
from counterseal.host.outputs import Outputs

_HOSTILE = st.lists(
    st.sampled_from(["\n", "\r", "=", "<<", "EOF", "ghadelimiter_", "x", "%0A", "::", "é"])
).map("".join)


class Old(str, Enum):  # noqa: UP042 - the kind whose str() is its name
    RED = "red"


class New(StrEnum):
    RED = "red"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True), st.text() | _HOSTILE, max_size=4)
)
def test_the_runner_reads_back_what_was_set(step, pairs):
    (step.root / "output").write_bytes(b"")
    pairs = {}
    outputs = Outputs(step.env())
    for name, value in pairs.items():
        outputs.output(name, value)
    assert step.outputs() == pairs


@pytest.mark.parametrize("value", [Old.RED, New.RED])
def test_an_enumeration_is_its_value(step, value):
    Outputs(step.env()).output("colour", value)
    assert step.outputs() == {"colour": "red"}


@pytest.mark.parametrize("name", ["", "a=1", "a\nb", "a<<b", "1a", "a b", "é", "a\n"])
def test_a_name_that_could_set_another_is_refused(step, name):
    with pytest.raises(InternalFault):
        Outputs(step.env()).output(name, "x")
    assert step.outputs() == {}


@pytest.mark.parametrize("value", [1, None, b"x", Path("x"), ["x"]])
def test_only_text_is_written(step, value):
    with pytest.raises(InternalFault):
        Outputs(step.env()).output("name", value)


def test_text_without_a_utf8_form_is_refused_and_nothing_is_written(step):
    with pytest.raises(UsageError, match="Unicode"):
        Outputs(step.env()).output("name", "file-\udcff")
    assert step.outputs() == {}


@pytest.mark.parametrize("env", [{}, {"GITHUB_OUTPUT": ""}, {"GITHUB_OUTPUT": "/nowhere/output"}])
def test_without_the_runners_file_it_fails(env):
    with pytest.raises(UsageError) as caught:
        Outputs(env).output("name", "x")
    assert caught.value.where == "GITHUB_OUTPUT"


def test_a_variable_reaches_later_steps(step):
    Outputs(step.env()).variable("COUNTERSEAL_X", "a\nb=c")
    assert step.variables() == {"COUNTERSEAL_X": "a\nb=c"}


@pytest.mark.parametrize(
    "name", ["NODE_OPTIONS", "PYTHONPATH", "LD_PRELOAD", "path", "GITHUB_TOKEN", "BASH_ENV"]
)
def test_a_variable_that_runs_code_in_later_steps_is_refused(step, name):
    with pytest.raises(InternalFault):
        Outputs(step.env()).variable(name, "x")


def test_a_folder_goes_on_the_path(step, tmp_path):
    Outputs(step.env()).path(tmp_path)
    assert step.path() == [str(tmp_path)]


@pytest.mark.parametrize("folder", ["bin", "/a\n/evil"])
def test_a_folder_that_is_not_one_absolute_line_is_refused(step, folder):
    with pytest.raises(InternalFault):
        Outputs(step.env()).path(Path(folder))
    assert step.path() == []
