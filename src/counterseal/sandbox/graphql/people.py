"""Accounts, teams, and whoever commits name, as GraphQL shows them."""

from __future__ import annotations

import base64

from counterseal.sandbox.graphql.connections import Node, connection
from counterseal.sandbox.graphql.facts import Identity, Person, Signature, Team

_STATES = {"malformed_signature": "MALFORMED_SIG", "unknown_signature_type": "UNKNOWN_SIG_TYPE"}
"""The reasons of REST that GraphQL calls otherwise than by their capital letters."""


def node_id(kind: str, *parts: object) -> str:
    """Return the opaque id of a node.

    Args:
        kind: its type.
        parts: what tells it from others of that type.
    """
    return base64.b64encode(":".join([kind, *map(str, parts)]).encode()).decode()


def person(facts: Person | None) -> Node | None:
    """Return an account; a deleted one is null, and a bot has no `[bot]` at the end of its login here."""
    if facts is None:
        return None
    shown = user(facts) | {"__typename": facts.kind, "id": node_id(facts.kind, facts.id)}
    return shown | {"login": facts.login.removesuffix("[bot]")} if facts.kind == "Bot" else shown


def user(facts: Person) -> Node:
    """Return an account as a user."""
    return {
        "id": node_id("User", facts.id),
        "databaseId": facts.id,
        "login": facts.login,
        "url": facts.url,
        "name": facts.name or None,
        "email": facts.email,
    }


def identity(facts: Identity) -> Node:
    """Return somebody whom a commit names; only people have an account here, never bots."""
    account = facts.account if facts.account and facts.account.kind == "User" else None
    return {"name": facts.name, "email": facts.email, "date": facts.date, "user": person(account)}


def signature(facts: Signature | None) -> Node | None:
    """Return a commit's signature."""
    if facts is None:
        return None
    return {
        "__typename": facts.kind,
        "isValid": facts.verified,
        "state": _STATES.get(facts.reason, facts.reason.upper()),
        "payload": facts.payload,
        "signature": facts.text,
        "email": facts.email,
        "verifiedAt": facts.verified_at,
        "wasSignedByGitHub": facts.by_forge,
        "signer": person(facts.signer),
        "keyId": facts.key,
        "keyFingerprint": facts.key,
    }


def team(facts: Team) -> Node:
    """Return a team."""
    return {
        "id": node_id("Team", facts.id),
        "databaseId": facts.id,
        "name": facts.name,
        "slug": facts.slug,
        "combinedSlug": f"{facts.organization}/{facts.slug}",
        "members": connection("members", lambda: facts.members, person),
    }
