"""Deployments to production: those that the forge has, and those that other platforms have exported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from counterseal.audit.population import Census, Deployed, Window
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.manifest.release import Person
from counterseal.manifest.types import Outcome, format_time, parse_time
from counterseal.policy.forge import Deployment, Gap

_OUTCOMES: Final = {"success": Outcome.PASSED, "failure": Outcome.FAILED, "error": Outcome.FAILED}
_WAIT: Final = timedelta(days=65)
"""How long before it begins a deployment may have been made: people have 30 days, and a run has 35 (limits of
GitHub Actions). One that a program made may wait longer, and is then not seen."""
_BEGINS: Final = frozenset({"in_progress", *_OUTCOMES})


def deployments(
    forge: Forge | None,
    exports: Iterable[Deployed],
    environments: Iterable[str],
    window: Window,
    *,
    exported: bool,
) -> tuple[tuple[Deployed, ...], Census]:
    """Return the deployments of a window, oldest first, and whether that is all of them.

    Args:
        forge: the forge; None where there is none to be asked.
        exports: what other platforms have exported.
        environments: the environments that count as production.
        window: the window.
        exported: whether there was any export, even an empty one.
    """
    wanted, told = frozenset(environments), tuple(exports)
    gaps = list(_misnamed(told, wanted))
    found = [one for one in told if one.environment in wanted]
    sources = ["exports"] if exported else []
    if forge is not None:
        made = format_time(parse_time(window.since) - _WAIT)
        sources.append("the forge")
        for environment in sorted(wanted):
            try:
                found += map(of_forge, forge.deployments(environment, made))
            except CountersealError as refusal:
                gaps.append(Gap(topic="deployments", message=refusal.diagnosis()[:1000], subject=environment))
    if not sources:
        gaps.append(Gap(topic="deployments", message="neither a forge nor an export tells what was deployed"))
    inside = [one for one in found if _within(one, window)]
    census = Census(
        population="deployments",
        source=" and ".join(sources) or "nothing",
        count=len(inside),
        gaps=tuple(gaps),
    )
    return tuple(sorted(inside, key=lambda one: (one.started_at, one.platform, one.id))), census


def _misnamed(exports: tuple[Deployed, ...], wanted: frozenset[str]) -> Iterator[Gap]:
    """Yield why an export may be about production in other words than the policy's, which would hide it."""
    plain = {one.casefold(): one for one in wanted}
    others = {one.environment for one in exports} - wanted
    for name in sorted(others):
        if name.casefold() in plain:
            message = f"an export says {name!r} and the policy {plain[name.casefold()]!r}"
            yield Gap(topic="deployments", message=message[:1000], subject=name)
    if exports and not any(one.environment in wanted for one in exports):
        message = f"no exported deployment is of {', '.join(sorted(wanted))}"
        yield Gap(topic="deployments", message=message[:1000])


def of_forge(one: Deployment) -> Deployed:
    """Return a deployment of the forge. It begins when its job does, which may have waited for people."""
    began = next((status.at for status in one.statuses if status.state in _BEGINS), one.created_at)
    ends = [status for status in one.statuses if status.state in _OUTCOMES]
    return Deployed(
        id=str(one.id),
        platform="github",
        environment=one.environment,
        commit=one.commit,
        started_at=began,
        finished_at=ends[-1].at if ends else None,
        outcome=_OUTCOMES[ends[-1].state] if ends else None,
        person=Person(id=one.creator.id, login=one.creator.login) if one.creator else None,
        url=one.url,
    )


def _within(one: Deployed, window: Window) -> bool:
    return parse_time(window.since) <= parse_time(one.started_at) <= parse_time(window.until)
