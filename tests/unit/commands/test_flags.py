import pytest

from counterseal.commands._base import Command, Input, Result
from counterseal.commands._flags import flags_help, read_flags
from counterseal.errors import UsageError

COMMAND = Command(
    "keys example",
    "Show an example.",
    (
        Input("name", "Its name, 100% needed.", required=True),
        Input("kind", "Its kind.", default="generic"),
        Input("files", "Its files.", multiple=True),
        Input("deep", "Whether it goes deep.", flag=True),
    ),
    (),
    lambda *_: Result.passed("ok"),
)


@pytest.mark.parametrize(
    "words",
    [
        ["--name", "n", "--files", "a", "b", "--files", "c", "--deep"],
        ["--deep", "--files", "a", "--files=b", "--files", "c", "--name=n", "--deep", "--format", "json"],
    ],
)
def test_flags_become_inputs(words):
    found = read_flags(COMMAND, words)
    assert (found["name"], found["kind"], found.many("files"), found.flag("deep")) == (
        "n",
        "generic",
        ("a", "b", "c"),
        True,
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--name"],
        ["--nam", "n"],
        ["n"],
        ["--name", "n", "--format", "xml"],
        ["--name", "n", "--name", "m"],
        ["--name", "n", "--deep", "true"],
        ["--name", "a\nb"],
    ],
)
def test_wrong_flags_are_a_usage_error(words):
    with pytest.raises(UsageError):
        read_flags(COMMAND, words)


def test_help_tells_everything():
    text = " ".join(flags_help(COMMAND).split())
    assert text.startswith("usage: counterseal keys example")
    for part in ("--name", "100% needed. (required)", "(default: generic)", "--deep", "--format {text,json}"):
        assert part in text


_SECRET = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([_SECRET], "an unrecognized argument"),
        ([_SECRET, f"--kex={_SECRET}", f"--{_SECRET}"], "3 unrecognized arguments: --kex"),
        ([f"--deep={_SECRET}"], "argument --deep: ignored explicit argument"),
        (["--format", _SECRET], "argument --format: invalid choice"),
        (["-----BEGIN PRIVATE KEY-----\n" + _SECRET], "an unrecognized argument"),
    ],
)
def test_words_that_nothing_takes_are_not_repeated(words, message):
    with pytest.raises(UsageError) as caught:
        read_flags(COMMAND, ["--name", "n", *words])
    assert caught.value.message == message
