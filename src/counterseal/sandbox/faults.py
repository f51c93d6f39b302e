"""Faults: what can go wrong between a client and a forge, asked for by method and path."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "cut", "cut-body", "truncate", "total", "empty-next", "same-next"]


@dataclass
class Fault:
    """A fault.

    Attributes:
        method: the method that it meets, or `*`.
        path: a pattern that is searched for in the path.
        kind: what happens: another status, a connection that is cut before or within the answer, a page with
            fewer items than there are, a wrong total, a next page that is empty or the same again.
        status: the status that is answered.
        retry_after: seconds in the header `retry-after`.
        headers: further headers.
        message: the message of the answer.
        times: how often it happens; -1 for always.
        after: how many matching requests are let through first.
        done: whether a change takes effect although the answer says otherwise.
    """

    method: str
    path: str
    kind: Kind = "status"
    status: int = 502
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    times: int = 1
    after: int = 0
    done: bool = False


class Faults:
    """The faults that are waiting to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self.happened = 0

    def add(self, fault: Fault) -> Fault:
        """Let a fault happen to the next requests that it meets."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._waiting.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """Return the fault that happens to a request, or None."""
        with self._lock:
            for fault in self._waiting:
                if fault.times and fault.method in ("*", method) and re.search(fault.path, path):
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    fault.times -= 1 if fault.times > 0 else 0
                    self.happened += 1
                    return fault
        return None
