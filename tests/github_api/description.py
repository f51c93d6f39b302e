"""GitHub's own description of its REST interface, asked about one request or one answer at a time.

`check_request` and `check_answer` raise AssertionError with a JSON pointer to what is wrong. Everything that
is expensive happens once, when it is first needed.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from github_api.schemas import Json, Schemas, problems

HERE = Path(__file__).parent
COMMON = frozenset({400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429})
"""Refusals that any operation may give, whether its description says so or not."""

RELATIONS = frozenset({"first", "prev", "next", "last"})


@dataclass(frozen=True)
class Operation:
    """An operation of the interface.

    Attributes:
        method: its method.
        template: its path, as `/repos/{owner}/{repo}`.
        described: what the description says.
        parameters: its parameters.
    """

    method: str
    template: str
    described: Json
    parameters: tuple[Json, ...]

    @property
    def name(self) -> str:
        """Its name, as `GET /repos/{owner}/{repo}`."""
        return f"{self.method} {self.template}"

    @property
    def for_apps(self) -> bool:
        """Whether tokens of apps (GITHUB_TOKEN is one) may call it."""
        return bool(self.described.get("x-github", {}).get("enabledForGitHubApps"))

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its paths look like; some parameters may contain slashes."""
        wide = {each["name"] for each in self.parameters if each.get("x-multi-segment")}
        parts = re.split(r"\{(\w+)\}", self.template)
        shape = "".join(
            re.escape(part) if number % 2 == 0 else f"(?P<{part}>{'.+' if part in wide else '[^/]+'})"
            for number, part in enumerate(parts)
        )
        return re.compile(shape)


class Description:
    """The description, with the overlay, and whatever was compiled of it.

    Args:
        document: the description as OpenAPI 3.0 has it.
    """

    def __init__(self, document: Json) -> None:
        self.document = document
        self.schemas = Schemas(document["components"]["schemas"])
        self.operations = tuple(
            Operation(
                method.upper(), template, described, tuple(map(self.resolve, described.get("parameters", ())))
            )
            for template, methods in document["paths"].items()
            for method, described in methods.items()
        )
        self._compiled: dict[tuple[str, ...], Any] = {}

    def resolve(self, node: Json) -> Json:
        """Return what a node says, behind its reference to a component."""
        while "$ref" in node:
            kind, name = node["$ref"].removeprefix("#/components/").split("/")
            node = self.document["components"][kind][name]
        return node

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation that a request calls, and its path's parameters.

        Raises:
            AssertionError: GitHub's interface has none, or the description was cut too short.
        """
        found = [
            (each, match)
            for each in self.operations
            if each.method == method and (match := each.pattern.fullmatch(path))
        ]
        if not found:
            raise AssertionError(
                f"{method} {path}: no operation of GitHub's description (operations.txt) is this"
            )
        operation, match = max(found, key=lambda pair: len(re.sub(r"\{\w+\}", "", pair[0].template)))
        return operation, {key: unquote(value) for key, value in match.groupdict().items()}

    def problems(self, key: tuple[str, ...], schema: Json, value: Any, *, strict: bool = True) -> str:
        """Return what is wrong with a value; the schema is compiled once for each key."""
        if key not in self._compiled:
            self._compiled[key] = self.schemas.validator(schema, strict=strict)
        return problems(self._compiled[key], value)


@functools.cache
def description() -> Description:
    """Return GitHub's description with the overlay."""
    return Description(overlaid("openapi.json.gz", "overlay.json"))


def apply(document: Json, patch: Json) -> None:
    """Correct a document.

    Args:
        document: the document, which is changed.
        patch: `at`, a JSON pointer to an object; `add`, what it gets; `was`, what that replaces.

    Raises:
        LookupError: there is no such object, or it is otherwise: the description may have caught up.
    """
    node: Any = document
    for part in patch["at"].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    if {key: node[key] for key in patch["add"] if key in node} != patch.get("was", {}):
        raise LookupError(f"{patch['at']} is not as the overlay expects it")
    node.update(patch["add"])


def overlaid(name: str, overlay: str) -> Json:
    """Return a packed document with its overlay.

    Args:
        name: the document's file.
        overlay: the overlay's file.
    """
    document = json.loads(gzip.decompress((HERE / name).read_bytes()))
    for patch in json.loads((HERE / overlay).read_text()):
        apply(document, patch)
    return document


def check_request(method: str, path: str, query: str = "", body: bytes | None = None) -> Operation:
    """Check that GitHub knows a request: its path, parameters and body.

    Args:
        method: the method.
        path: the path, without the address of the interface.
        query: the query string.
        body: the body as sent.

    Raises:
        AssertionError: it does not.
    """
    about = description()
    operation, values = about.find(method, path)
    _check_parameters(about, operation, values, parse_qsl(query, keep_blank_values=True))
    _check_body(about, operation, body)
    return operation


def check_answer(
    method: str, path: str, status: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Operation:
    """Check that GitHub could have given an answer.

    Args:
        method: the request's method.
        path: the request's path, without the address of the interface.
        status: the status.
        headers: the headers, whatever the case of their names; not checked when None.
        body: the body.

    Raises:
        AssertionError: it could not.
    """
    about = description()
    operation, _ = about.find(method, path)
    named = None if headers is None else {key.lower(): value for key, value in headers.items()}
    if named is not None:
        _check_headers(operation, status, named)
    responses = operation.described["responses"]
    if status >= 500 or status == 304:
        return operation
    if str(status) not in responses and status not in COMMON:
        raise AssertionError(f"{operation.name}: never answers {status}, but {', '.join(sorted(responses))}")
    content = about.resolve(responses.get(str(status), {})).get("content")
    if content is None and status in COMMON:
        content = about.document["components"]["responses"]["forbidden"]["content"]
    _check_content(about, operation, status, content, _media_type(named), body)
    return operation


def _check_parameters(
    about: Description, operation: Operation, path: dict[str, str], query: list[tuple[str, str]]
) -> None:
    """Check the parameters of a request."""
    known = {(each["in"], each["name"]): each for each in operation.parameters}
    for place, name, text in [("path", *item) for item in path.items()] + [
        ("query", *item) for item in query
    ]:
        if (place, name) not in known:
            raise AssertionError(f"{operation.name}: there is no {place} parameter {name}")
        schema = known[place, name]["schema"]
        wrong = about.problems((operation.name, place, name), schema, _typed(about.resolve(schema), text))
        if wrong:
            raise AssertionError(f"{operation.name}: {place} parameter {name}={text!r}: {wrong}")
    missing = {name for (place, name), each in known.items() if place == "query" and each.get("required")}
    if missing - dict(query).keys():
        raise AssertionError(
            f"{operation.name}: query parameters are missing: {sorted(missing - dict(query).keys())}"
        )


def _typed(schema: Json, text: str) -> Any:
    """Return a parameter's text as the type that its schema names."""
    kinds = {schema.get("type")} | {each.get("type") for each in schema.get("oneOf", ())}
    if "integer" in kinds and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    return text


def _check_body(about: Description, operation: Operation, body: bytes | None) -> None:
    """Check the body of a request."""
    expected = about.resolve(operation.described.get("requestBody", {}))
    if not body:
        if expected.get("required"):
            raise AssertionError(f"{operation.name}: a body is required")
        return
    if not expected:
        if json.loads(body) not in ({}, None):
            raise AssertionError(f"{operation.name}: takes no body")
        return
    schema = expected["content"]["application/json"]["schema"]
    wrong = about.problems((operation.name, "request"), schema, json.loads(body))
    if wrong:
        raise AssertionError(f"{operation.name}: the request's body is wrong\n{wrong}")


def _check_headers(operation: Operation, status: int, headers: dict[str, str]) -> None:
    """Check the headers that clients rely on."""
    for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"):
        if name in headers and not headers[name].isdigit():
            raise AssertionError(f"{operation.name}: {name} is {headers[name]!r}, not a number")
    if status in {301, 302, 307} and "location" not in headers:
        raise AssertionError(f"{operation.name}: {status} without location")
    for part in filter(None, headers.get("link", "").split(", ")):
        match = re.fullmatch(r'<(https?://[^>]+)>; rel="(\w+)"', part)
        if not match or match[2] not in RELATIONS:
            raise AssertionError(f"{operation.name}: not a link as GitHub gives: {part}")


def _media_type(headers: dict[str, str] | None) -> str:
    """Return the media type of an answer."""
    return (
        "application/json" if headers is None else headers.get("content-type", "").partition(";")[0].strip()
    )


def _check_content(
    about: Description,
    operation: Operation,
    status: int,
    content: Json | None,
    media: str,
    body: bytes | None,
) -> None:
    """Check the body of an answer."""
    if content is None:
        if body:
            raise AssertionError(f"{operation.name}: {status} has no body, but {body[:100]!r} came")
        return
    if media not in content:
        raise AssertionError(
            f"{operation.name}: {status} is {', '.join(sorted(content))}, but {media!r} came"
        )
    if "json" not in media and "object" not in media:
        return
    try:
        value = json.loads(body or b"")
    except ValueError:
        raise AssertionError(f"{operation.name}: {status}: {(body or b'')[:100]!r} is not JSON") from None
    key = (operation.name, str(status), media)
    wrong = about.problems(key, content[media]["schema"], value, strict=status < 400)
    if wrong:
        raise AssertionError(f"{operation.name}: GitHub gives no such answer with {status}\n{wrong}")
