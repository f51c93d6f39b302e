"""A small ServiceNow: its Table API for change requests and their approvals, and its ways to fail.

As the real one does, it answers a query that finds nothing, or nothing that may be seen, with an empty
result; it counts hidden rows in `X-Total-Count`; and it takes `^` in a query for the end of a condition.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from simulators.web import Web

TOKEN = "token-of-servicenow"


def field(value: str, display: str | None = None) -> dict:
    """Return a field as `sysparm_display_value=all` shows it."""
    return {"value": value, "display_value": value if display is None else display}


class ServiceNowSimulator(Web):
    """An instance on 127.0.0.1.

    Attributes:
        tables: the records of each table.
        hidden: the `sys_id` of rows that the role may not see.
        zone_display: what display values of times are set to, to prove that nobody reads them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[dict]] = {"change_request": [], "sysapproval_approver": []}
        self.hidden: set[str] = set()
        self.zone_display = "11/20/2026 02:00:00 AM"

    def add_change(self, number: str, sys_id: str = "c" * 32, **fields: dict) -> None:
        """Add a change request."""
        record = {
            "sys_id": field(sys_id),
            "sys_class_name": field("change_request", "Change Request"),
            "number": field(number),
            "type": field("normal", "Normal"),
            "state": field("-2", "Scheduled"),
            "approval": field("approved", "Approved"),
            "assigned_to": field("a" * 32, "Ann Example"),
            "sys_created_on": field("2026-11-20 10:00:00", self.zone_display),
            "sys_updated_on": field("2026-11-21 10:00:00", self.zone_display),
            "start_date": field("2026-11-24 20:00:00", self.zone_display),
            "end_date": field("2026-11-24 22:00:00", self.zone_display),
            "short_description": field("Deploy payments"),
            "description": field(""),
            "correlation_id": field(""),
        }
        self.tables["change_request"].append(record | fields)

    def add_approval(self, number: int, state: str, approver: str, of: str = "c" * 32) -> None:
        """Add an approval that was asked of somebody."""
        self.tables["sysapproval_approver"].append(
            {
                "sys_id": field(f"{number:032x}"),
                "sysapproval": field(of),
                "approver": field(approver, "Somebody"),
                "state": field(state),
                "sys_updated_on": field(f"2026-11-22 10:{number % 60:02}:00"),
            }
        )

    def answer(self, path: str, headers) -> tuple:
        """Answer a request."""
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": {"message": "User Not Authenticated"}}
        parts = urlsplit(path)
        table = parts.path.removeprefix("/api/now/table/")
        if table not in self.tables:
            return 404, {"error": {"message": "Invalid table"}}
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        found = [row for row in self.tables[table] if _matches(row, query["sysparm_query"])]
        start = int(query.get("sysparm_offset", "0"))
        page = found[start : start + int(query["sysparm_limit"])]
        names = query["sysparm_fields"].split(",")
        seen = [
            {name: row[name] for name in names if name in row}
            for row in page
            if row["sys_id"]["value"] not in self.hidden
        ]
        return 200, {"result": seen}, {"X-Total-Count": str(len(found))}


def _matches(row: dict, query: str) -> bool:
    for condition in query.split("^"):
        name, equals, value = condition.partition("=")
        if equals and name in row and row[name]["value"] != value:
            return False
    return True
