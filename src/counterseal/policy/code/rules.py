"""The policy's part `code.rules`: rules of the organisation's own."""

from __future__ import annotations

from counterseal.policy.base import Section


class Rules(Section, frozen=True, kw_only=True):
    """Rules of the organisation's own."""
