"""Facts: what the documents that policies judge are made of."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Base of every fact: immutable, kebab-case on the wire as in the policy file, null rather than absent.

    A rule that somebody writes in Rego takes an absent member for *undefined*, and then says nothing. So what
    is not known is null, and always there.
    """
