"""The ways in which a valid document is spoilt; a seed repeats a run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator
from random import Random
from typing import Any

DEPTH = 100_000
GIANT = 2 * 1024 * 1024
BEYOND_EVERY_LIMIT = 70 * 1024 * 1024  # more than any document may have

Mutation = Callable[[Random, bytes, bytes], bytes]
"""Makes another document out of a valid one, and of a second valid one to mix it with."""

_MARK = "@@spoilt@@"

_NUMBERS = (
    *("1e400", "-1e400", "1e-400", "NaN", "-Infinity", "0x10", "01", "+1", ".5", "-"),
    *("9007199254740993", "-9007199254740993", "1.5", "1e21", "18446744073709551616", "9" * 5000),
)
_VALUES = ("null", "true", "[]", "{}", '""', "0", "-1", '"x"', "[[]]", '{"":{}}', "[null]", '"\\ud800"')
_NOT_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xe2\x28\xa1")
_FOREIGN = (
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\x1b[31m",
    b"::error::x\n",
    b"../../etc/passwd",
    b"%0A",
    b"\xe2\x80\xae",
)


def flip(random: Random, valid: bytes, _: bytes) -> bytes:
    """Turn one to eight bytes into others."""
    data = bytearray(valid)
    for _ in range(random.randint(1, 8)):
        data[random.randrange(len(data))] ^= random.randint(1, 255)
    return bytes(data)


def cut(random: Random, valid: bytes, _: bytes) -> bytes:
    """Leave off the end, the beginning, or a piece in between."""
    start, end = sorted(random.choices(range(len(valid) + 1), k=2))
    return random.choice((valid[:start], valid[end:], valid[:start] + valid[end:]))


def splice(random: Random, valid: bytes, other: bytes) -> bytes:
    """Put a piece of one document into the other, or over it."""
    start, end = sorted(random.choices(range(len(other) + 1), k=2))
    at = random.randrange(len(valid) + 1)
    over = at + random.choice((0, end - start))
    return valid[:at] + other[start:end] + valid[over:]


def swap(random: Random, valid: bytes, _: bytes) -> bytes:
    """Replace a value by one of another type."""
    return _replace(random, valid, random.choice(_VALUES))


def number(random: Random, valid: bytes, _: bytes) -> bytes:
    """Replace a value by a number that is huge, or none."""
    return _replace(random, valid, random.choice(_NUMBERS))


def nest(random: Random, valid: bytes, _: bytes) -> bytes:
    """Replace a value by one that is nested very deeply, closed or not."""
    opening, inside, closing = random.choice((("[", "", "]"), ('{"a":', "1", "}"), ('[{"":', "[]", "}]")))
    depth = random.choice((65, 1000, DEPTH))
    return _replace(random, valid, opening * depth + inside + random.choice((closing, "")) * depth)


def double(random: Random, valid: bytes, _: bytes) -> bytes:
    """Give an object one of its names twice; in other documents, repeat a line."""
    try:
        value = json.loads(valid)
    except ValueError:
        line = random.choice(valid.splitlines(keepends=True))
        return valid.replace(line, line + line, 1)
    chosen = random.choice([one for one in _nodes(value) if isinstance(one, dict) and one])
    name = random.choice(list(chosen))
    chosen[_MARK] = random.choice(("x", 0, None, chosen[name]))
    return _dump(value).replace(f'"{_MARK}"', json.dumps(name)).encode()


def misencode(random: Random, valid: bytes, _: bytes) -> bytes:
    """Insert bytes that are no UTF-8."""
    return _insert(random, valid, random.choice(_NOT_UTF8))


def smuggle(random: Random, valid: bytes, _: bytes) -> bytes:
    """Insert bytes that mean something to somebody else: terminals, runners, paths."""
    return _insert(random, valid, random.choice(_FOREIGN))


def nul(random: Random, valid: bytes, _: bytes) -> bytes:
    """Insert NUL bytes, or the escape that stands for one."""
    return _insert(random, valid, random.choice((b"\0", b"\0" * 64, b"\\u0000")))


def swell(random: Random, valid: bytes, _: bytes) -> bytes:
    """Replace a value by a giant text."""
    return _replace(random, valid, '"' + random.choice("a\u00e9 /.<") * random.choice((5000, GIANT)) + '"')


def noise(random: Random, _: bytes, __: bytes) -> bytes:
    """Give random bytes instead of a document, or printable ones."""
    size = random.choice((1, 2, 16, 300, 4096))
    return random.randbytes(size) if random.random() < 0.5 else bytes(random.choices(range(32, 127), k=size))


MUTATIONS: dict[str, Mutation] = {
    one.__name__: one
    for one in (flip, cut, splice, swap, number, nest, double, misencode, smuggle, nul, swell, noise)
}


def same_shape(one: bytes, other: bytes, optional: Container[str] = ()) -> bool:
    """Tell whether two JSON documents differ in nothing but texts and numbers of the same type.

    Args:
        one: a document that may be spoilt.
        other: the valid one.
        optional: paths, such as `keys[].comment`, of what may be missing or empty in the spoilt one; where
            there are any, members that are not in the valid one are tolerated too.
    """
    try:
        return _alike(strict(one), strict(other), "", optional)
    except (ValueError, RecursionError):
        return False


def is_plain(data: bytes) -> bool:
    """Tell whether JSON bytes are what Python's own encoder would make of them, sorted and without blanks."""
    try:
        return _dump(strict(data)).encode() == data
    except (ValueError, RecursionError):
        return False


def strict(data: bytes) -> Any:
    """Return JSON in which no member stands twice; ValueError otherwise."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError(pairs)
        return dict(pairs)

    return json.loads(data.decode(), object_pairs_hook=unique)


def _alike(one: Any, other: Any, path: str, optional: Container[str]) -> bool:
    if path in optional and (one == type(other)() or (one is None and isinstance(other, str))):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        below = {name: f"{path}.{name}".lstrip(".") for name in one | other}
        if any(below[name] not in optional for name in other.keys() - one.keys()):
            return False
        if one.keys() - other.keys() and not optional:
            return False
        return all(
            _alike(one[name], other[name], below[name], optional) for name in one.keys() & other.keys()
        )
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(*pair, f"{path}[]", optional) for pair in pairs)
    return type(one) is type(other)


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _nodes(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(item)


def _replace(random: Random, valid: bytes, text: str) -> bytes:
    """Put JSON text in the place of a value, the whole document included; in other documents, of a word."""
    try:
        value = [json.loads(valid)]
    except ValueError:
        word = random.choice(list(re.finditer(rb"[\w.-]+", valid)))
        return valid[: word.start()] + text.encode("utf-8", "surrogatepass") + valid[word.end() :]
    node, key = random.choice([place for node in _nodes(value) for place in _places(node)])
    node[key] = _MARK
    return _dump(value[0]).replace(f'"{_MARK}"', text).encode("utf-8", "surrogatepass")


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Return where something can be put into a node."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [(node, key) for key in keys]


def _insert(random: Random, valid: bytes, piece: bytes) -> bytes:
    at = random.randrange(len(valid) + 1)
    return valid[:at] + piece + valid[at:]
