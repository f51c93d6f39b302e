"""Read, check, weigh and answer a GraphQL request, with GitHub's words where something is wrong."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graphql

from counterseal.sandbox.graphql.facts import Source
from counterseal.sandbox.graphql.limits import MOST_NODES, Scale, Weight
from counterseal.sandbox.graphql.refusals import formatted
from counterseal.sandbox.graphql.root import Root

Answer = tuple[int, dict[str, Any]]

DOCUMENTATION = "https://docs.github.com/graphql"


@functools.cache
def schema() -> graphql.GraphQLSchema:
    """Return the served part of GitHub's schema."""
    source = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")
    return graphql.build_schema(source)


class Halt(Exception):
    """A request is not answered with data.

    Args:
        answer: the status and body of the answer.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def respond(source: Source, body: bytes) -> Answer:
    """Return the answer to a request.

    Args:
        source: the world, as the token sees it.
        body: the request's body.
    """
    try:
        request = _read(body)
        document, weight = _prepare(request)
    except Halt as halt:
        return halt.answer
    return _answer(document, request, Root(source, weight))


def _read(body: bytes) -> dict[str, Any]:
    """Return a request."""
    try:
        request = json.loads(body)
    except ValueError:
        refusal = {"message": "Problems parsing JSON", "documentation_url": DOCUMENTATION, "status": "400"}
        raise Halt((400, refusal)) from None
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise _halt({"message": "A query attribute must be specified and must be a string."})
    return request


def _prepare(request: Mapping[str, Any]) -> tuple[graphql.DocumentNode, Weight]:
    """Return the request's document and its weight, when the schema and the limits allow it."""
    try:
        document = graphql.parse(request["query"])
    except graphql.GraphQLError as error:
        raise _halt(formatted(error)) from None
    if errors := graphql.validate(schema(), document):
        raise _halt(*map(formatted, errors))
    operation = graphql.get_operation_ast(document, request.get("operationName"))
    if operation is None:
        raise _halt({"message": "No such operation, or several and none is named."})
    weight = _weigh(document, operation, request.get("variables") or {})
    if weight.nodes > MOST_NODES:
        raise _halt({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": _too_many(weight)})
    return document, weight


def _answer(document: graphql.DocumentNode, request: Mapping[str, Any], root: Root) -> Answer:
    """Return the answer to a request that is allowed."""
    result = graphql.execute_sync(
        schema(),
        document,
        root_value=root,
        variable_values=request.get("variables") or {},
        operation_name=request.get("operationName"),
    )
    if not result.errors:
        return 200, {"data": result.data}
    errors = [formatted(error) for error in result.errors]
    return 200, {"errors": errors} if result.data is None else {"data": result.data, "errors": errors}


def _weigh(
    document: graphql.DocumentNode, operation: graphql.OperationDefinitionNode, variables: dict[str, Any]
) -> Weight:
    """Return what an operation weighs."""
    fragments = {
        item.name.value: item
        for item in document.definitions
        if isinstance(item, graphql.FragmentDefinitionNode)
    }
    defaults = {
        item.variable.name.value: graphql.value_from_ast_untyped(item.default_value)
        for item in operation.variable_definitions or ()
        if item.default_value is not None
    }
    return Scale(schema(), fragments, defaults | variables).weigh(operation)


def _too_many(weight: Weight) -> str:
    """Return the sentence about a query that asks for too much."""
    return (
        f"This query requests up to {weight.nodes:,} possible nodes which exceeds the maximum limit of"
        f" {MOST_NODES:,}."
    )


def _halt(*errors: dict[str, Any]) -> Halt:
    """Return the refusal with errors."""
    return Halt((200, {"errors": list(errors)}))
