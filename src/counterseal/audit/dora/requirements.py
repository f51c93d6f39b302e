"""What the figures are evidence for: clauses by their ids in the catalogue (`audit.clauses`)."""

from __future__ import annotations

from typing import Final

REQUIREMENTS: Final = {
    "deployment-frequency": ("RTS-2024-1774:17",),
    "lead-time": ("RTS-2024-1774:17", "PCI-DSS-4.0.1:6.5.1"),
    "change-failure-rate": ("RTS-2024-1774:17", "DORA-2022-2554:13", "SOC-2:CC8.1"),
    "failed-deployment-recovery-time": ("RTS-2024-1774:17", "DORA-2022-2554:11"),
    "time-to-restore": ("DORA-2022-2554:11", "DORA-2022-2554:12", "FCA-SYSC:15A.2"),
    "rework-rate": ("DORA-2022-2554:13",),
    "emergencies-reviewed": ("RTS-2024-1774:17", "SOC-2:CC8.1"),
}
"""The clauses that each figure is evidence for; see the catalogue of clauses."""
