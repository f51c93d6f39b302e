"""The documents that lock files are: TOML and JSON, read into plain values."""

from __future__ import annotations

import json
import tomllib
from typing import Any


class Unreadable(ValueError):
    """A lock file that is not what its name says."""


def read_text(data: bytes) -> str:
    """Return the text of a file.

    Raises:
        Unreadable: it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Unreadable("not UTF-8") from cause


def read_toml(data: bytes) -> dict[str, Any]:
    """Return a TOML document.

    Raises:
        Unreadable: it is none.
    """
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as cause:
        raise Unreadable(f"not TOML: {cause}") from cause


def read_json(data: bytes) -> dict[str, Any]:
    """Return a JSON document, which has to be an object in which no name occurs twice.

    Raises:
        Unreadable: it is none.
    """
    try:
        found = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as cause:
        raise Unreadable(f"not JSON: {cause}") from cause
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found


def listed(document: dict[str, Any], key: str) -> list[Any]:
    """Return a list of a document.

    Raises:
        Unreadable: there is none.
    """
    found = document.get(key)
    if not isinstance(found, list):
        raise Unreadable(f"it has no {key}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found
