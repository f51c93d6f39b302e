"""How much a query could ask for, counted before it is answered as GitHub does: nodes, and points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

MOST_NODES = 500_000


@dataclass(frozen=True)
class Weight:
    """What a query weighs.

    Attributes:
        nodes: how many nodes it could return.
        requests: how many lists would have to be read for it.
    """

    nodes: int = 0
    requests: int = 0

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.nodes + other.nodes, self.requests + other.requests)

    @property
    def points(self) -> int:
        """What it costs of the rate limit."""
        return max(1, math.floor(self.requests / 100 + 0.5))


class Scale:
    """Weighs one query.

    Args:
        schema: the schema.
        fragments: the query's fragments by name.
        variables: the values of its variables.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        """Return what an operation weighs.

        Args:
            operation: a query that the schema's rules allow.
        """
        root = self._schema.query_type
        return Weight() + self._set(operation.selection_set, root, 1) if root else Weight()

    def _set(self, selection: SelectionSetNode | None, parent: GraphQLNamedType | None, times: int) -> Weight:
        """Return what a selection weighs when it is read so many times."""
        total = Weight(0, 0)
        for item in selection.selections if selection else ():
            if isinstance(item, FieldNode):
                total += self._field(item, parent, times)
            elif isinstance(item, InlineFragmentNode):
                kind = (
                    self._schema.get_type(item.type_condition.name.value) if item.type_condition else parent
                )
                total += self._set(item.selection_set, kind, times)
            elif isinstance(item, FragmentSpreadNode):
                fragment = self._fragments[item.name.value]
                kind = self._schema.get_type(fragment.type_condition.name.value)
                total += self._set(fragment.selection_set, kind, times)
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, times: int) -> Weight:
        """Return what a field and all beneath it weigh."""
        if (
            not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
            or node.name.value not in parent.fields
        ):
            return Weight(0, 0)
        kind = get_named_type(parent.fields[node.name.value].type)
        if not kind.name.endswith("Connection"):
            return self._set(node.selection_set, kind, times)
        size = times * self._first(node)
        return Weight(size, times) + self._set(node.selection_set, kind, size)

    def _first(self, node: FieldNode) -> int:
        """Return the page size that a field states."""
        for argument in node.arguments or ():
            if argument.name.value == "first":
                return max(0, self._number(argument.value))
        return 0

    def _number(self, value: ValueNode) -> int:
        """Return the number that a value stands for."""
        if isinstance(value, VariableNode):
            return int(self._variables.get(value.name.value) or 0)
        return int(value.value) if isinstance(value, IntValueNode) else 0
