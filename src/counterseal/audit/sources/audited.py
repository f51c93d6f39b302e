"""An audit as a whole: all that is compared is gathered and reconciled, and what was taken over confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from counterseal.audit.answer import Judged, Work
from counterseal.audit.population import Populations, Window
from counterseal.audit.reconcile import reconciled
from counterseal.audit.sources.gather import Gathered, Sources, gather
from counterseal.policy.audit import Audit


@dataclass(frozen=True)
class Audited:
    """What an audit has found.

    Attributes:
        populations: what was compared.
        elements: every element of it with its verdicts.
        work: how much was verified.
    """

    populations: Populations
    elements: tuple[Judged, ...]
    work: Work


def audited(sources: Sources, window: Window, demands: Audit) -> Audited:
    """Audit; where the sample of what an earlier audit has verified does not hold, nothing of that counts.

    Args:
        sources: where everything is.
        window: the time that it is about.
        demands: the policy's section `audit`.

    Raises:
        UsageError: the repository is none.
    """
    gathered = gather(sources, window, demands)
    elements = reconciled(gathered.compared)  # while others verify the sample
    if not gathered.sample.agrees():
        gathered = gather(sources, window, demands, anew=True)
        elements = reconciled(gathered.compared)
    return Audited(gathered.compared.populations, elements, _work(gathered))


def _work(gathered: Gathered) -> Work:
    again, work = gathered.sample.again(), gathered.work
    return replace(work, signatures=work.signatures + again.signatures, blobs=work.blobs + again.blobs)
