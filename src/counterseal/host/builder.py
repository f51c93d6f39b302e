"""Who ran the pipeline: from the identity token where there is one, else from the runner's own variables.

The token, the variables and the event that started the run must speak of the same run.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from msgspec.structs import replace

from counterseal.errors import UsageError
from counterseal.manifest.pseudonym import account_name
from counterseal.manifest.release import Builder, Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterseal.host.context import RunnerContext
    from counterseal.host.event import Event
    from counterseal.host.host import Host
    from counterseal.policy.pseudonyms import Pseudonyms

# What token and variables both know: if they differ, one of them is not about this run.
_COMMON = ("repository_id", "run_id", "run_attempt", "sha")


def identify(host: Host) -> Builder:
    """Return the identity of whoever runs this command; errors as of its three sources, and of `builder`."""
    from counterseal.host.event import read_event
    from counterseal.host.oidc import run_claims

    return builder(host.context, run_claims(host), read_event(host.env) if host.in_actions else None)


def builder(context: RunnerContext, claims: Mapping[str, str] | None, event: Event | None = None) -> Builder:
    """Return the identity of the builder.

    Args:
        context: the runner's variables.
        claims: the verified claims of the identity token (`counterseal.host.oidc.run_claims`), or None.
        event: the event that started the run, or None outside a runner.

    Raises:
        UsageError: the sources speak of different runs, or the token does not say of which.
    """
    if context.run_id is None:
        return Builder(id=f"local:{platform.node() or 'unknown'}", identity="local")
    if claims is not None:
        for name in _COMMON:
            _require_same(name, getattr(context, name), claims.get(name, "nothing"), "identity token")
    if event is not None and event.repository_id is not None:
        _require_same("repository_id", context.repository_id, str(event.repository_id), "event")
    workflow = (claims or {}).get("job_workflow_ref") or context.workflow_ref
    run = f"{context.repository}/actions/runs/{context.run_id}/attempts/{context.run_attempt}"
    return Builder(
        id=f"{context.server_url}/{workflow}",
        identity="environment" if claims is None else "oidc",
        event=context.event_name,
        run_id=context.run_id,
        run_attempt=context.run_attempt,
        run_url=f"{context.server_url}/{run}",
        actor=Person(id=context.actor_id, login=context.actor),
        runner=context.runner_environment,
        claims=dict(claims or {}),
    )


def unnamed(builder: Builder, pseudonyms: Pseudonyms | None) -> Builder:
    """Return a builder that names nobody; the same where people are named.

    A subject may be customised to hold the login of whoever started the run; it stands between colons.
    """
    if pseudonyms is None:
        return builder
    actor = builder.actor and pseudonyms.person(builder.actor)
    login, claims = builder.claims.get("actor"), dict(builder.claims)
    if login:
        number = claims.get("actor_id", "")
        shown = account_name(int(number)) if number.isdecimal() else pseudonyms.mention(login)
        for name in ("actor", "sub"):
            claims |= {
                name: ":".join(shown if part == login else part for part in claims.get(name, "").split(":"))
            }
    local = builder.id.removeprefix("local:")
    name = builder.id if local == builder.id else f"local:{pseudonyms.machine(local)}"
    return replace(builder, id=name, actor=actor, claims={key: text for key, text in claims.items() if text})


def _require_same(name: str, seen: object, told: str, source: str) -> None:
    """Refuse an environment that another source contradicts."""
    if told != str(seen):
        raise UsageError(f"the environment says {seen} but the {source} says {told}", where=name)
