"""The policy's part `code.sbom`: what an inventory must hold."""

from __future__ import annotations

from counterseal.policy.base import Section


class Sbom(Section, frozen=True, kw_only=True):
    """What an inventory must hold."""
