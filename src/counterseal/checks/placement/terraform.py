"""Terraform plans, as `terraform show -json` writes them (JSON output format 1.x)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.placement.attached import attach
from counterseal.checks.placement.found import Found
from counterseal.checks.placement.planned import Planned, references_of, without_indexes
from counterseal.checks.placement.store_type import (
    Place,
    looks_like_a_store,
    provider_of,
    store_of,
    unknown_store,
)
from counterseal.checks.placement.terraform_grants import grant_of
from counterseal.checks.placement.terraform_types import HIDES, STORES, WITHIN
from counterseal.checks.placement.values import UNRESOLVED, Unresolved, Values
from counterseal.policy.placement.resource import Action, Resource

_ACTIONS: Final[Mapping[tuple[str, ...], Action]] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("no-op",): "no-op",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "no-op",
}


def read_plan(plan: Any, source: str, environment: str | None) -> Found:
    """Read a plan.

    Args:
        plan: the plan.
        source: the file that it is from.
        environment: the environment that it is about.

    Raises:
        Unreadable: it is no plan, or not a whole one.
    """
    _require_whole(plan)
    configured = dict(_configured(plan.get("configuration", {}).get("root_module", {}), ""))
    providers = _provider_regions(plan)
    planned = [
        _planned(change, source, environment, configured, providers)
        for change in plan["resource_changes"]
        # What a failed replacement left behind has the address of what took its place, and only goes.
        if change.get("mode") == "managed" and "deposed" not in change
    ]
    stores = {one.place.address: found for one in planned if (found := _store(one))}
    attach(planned, stores)
    grants = (grant for one in planned if (grant := grant_of(one.place, one.values)))
    return Found(tuple(stores.values()), tuple(grants))


def _require_whole(plan: Any) -> None:
    if not isinstance(plan, dict) or "format_version" not in plan:
        raise Unreadable("not a plan: write it with `terraform show -json`")
    if str(plan["format_version"]).partition(".")[0] != "1":
        raise Unreadable(f"plans of the format {str(plan['format_version'])[:20]!r} are not known")
    if plan.get("errored") or plan.get("complete") is False or plan.get("deferred_changes"):
        raise Unreadable("the plan is not whole: it failed, was limited to targets, or defers changes")
    if not isinstance(plan.get("resource_changes"), list):
        raise Unreadable("the plan tells no resource")


def _planned(
    change: Mapping[str, Any],
    source: str,
    environment: str | None,
    configured: Mapping[str, Mapping[str, Any]],
    providers: Mapping[str, str | Unresolved | None],
) -> Planned:
    address, what = str(change["address"]), change["change"]
    action = _ACTIONS.get(tuple(what["actions"]))
    if action is None:
        raise Unreadable(f"{address}: the actions {what['actions']} are not known")
    config = configured.get(without_indexes(address), {})
    key = str(config.get("provider_config_key", ""))
    # A key of a module that is not among the configurations stands for one that was handed to the module.
    region = providers.get(key, UNRESOLVED if ":" in key else None)
    place = Place(
        address=address,
        type=str(change["type"]),
        provider=provider_of(str(change.get("provider_name", ""))),
        source=source,
        environment=environment,
        action=action,
        region=region,
        region_from=f"provider {key}" if key else None,
    )
    values = Values(_merged(what.get("after"), what.get("after_unknown")))
    return Planned(place, values, references_of(config))


def _merged(after: Any, unknown: Any) -> Any:
    """Return the values with `UNRESOLVED` wherever one is known only later."""
    if unknown is True:
        return UNRESOLVED
    if isinstance(unknown, dict) and unknown:
        known = after if isinstance(after, dict) else {}
        return {name: _merged(known.get(name), unknown.get(name)) for name in {**known, **unknown}}
    if isinstance(unknown, list) and unknown:
        listed = after if isinstance(after, list) else []
        count = max(len(listed), len(unknown))
        pairs = zip(_padded(listed, count), _padded(unknown, count), strict=True)
        return [_merged(value, later) for value, later in pairs]
    return after


def _padded(items: list[Any], count: int) -> list[Any]:
    return [*items, *([None] * (count - len(items)))]


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the configuration of every resource, by its address without indexes."""
    for one in module.get("resources", []):
        yield f"{prefix}{one['address']}", one
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call.get("module", {}), f"{prefix}module.{name}.")


def _provider_regions(plan: Mapping[str, Any]) -> dict[str, str | Unresolved | None]:
    """Return the region of each provider configuration; None where none is set."""
    configured = plan.get("configuration", {}).get("provider_config", {})
    return {key: _region(one, plan.get("variables", {})) for key, one in configured.items()}


def _region(provider: Mapping[str, Any], variables: Mapping[str, Any]) -> str | Unresolved | None:
    """Return the region that a provider is configured with: a constant, or a variable of the root module."""
    expressions = provider.get("expressions", {})
    stated = expressions.get("region", expressions.get("location"))
    if stated is None:
        return None
    if isinstance(stated.get("constant_value"), str):
        return str(stated["constant_value"])
    references = stated.get("references", [])
    in_root = ":" not in str(provider.get("module_address", "")) and not provider.get("module_address")
    if in_root and len(references) == 1 and references[0].startswith("var."):
        value = variables.get(references[0].removeprefix("var."), {}).get("value")
        return value if isinstance(value, str) and value else UNRESOLVED
    return UNRESOLVED


def _store(one: Planned) -> Resource | None:
    known = STORES.get(one.place.type)
    if known is not None:
        return store_of(one.place, known, one.values)
    kind = one.place.type
    hidden = kind in HIDES or (looks_like_a_store(kind) and kind not in WITHIN)
    return unknown_store(one.place) if hidden else None
