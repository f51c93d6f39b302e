"""What the GraphQL interface answers instead of data, with the types that GitHub gives its errors."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError


class Refusal(Exception):
    """A field cannot be answered.

    Args:
        kind: GitHub's type of it, such as `NOT_FOUND`.
        message: GitHub's sentence about it.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def not_found(what: str, by: str) -> Refusal:
    """Return the refusal of something that is not there, or that the token may not see.

    Args:
        what: its type.
        by: how it was asked for.
    """
    article = "an" if what[0] in "AEIOU" else "a"
    return Refusal("NOT_FOUND", f"Could not resolve to {article} {what} with the {by}.")


def forbidden() -> Refusal:
    """Return the refusal of something for which the token has no permission."""
    return Refusal("FORBIDDEN", "Resource not accessible by integration")


def formatted(error: GraphQLError) -> dict[str, Any]:
    """Return an error as GitHub writes it.

    Args:
        error: an error of reading, checking or answering a query.
    """
    shown: dict[str, Any] = {}
    if isinstance(error.original_error, Refusal):
        shown["type"] = error.original_error.kind
    if error.path:
        shown["path"] = list(error.path)
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return shown | {"message": error.message}
