"""Gathering: every population that an audit compares, and what of it could not be found out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from counterseal.audit.answer import Work
from counterseal.audit.population import Census, Deployed, Populations, Release, Window
from counterseal.audit.sources.changes import Changes
from counterseal.audit.sources.decisions import Judges
from counterseal.audit.sources.deployments import deployments
from counterseal.audit.sources.known import basis_of, read_known, write_known
from counterseal.audit.sources.scan import Scan, known_of, scan
from counterseal.checks.gate.verdict import RunRego
from counterseal.clients.forge import Forge
from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import versions_of
from counterseal.errors import Inconclusive, MalformedError, SealError, StoreError
from counterseal.ledger.requests_debts import Debts
from counterseal.ledger.requests_shelf import Shelf
from counterseal.manifest.digest import sha256
from counterseal.policy.audit import Audit
from counterseal.policy.file import load_policy
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store


@dataclass(frozen=True)
class Sources:
    """Where the populations are.

    Attributes:
        store: the store.
        trust: whom to believe.
        repository: a clone with the whole history.
        uri: the repository's URI, as releases name it.
        run_rego: runs the organisation's own rules.
        forge: the forge; None where there is none to be asked.
        exports: deployments that other platforms have exported; None where there is no export.
        today: the text of today's policy; None where there is none.
        policy_path: where the policy file is in the repository.
        anchor: the bundle of a checkpoint that was kept elsewhere.
        state: the folder in which audits keep what they have verified; None where they keep nothing.
        sealer: seals that, as a checkpoint; None where nothing new is kept.
    """

    store: Store
    trust: Trust
    repository: GitRepository
    uri: str
    run_rego: RunRego
    forge: Forge | None = None
    exports: tuple[Deployed, ...] | None = None
    today: str | None = None
    policy_path: str = ".github/counterseal.yml"
    anchor: bytes | None = None
    state: Path | None = None
    sealer: Sealer | None = None


@dataclass(frozen=True)
class Gathered:
    """What was gathered.

    Attributes:
        populations: the populations.
        work: how much was verified.
    """

    populations: Populations
    work: Work


def gather(sources: Sources, window: Window, demands: Audit) -> Gathered:
    """Gather everything that an audit compares.

    Args:
        sources: where it is.
        window: the time that it is about.
        demands: the policy's section `audit`.

    Raises:
        UsageError: the repository is none.
    """
    judges = _judges(sources)
    scanned = _scan(sources, window, judges, demands.sample)
    changes = Changes(sources.repository, sources.forge, window, demands)
    tips = changes.tips()
    lineage = sources.repository.lineage(list(tips.values()))
    whole = sources.forge is not None and not changes.gaps and lineage.issuperset(tips.values())
    landed, tagged = changes.landed(tips, lineage), changes.tagged()
    deployed, census = deployments(
        sources.forge,
        sources.exports or (),
        demands.environments,
        window,
        exported=sources.exports is not None,
    )
    where = "git and the forge" if sources.forge else "git"
    populations = Populations(
        window=window,
        repository=sources.uri,
        environments=demands.environments,
        landed=landed,
        tagged=tagged,
        deployed=deployed,
        releases=scanned.releases,
        held=scanned.held,
        troubles=scanned.troubles,
        reached=_reached(scanned.releases, lineage),
        policies=_policies(sources, lineage),
        whole=whole,
        expected=_expected(sources.today),
        censuses=(
            Census(population="changes", source=where, count=len(landed), gaps=tuple(changes.gaps)),
            Census(population="tags", source=where, count=len(tagged), gaps=tuple(changes.tag_gaps)),
            census,
            *scanned.censuses,
        ),
    )
    return Gathered(populations, scanned.work)


def _scan(sources: Sources, window: Window, judges: Judges, sample: int) -> Scan:
    """Verify the store, on what earlier audits have verified where there is any, and keep it for the next."""
    store, trust, folder = sources.store, sources.trust, sources.state
    if folder is None:
        return scan(store, trust, window.since, judges, sources.anchor)
    basis = basis_of(trust.encode(), sources.today, sources.uri)
    known, digest = read_known(folder, trust, basis)
    found = scan(store, trust, window.since, judges, sources.anchor, known=known, sample=sample)
    whole = not any(census.gaps for census in found.censuses) and not found.troubles
    if sources.sealer is not None and whole:
        write_known(folder, sources.sealer, basis, known_of(store, found, window.since, known))
    return replace(found, work=structs.replace(found.work, checkpoint=digest if found.work.carried else None))


def _judges(sources: Sources) -> Judges:
    """Return what decisions are made again with; reviews of emergencies that cannot be read are unknown."""
    try:
        return Judges(sources.run_rego, sources.today, paid_of(sources.store, sources.trust))
    except (StoreError, SealError, MalformedError) as refusal:
        return Judges(sources.run_rego, sources.today, unpaid=refusal.message[:1000])


def paid_of(store: Store, trust: Trust) -> dict[str, str]:
    """Return when emergencies were reviewed, by their requests.

    Raises:
        StoreError: that cannot be read.
        SealError: it was altered.
        MalformedError: it is none of ours.
    """
    return Debts(Shelf(store, trust, None)).paid()


def _reached(releases: Iterable[Release], lineage: frozenset[str]) -> frozenset[str]:
    commits = (one.manifest.candidate.source.commit for one in releases if one.manifest)
    return frozenset(commit for commit in commits if commit in lineage)


def _policies(sources: Sources, lineage: frozenset[str]) -> frozenset[str] | None:
    """Return the digest of every version of the policy; None where its history cannot be read."""
    try:
        contents = versions_of(sources.repository, sorted(lineage), sources.policy_path)
    except Inconclusive:
        return None
    return frozenset(map(sha256, contents.values()))


def _expected(today: str | None) -> tuple[str, ...]:
    return load_policy(today.encode(), where="policy").evidence.expect if today else ()
