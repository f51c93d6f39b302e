"""The movements of a ref, as the forge itself recorded them ("List repository activities")."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from counterseal.clients.github import convert
from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.pages import bodies, collect, length
from counterseal.clients.github.reading import read
from counterseal.clients.github.session import Session, path_of
from counterseal.errors import Inconclusive
from counterseal.policy.forge import Push


def movements(session: Session, full_name: str, ref: str) -> tuple[Push, ...]:
    """Return the movements of a ref, newest first, as far as the forge keeps them.

    Args:
        session: where to ask.
        full_name: the repository, `owner/name`; of a fork for a pull request from one.
        ref: the ref in full.

    Raises:
        Inconclusive: they cannot be seen, or one is of a kind that is not known.
    """
    path = path_of("repos", *full_name.split("/"), "activity")
    items = collect(
        session, path, shapes.Activity, topic="pushes", key=lambda item: item.id, query={"ref": ref}
    )
    return tuple(_push(item, ref) for item in items)


def brought(pushes: tuple[Push, ...], head: str, commits: Container[str]) -> bool:
    """Return whether movements tell, without a hole, how the commits of a change got to its head.

    From the head back, each must begin where the one before ended, until one begins outside of the change:
    otherwise somebody who pushed would be missed.

    Args:
        pushes: the movements of a ref, newest first.
        head: where the ref is.
        commits: the commits of the change.
    """
    at: str | None = head
    for push in pushes:
        if push.after == at:
            at = push.before
            if at is None or at not in commits:
                return True
        elif at != head:
            return False
    return False


def movement(
    session: Session, full_name: str, ref: str, before: str | None, after: str | None
) -> Push | None:
    """Return the newest movement of a ref from one place to another, or None when none is on record.

    A busy branch has many; only as many pages are read as are needed to find it. Errors as for `movements`.
    """
    path = path_of("repos", *full_name.split("/"), "activity")
    for body in bodies(session, path, length, topic="pushes", query={"ref": ref}):
        for item in read(body, list[shapes.Activity], f"GET {path}"):
            if (_object(item.before), _object(item.after)) == (before, after):
                return _push(item, ref)
    return None


def _push(item: shapes.Activity, ref: str) -> Push:
    if item.ref != ref:
        raise Inconclusive("the forge tells the movements of another branch", where=ref)
    try:
        return msgspec.convert(
            {
                "id": item.id,
                "kind": item.activity_type,
                "ref": item.ref,
                "at": convert.time(item.timestamp, ref),
                "before": _object(item.before),
                "after": _object(item.after),
                "actor": convert.account(item.actor),
            },
            Push,
        )
    except msgspec.ValidationError as error:
        raise Inconclusive(f"this movement of a branch is not understood: {error}", where=ref) from None


def _object(name: str) -> str | None:
    """Return an object name, or None for the zeros that stand for none."""
    return name if name.strip("0") else None
