"""Whether keys in S3 have one version and no delete marker: the condition of a write does not tell.

Somebody may have deleted a key, which leaves its first version below a marker; then the condition lets
another be written. So every key that is read or written is looked up in a listing of its versions. Of keys
that were written together, one listing of what lies around them often shows all, with a hundredth of the
requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import Any, Final

from counterseal.errors import KeyMissing, StoreError
from counterseal.store.s3_calls import Calls

_WORTH: Final = 10
"""How many entries of a listing cost about as much as asking for one key."""

_PAGE: Final = 1000
"""The most entries that S3 lists at a time."""

_AT_ONCE: Final = 10


def require_sole(calls: Calls, key: str) -> None:
    """Refuse a key that has another version or a delete marker: somebody has put it over what was stored.

    Raises:
        StoreError: it has.
        KeyMissing: it has none at all.
    """
    name = calls.at(key)["Key"]
    _judge(key, [one for one in calls.listed(key) if one["Key"] == name])


def require_each_sole(calls: Calls, keys: Sequence[str]) -> None:
    """Refuse keys of which one has another version or a delete marker; raises like `require_sole`."""
    waiting = sorted(set(keys))
    found, seen = _around(calls, waiting)
    for key in waiting[:seen]:
        _judge(key, found[key])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda key: require_sole(calls, key), waiting[seen:]):
            pass


def _around(calls: Calls, keys: Sequence[str]) -> tuple[dict[str, list[Any]], int]:
    """List what lies around keys for as long as that shows enough of them.

    Args:
        calls: the bucket.
        keys: the keys, in order.

    Returns:
        What is listed of each key, and of how many of them, from the first, that is all there is.
    """
    found: dict[str, list[Any]] = {key: [] for key in keys}
    if len(keys) < 2:  # noqa: PLR2004 - one is asked for as quickly by itself
        return found, 0
    before, most = keys[0][:-1], min(_PAGE, _WORTH * len(keys))  # no key comes between it and the first
    for page in calls.pages(_common(keys[0], keys[-1]), before, most):
        listed = [one["Key"].removeprefix(calls.prefix) for one in page]
        for key, one in zip(listed, page, strict=True):
            if key in found:
                found[key].append(one)
        last = listed[-1] if listed else before
        if last > keys[-1]:
            break
        if sum(key in found for key in listed) * _WORTH < len(listed):
            return found, sum(key < last for key in keys)  # the next page may have more of the last one
    return found, len(keys)


def _common(first: str, last: str) -> str:
    """Return how two keys begin alike, and with them every key between them."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in alike)


def _judge(key: str, found: Sequence[Any]) -> None:
    markers = any("Size" not in one for one in found)
    if len(found) > 1 or markers:
        what = "a delete marker lies over it" if markers else f"it has {len(found)} versions"
        remedy = "find out who wrote there; every version that was locked is still in the bucket"
        raise StoreError(f"{what}, so what it holds is not what was stored once", where=key, remedy=remedy)
    if not found:
        raise KeyMissing("there is no such key", where=key)
