"""Classification against placement: whether every store is where, and kept as, its data must be. Pure.

What is compared are declarations and configuration. Where data really flow, nobody can see here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final, TypeAlias, get_args

from counterseal.policy.finding import Finding, inconclusive, noted
from counterseal.policy.placement import Access, Data
from counterseal.policy.placement.classification import ANYWHERE, CLASSES, DataSet
from counterseal.policy.placement.resource import Aspect, Grant, Privilege, Resource
from counterseal.policy.problem import Kind, Problem, fingerprint
from counterseal.policy.severity import Rating, Severity

RULE: Final = "placement"
Said: TypeAlias = Iterator[Problem | Finding]

_PRIVILEGES: Final = get_args(Privilege)
_GONE: Final = frozenset({"delete"})


def sets_of(resource: Resource, data: Iterable[DataSet]) -> tuple[str, ...]:
    """Return the names of the data sets that a store keeps, by its address or its deployed names."""
    return tuple(one.name for one in data if _keeps(resource, one))


def judge_placement(
    data: tuple[DataSet, ...], resources: tuple[Resource, ...], rules: Data, today: str
) -> Said:
    """Yield what is wrong with where data are and how they are kept, and what cannot be told of that.

    Args:
        data: the data sets of the classification.
        resources: what is deployed.
        rules: what the policy demands.
        today: the day, YYYY-MM-DD.
    """
    there = [one for one in resources if one.action not in _GONE]
    for one in there:
        if one.kind == "unknown":
            yield _unknown_type(one)
        else:
            yield from _judge_store(one, [known for known in data if _keeps(one, known)], rules)
    for known in data:
        yield from _judge_set(known, there, rules, today)


def judge_grants(grants: tuple[Grant, ...], rules: Access) -> Said:
    """Yield every right that is given or changed and is more than the policy allows without an approver."""
    for one in grants:
        if one.action in ("no-op", "delete"):
            continue
        if one.privilege is None:
            message = f"nobody can tell how much {one.type} gives: {one.why}"
            yield inconclusive(
                "access", message, subject=one.address, remedy="write its actions and resources out"
            )
        elif _PRIVILEGES.index(one.privilege) > _PRIVILEGES.index(rules.most):
            whom = f" to {one.principal}" if one.principal else ""
            message = f"it gives {one.privilege} rights{whom} ({one.why}); {rules.most} is the most"
            remedy = "give less, or have the named approver grant a waiver of the kind access"
            yield _problem("access", "privilege", one.address, message, remedy, one.principal or "", one.why)


def _keeps(resource: Resource, data: DataSet) -> bool:
    known = (resource.address, *resource.names)
    return any(fnmatchcase(name, store) for store in data.stores for name in known)


def _judge_store(store: Resource, data: list[DataSet], rules: Data) -> Said:
    if not data:
        yield from _unclassified(store, rules)
        return
    for one in data:
        yield from _judge_region(store, one)
    top = max((one.class_ for one in data), key=CLASSES.index)
    if top in rules.encryption:
        remedy = "encrypt it at rest"
        yield from _demand(
            store, "encryption", store.encrypted, f"it keeps {top} data and is not encrypted", remedy
        )
    if top in rules.private:
        remedy = "close it to the public"
        private = None if store.public is None else not store.public
        yield from _demand(
            store, "public-access", private, f"it keeps {top} data and is open to the public", remedy
        )
    if top in rules.backups:
        yield from _demand(
            store, "backups", store.backups, f"it keeps {top} data and has no backups", "back it up"
        )


def _judge_region(store: Resource, data: DataSet) -> Said:
    """Yield where a store is, or copies to, and its data may not be."""
    if ANYWHERE in data.regions:
        return
    allowed = ", ".join(data.regions)
    if store.region is None:
        yield _untold(store, "region", f"{data.name} may be in {allowed}")
    elif store.region not in data.regions:
        message = f"{data.name} ({data.class_}) may be in {allowed}, and this is in {store.region}"
        remedy = f"deploy it to one of: {allowed}"
        yield _problem("placement", "residency", store.address, message, remedy, data.name, store.region)
    if "replicas" in store.unresolved:
        yield _untold(store, "replicas", f"{data.name} may be in {allowed}")
    for region in store.replicas:
        if region not in data.regions:
            message = f"{data.name} ({data.class_}) may be in {allowed}, and this copies them to {region}"
            remedy = f"copy them to one of: {allowed}"
            yield _problem(
                "placement", "residency", store.address, message, remedy, data.name, f"copy {region}"
            )


def _demand(store: Resource, aspect: Aspect, met: bool | None, message: str, remedy: str) -> Said:
    if met is None:
        yield _untold(store, aspect, "the policy demands it")
    elif not met:
        yield _problem("placement", aspect, store.address, message, remedy, "", store.type)


def _untold(store: Resource, aspect: str, why: str) -> Finding:
    known_later = "is known only when it is deployed" if aspect in store.unresolved else "is not told"
    remedy = f"write it out in {store.source}, or give a plan that knows it"
    return inconclusive(RULE, f"its {aspect} {known_later}, and {why}", subject=store.address, remedy=remedy)


def _unclassified(store: Resource, rules: Data) -> Said:
    message = f"no data set names this {store.type}, so nobody knows what may be kept in it"
    remedy = f"name it in {rules.classification}"
    if rules.unclassified == "note":
        yield noted(RULE, message, subject=store.address)
    else:
        yield _problem("placement", "unclassified", store.address, message, remedy, "", store.type)


def _unknown_type(one: Resource) -> Finding:
    message = f"{one.type} may keep data, and where and how it does cannot be read here"
    remedy = "name its type in gate.data.no-stores where it keeps none"
    return inconclusive(RULE, message, subject=one.address, remedy=remedy)


def _judge_set(data: DataSet, there: list[Resource], rules: Data, today: str) -> Said:
    """Yield what is wrong with the entry of a data set itself."""
    if data.review_by < today:
        message = f"its entry was to be looked at by {data.review_by}; {data.owner} owns it"
        remedy = f"look at it, and set review-by in {rules.classification}"
        yield _problem("placement", "classification-review", data.name, message, remedy, "", data.review_by)
    if not any(_keeps(one, data) for one in there):
        message = "none of its stores is deployed by what was looked at; a misspelt name looks the same"
        if rules.absent == "note":
            yield noted(RULE, message, subject=data.name)
        else:
            remedy = f"correct its stores in {rules.classification}, or name the files that deploy them"
            yield inconclusive(RULE, message, subject=data.name, remedy=remedy)


def _problem(kind: Kind, rule: str, subject: str, message: str, remedy: str, *binds: str) -> Problem:
    return Problem(
        kind=kind,
        tool="counterseal",
        rule=rule,
        message=message[:16384],
        rating=Rating(severity=Severity.HIGH, source="policy"),
        subject=subject[:1024],
        fingerprint=fingerprint(kind, rule, subject, *binds),
        remedy=remedy,
    )
