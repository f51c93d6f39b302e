"""The policy's part `code.sast`: what static analysis must come to."""

from __future__ import annotations

from counterseal.policy.code.threshold import Threshold


class Sast(Threshold, frozen=True, kw_only=True):
    """What static analysis must come to."""
