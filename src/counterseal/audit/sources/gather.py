"""Gathering: every population that an audit compares, and what of it could not be found out."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from msgspec import structs

from counterseal.audit.answer import Work
from counterseal.audit.compared import Compared
from counterseal.audit.population import Census, Deployed, Populations, Release, Window
from counterseal.audit.sources import listing, past
from counterseal.audit.sources.changes import Changes
from counterseal.audit.sources.decisions import Judges
from counterseal.audit.sources.deployments import deployments
from counterseal.audit.sources.inside import completed, taken_in
from counterseal.audit.sources.known import (
    basis_of,
    is_news,
    is_there,
    known_release,
    read_all_known,
    write_known,
)
from counterseal.audit.sources.proven import Proof
from counterseal.audit.sources.sample import Sample
from counterseal.audit.sources.scan import Scan, known_of, scan
from counterseal.audit.sources.workers import Shard, Shared, alone, share
from counterseal.checks.gate.verdict import RunRego
from counterseal.clients.forge import Forge
from counterseal.clients.git import GitRepository
from counterseal.errors import StoreError, UsageError
from counterseal.ledger.layout import STREAMS, place_of
from counterseal.ledger.requests_debts import Debts, Reviews
from counterseal.ledger.requests_shelf import Shelf
from counterseal.policy.audit import Audit
from counterseal.policy.file import load_policy
from counterseal.policy.pseudonyms import Pseudonyms
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
        shards: the folders of jobs that have verified parts of the store for this audit.
        now: the present moment, see `Proof`.
        workers: processes that share the work; None where this one does it.
        address: where the store is, as it was asked for: what was verified of another one is not taken over.
        pseudonyms: what people are told by in releases that name nobody; None where that is not known.
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
    shards: tuple[Path, ...] = ()
    workers: Executor | None = None
    now: datetime | None = None
    address: str = ""
    pseudonyms: Pseudonyms | None = None


@dataclass(frozen=True)
class Gathered:
    """What was gathered.

    Attributes:
        compared: the populations, side by side.
        work: how much was verified.
        sample: what of the releases that were taken over is verified again, perhaps still.
    """

    compared: Compared
    work: Work
    sample: Sample


def gather(sources: Sources, window: Window, demands: Audit, *, anew: bool = False) -> Gathered:
    """Gather everything that an audit compares.

    Args:
        sources: where it is.
        window: the time that it is about.
        demands: the policy's section `audit`.
        anew: whether nothing is taken over from earlier audits.

    Raises:
        UsageError: the repository is none.
    """
    with ThreadPoolExecutor(1) as aside:  # git and the forge are asked while processes verify
        scanning = aside.submit(_scan, sources, window, demands.sample, anew=anew)
        return _gathered(sources, window, demands, scanning)


def _gathered(sources: Sources, window: Window, demands: Audit, scanning: Future[Scan]) -> Gathered:
    changes = Changes(sources.repository, sources.forge, window, demands)
    tips = changes.tips()
    reading = past.begin(changes, tips, sources.policy_path, sources.workers)
    deployed, census = deployments(
        sources.forge,
        sources.exports or (),
        demands.environments,
        window,
        exported=sources.exports is not None,
    )
    read = reading()
    lineage = read.lineage
    whole = sources.forge is not None and not changes.gaps and lineage.issuperset(tips.values())
    changes.gaps += (gap for gap in read.gaps if gap not in changes.gaps)
    landed = changes.landed(tips, lineage) if read.landed is None else read.landed
    tagged, scanned = changes.tagged(), scanning.result()
    where = "git and the forge" if sources.forge else "git"
    populations = Populations(
        window=window,
        repository=sources.uri,
        environments=demands.environments,
        landed=landed,
        tagged=tagged,
        deployed=deployed,
        releases=scanned.releases,
        taken=taken_in(scanned.listing, window.since),
        pinned=scanned.pinned,
        held=scanned.held,
        troubles=scanned.troubles,
        reached=_reached(scanned.releases, lineage),
        policies=read.policies,
        whole=whole,
        expected=_expected(sources.today),
        censuses=(
            Census(population="changes", source=where, count=len(landed), gaps=tuple(changes.gaps)),
            Census(population="tags", source=where, count=len(tagged), gaps=tuple(changes.tag_gaps)),
            census,
            *scanned.censuses,
        ),
    )
    compared = Compared(populations, demands, sources.pseudonyms)
    made, work = completed(compared, proof_of(sources, window), scanned.listing, scanned.work)
    return Gathered(made, work, scanned.sample)


def verify_shard(sources: Sources, window: Window, shard: Shard) -> Shared:
    """Verify one part of the releases, and keep what is well for the audit that puts the parts together.

    Args:
        sources: where everything is; `state` and `sealer` must be there.
        window: the time that the audit is about.
        shard: which part.

    Raises:
        StoreError: the store cannot be listed.
        UsageError: there is no folder or no signer.
    """
    if sources.state is None or sources.sealer is None:
        raise UsageError("what is verified has to be kept, sealed", where="state, key")
    versions, proof = listing.whole(sources.store), proof_of(sources, window)
    entries = map(place_of, filter(lambda key: key.startswith(STREAMS), versions))
    names = [name for name in entries if name is not None and shard.holds(name)]
    shared = share(proof, names, sources.workers)()
    if not shared.proven:  # there are few, or the processes died
        shared = alone(proof, names)
    kept = (known_release(one, versions) for one in shared.proven.values())
    write_known(sources.state, sources.sealer, _basis(sources), kept)
    return shared


def _scan(sources: Sources, window: Window, percent: int | None, *, anew: bool) -> Scan:
    """Verify the store, on what earlier audits have verified where there is any, and keep it for the next."""
    basis, proof = _basis(sources), proof_of(sources, window)
    folders = [*sources.shards, *([sources.state] if sources.state else [])]
    listed = listing.begin(sources.store, sources.workers if any(map(is_there, folders)) else None)
    known, digests, disbelieved = read_all_known(folders, sources.trust, basis)
    found = scan(
        proof,
        sources.anchor,
        listed=listed,
        known=known,
        percent=percent,
        anew=anew,
        workers=sources.workers,
    )
    whole = not any(census.gaps for census in found.censuses) and not found.troubles
    if sources.state is not None and sources.sealer is not None and whole:
        verified = tuple(known_of(found, window.since))
        if sources.shards or is_news(verified, known):
            write_known(sources.state, sources.sealer, basis, verified)
    used = digests if found.work.carried else ()
    disbelieved += len(digests) if anew else 0
    kept = known if sources.state is not None and len(digests) == len(folders) else ()
    pinned = found.pinned | {stream for stream, _ in kept}
    return replace(
        found, pinned=pinned, work=structs.replace(found.work, checkpoints=used, disbelieved=disbelieved)
    )


def _basis(sources: Sources) -> dict[str, str]:
    return basis_of(sources.trust.encode(), sources.today, sources.uri, sources.address)


def proof_of(sources: Sources, window: Window) -> Proof:
    """Return what the releases of a window are proven with."""
    return Proof(sources.store, sources.trust, window.since, _judges(sources), sources.now)


def _judges(sources: Sources) -> Judges:
    """Return what decisions are made again with; reviews of emergencies that cannot be read are unknown."""
    try:
        reviews = reviews_of(sources.store, sources.trust)
        return Judges(sources.run_rego, sources.today, reviews.given, doubts=reviews.doubts)
    except StoreError as refusal:
        return Judges(sources.run_rego, sources.today, unpaid=refusal.message[:1000])


def reviews_of(store: Store, trust: Trust) -> Reviews:
    """Return which emergencies were reviewed.

    Raises:
        StoreError: the store cannot be listed.
    """
    return Debts(Shelf(store, trust, None)).reviews()


def _reached(releases: Iterable[Release], lineage: frozenset[str]) -> frozenset[str]:
    commits = (one.manifest.candidate.source.commit for one in releases if one.manifest)
    return frozenset(commit for commit in commits if commit in lineage)


def _expected(today: str | None) -> tuple[str, ...]:
    return load_policy(today.encode(), where="policy").evidence.expect if today else ()
