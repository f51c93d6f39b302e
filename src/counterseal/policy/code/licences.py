"""The policy's part `code.licences`: which licences the dependencies may have."""

from __future__ import annotations

from counterseal.policy.base import Section


class Licences(Section, frozen=True, kw_only=True):
    """Which licences the dependencies may have."""
