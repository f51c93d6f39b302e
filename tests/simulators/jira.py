"""A small Jira: the few answers of its REST interface that a tracker is asked for, and its ways to fail.

Shapes follow "The Jira Cloud platform REST API" (version 2) and the approvals of Jira Service Management. As
the real one does, it answers 404 both for what is not there and for what a visitor may not see.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

from simulators.web import Web

USER, SECRET = "robot@example.com", "s3cret-of-jira"


class JiraSimulator(Web):
    """A Jira site on 127.0.0.1.

    Attributes:
        issues: the issues by key.
        approvals: the approvals by the issue's key.
        inline: how many entries of a change log come with the issue.
        page: how many entries a page of a change log, or of approvals, has.
    """

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, dict] = {}
        self.approvals: dict[str, list[dict]] = {}
        self.inline, self.page = 2, 2

    def add(self, key: str, histories: list[dict] | None = None, **fields) -> None:
        """Add an issue."""
        values = {
            "project": {"key": key.split("-", maxsplit=1)[0]},
            "issuetype": {"name": "Story"},
            "status": {"name": "In Progress"},
            "created": "2026-11-20T10:00:00.000+0100",
            "updated": "2026-11-21T10:00:00.000+0100",
            "assignee": {"accountId": "5b10a2844c20165700ede21g"},
            "summary": "Refunds",
            "description": None,
        }
        self.issues[key] = {"key": key, "fields": values | fields, "histories": histories or []}

    def answer(self, path: str, headers) -> tuple[int, object]:
        """Answer a request."""
        known = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        allowed = headers.get("Authorization") == known
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/rest/api/2/myself":
            return (200, {"accountId": "robot"}) if allowed else (401, {"message": "not authenticated"})
        if match := re.fullmatch(r"/rest/api/2/issue/([^/]+)(/changelog)?", parts.path):
            issue = self.issues.get(match[1].upper())
            if not allowed or issue is None:
                return 404, {"errorMessages": ["Issue does not exist or you may not see it."]}
            return 200, (self._page(issue, query) if match[2] else self._issue(issue))
        if match := re.fullmatch(r"/rest/servicedeskapi/request/([^/]+)/approval", parts.path):
            if not allowed or match[1] not in self.approvals:
                return 404, {"errorMessage": "not found"}
            start = int(query["start"])
            values = self.approvals[match[1]][start : start + self.page]
            last = start + len(values) >= len(self.approvals[match[1]])
            return 200, {"start": start, "size": len(values), "isLastPage": last, "values": values}
        return 404, {"message": "no such resource"}

    def _issue(self, issue: dict) -> dict:
        first = issue["histories"][: self.inline]
        log = {"startAt": 0, "maxResults": self.inline, "total": len(issue["histories"]), "histories": first}
        return {"key": issue["key"], "fields": issue["fields"], "changelog": log}

    def _page(self, issue: dict, query: dict[str, str]) -> dict:
        start = int(query["startAt"])
        values = issue["histories"][start : start + self.page]
        return {"startAt": start, "maxResults": self.page, "total": len(issue["histories"]), "values": values}


def history(number: int, at: str, field: str = "status", before: str = "", after: str = "Done") -> dict:
    """Return an entry of a change log."""
    item = {"field": field, "fromString": before or None, "toString": after}
    return {"id": str(number), "created": at, "author": {"accountId": f"person-{number}"}, "items": [item]}


def approval(decision: str, people: dict[str, str], completed: str | None) -> dict:
    """Return an approval with what each approver has decided."""
    return {
        "id": "1",
        "finalDecision": decision,
        "approvers": [
            {"approver": {"accountId": person}, "approverDecision": said} for person, said in people.items()
        ],
        "createdDate": {"iso8601": "2026-11-20T09:00:00+0000"},
    } | ({"completedDate": {"iso8601": completed}} if completed else {})
