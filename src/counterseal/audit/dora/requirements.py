"""What the figures may support: clauses by their ids in the catalogue (`audit.clauses`).

No clause asks how often anybody deploys, or how fast. What is named asks for what a figure measures: whether
changes fail and are recovered from, and whether emergencies are looked at afterwards.
"""

from __future__ import annotations

from typing import Final

REQUIREMENTS: Final[dict[str, tuple[str, ...]]] = {
    "deployment-frequency": (),
    "lead-time": (),
    "change-failure-rate": ("DORA-2022-2554:13", "SOC-2:CC4.1"),
    "failed-deployment-recovery-time": ("RTS-2024-1774:17", "DORA-2022-2554:11"),
    "time-to-restore": ("DORA-2022-2554:11", "DORA-2022-2554:12", "FCA-SYSC:15A.2"),
    "rework-rate": ("DORA-2022-2554:13",),
    "emergencies-reviewed": ("RTS-2024-1774:17", "SOC-2:CC8.1"),
}
"""The clauses that each figure may support; see the catalogue of clauses."""
