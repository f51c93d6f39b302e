"""Incidents from where people keep them: a file, the payload of a webhook, issues with a label.

In an issue the facts stand in its body, one a line, as `name: value`; its dates fill the rest. Whoever may
write an issue may say such things: they are claims of people, sealed as what was known at that time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.canonical import parse
from counterseal.manifest.incident import Incident, incident_of
from counterseal.policy.issue import Issue
from counterseal.policy.tree import read_yaml

_LINE: Final = re.compile(
    r"^[-*]?[ \t]*(severity|detected|restored|cause|caused-by|reworked-by)[ \t]*:[ \t]*(.+?)[ \t]*$"
)
_LISTS: Final = frozenset({"caused-by", "reworked-by"})
_FIELDS: Final = {
    "detected": "detectedAt",
    "restored": "restoredAt",
    "caused-by": "causedBy",
    "reworked-by": "reworkedBy",
}
_UNSTATED: Final = "unstated"


def incidents_of_file(data: bytes, where: str, service: str) -> Iterator[Incident]:
    """Yield the incidents of a file: a list in YAML or JSON, or one below `incidents`.

    Args:
        data: the file's bytes.
        where: its name, for the error.
        service: the service of incidents that name none.

    Raises:
        MalformedError: an incident is none.
    """
    value: Any = read_yaml(data, where=where).value
    rows = value.get("incidents") if isinstance(value, dict) and set(value) == {"incidents"} else value
    if not isinstance(rows, list):
        raise MalformedError("a file of incidents is a list, or has one below `incidents`", where=where)
    for number, row in enumerate(rows, 1):
        place = f"{where}: number {number}"
        yield incident_of({"service": service, **row} if isinstance(row, dict) else row, place)


def incidents_of_webhook(data: bytes, where: str, service: str) -> Iterator[Incident]:
    """Yield the incident that a webhook of GitHub (`issues`) tells of.

    Raises:
        MalformedError: it is no such payload.
    """
    value: Any = parse(data, where=where)
    issue = value.get("issue") if isinstance(value, dict) else None
    if not isinstance(issue, dict) or "action" not in value:
        raise MalformedError("not the payload of a webhook about an issue", where=where)
    plain = {
        "number": issue.get("number"),
        "title": issue.get("title"),
        "body": issue.get("body") or "",
        "createdAt": issue.get("created_at"),
        **({"closedAt": issue["closed_at"]} if issue.get("closed_at") else {}),
        **({"url": issue["html_url"]} if issue.get("html_url") else {}),
    }
    try:
        found = msgspec.convert(plain, Issue)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"not an issue: {cause}"[:300], where=where) from cause
    yield from incidents_of_issues([found], service)


def incidents_of_issues(issues: Iterable[Issue], service: str) -> Iterator[Incident]:
    """Yield the incident of each issue. Errors as for `incidents_of_file`."""
    for one in issues:
        stated: dict[str, Any] = {
            "id": f"issue-{one.number}",
            "service": service,
            "severity": _UNSTATED,
            "title": one.title[:1000],
            "detectedAt": one.created_at,
            **({"restoredAt": one.closed_at} if one.closed_at else {}),
            **({"source": one.url} if one.url else {}),
        }
        yield incident_of(stated | dict(_stated(one.body)), f"issue {one.number}")


def _stated(body: str) -> Iterator[tuple[str, Any]]:
    for line in body.splitlines():
        match = _LINE.match(line)
        if match:
            name, value = match[1], match[2]
            yield (
                _FIELDS.get(name, name),
                [one.strip() for one in value.split(",")] if name in _LISTS else value,
            )
