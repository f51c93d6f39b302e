"""Everything that passes through a running sandbox, checked against GitHub's description in both directions.

with recorded(server) as traffic:
    ...
# raises here when a request or an answer was not GitHub's
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from github_api.description import check_answer, check_request

REFUSED = frozenset({400, 404, 415, 422})
"""With these GitHub itself says that a request was wrong (or unknown), so it is not judged again here."""


@dataclass(frozen=True)
class Call:
    """One request and its answer.

    Attributes:
        method: the method.
        path: the path.
        query: the query string.
        status: the status.
        body: the request's body.
    """

    method: str
    path: str
    query: str
    status: int
    body: bytes = b""


@dataclass
class Recording:
    """What passed through, and what was wrong with it.

    Attributes:
        calls: every request with its answer's status.
        problems: what was not as GitHub has it.
        operations: the operations that were answered with success.
    """

    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def __call__(
        self,
        method: str,
        path: str,
        query: str,
        request_body: bytes,
        status: int,
        headers: Mapping[str, str],
        response_body: bytes,
    ) -> None:
        """Take down one request and its answer; nothing is raised in the server's thread."""
        with self._lock:
            self.calls.append(Call(method, path, query, status, request_body or b""))
            try:
                self._check(method, path, query, request_body, status, headers, response_body)
            except AssertionError as error:
                self.problems.append(f"{method} {path}?{query} -> {status}\n{error}")

    def assert_sound(self) -> None:
        """Raise when anything was not as GitHub has it."""
        if self.problems:
            raise AssertionError("\n\n".join(dict.fromkeys(self.problems)))

    def _check(
        self,
        method: str,
        path: str,
        query: str,
        request_body: bytes,
        status: int,
        headers: Mapping[str, str],
        response_body: bytes,
    ) -> None:
        """Check one request and its answer."""
        if path == "/graphql":
            _check_graphql(status, response_body)
            return
        if status not in REFUSED:
            check_request(method, path, query, request_body)
        operation = check_answer(method, path, status, headers, response_body)
        if status < 400:
            self.operations.add(operation.name)


@contextlib.contextmanager
def recorded(server: Any) -> Iterator[Recording]:
    """Check all that passes through a sandbox while the block runs.

    Args:
        server: the running sandbox.

    Raises:
        AssertionError: at the end of the block, something was not as GitHub has it.
    """
    recording = Recording()
    server.observers.append(recording)
    try:
        yield recording
    finally:
        server.observers.remove(recording)
    recording.assert_sound()


def _check_graphql(status: int, body: bytes) -> None:
    """Check the frame of a GraphQL answer; its content is checked by the schema as it is made."""
    if status >= 500:
        return
    answer = json.loads(body)
    if status == 200:
        if not {"data"} <= answer.keys() <= {"data", "errors", "extensions"} and "errors" not in answer:
            raise AssertionError(f"neither data nor errors: {sorted(answer)}")
    elif "message" not in answer:
        raise AssertionError(f"{status} without a message")
