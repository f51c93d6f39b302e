"""The inputs of an action, which arrive as one JSON object in one environment variable.

A composite action gets no `INPUT_*` variables, and an input that an expression writes into a script is code.
So every `action.yml` passes `COUNTERSEAL_INPUTS: ${{ toJSON(inputs) }}` and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Mapping

# The kernel passes no longer variable (MAX_ARG_STRLEN); in bytes.
_LIMIT = 128 * 1024


def action_inputs(env: Mapping[str, str]) -> dict[str, str]:
    """Return the raw inputs of the action by name.

    Raises:
        UsageError: the variable is missing or holds anything other than an object of strings.
        MalformedError: the variable is not JSON.
    """
    from counterseal.manifest.canonical import parse

    text = env.get(names.INPUTS)
    if text is None:
        raise UsageError("the inputs of the action are missing", where=names.INPUTS)
    value = parse(text.encode(errors="surrogateescape"), where=names.INPUTS, limit=_LIMIT)
    if not isinstance(value, dict):
        raise UsageError("the inputs of the action are not an object", where=names.INPUTS)
    return {name: _string(name, item) for name, item in value.items()}


def _string(name: str, item: object) -> str:
    """Return the value of one input, which the runner always passes as a string."""
    if not isinstance(item, str):
        raise UsageError("an input of an action is a string", where=name)
    return item
