"""What an audit says about releases: that they verify, met the policy, and really went out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from counterseal.audit.answer import Judged, Verdict
from counterseal.audit.compared import Compared, days_between
from counterseal.audit.population import Decided, Held, Release, is_of_window
from counterseal.audit.verdicts import code_of_trouble, judged, verdict
from counterseal.manifest.release import ReleaseManifest
from counterseal.manifest.types import Outcome, parse_time

_DAYS_APART = 1.0
"""How far the times that a release states and those that others vouch for may be apart, in days."""

_DAYS_BACK = 1 / 24
"""How far a release may say that it was made before the one that it follows: two machines have two clocks."""


def judge_releases(compared: Compared) -> Iterator[Judged]:
    """Yield every release of the window with its verdicts."""
    held = {one.key: one for one in compared.populations.held if not one.marker}
    for release in compared.populations.releases:
        if _concerns(release, compared):
            found = list(_judge(release, compared, held))
            manifest = release.manifest
            at = manifest.created_at if manifest else None
            title = (
                f"{manifest.candidate.source.commit[:12]} to {manifest.chain.stream.environment}"
                if manifest
                else ""
            )
            yield judged("releases", release.name, at, title, found, release.payload)


def _concerns(release: Release, compared: Compared) -> bool:
    """Tell whether a release is of the window; one that something is wrong with always is."""
    return bool(release.troubles) or release.name in compared.inside


def _judge(release: Release, compared: Compared, held: dict[str, Held]) -> Iterator[Verdict]:
    for trouble in release.troubles:
        code = code_of_trouble(trouble.code, trouble.message, listed=not compared.gaps("releases"))
        yield verdict(code, f"{trouble.where}: {trouble.message}", digest=release.digest)
    manifest = release.manifest
    if manifest is None:
        return
    yield from _times(release, manifest, compared, held)
    yield from _people(release, compared)
    yield from _gates(release, manifest)
    yield from _waivers(manifest)
    if release.name not in compared.releases:
        stream = manifest.chain.stream
        yield verdict("other-stream", f"it is of {stream.repository} to {stream.environment}")
        return
    yield from _source(manifest, compared)
    yield from _policy(manifest, compared)
    yield from _deployment(release, manifest, compared)


def _times(
    release: Release, manifest: ReleaseManifest, compared: Compared, held: dict[str, Held]
) -> Iterator[Verdict]:
    """Yield which clocks disagree with what a release says of itself."""
    made, until = manifest.created_at, compared.populations.window.until
    entry = held.get(release.entry)
    others = {
        "its stamp is of": release.trusted_time,
        "the store took it at": entry.written_at if entry else None,
        "this audit was made at": until if made > until else None,
    }
    for words, time in others.items():
        if time is not None and abs(days_between(made, time)) > _DAYS_APART:
            yield _doubtful(release, f"it says {made}, and {words} {time}")
    decided = [*(one.decided_at for one in manifest.approvals), *(one.decided_at for one in release.decided)]
    if late := [time for time in decided if days_between(made, time) > _DAYS_APART]:
        yield _doubtful(release, f"it says {made}, and was decided on at {max(late)}")
    before = compared.before.get(release.name)
    if before and before.manifest and days_between(made, before.manifest.created_at) > _DAYS_BACK:
        message = f"it says {made}, and follows {before.name}, which says {before.manifest.created_at}"
        yield _doubtful(release, message)


def _doubtful(release: Release, message: str) -> Verdict:
    return verdict("clock-doubtful", message, digest=release.payload)


def _people(release: Release, compared: Compared) -> Iterator[Verdict]:
    for decided in release.decided:
        if not decided.follows:
            message = f"the decision about request {decided.request} does not follow from its case"
            yield verdict("approval-altered", message, digest=decided.record)
        for conflict in decided.conflicts:
            yield verdict("approved-by-participant", conflict, digest=decided.record)
        if decided.break_glass:
            yield _emergency(decided, compared.populations.window.until)


def _emergency(decided: Decided, now: str) -> Verdict:
    due, given = decided.review_due_at, decided.reviewed_at
    if given is None and decided.review_unknown is not None:
        return verdict("cannot-enumerate", decided.review_unknown, digest=decided.record)
    if given is None:
        late = due is not None and parse_time(due) <= parse_time(now)
        code = "emergency-unreviewed" if late or due is None else "emergency-review-due"
        message = f"request {decided.request} broke the glass; its review was due at {due or 'no known time'}"
        return verdict(code, message, digest=decided.record)
    late = due is None or parse_time(given) > parse_time(due)
    code = "emergency-reviewed-late" if late else "emergency-reviewed"
    message = f"request {decided.request} broke the glass, and was reviewed at {given}; due at {due}"
    return verdict(code, message, digest=decided.record)


def _gates(release: Release, manifest: ReleaseManifest) -> Iterator[Verdict]:
    for gated in release.gated:
        if not gated.follows:
            message = "the verdict of the policy gate does not follow from its case"
            yield verdict("gate-altered", message, digest=gated.record)
        if gated.unproven is not None:
            yield verdict("gate-unproven", gated.unproven, digest=gated.record)
        if gated.outcome is not Outcome.PASSED and manifest.outcome is Outcome.PASSED:
            yield verdict("policy-not-met-then", f"the policy gate said {gated.outcome}", digest=gated.record)
        if gated.today is not None and gated.today is not Outcome.PASSED:
            rules = ", ".join(gated.broken) or "it cannot be determined"
            yield verdict(
                "policy-not-met-today",
                f"the policy of today says {gated.today}: {rules}",
                digest=gated.record,
            )


def _waivers(manifest: ReleaseManifest) -> Iterator[Verdict]:
    for record in (*manifest.candidate.records, *manifest.decisions):
        for waiver in record.waivers:
            who = f"{waiver.rule} {waiver.id}, allowed by {waiver.approver} until {waiver.expires_at}"
            ended = parse_time(waiver.expires_at) < parse_time(manifest.created_at)
            yield verdict("waiver-expired" if ended else "waived", who, digest=record.payload.sha256)


def _source(manifest: ReleaseManifest, compared: Compared) -> Iterator[Verdict]:
    source, changes = manifest.candidate.source, manifest.candidate.changes
    reached = compared.populations.reached
    if reached is None:
        yield verdict("cannot-enumerate", "git was not asked whether a protected branch holds its commit")
    elif source.commit not in reached and not compared.populations.whole:
        message = f"no protected branch that could be read holds {source.commit}"
        yield verdict("cannot-enumerate", message)
    elif source.commit not in reached:
        yield verdict("source-not-on-branch", f"no protected branch holds {source.commit}")
    if not changes.complete:
        yield verdict("changes-incomplete", changes.note or "it does not say what is missing")
    if manifest.builder.identity != "oidc":
        yield verdict("builder-unproven", f"who built it is known from: {manifest.builder.identity}")


def _policy(manifest: ReleaseManifest, compared: Compared) -> Iterator[Verdict]:
    policy, known = manifest.candidate.policy, compared.populations.policies
    if policy is None:
        yield verdict("policy-absent", "it names no policy")
    elif known is None or (policy.digest.sha256 not in known and not compared.populations.whole):
        yield verdict(
            "policy-unproven", f"it names the policy {policy.digest.sha256}", digest=policy.digest.sha256
        )
    elif policy.digest.sha256 not in known:
        message = f"no protected branch ever held the policy {policy.digest.sha256}"
        yield verdict("policy-unknown", message, digest=policy.digest.sha256)
    names = _on_record(manifest)
    if lacking := [name for name in compared.populations.expected if name not in names]:
        yield verdict(
            "policy-not-met-today", f"the policy of today wants records that it lacks: {', '.join(lacking)}"
        )
    if policy is not None and known is not None and manifest.outcome is Outcome.PASSED:
        for name in known.get(policy.digest.sha256, ()):
            record = name.partition("@")[0]
            if record not in names and _goes_there(name, manifest):
                message = f"its policy demands {record}, and no record says that it was run"
                told = verdict("control-not-run", message, digest=policy.digest.sha256)
                yield replace(told, stage=record.partition(":")[0])


def _on_record(manifest: ReleaseManifest) -> frozenset[str]:
    """Return what a release has a record of, each by `stage` and by `stage:name`."""
    records = (*manifest.candidate.records, *manifest.decisions)
    return frozenset(name for one in records for name in (one.stage, f"{one.stage}:{one.name}"))


def _goes_there(demand: str, manifest: ReleaseManifest) -> bool:
    """Tell whether a demand is about where a release goes; one without an environment always is."""
    return demand.partition("@")[2] in ("", manifest.chain.stream.environment)


def _deployment(release: Release, manifest: ReleaseManifest, compared: Compared) -> Iterator[Verdict]:
    if compared.deployments_of(release) or not is_of_window(release, compared.populations.window.since):
        return  # a deployment of before the window was not read
    if manifest.outcome is not Outcome.PASSED:
        yield verdict("not-passed", f"it is {manifest.outcome}, and no deployment of it is known")
    elif gaps := compared.gaps("deployments"):
        yield verdict("cannot-enumerate", "; ".join(gaps))
    else:
        environment = manifest.chain.stream.environment
        yield verdict("evidence-without-deployment", f"no deployment of it to {environment} is known")
