"""The rows of the index that a release comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from counterseal.audit.population import Release
from counterseal.manifest.release import Change, Person, ReleaseManifest
from counterseal.manifest.types import parse_time

Value = str | int | bool | None
Row = dict[str, Value]
Rows = dict[str, list[Row]]
"""Rows by the name of their table."""

_DAY: Final = 86_400


def rows_of(release: Release, expected: Iterable[str]) -> Rows:
    """Return the rows of a release; none of one whose seal does not hold.

    Args:
        release: the release.
        expected: the records that the policy wants, each `stage` or `stage:name`.
    """
    manifest = release.manifest
    if manifest is None or release.payload is None:
        return {}
    common: Row = {"stream": release.stream, "sequence": release.sequence, "payload": release.payload}
    own = {
        "release": [_release(release, manifest)],
        "evidence": list(_evidence(manifest)),
        "change": [_change(one, manifest) for one in manifest.candidate.changes.commits],
        "participant": list(_participants(manifest)),
        "ticket": list(_tickets(manifest)),
        "approval": list(_approvals(manifest)),
        "deployment": list(_steps(manifest)),
        "waiver": list(_waivers(manifest)),
        "expected": [_expected(one) for one in dict.fromkeys(expected)],
    }
    return {name: [common | row for row in rows] for name, rows in own.items()}


def month_of(release: Release) -> str:
    """Return the month of a release, which its rows are kept by; `0000-00` of one without a manifest."""
    return release.manifest.created_at[:7] if release.manifest else "0000-00"


def _release(release: Release, manifest: ReleaseManifest) -> Row:
    candidate, kept = manifest.candidate, manifest.retention
    return {
        "entry": release.entry,
        "repository": manifest.chain.stream.repository,
        "environment": manifest.chain.stream.environment,
        "commit_id": candidate.source.commit,
        "outcome": str(manifest.outcome),
        "created_at": manifest.created_at,
        "trusted_at": release.trusted_time,
        "signer": release.keyid,
        "policy": candidate.policy.digest.sha256 if candidate.policy else None,
        "changes_complete": candidate.changes.complete,
        "change_count": len(candidate.changes.commits),
        "approval_count": len(
            {_account(one.person) for one in manifest.approvals if one.decision == "approved"}
        ),
        "approval_seconds": _approving(manifest),
        "rollout_seconds": _rollout(manifest),
        "lead_seconds": _lead(manifest),
        "retain_until": kept.retain_until if kept else None,
        "retention_mode": kept.mode if kept else None,
        "retention_days": _seconds(manifest.created_at, kept.retain_until) // _DAY if kept else None,
    }


def _evidence(manifest: ReleaseManifest) -> Iterator[Row]:
    for one in (*manifest.candidate.records, *manifest.decisions):
        yield {
            "stage": one.stage,
            "name": one.name,
            "record_kind": one.kind,
            "outcome": str(one.outcome),
            "record": one.payload.sha256,
            "sealed": one.sealed.digest.sha256,
            "waiver_count": len(one.waivers),
        }


def _change(one: Change, manifest: ReleaseManifest) -> Row:
    at = one.committed_at
    return {
        "commit_id": one.commit,
        "pull_request": one.pull_request,
        "signature": one.signature.state if one.signature else None,
        "committed_at": at,
        "wait_seconds": _seconds(at, manifest.created_at) if at else None,
    }


def _participants(manifest: ReleaseManifest) -> Iterator[Row]:
    for one in manifest.candidate.changes.commits:
        parts = {
            "author": one.authors,
            "committer": one.committers,
            "co-author": one.co_authors,
            "pusher": one.pushers,
            "reviewer": one.reviewers,
        }
        for part, people in parts.items():
            for person in people:
                yield {"commit_id": one.commit, "part": part, "account": person.id}


def _tickets(manifest: ReleaseManifest) -> Iterator[Row]:
    for one in manifest.candidate.changes.commits:
        for ticket in one.tickets:
            yield {"commit_id": one.commit, "ticket": ticket}


def _approvals(manifest: ReleaseManifest) -> Iterator[Row]:
    for one in manifest.approvals:
        yield {
            "stage": one.stage,
            "role": one.role,
            "account": one.person.id,
            "decision": one.decision,
            "requested_at": one.requested_at,
            "decided_at": one.decided_at,
            "expires_at": one.expires_at,
            "wait_seconds": _seconds(one.requested_at, one.decided_at),
        }


def _steps(manifest: ReleaseManifest) -> Iterator[Row]:
    for one in manifest.deployment:
        yield {
            "step": one.name,
            "outcome": str(one.outcome),
            "started_at": one.started_at,
            "finished_at": one.finished_at,
            "duration_seconds": _seconds(one.started_at, one.finished_at),
        }


def _waivers(manifest: ReleaseManifest) -> Iterator[Row]:
    for record in (*manifest.candidate.records, *manifest.decisions):
        for one in record.waivers:
            yield {
                "stage": record.stage,
                "waiver": one.id,
                "rule": one.rule,
                "ticket": one.ticket,
                "expires_at": one.expires_at,
            }


def _expected(text: str) -> Row:
    stage, _, name = text.partition(":")
    return {"stage": stage, "name": name or None}


def _account(person: Person) -> int | str | None:
    return person.id if person.id is not None else person.login or person.text


def _approving(manifest: ReleaseManifest) -> int | None:
    if not manifest.approvals:
        return None
    begin = min(map(_moment, (one.requested_at for one in manifest.approvals)))
    end = max(map(_moment, (one.decided_at for one in manifest.approvals)))
    return int((end - begin).total_seconds())


def _rollout(manifest: ReleaseManifest) -> int | None:
    if not manifest.deployment:
        return None
    begin = min(map(_moment, (one.started_at for one in manifest.deployment)))
    return int((_end(manifest) - begin).total_seconds())


def _lead(manifest: ReleaseManifest) -> int | None:
    """Return the lead time; None without a rollout or a date, or with a commit that claims to be younger."""
    dates = [one.committed_at for one in manifest.candidate.changes.commits if one.committed_at]
    if not dates or not manifest.deployment:
        return None
    found = int((_end(manifest) - min(map(_moment, dates))).total_seconds())
    return found if found >= 0 else None


def _end(manifest: ReleaseManifest) -> datetime:
    return max(map(_moment, (one.finished_at for one in manifest.deployment)))


def _moment(text: str) -> datetime:
    return parse_time(text)


def _seconds(begin: str, end: str) -> int:
    return int((parse_time(end) - parse_time(begin)).total_seconds())
