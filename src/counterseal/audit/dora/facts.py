"""From sealed records to facts: what was attempted, how each commit came to production, what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from counterseal.approval.model import Brought
from counterseal.audit.dora.model import Attempt, Ending, Facts, Journey, Known, Stopped
from counterseal.audit.population import Release
from counterseal.ledger.incidents import EnteredIncident
from counterseal.manifest.release import Change, DeploymentStep, ReleaseManifest
from counterseal.manifest.types import Outcome, parse_time

_BACK: Final = frozenset({"rollback", "rolled-back", "roll-back"})
"""Names of steps that take a deployment back."""

_ROLLOUT: Final = "rollout"
"""The stage whose records say that production was changed."""


def facts_of(
    releases: Iterable[Release],
    incidents: Iterable[EnteredIncident],
    service: str,
    environments: tuple[str, ...],
) -> Facts:
    """Return the facts of a service.

    Args:
        releases: the releases of a store, verified, in order of stream and sequence.
        incidents: the newest entry of every incident.
        service: the repository's URI.
        environments: the environments that count as production.
    """
    told = list(_told(releases, service, environments))
    attempts = (one for one in told if isinstance(one, Attempt))
    stopped = (one for one in told if isinstance(one, Stopped))
    known = (Known(incident=one.incident, payload=one.payload) for one in incidents)
    return Facts(
        service=service,
        environments=environments,
        attempts=tuple(sorted(attempts, key=lambda one: (parse_time(one.finished_at), one.release))),
        incidents=tuple(one for one in known if one.incident.service == service),
        stopped=tuple(sorted(stopped, key=lambda one: (parse_time(one.at), one.release))),
    )


def _told(
    releases: Iterable[Release], service: str, environments: tuple[str, ...]
) -> Iterator[Attempt | Stopped]:
    """Yield what each release tells; the commits of one that did not get there wait for one that does."""
    waiting: dict[str, list[Change]] = {}
    for release in releases:
        manifest = release.manifest
        if manifest is None or release.payload is None:
            continue
        stream = manifest.chain.stream
        if stream.repository != service or stream.environment not in environments:
            continue
        ending = ending_of(manifest)
        carried = waiting.setdefault(release.stream, [])
        carried += manifest.candidate.changes.commits
        if ending is None:
            yield Stopped(release=release.name, payload=release.payload, at=manifest.created_at)
            continue
        yield _attempt(release, manifest, release.payload, ending, carried if ending == "success" else ())
        if ending == "success":
            waiting[release.stream] = []


def ending_of(manifest: ReleaseManifest) -> Ending | None:
    """Return what became of an attempt; None where a release was stopped before anything was deployed.

    A rollout that leaves its record and no steps was an attempt too: else nobody would see that it failed.
    """
    steps = manifest.deployment
    rollouts = [one for one in manifest.decisions if one.stage == _ROLLOUT]
    outcomes = [*(one.outcome for one in steps), *(one.outcome for one in rollouts)]
    if any(step.name in _BACK and step.outcome is Outcome.PASSED for step in steps):
        return "rolled-back"
    if any(one is not Outcome.PASSED for one in outcomes):
        return "failed"
    if manifest.outcome is Outcome.PASSED:
        return "success"
    return "failed" if outcomes else None


def _attempt(
    release: Release, manifest: ReleaseManifest, payload: str, ending: Ending, changes: Iterable[Change]
) -> Attempt:
    finished = _finished(manifest)
    approved = [one for one in manifest.approvals if one.decision == "approved"]
    asked = min((one.requested_at for one in approved), key=parse_time, default=None)
    given = max((one.decided_at for one in approved), key=parse_time, default=None)
    glass = [one for one in release.decided if one.break_glass]
    pulls = {commit: one for told in release.decided for one in told.brought for commit in one.commits}
    return Attempt(
        release=release.name,
        payload=payload,
        started_at=min((step.started_at for step in manifest.deployment), key=parse_time, default=None),
        finished_at=finished,
        ending=ending,
        journeys=tuple(
            replace(_arrived(one, pulls, finished), asked_at=asked, approved_at=given) for one in changes
        ),
        emergency=bool(glass),
        reviewed=all(one.reviewed_at is not None for one in glass) if glass else None,
    )


def _arrived(change: Change, pulls: Mapping[str, Brought], deployed_at: str) -> Journey:
    """Return how a commit got onto its branch; the forge's clock goes before what a commit says."""
    by = pulls.get(change.commit)
    return Journey(
        commit=change.commit,
        deployed_at=deployed_at,
        authored_at=change.authored_at,
        opened_at=by.opened_at if by else None,
        reviewed_at=by.reviewed_at if by else None,
        landed_at=(by.merged_at if by else None) or change.committed_at,
    )


def _finished(manifest: ReleaseManifest) -> str:
    """Return when an attempt ended: by its steps, else when the release was put on record."""
    steps: tuple[DeploymentStep, ...] = manifest.deployment
    return max((step.finished_at for step in steps), key=parse_time, default=manifest.created_at)
