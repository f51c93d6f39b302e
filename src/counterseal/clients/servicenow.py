"""ServiceNow, through its Table API.

A query's result is empty both when there is no such record and when our role may not see it; and rows that it
may not see are left out of a list without a word. So totals are compared, and no empty answer is a verdict.
"""

from __future__ import annotations

import re
from typing import Any

from counterseal.clients.http import JsonService, NotFound
from counterseal.clients.tracker import (
    Verdict,
    candidate_in,
    checked_key,
    items,
    member,
    moment,
    not_there,
    optional_text,
    text,
    useless,
    when,
)
from counterseal.errors import Inconclusive
from counterseal.policy.ticket import Ticket

_TABLES = {"CHG": "change_request", "INC": "incident", "PRB": "problem"}
_FIELDS = (
    *("sys_id", "sys_class_name", "number", "type", "state", "approval", "assigned_to", "sys_created_on"),
    *("sys_updated_on", "start_date", "end_date", "short_description", "description", "correlation_id"),
)
_APPROVAL_FIELDS = ("sys_id", "approver", "state", "sys_updated_on")
_PAGE = 100
_MOST_PAGES = 100
_SYS_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[A-Za-z]+")
_CANCELLED = "4"  # the state of a change request that was cancelled, whatever language it is shown in
_WORDS = frozenset({"canceled", "cancelled"})
_APPROVALS: dict[str, Verdict] = {
    "approved": "approved",
    "rejected": "rejected",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}


class ServiceNow:
    """A ServiceNow instance.

    Args:
        service: where it is, with our credentials.
    """

    def __init__(self, service: JsonService) -> None:
        self._service = service

    def ticket(self, key: str) -> Ticket:
        """Return a record of the table that its key's prefix names; see `Tracker.ticket`."""
        prefix = _PREFIX.match(checked_key(key))
        table = _TABLES.get(prefix[0].upper() if prefix else "", "task")
        return self._ticket(self._record(table, key), table, key)

    def change(self, key: str) -> Ticket:
        """Return a change request with its approvals; see `Tracker.change`."""
        import msgspec

        record = self._record("change_request", checked_key(key))
        found = self._ticket(record, "change_request", key)
        approvals = self._approvals(record, key)
        given = [row for row in approvals if _value(row, "state", key).casefold() == "approved"]
        verdict = _verdict(record, bool(given), key)
        decided = max((when(_values(row), "sys_updated_on", key=key) for row in given), default=None)
        return msgspec.structs.replace(
            found,
            verdict=verdict,
            approvers=tuple(dict.fromkeys(_value(row, "approver", key) for row in given)),
            decided_at=decided if verdict == "approved" else None,
        )

    def _record(self, table: str, key: str) -> Any:
        query = {
            "sysparm_query": f"number={key}",
            "sysparm_fields": ",".join(_FIELDS),
            "sysparm_display_value": "all",
            "sysparm_limit": "2",
        }
        try:
            rows = items(self._service.get(f"/api/now/table/{table}", query).body, "result", key=key)
        except NotFound as cause:
            raise Inconclusive(
                f"the table {table} is not there: is this a ServiceNow instance?", where=key
            ) from cause
        if not rows:
            raise not_there(key)
        # An instance ignores a condition on a field that it does not know, and answers with any record.
        if len(rows) > 1 or _value(rows[0], "number", key).casefold() != key.casefold():
            raise useless("it is not the one record that was asked for", key)
        return rows[0]

    def _ticket(self, record: Any, table: str, key: str) -> Ticket:
        values = _values(record)
        kind = optional_text(values, "type", key=key) or _shown(record, "sys_class_name", key)
        number, sys_id = _value(record, "number", key), self._sys_id(record, key)
        texts = ("short_description", "description", "correlation_id")
        return Ticket(
            key=number,
            project=optional_text(values, "sys_class_name", key=key) or table,
            kind=kind,
            state=_shown(record, "state", key),
            created_at=when(values, "sys_created_on", key=key),
            updated_at=moment(optional_text(values, "sys_updated_on", key=key), key=key),
            assignee=optional_text(values, "assigned_to", key=key),
            approval=optional_text(values, "approval", key=key),
            candidate=candidate_in(*(_plain(values.get(name)) for name in texts)),
            window_from=moment(optional_text(values, "start_date", key=key), key=key),
            window_until=moment(optional_text(values, "end_date", key=key), key=key),
            url=f"{self._service.base}/nav_to.do?uri={table}.do?sys_id={sys_id}",
        )

    def _approvals(self, record: Any, key: str) -> list[Any]:
        """Return every approval of a record, asked for and given."""
        found: dict[str, Any] = {}
        for page in range(_MOST_PAGES):
            answer = self._service.get(
                "/api/now/table/sysapproval_approver",
                {
                    "sysparm_query": f"sysapproval={self._sys_id(record, key)}^ORDERBYsys_id",
                    "sysparm_fields": ",".join(_APPROVAL_FIELDS),
                    "sysparm_display_value": "all",
                    "sysparm_limit": str(_PAGE),
                    "sysparm_offset": str(page * _PAGE),
                },
            )
            rows = items(answer.body, "result", key=key)
            found |= {_value(row, "sys_id", key): row for row in rows}
            total = answer.headers.get("x-total-count", "")
            if not total.isdigit():
                raise useless("it does not say how many approvals there are", key)
            if len(found) == int(total):
                return list(found.values())
            if len(found) > int(total) or len(rows) < _PAGE:
                break
        raise useless(f"{len(found)} of {total} approvals: some are hidden, or they changed meanwhile", key)

    def _sys_id(self, record: Any, key: str) -> str:
        found = _value(record, "sys_id", key)
        if not _SYS_ID.fullmatch(found):
            raise useless("no sys_id", key)
        return found


def _verdict(record: Any, given: bool, key: str) -> Verdict:
    """Return what a change request's own approval comes to.

    The field alone is not enough: whoever may write the record may write it. Somebody must have approved.
    """
    if _value(record, "state", key) == _CANCELLED or _shown(record, "state", key).casefold() in _WORDS:
        return "cancelled"
    verdict = _APPROVALS.get(optional_text(_values(record), "approval", key=key) or "", "pending")
    return "pending" if verdict == "approved" and not given else verdict


def _values(record: Any) -> dict[str, Any]:
    """Return a record's own values, without those for display: times in them are UTC, references are ids."""
    if not isinstance(record, dict):
        raise useless("a record that is no object", "result")
    return {name: member(value, "value", key=name) for name, value in record.items()}


def _value(record: Any, name: str, key: str) -> str:
    return text(_values(record), name, key=key)


def _shown(record: Any, name: str, key: str) -> str:
    """Return a value as people see it, so that a policy can name a state by its word."""
    return text(record, name, "display_value", key=key)


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None
