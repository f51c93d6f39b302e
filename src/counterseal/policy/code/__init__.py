"""The policy's section `code`: what the code of a release must be.

A part that is absent demands nothing; the command of that part then has nothing to judge, and says so.
"""

from __future__ import annotations

from counterseal.policy.base import Section
from counterseal.policy.code.sast import Sast
from counterseal.policy.code.sca import Sca
from counterseal.policy.code.waivers import WaiverRules


class Code(Section, frozen=True, kw_only=True):
    """What the code of a release must be.

    Attributes:
        sast: what static analysis must come to.
        sca: what the dependencies must come to.
        waivers: which problems may be let through for a time, and by whom.
    """

    sast: Sast | None = None
    sca: Sca | None = None
    waivers: WaiverRules | None = None
