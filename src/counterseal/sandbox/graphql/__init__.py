"""The sandbox's GraphQL interface: GitHub's own schema, as far as it is served, over the world."""

from __future__ import annotations

from typing import Any

from counterseal.sandbox.graphql.respond import respond
from counterseal.sandbox.graphql.world_source import WorldSource
from counterseal.sandbox.people import Token
from counterseal.sandbox.world import World


def execute(world: World, token: Token, body: bytes) -> tuple[int, dict[str, Any]]:
    """Return the status and body of the answer to a GraphQL request.

    Args:
        world: the world.
        token: what the request is made with; the interface answers nobody without one.
        body: the request's body.
    """
    return respond(WorldSource(world, token), body)
