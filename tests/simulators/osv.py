"""An OSV service on this machine, over a database of real advisories, with the faults that real ones have."""

from __future__ import annotations

import msgspec

from counterseal.checks.inventory.found import component
from counterseal.clients.advisory_db import AdvisoryDatabase
from counterseal.policy.advisory import match
from simulators.web import Web


class OsvWeb(Web):
    """The service.

    Attributes:
        page: how many advisories a page has; 0 for all on one.
        spoil: changes an answer before it is sent.
    """

    def __init__(self, database: AdvisoryDatabase) -> None:
        super().__init__()
        self.database, self.page, self.body = database, 0, None
        self.spoil = lambda answer: answer

    def answer(self, path, _):
        if path == "/v1/querybatch":
            return 200, self.spoil({"results": [self._result(query) for query in self.body["queries"]]})
        record = self.database.by_id.get(path.removeprefix("/v1/vulns/"))
        if record is None:
            return 404, {"code": 5}
        return 200, self.spoil(msgspec.to_builtins(record))

    def _result(self, query):
        package = query["package"]
        asked = component(package["ecosystem"], package["name"], query["version"])
        about = self.database.about(asked.ecosystem, asked.name)
        ids = [{"id": one.id, "modified": one.modified} for one in about if match(one, asked)]
        start = int(query.get("page_token", "0"))
        if self.page and len(ids) > start + self.page:
            token = str(start + self.page)
            return {"vulns": ids[start : start + self.page], "next_page_token": token}
        return {"vulns": ids[start:]} if ids[start:] else {}
