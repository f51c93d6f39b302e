"""Incidents: what went wrong in production, when it was noticed and mended, and which releases it is about.

The document is what a page of the book of incidents says, the evidence of a control record of the stage
`incident`. Releases are linked by name (`<stream id>/<sequence>`), explicitly: an incident that merely
follows a deployment in time is not its fault.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.types import Name, Slug, Struct, Text, Time, parse_time

STAGE: Final = "incident"
FILE_NAME: Final = "incident.json"

IncidentId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9._-]{0,99}\Z", description="the incident's id, as a short lowercase name"
    ),
]


class Incident(Struct, frozen=True, kw_only=True):
    """One incident as it was known at one moment.

    Attributes:
        id: its id where incidents are kept.
        service: the repository's URI of the service that it hit.
        severity: how grave it is, in the firm's own word.
        detected_at: when it was noticed.
        restored_at: when the service worked again; absent while it does not.
        cause: whether a change caused it.
        caused_by: the releases that caused it.
        reworked_by: the releases that were made, unplanned, because of it.
        title: what it is called.
        source: where a person can read about it.
    """

    id: IncidentId
    service: Name
    severity: Slug
    detected_at: Time
    restored_at: Time | None = None
    cause: Literal["change", "other", "unknown"] = "unknown"
    caused_by: tuple[Name, ...] = ()
    reworked_by: tuple[Name, ...] = ()
    title: Text = ""
    source: Name | None = None


def plain_incident(incident: Incident) -> dict[str, Any]:
    """Return an incident as a page says it."""
    plain: dict[str, Any] = msgspec.to_builtins(incident)
    return plain


def incident_of(plain: object, where: str) -> Incident:
    """Return the incident that a page, or a person, says.

    Raises:
        MalformedError: it is none, or contradicts itself.
        RuleBroken: a time is none.
    """
    try:
        return check_incident(msgspec.convert(plain, Incident), where)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no incident: {cause}"[:300], where=where) from cause


def check_incident(incident: Incident, where: str) -> Incident:
    """Return an incident that makes sense.

    Raises:
        MalformedError: it was mended before it was noticed, or names releases although no change caused it.
        RuleBroken: a time is none.
    """
    detected = parse_time(incident.detected_at, where=where)
    if incident.restored_at is not None and parse_time(incident.restored_at, where=where) < detected:
        raise MalformedError("it was restored before it was detected", where=where)
    if incident.caused_by and incident.cause != "change":
        raise MalformedError(
            f"it names releases that caused it, and its cause is {incident.cause}", where=where
        )
    return incident
