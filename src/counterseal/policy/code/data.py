"""The policy's part `code.data`: where which data may be."""

from __future__ import annotations

from counterseal.policy.base import Section


class Data(Section, frozen=True, kw_only=True):
    """Where which data may be."""
