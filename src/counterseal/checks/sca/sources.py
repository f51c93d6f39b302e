"""Where advisories come from: a database of this machine, or an OSV service; both are asked the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from counterseal.clients.advisory_db import AdvisoryDatabase
from counterseal.clients.osv import OsvService
from counterseal.manifest.types import parse_time
from counterseal.policy.advisory import Advisory
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, inconclusive

RULE = "sca"


@dataclass(frozen=True)
class Known:
    """What a source knows of some components.

    Attributes:
        about: the advisories that may be about each component, by its purl.
        other: returns a record by its id, where the source has it.
        findings: what the source cannot tell.
        facts: what it was, for the evidence.
    """

    about: Mapping[str, tuple[Advisory, ...]]
    other: Callable[[str], Advisory | None]
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, str | int] = field(default_factory=dict)


def ask_database(
    database: AdvisoryDatabase, components: Sequence[Component], now: str, most_days: int
) -> Known:
    """Ask a database.

    A database without any record of an ecosystem says nothing of its packages, and one whose newest record is
    older than the policy allows nothing of today.

    Args:
        database: the database.
        components: the components.
        now: the moment, as a `Time`.
        most_days: how old its newest record may be, in days.
    """
    findings = [
        inconclusive(RULE, f"the advisories have no record of the ecosystem {ecosystem}", subject=ecosystem)
        for ecosystem in sorted({one.ecosystem for one in components} - database.ecosystems)
    ]
    age = _age(database.modified, now)
    if age is None or age > most_days:
        told = f"{age} days old" if age is not None else "of no date"
        message = f"the advisories are {told}; the policy allows {most_days}"
        findings.append(inconclusive(RULE, message, subject=database.digest, remedy="fetch newer ones"))
    about = {one.purl: database.about(one.ecosystem, one.name) for one in components}
    facts: dict[str, str | int] = {
        "source": "database",
        "digest": database.digest,
        "modified": database.modified,
        "records": database.count,
    }
    return Known(about, database.by_id.get, tuple(findings), facts)


def ask_service(service: OsvService, address: str, components: Sequence[Component]) -> Known:
    """Ask a service.

    Raises:
        Inconclusive: an answer is not whole.
    """
    ids = service.ids(components)
    records = service.records(name for found in ids.values() for name in found)
    wanted = {
        alias
        for record in records.values()
        for alias in record.aliases
        if alias.startswith("GHSA-") and alias not in records
    }
    # Only for their severities: one that the service does not have is no answer that is missing.
    more = {name: found for name in sorted(wanted) if (found := _optional(service, name))}
    about = {purl: tuple(records[name] for name in found) for purl, found in ids.items()}
    facts: dict[str, str | int] = {"source": "service", "address": address, "records": len(records)}
    return Known(about, (records | more).get, (), facts)


def _optional(service: OsvService, name: str) -> Advisory | None:
    from counterseal.clients.http import NotFound

    try:
        return service.records([name])[name]
    except NotFound:
        return None


def _age(modified: str, now: str) -> int | None:
    """Return how many whole days lie between two moments; None where one of them is none."""
    try:
        then = datetime.fromisoformat(modified)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max((parse_time(now) - then).days, 0)
