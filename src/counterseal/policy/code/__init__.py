"""The policy's section `code`: what the code of a release must be.

A part that is absent demands nothing; the command of that part then has nothing to judge, and says so.
"""

from __future__ import annotations

from counterseal.policy.base import Section
from counterseal.policy.code.licences import Licences
from counterseal.policy.code.sast import Sast
from counterseal.policy.code.sbom import Sbom
from counterseal.policy.code.sca import Sca
from counterseal.policy.code.waivers import WaiverRules


class Code(Section, frozen=True, kw_only=True):
    """What the code of a release must be.

    Attributes:
        sast: what static analysis must come to.
        sca: what the dependencies must come to.
        sbom: what an inventory must hold.
        licences: which licences the dependencies may have; `sbom` judges them.
        waivers: which problems may be let through for a time, and by whom.
    """

    sast: Sast | None = None
    sca: Sca | None = None
    sbom: Sbom | None = None
    licences: Licences | None = None
    waivers: WaiverRules | None = None
