"""Routes: which function answers which path. A name that ends with `+` takes slashes too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote

from counterseal.sandbox.request import Reply, Request

Endpoint: TypeAlias = Callable[[Request], Reply]

_ROUTES: list[tuple[str, re.Pattern[str], Endpoint]] = []


def _route(method: str, template: str) -> Callable[[Endpoint], Endpoint]:
    pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", template)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)

    def register(endpoint: Endpoint) -> Endpoint:
        _ROUTES.append((method, re.compile(pattern), endpoint))
        return endpoint

    return register


def get(template: str) -> Callable[[Endpoint], Endpoint]:
    """Answer reads of a path."""
    return _route("GET", template)


def post(template: str) -> Callable[[Endpoint], Endpoint]:
    """Answer what is sent to a path."""
    return _route("POST", template)


def put(template: str) -> Callable[[Endpoint], Endpoint]:
    """Answer what is put at a path."""
    return _route("PUT", template)


def patch(template: str) -> Callable[[Endpoint], Endpoint]:
    """Answer changes of what is at a path."""
    return _route("PATCH", template)


def delete(template: str) -> Callable[[Endpoint], Endpoint]:
    """Answer removals of what is at a path."""
    return _route("DELETE", template)


def find(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """Return what answers a path, and the parts of it that vary: the route in which the least varies."""
    best: tuple[int, Endpoint, dict[str, str]] | None = None
    for verb, pattern, endpoint in _ROUTES:
        match = pattern.fullmatch(path) if verb == method else None
        if match:
            size = sum(len(part) for part in match.groupdict().values())
            if best is None or size < best[0]:
                best = size, endpoint, {name: unquote(part) for name, part in match.groupdict().items()}
    return (best[1], best[2]) if best else None
