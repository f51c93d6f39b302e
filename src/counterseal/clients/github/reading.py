"""From an answer to a typed structure; a field that is missing or of another type makes it useless."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from counterseal.errors import Inconclusive

T = TypeVar("T")


def read(answer: object, shape: type[T], where: str) -> T:
    """Return an answer, or a part of one, as the structure that it must be.

    Args:
        answer: the JSON value.
        shape: the structure; what it does not name is ignored.
        where: what was asked for, for the error.

    Raises:
        Inconclusive: it is something else.
    """
    try:
        return msgspec.convert(answer, shape)
    except msgspec.ValidationError as error:
        raise Inconclusive(
            f"the forge's answer is not what its description says: {error}", where=where
        ) from None
