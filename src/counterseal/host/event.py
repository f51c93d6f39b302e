"""The event that started the run: the few facts of its payload that are safe to rely on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import MalformedError, UsageError
from counterseal.host import names
from counterseal.manifest.canonical import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterseal.manifest.canonical import JsonValue

# GitHub cuts webhook payloads at 25 MB ("Webhook events and payloads"); in bytes.
LIMIT = 25 * 1024 * 1024

_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        name: its name, such as `push` or `pull_request`.
        action: the activity type, such as `opened`, for events that have one.
        sender_id: account id of whoever caused it.
        sender: that account's login, which is not an identity.
        repository_id: id of the repository that it happened in.
        pull_request: number of the pull request that it is about.
        head: the commit that was the head of that pull request, or is that of the merge group.
        base: the commit that the merge group is built on, or the tip of the pull request's base then.
        ref: the branch or tag that was pushed, or the branch of the merge group, in full.
        before: where the ref was before the push; None when it is new.
        after: where the ref is after the push; None when it is gone.
        base_ref: the branch that the merge group goes to, in full.
    """

    name: str
    action: str | None
    sender_id: int | None
    sender: str | None
    repository_id: int | None
    pull_request: int | None
    head: str | None = None
    base: str | None = None
    ref: str | None = None
    before: str | None = None
    after: str | None = None
    base_ref: str | None = None


def read_event(env: Mapping[str, str]) -> Event:
    """Read the event file that the runner names.

    Raises:
        UsageError: the runner named no event or no file.
        MalformedError: the file is too large, not strict JSON, or holds something else than expected.
        OSError: the file cannot be read.
    """
    name, path = env.get(names.EVENT_NAME), env.get(names.EVENT_PATH)
    if not name or not path:
        raise UsageError("the runner named no event", where=names.EVENT_PATH)
    payload = parse(_read(Path(path)), where=path, limit=LIMIT)
    if not isinstance(payload, dict):
        raise MalformedError("not an object", where=path)
    sender = _object(payload.get("sender", {}), "sender")
    repository = _object(payload.get("repository", {}), "repository")
    pull = _object(payload.get("pull_request", {}), "pull_request")
    return Event(
        name=name,
        action=_text(payload, "action"),
        sender_id=_number(sender, "id"),
        sender=_text(sender, "login"),
        repository_id=_number(repository, "id"),
        pull_request=_number(pull, "number"),
        **_places(name, payload, pull),
    )


def _places(name: str, payload: dict[str, JsonValue], pull: dict[str, JsonValue]) -> dict[str, str | None]:
    """Return the refs and commits that an event names; what names them is only where to look."""
    if pull:
        head, base = _object(pull.get("head", {}), "head"), _object(pull.get("base", {}), "base")
        return {"head": _commit(head, "sha"), "base": _commit(base, "sha")}
    if name == "push":
        before, after = _commit(payload, "before"), _commit(payload, "after")
        return {"ref": _ref(payload, "ref"), "before": before, "after": after}
    if name == "merge_group":
        group = _object(payload.get("merge_group", {}), "merge_group")
        return {
            "head": _commit(group, "head_sha"),
            "base": _commit(group, "base_sha"),
            "ref": _ref(group, "head_ref"),
            "base_ref": _ref(group, "base_ref"),
        }
    return {}


def _read(path: Path) -> bytes:
    """Return the file's bytes, at most one more than the limit."""
    with path.open("rb") as file:
        return file.read(LIMIT + 1)


def _object(value: JsonValue, where: str) -> dict[str, JsonValue]:
    """Return `value` if it is an object; null stands for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError("not an object", where=where)
    return value


def _text(value: dict[str, JsonValue], name: str) -> str | None:
    """Return a text of the payload, or None."""
    item = value.get(name)
    if item is not None and not isinstance(item, str):
        raise MalformedError("not a text", where=name)
    return item


def _commit(value: dict[str, JsonValue], name: str) -> str | None:
    """Return a commit of the payload; None when there is none, which a push writes as zeros."""
    text = _text(value, name)
    if text is not None and not _OBJECT.fullmatch(text):
        raise MalformedError("not the name of a commit", where=name)
    return text if text and text.strip("0") else None


def _ref(value: dict[str, JsonValue], name: str) -> str | None:
    """Return a full ref of the payload, or None; a name that is not full could mean a branch or a tag."""
    text = _text(value, name)
    if text is not None and not text.startswith(("refs/heads/", "refs/tags/")):
        raise MalformedError("not the full name of a branch or tag", where=name)
    return text


def _number(value: dict[str, JsonValue], name: str) -> int | None:
    """Return a whole number of the payload, or None."""
    item = value.get(name)
    if item is None:
        return None
    if not isinstance(item, int) or isinstance(item, bool):
        raise MalformedError("not a whole number", where=name)
    return item
