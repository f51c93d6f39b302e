"""Canonical JSON: the one byte form of a document (RFC 8785), and the strict reader of it (RFC 7493).

Two documents with the same facts have the same bytes, so they have the same digest. The reader refuses
whatever two parsers could read differently: duplicate names, NaN, integers beyond 2^53-1, lone surrogates.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn, TypeAlias

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.rules import RuleBroken

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"

MAX_BYTES = 16 * 1024 * 1024
"""The largest document that is read, in bytes (the limit that forges set for a predicate)."""

MAX_DEPTH = 64
"""How far below the root of a document a value may lie, in levels."""

MAX_INTEGER = 2**53 - 1
"""The largest magnitude of an integer that every JSON reader holds exactly (RFC 7493, section 2.2)."""

_FIRST_EXPONENT = 1e21
"""From here on RFC 8785 writes a number with an exponent, so that a reader takes it for no integer."""

_DECODER = msgspec.json.Decoder()
_NAMES = {str}
_ENCODER = msgspec.json.Encoder(order="sorted")


def parse(data: bytes, *, where: str, limit: int = MAX_BYTES) -> JsonValue:
    """Read one I-JSON document (RFC 7493) strictly.

    Args:
        data: the raw bytes, UTF-8.
        where: what the bytes are, for the error.
        limit: the largest size that is accepted, in bytes.

    Raises:
        RuleBroken: for anything that is not I-JSON, is too large or is nested too deeply.
    """
    if len(data) > limit:
        raise RuleBroken("json-size", f"{len(data)} bytes are more than the limit of {limit}", where=where)
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
        _check_values(value)
    except RuleBroken as broken:
        broken.where = where
        raise
    except RecursionError as cause:
        raise RuleBroken("json-depth", f"nested deeper than {MAX_DEPTH} levels", where=where) from cause
    except UnicodeError as cause:
        raise RuleBroken("json-utf8", f"not UTF-8: {cause}", where=where) from cause
    except ValueError as cause:
        raise RuleBroken("json-syntax", f"not JSON: {cause}", where=where) from cause
    return value


def encode(value: object, *, where: str = "document") -> bytes:
    """Return the canonical bytes of a JSON value (RFC 8785).

    Raises:
        MalformedError: when the value has no canonical form that could be read back (NaN, a large integer, a
            lone surrogate, deep nesting, a name that is not text).
    """
    if (plain := _plain_bytes(value)) is not None:
        return plain
    import rfc8785

    try:
        _check_values(value)
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except RuleBroken as broken:
        broken.where = where
        raise
    except (ValueError, TypeError) as cause:
        raise MalformedError(f"has no canonical form: {cause}", where=where) from cause


def require_canonical(data: bytes, *, where: str) -> bool:
    """Refuse bytes that are not the canonical form of the document they hold.

    Nearly every document is plain: ASCII, without null or fractions. There the compiled encoder and RFC 8785
    agree byte for byte; anything else is settled by the reference encoder.

    Returns:
        Whether the document is plain.

    Raises:
        RuleBroken: when the document is not strict JSON, or another byte form of it is the canonical one.
    """
    if _is_plain_canonical(data):
        return True
    if encode(parse(data, where=where), where=where) != data:
        raise RuleBroken("canonical-form", "the bytes are not the canonical form (RFC 8785)", where=where)
    return False


def _plain_bytes(value: object) -> bytes | None:
    """Return the bytes of a value that is plain, as `require_canonical` says; None for any other."""
    if not _is_plain(value):
        return None
    try:
        data = _ENCODER.encode(value)
    except ValueError:  # a lone surrogate
        return None
    return data if data.isascii() else None


def _is_plain_canonical(data: bytes) -> bool:
    if len(data) > MAX_BYTES or not data.isascii():
        return False
    try:
        value = _DECODER.decode(data)
    except (ValueError, RecursionError):
        return False
    return _is_plain(value) and _ENCODER.encode(value) == data


def _is_plain(value: Any) -> bool:
    """Tell whether a value holds nothing but objects, lists, text, booleans and exact integers."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str or kind is bool:
                continue
            if kind is dict and set(map(type, item)) <= _NAMES:
                below += item.values()
            elif kind is list or kind is tuple:
                below += item
            elif kind is not int or not -MAX_INTEGER <= item <= MAX_INTEGER:
                return False
        if not below:
            return True
        level = below
    return False


def _check_values(value: Any) -> None:
    """Walk a value level by level; raise RuleBroken for what I-JSON or our limits refuse."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += [*item, *item.values()]
            elif isinstance(item, list | tuple):
                below += item
            else:
                _check_scalar(item)
        if not below:
            return
        level = below
    raise RuleBroken("json-depth", f"nested deeper than {MAX_DEPTH} levels")


def _check_scalar(item: Any) -> None:
    if isinstance(item, str):
        try:
            item.encode("utf-8")
        except UnicodeEncodeError as cause:
            raise RuleBroken("json-surrogate", "a lone surrogate, which has no UTF-8 form") from cause
    elif isinstance(item, float):
        if not isfinite(item) or MAX_INTEGER < abs(item) < _FIRST_EXPONENT:
            raise RuleBroken("json-number", "a number that readers do not hold exactly")
    elif isinstance(item, int) and abs(item) > MAX_INTEGER:
        _refuse_integer()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise RuleBroken("json-duplicate", "a name occurs twice in one object")
    return value


def _integer(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)) + 1:
        _refuse_integer()
    return int(text)


def _refuse_integer() -> NoReturn:
    raise RuleBroken("json-number", f"an integer beyond {MAX_INTEGER}")


def _refuse_constant(text: str) -> NoReturn:
    raise RuleBroken("json-syntax", f"{text} is not a JSON value")
