"""What an audit says about deployments: each belongs to a release that had passed and was approved before."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.audit.answer import Judged, Verdict
from counterseal.audit.compared import Compared, name_of
from counterseal.audit.population import Deployed, Release
from counterseal.audit.verdicts import judged, verdict
from counterseal.manifest.release import ReleaseManifest
from counterseal.manifest.types import Outcome, parse_time


def judge_deployments(compared: Compared) -> Iterator[Judged]:
    """Yield every deployment with its verdicts."""
    for one in compared.populations.deployed:
        release = compared.release_of(one)
        found = [*_matched(one, release, compared)]
        if release is not None and release.manifest is not None:
            found += _agrees(one, release, release.manifest)
        if one.rolled_back:
            found.append(verdict("rolled-back", "it was taken back"))
        title = f"{one.commit[:12]} to {one.environment}"
        yield judged(
            "deployments", name_of(one), one.started_at, title, found, release.payload if release else None
        )


def _matched(one: Deployed, release: Release | None, compared: Compared) -> Iterator[Verdict]:
    """Yield why a deployment has no release."""
    if release is not None:
        return
    if gaps := compared.gaps("releases"):
        yield verdict("cannot-enumerate", "; ".join(gaps))
    elif one.release is not None:
        yield verdict("release-unknown", f"it names the release {one.release}, which is not in the store")
    elif others := _of_commit(one, compared):
        related = tuple(f"releases:{name}" for name in others)
        message = f"every release of {one.commit} to {one.environment} belongs to another deployment"
        yield verdict("deployed-again", message, related=related)
    else:
        yield verdict(
            "deployment-without-evidence", f"no release of {one.commit} to {one.environment} is on record"
        )


def _of_commit(one: Deployed, compared: Compared) -> list[str]:
    return [
        release.name
        for release, manifest in compared.manifests()
        if (manifest.candidate.source.commit, manifest.chain.stream.environment)
        == (one.commit, one.environment)
    ]


def _agrees(one: Deployed, release: Release, manifest: ReleaseManifest) -> Iterator[Verdict]:
    """Yield in what a deployment and its release differ, and what kept it from being allowed."""
    related, digest = (f"releases:{release.name}",), release.payload
    source, stream = manifest.candidate.source, manifest.chain.stream
    if (source.commit, stream.environment) != (one.commit, one.environment):
        message = f"release {release.name} is of {source.commit} to {stream.environment}"
        yield verdict("other-commit", message, digest=digest, related=related)
    strange = set(one.artifacts) - {artifact.digest.sha256 for artifact in manifest.candidate.artifacts}
    for artifact in sorted(strange):
        message = f"the artifact {artifact} is none of release {release.name}"
        yield verdict("other-artifact", message, digest=artifact, related=related)
    if manifest.outcome is not Outcome.PASSED and one.outcome is not Outcome.FAILED:
        message = f"release {release.name} is {manifest.outcome}"
        yield verdict("deployed-despite-failure", message, digest=digest, related=related)
    yield from _approvals(one, release, manifest)


def _approvals(one: Deployed, release: Release, manifest: ReleaseManifest) -> Iterator[Verdict]:
    began = parse_time(one.started_at)
    related = (f"releases:{release.name}",)
    for approval in manifest.approvals:
        record = approval.record.sha256 if approval.record else release.payload
        who = f"account {approval.person.id}" if approval.person.id else "somebody"
        if approval.decision != "approved":
            message = f"{who} denied release {release.name} at {approval.decided_at}"
            yield verdict("denied", message, digest=record, related=related)
        elif parse_time(approval.decided_at) > began:
            message = f"it began at {one.started_at}, and {who} approved at {approval.decided_at}"
            yield verdict("approved-late", message, digest=record, related=related)
        elif approval.expires_at is not None and parse_time(approval.expires_at) < began:
            message = (
                f"it began at {one.started_at}, and the approval of {who} had ended at {approval.expires_at}"
            )
            yield verdict("approval-expired", message, digest=record, related=related)
