"""The machine that a command runs on: the GitHub Actions runner, or a terminal.

`Host` is what commands get. Beside it only `clients/` touches the process's environment, to hand a cleaned
one to the programs that it runs.
"""

from __future__ import annotations

from counterseal.host.host import Host
from counterseal.host.result import Annotation, Reason, Result

__all__ = ["Annotation", "Host", "Reason", "Result"]
