"""The document as rules in Rego see it: times as numbers, names without quotation marks, indexes.

Engines differ in what they make of a time and of a comparison of text with numbers, and building sets in
one of them takes time that grows with the square of their size. So the numbers and the indexes are made
here, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from counterseal.manifest.types import parse_time
from counterseal.policy.gate.document import Document
from counterseal.policy.placement.judge import sets_of

_SPELLING: Final = {
    ord('"'): "'",
    ord("\\"): "\u29f5",  # reverse solidus operator
    **{code: chr(0x2400 + code) for code in range(32)},  # control pictures
    **dict.fromkeys([*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000)], "\ufffd"),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def view_of(document: Document) -> dict[str, Any]:
    """Return the plain values that rules in Rego judge as `input`."""
    plain: dict[str, Any] = _spelt(msgspec.to_builtins(document))
    plain["now"] = {"time": document.now, "ns": nanoseconds(document.now)}
    for record in plain["records"]:
        record["issued-ns"] = nanoseconds(record["issued-at"])
        record["not-after-ns"] = nanoseconds(record["not-after"])
        record["age-days"] = (parse_time(document.now) - parse_time(record["issued-at"])).days
        for waiver in record["waivers"]:
            waiver["expires-ns"] = nanoseconds(waiver["expires-at"])
    for problem in plain["problems"]:
        problem["score"] = None if problem["score"] is None else problem["score"] / 10
    for one in plain["data"] or ():
        one["review-by-ns"] = nanoseconds(f"{one['review-by']}T23:59:59Z")
    for freeze in plain["freezes"] or ():
        freeze["begins-ns"], freeze["ends-ns"] = nanoseconds(freeze["begins"]), nanoseconds(freeze["ends"])
    named = [sets_of(one, document.data or ()) for one in document.resources or ()]
    for resource, sets in zip(plain["resources"] or (), named, strict=True):
        resource["sets"] = list(sets)
    return {**plain, "index": _indexes(plain)}


def nanoseconds(time: str | None) -> int | None:
    """Return a `Time` as nanoseconds since 1970 in UTC, exactly; null stays null."""
    return None if time is None else (parse_time(time) - _EPOCH) // _MICROSECOND * 1000


def _spelt(value: Any) -> Any:
    """Return plain values with every text in a spelling that all engines read alike.

    A name may hold any character: that of a file, or of a resource made by a loop (`bucket["cards"]`). One
    engine takes a quotation mark, a backslash or a control character for two characters, so each becomes
    another, visible one.
    """
    if isinstance(value, str):
        return value.translate(_SPELLING)
    if isinstance(value, list):
        return [_spelt(one) for one in value]
    if isinstance(value, dict):
        return {_spelt(name): _spelt(one) for name, one in value.items()}
    return value


def _indexes(plain: dict[str, Any]) -> dict[str, Any]:
    """Return positions by what rules look things up by."""
    records = [(word, at) for at, one in enumerate(plain["records"]) for word in (one["stage"], _title(one))]
    resources = list(enumerate(plain["resources"] or ()))
    return {
        "records": _positions(records),
        "problems-by-severity": _positions((one["severity"], at) for at, one in enumerate(plain["problems"])),
        "problems-by-kind": _positions((one["kind"], at) for at, one in enumerate(plain["problems"])),
        "components": _positions((one["purl"], at) for at, one in enumerate(plain["components"] or ())),
        "sets-of-resource": {one["address"]: one["sets"] for _, one in resources},
        "resources-of-set": _positions((name, at) for at, one in resources for name in one["sets"]),
    }


def _title(record: dict[str, Any]) -> str:
    return f"{record['stage']}:{record['name']}"


def _positions(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for name, at in pairs:
        found[name].append(at)
    return dict(found)
