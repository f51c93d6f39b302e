import json

import pytest

from counterseal.errors import MalformedError, UsageError
from counterseal.host.inputs import action_inputs


def test_inputs_are_read_as_they_were_given():
    given = {"files": "a\nb", "name": "x'\"$(id) ${{ x }}"}
    assert action_inputs({"COUNTERSEAL_INPUTS": json.dumps(given)}) == given


@pytest.mark.parametrize("text", ["[]", "null", '"x"', '{"flag": true}', '{"count": 1}', '{"a": null}'])
def test_anything_but_an_object_of_strings_is_refused(text):
    with pytest.raises(UsageError):
        action_inputs({"COUNTERSEAL_INPUTS": text})


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": "1", "a": "2"}', '{"a": "\\ud800"}', "[" * 5000, '{"a": "%s"}' % ("x" * 200_000)]
)
def test_what_is_not_strict_json_is_refused(text):
    with pytest.raises(MalformedError):
        action_inputs({"COUNTERSEAL_INPUTS": text})


def test_without_inputs_there_is_no_action():
    with pytest.raises(UsageError) as caught:
        action_inputs({})
    assert caught.value.where == "COUNTERSEAL_INPUTS"
