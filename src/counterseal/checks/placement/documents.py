"""Templates and manifests: JSON and YAML as their tools read them, with nothing that is expanded or built."""

from __future__ import annotations

from typing import Any, Final

import yaml

from counterseal.checks.inventory.documents import Unreadable, read_json

MOST_DOCUMENTS: Final = 2000
"""How many documents a file may have."""

MOST_DEPTH: Final = 64
"""How deep a document may be nested."""


def read_documents(data: bytes) -> list[dict[str, Any]]:
    """Return the documents of a file: one of JSON, or any number of YAML; empty ones are left out.

    A tag of CloudFormation becomes what it is short for: `!Ref a` is `{"Ref": "a"}`, `!Sub a` is
    `{"Fn::Sub": "a"}`.

    Raises:
        Unreadable: it is neither, uses anchors, names a member twice, or holds something that is no object.
    """
    if data.lstrip()[:1] == b"{":
        return [read_json(data)]
    try:
        found = list(_documents(data.decode("utf-8-sig")))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as cause:
        raise Unreadable(f"not YAML: {cause}"[:300]) from cause
    if not found or not all(isinstance(one, dict) for one in found):
        raise Unreadable("it holds no object, or something else than objects")
    return found


def _documents(text: str) -> Any:
    loader = _Loader(text)
    while loader.check_data():  # type: ignore[no-untyped-call]
        one = loader.get_data()
        if one is not None:
            yield one


class _Loader(yaml.SafeLoader):
    """Reads YAML 1.1 as the tools do; what expands or is ambiguous is refused."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node."""
        if self.check_event(yaml.AliasEvent):
            raise ValueError("anchors and aliases are not read")
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise ValueError(f"nested deeper than {MOST_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct an object in which no name occurs twice."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len({str(name) for name in names}) < len(names):
            raise ValueError(f"a name occurs twice in an object, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """Return what a tag of CloudFormation is short for."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
# A date is text here: the version of a policy is `2012-10-17`.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
