"""The OSV interface (google.github.io/osv.dev/api): batches of questions, every page, whole records.

An answer that is not exactly what was asked for is no answer: another number of results than of questions, a
page that never ends, a record of another id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from counterseal.clients.http import JsonService
from counterseal.errors import Inconclusive
from counterseal.policy.advisory import Advisory
from counterseal.policy.component import Component

PUBLIC: Final = "https://api.osv.dev"
"""The address of the public service."""

MOST_PAGES: Final = 100
"""How many pages of one answer are followed."""

_BATCH: Final = 500  # questions in one request; the service takes a thousand


class OsvService:
    """An OSV service.

    Args:
        service: the web service, whose base ends before `/v1`.
    """

    def __init__(self, service: JsonService) -> None:
        self._service = service
        self.requests = 0

    def ids(self, components: Sequence[Component]) -> dict[str, tuple[str, ...]]:
        """Return the ids of the advisories about each component, by its purl.

        Raises:
            Inconclusive: an answer is not whole.
        """
        found: dict[str, dict[str, None]] = {one.purl: {} for one in components}
        waiting: list[tuple[Component, str | None]] = [(one, None) for one in components]
        for _ in range(MOST_PAGES):
            if not waiting:
                return {purl: tuple(ids) for purl, ids in found.items()}
            waiting = [
                more
                for start in range(0, len(waiting), _BATCH)
                for more in self._batch(waiting[start : start + _BATCH], found)
            ]
        raise Inconclusive("the pages of an answer have no end", where=self._service.base)

    def records(self, ids: Iterable[str]) -> dict[str, Advisory]:
        """Return whole records by their ids.

        Raises:
            Inconclusive: one cannot be had.
        """
        return {name: self._record(name) for name in dict.fromkeys(ids)}

    def _batch(
        self, questions: list[tuple[Component, str | None]], found: dict[str, dict[str, None]]
    ) -> list[tuple[Component, str | None]]:
        """Ask, keep the ids, and return what has to be asked again for its next page."""
        self.requests += 1
        answer: Any = self._service.query(
            "/v1/querybatch", {"queries": [_question(*one) for one in questions]}
        ).body
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(questions):
            raise Inconclusive("the answer has not one result for each question", where=self._service.base)
        again: list[tuple[Component, str | None]] = []
        for (component, before), result in zip(questions, results, strict=True):
            if not isinstance(result, dict) or not isinstance(result.get("vulns", []), list):
                raise Inconclusive("a result is none", where=self._service.base)
            for one in result.get("vulns", []):
                if not isinstance(one, dict) or not isinstance(one.get("id"), str):
                    raise Inconclusive("an advisory without an id", where=self._service.base)
                found[component.purl][one["id"]] = None
            token = result.get("next_page_token")
            if token:
                if token == before:
                    raise Inconclusive("a page leads to itself", where=self._service.base)
                again.append((component, str(token)))
        return again

    def _record(self, name: str) -> Advisory:
        from urllib.parse import quote

        self.requests += 1
        body = self._service.get(f"/v1/vulns/{quote(name, safe='')}").body
        try:
            record = msgspec.convert(body, Advisory)
        except msgspec.ValidationError as cause:
            raise Inconclusive(
                f"{name[:100]} is no OSV record: {str(cause)[:200]}", where=self._service.base
            ) from cause
        if record.id != name:
            raise Inconclusive(
                f"{name[:100]} was asked for, and {record.id[:100]} came", where=self._service.base
            )
        return record


def _question(component: Component, page: str | None) -> dict[str, Any]:
    package = {"name": component.name, "ecosystem": component.ecosystem}
    version = component.version.removeprefix("v") if component.ecosystem == "Go" else component.version
    question: dict[str, Any] = {"package": package, "version": version}
    return question | ({"page_token": page} if page else {})
