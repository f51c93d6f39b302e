"""The machine that a command runs on: the GitHub Actions runner, or a terminal.

`Host` is what commands get. Nothing else in the suite reads the process's environment or writes to its
streams.
"""

from __future__ import annotations

from counterseal.host.host import Host
from counterseal.host.result import Annotation, Reason, Result

__all__ = ["Annotation", "Host", "Reason", "Result"]
