"""The policy's part `code.sca`: what the dependencies must come to."""

from __future__ import annotations

from counterseal.policy.code.threshold import Threshold


class Sca(Threshold, frozen=True, kw_only=True):
    """What the dependencies must come to."""
