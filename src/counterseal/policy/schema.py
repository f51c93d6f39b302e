"""The JSON Schema of the policy file, which editors complete and check it with."""

from __future__ import annotations

from counterseal.manifest.schema import Schema, document_schema
from counterseal.policy.file import PolicyFile


def policy_schema() -> Schema:
    """Return the schema (draft 2020-12) of `.github/counterseal.yml`."""
    return document_schema("policy", PolicyFile)
