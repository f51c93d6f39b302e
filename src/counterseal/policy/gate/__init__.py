"""The policy's section `gate`: what a release must be before it is staged.

A part that is absent demands nothing. The rules that judge stand in `counterseal.policy.gate.rules`, one in
each module.
"""

from __future__ import annotations

from counterseal.policy.base import Section
from counterseal.policy.contents import Contents
from counterseal.policy.gate.demands import (
    BannedComponent,
    EmergencyRule,
    EvidenceRule,
    LeastRetention,
    SeverityRule,
    WaiverLimits,
)
from counterseal.policy.placement import Access, Data
from counterseal.policy.rego import Rego


class Gate(Section, frozen=True, kw_only=True):
    """What a release must be before it is staged.

    Attributes:
        evidence: the records that must have passed, and how fresh their evidence must be.
        severity: from which severity on a problem of an earlier stage blocks here too.
        licences: whether `code.licences` is judged again, over the inventory that is on record.
        components: packages that may not be in a release.
        waivers: how many waivers a release may rest on, and for what.
        separation: whether whoever starts the release must have had no part in the change.
        freezes: whether the windows of `approval.freezes` stop a release here already.
        retention: how long, at least, the evidence must be kept.
        emergency: what a change of an emergency class must have on record.
        data: how the firm's data are classified, and where they may be.
        access: which rights may be given without the named approver.
        contents: what may not be in what is shipped, or kept as evidence.
        rego: the organisation's own rules.
    """

    evidence: tuple[EvidenceRule, ...] = ()
    severity: SeverityRule | None = None
    licences: bool = False
    components: tuple[BannedComponent, ...] = ()
    waivers: WaiverLimits | None = None
    separation: bool = False
    freezes: bool = False
    retention: LeastRetention | None = None
    emergency: EmergencyRule | None = None
    data: Data | None = None
    access: Access | None = None
    contents: Contents | None = None
    rego: Rego | None = None
