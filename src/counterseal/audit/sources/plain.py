"""Types for what an audit has sealed itself: the same ones, whose text is not held against patterns again.

Whoever sealed it had it in the checked types, and its digest is compared before it is read. The patterns are
three quarters of the time that reading the state of many releases takes.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields


def without_patterns(kind: Any) -> Any:
    """Return a type that reads what `kind` does, and other texts; its structures are kinds of those."""
    origin, words = get_origin(kind), get_args(kind)
    if origin is Annotated:
        rest = tuple(one for one in words[1:] if getattr(one, "pattern", None) is None)
        return Annotated[(without_patterns(words[0]), *rest)] if rest else without_patterns(words[0])
    if origin is Union or origin is types.UnionType:
        return Union[tuple(map(without_patterns, words))]  # noqa: UP007 - of as many as there are
    if origin in (tuple, dict, frozenset, list):
        return origin[tuple(one if one is ... else without_patterns(one) for one in words)]
    return _structure(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else kind


@cache
def _structure(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    hints = get_type_hints(kind, include_extras=True)
    made = [(one.name, without_patterns(hints[one.name]), *_default(one)) for one in fields(kind)]
    return msgspec.defstruct(kind.__name__, made, bases=(kind,), frozen=True, kw_only=True)


def _default(one: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    if one.default_factory is not msgspec.NODEFAULT:
        return (msgspec.field(default_factory=one.default_factory),)
    return (one.default,) if one.default is not msgspec.NODEFAULT else ()
