"""GitHub's own schemas of its webhook bodies, which are the event files of workflow runs as well.

Two sources describe them: the JSON Schemas (strict: no key that they do not name) and the OpenAPI
description of webhooks (newer, open). A body must satisfy both.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema_rs

from github_api.description import overlaid
from github_api.schemas import FORMATS, Json, problems

STRICT, OPEN = "urn:webhooks-schemas", "urn:openapi-webhooks"


@functools.cache
def document() -> Json:
    """Return both sources, as far as they were kept, with what the older lacks and the newer has."""
    return overlaid("webhooks.json.gz", "webhooks-overlay.json")


def check_payload(event: str, payload: Json) -> None:
    """Check that GitHub could have sent a body.

    Args:
        event: the event's name, such as `pull_request`.
        payload: the body.

    Raises:
        AssertionError: it could not, or the event is not among those that are described.
    """
    line = " ".join([event, payload["action"]] if "action" in payload else [event])
    references = document()["events"].get(line)
    if references is None:
        raise AssertionError(f"{line}: no such event (events.txt)")
    for reference in references:
        wrong = problems(_validator(reference["$ref"]), json.loads(json.dumps(payload)))
        if wrong:
            raise AssertionError(f"{line}: GitHub sends no such body ({reference['$ref']})\n{wrong}")


@functools.cache
def _registry() -> tuple[jsonschema_rs.Registry, jsonschema_rs.Registry]:
    """Return the schemas of both sources."""
    whole = document()
    strict = jsonschema_rs.Registry(
        [(STRICT, {"definitions": whole["definitions"]})], draft=jsonschema_rs.Draft7
    )
    bodies = {"webhooks": whole["webhooks"], "components": whole["components"]}
    return strict, jsonschema_rs.Registry([(OPEN, bodies)], draft=jsonschema_rs.Draft202012)


@functools.cache
def _validator(reference: str) -> Any:
    """Return the validator of one body in one of the sources."""
    strict, described = _registry()
    if reference.startswith("#/definitions/"):
        return jsonschema_rs.Draft7Validator(
            {"$ref": STRICT + reference}, registry=strict, validate_formats=True, formats=FORMATS
        )
    return jsonschema_rs.Draft202012Validator(
        {"$ref": OPEN + reference}, registry=described, validate_formats=True, formats=FORMATS
    )
