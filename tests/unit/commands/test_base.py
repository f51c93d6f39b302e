import pytest

from counterseal.commands._base import Input, Inputs
from counterseal.errors import UsageError

DECLARED = (
    Input("name", "its name", required=True),
    Input("kind", "its kind", default="generic"),
    Input("files", "its files", multiple=True),
    Input("deep", "whether it goes deep", flag=True),
)


def inputs(**given):
    return Inputs.from_strings(DECLARED, {"name": "n", **given})


def test_values_are_trimmed_and_defaults_stand_in_for_nothing():
    found = inputs(name=" a b \n", kind="")
    assert (found["name"], found["kind"], found["files"]) == ("a b", "generic", "")


def test_a_list_has_one_value_a_line():
    assert inputs(files="a\r\n\n  b c \n").many("files") == ("a", "b c")
    assert inputs().many("files") == ()


def test_the_command_line_gives_lists():
    assert Inputs(DECLARED, {"name": ["n"], "files": ["a", "b"]}).many("files") == ("a", "b")


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False), ("", False)])
def test_a_flag(text, expected):
    assert inputs(deep=text).flag("deep") is expected


@pytest.mark.parametrize("text", ["True", "yes", "1", "0", "on"])
def test_a_flag_is_nothing_else(text):
    with pytest.raises(UsageError) as caught:
        inputs(deep=text)
    assert caught.value.where == "deep"


@pytest.mark.parametrize("given", [{}, {"name": ""}, {"name": " \n"}])
def test_what_is_required_must_be_there(given):
    with pytest.raises(UsageError) as caught:
        Inputs.from_strings(DECLARED, given)
    assert caught.value.where == "name"


def test_what_is_unknown_is_refused_with_what_is_known():
    with pytest.raises(UsageError) as caught:
        inputs(nam="x")
    assert caught.value.where == "nam"
    assert "deep, files, kind, name" in caught.value.remedy


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x1b[0m", "a\u2028b", "a\x7fb"])
@pytest.mark.parametrize("name", ["name", "kind"])
def test_a_single_value_is_one_clean_line(name, text):
    with pytest.raises(UsageError) as caught:
        inputs(**{name: text})
    assert caught.value.where == name
    assert text not in caught.value.diagnosis()


def test_a_value_of_a_list_is_one_clean_line_too():
    with pytest.raises(UsageError):
        Inputs(DECLARED, {"name": ["n"], "files": ["a\nb"]})


def test_a_single_input_takes_one_value():
    with pytest.raises(UsageError, match="one value"):
        Inputs(DECLARED, {"name": ["a", "b"]})


def test_every_declared_input_is_listed():
    assert dict(inputs(files="x").items()) == {
        "name": ("n",),
        "kind": ("generic",),
        "files": ("x",),
        "deep": (),
    }
