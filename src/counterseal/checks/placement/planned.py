"""A resource of a Terraform plan, and which other resources it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from counterseal.checks.placement.store_type import Place
from counterseal.checks.placement.values import Values
from counterseal.policy.placement.resource import Resource

_INDEX: Final = r'\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\]'
_INDEXES: Final = re.compile(_INDEX)
_MODULE: Final = re.compile(rf"(?:module\.[^.\[]+(?:{_INDEX})?\.)*")
_REFERENCE: Final = re.compile(rf"([^.\[]+\.[^.\[]+)({_INDEX})?(?:\.|\Z)")
_NO_RESOURCES: Final = ("var.", "local.", "each.", "count.", "module.", "data.")
# The arguments by which a resource says which store it is about.
_NAMING: Final = (
    "bucket",
    "source_file_system_id",
    "source_db_instance_arn",
    "source_bucket",
    "storage_account_id",
)


@dataclass(frozen=True)
class Planned:
    """A resource of a plan.

    Attributes:
        place: what and where it is.
        values: what it will be.
        references: what each of its arguments refers to, as its module writes it.
    """

    place: Place
    values: Values
    references: Mapping[str, tuple[str, ...]]


class About:
    """Which resources of a plan are about which store.

    Args:
        planned: the resources.
    """

    def __init__(self, planned: Iterable[Planned]) -> None:
        self._found: dict[str, dict[str, Planned]] = {}
        for one in planned:
            for word in _words(one):
                self._found.setdefault(word, {})[one.place.address] = one

    def store(self, store: Resource) -> list[Planned]:
        """Return those that name a store: by a reference of their configuration, or by its deployed name."""
        found: dict[str, Planned] = {}
        for word in (f"address {store.address}", *(f"name {name}" for name in store.names)):
            found |= self._found.get(word, {})
        return [one for address, one in found.items() if address != store.address]


def without_indexes(address: str) -> str:
    """Return the address of the configuration that a resource is an instance of."""
    return _INDEXES.sub("", address)


def references_of(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what each argument of a resource's configuration refers to."""
    return {
        name: tuple(expression.get("references", [])) if isinstance(expression, dict) else ()
        for name, expression in config.get("expressions", {}).items()
    }


def _words(one: Planned) -> Iterator[str]:
    """Yield by what a store is found that a resource is about."""
    for argument in _NAMING:
        yield from (f"address {address}" for address in _addresses(one, argument))
        if (name := one.values.text(argument)) is not None:
            yield f"name {name}"


def _addresses(one: Planned, argument: str) -> Iterator[str]:
    """Yield the addresses that an argument refers to, in the same instance of the module.

    A reference with an index leads to that instance alone. One without leads to every instance, and is meant
    for the one of the same index.
    """
    module, own = _module(one.place.address), _last_index(one.place.address)
    found = [match for text in one.references.get(argument, ()) if (match := _reference(text))]
    exact = [match for match in found if match[2]]
    for match in exact or found:
        yield f"{module}{match[1]}{match[2] or ''}"
        if own and not exact:
            yield f"{module}{match[1]}{own}"


def _module(address: str) -> str:
    """Return the instance of a module that an address begins with, such as `module.pay["eu"].`."""
    found = _MODULE.match(address)
    return found[0] if found else ""


def _last_index(address: str) -> str:
    """Return the index at the end of an address, such as `["a"]`; empty where there is none."""
    found = list(_INDEXES.finditer(address))
    return found[-1][0] if found and found[-1].end() == len(address) else ""


def _reference(text: str) -> re.Match[str] | None:
    return None if text.startswith(_NO_RESOURCES) else _REFERENCE.match(text)
