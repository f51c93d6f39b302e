"""What a candidate tells about people: its changes, the run that built it, the keys that signed."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.checks.actors import actors_of
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.manifest.approval import Binding
from counterseal.manifest.release import Change, Person, ReleaseCandidate
from counterseal.policy.duties import Actor, Role
from counterseal.policy.forge import Account, Gap, RunFacts
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store


def actors_of_candidate(
    forge: Forge,
    binding: Binding,
    candidate: ReleaseCandidate,
    signers: tuple[str, ...],
    deployer: Account | None,
) -> tuple[tuple[Actor, ...], tuple[Gap, ...]]:
    """Return everybody who touched any change of a candidate, and what could not be found out.

    A change that came in by a pull request is asked about there; for one that did not, whoever its commit
    names is taken, and nobody can say who pushed it.

    Args:
        forge: the forge.
        binding: what the request is about.
        candidate: the candidate.
        signers: the keys that signed its artifacts.
        deployer: who deploys, where that is known.
    """
    found: dict[Actor, None] = {}
    gaps: list[Gap] = []
    if not candidate.changes.complete:
        note = candidate.changes.note or "the changes could not all be read"
        gaps.append(Gap(topic="commits", message=note[:1000]))
    runs = _runs(forge, binding, gaps)
    numbers: dict[int, None] = {binding.pull_request: None} if binding.pull_request else {}
    for change in candidate.changes.commits:
        try:
            pulls = forge.pulls_of_commit(change.commit)
        except CountersealError as error:
            gaps.append(Gap(topic="commits", message=error.diagnosis()[:1000], subject=change.commit))
            continue
        numbers |= dict.fromkeys(pulls)
        if not pulls:
            found |= dict.fromkeys(_named(change))
    for number in numbers:
        try:
            facts = forge.change_of_pull(number)
        except CountersealError as error:
            gaps.append(Gap(topic="commits", message=error.diagnosis()[:1000], subject=f"#{number}"))
            continue
        gaps += [gap for gap in facts.gaps if gap.topic in {"commits", "pushes", "files"}]
        found |= dict.fromkeys(actors_of(facts, runs=runs, signers=signers, deployer=deployer))
    found |= dict.fromkeys(_of_runs(runs, signers, deployer))
    return tuple(found), tuple(dict.fromkeys(gaps))


def signers_of(store: Store, candidate: ReleaseCandidate, trust: Trust) -> tuple[str, ...]:
    """Return the keys that sealed the statements about a candidate's artifacts.

    Raises:
        SealError: a seal does not hold.
        StoreError: one is not there.
    """
    keys: dict[str, None] = {}
    for one in candidate.statements:
        key = blob_key(one.sealed.digest.sha256)
        keys[open_bundle(store.get(key), trust, role="record", where=key).keyid] = None
    return tuple(keys)


def _runs(forge: Forge, binding: Binding, gaps: list[Gap]) -> tuple[RunFacts, ...]:
    if binding.run is None:
        return ()
    number, _, attempt = binding.run.partition("/")
    try:
        return (forge.run(int(number), int(attempt)),)
    except CountersealError as error:
        gaps.append(Gap(topic="runs", message=error.diagnosis()[:1000], subject=binding.run))
        return ()


def _of_runs(
    runs: tuple[RunFacts, ...], signers: tuple[str, ...], deployer: Account | None
) -> Iterator[Actor]:
    for run in runs:
        if run.actor:
            yield Actor(role="run-starter", account=run.actor, subject=str(run.id))
        if run.triggering_actor and (run.attempt > 1 or run.triggering_actor != run.actor):
            yield Actor(
                role="re-run-starter", account=run.triggering_actor, subject=f"{run.id}/{run.attempt}"
            )
    for key in signers:
        yield Actor(role="artifact-signer", text=key)
    if deployer:
        yield Actor(role="deployer", account=deployer)


def _named(change: Change) -> Iterator[Actor]:
    """Yield whom a commit without a pull request names; who pushed it stays unknown."""
    roles: tuple[tuple[Role, tuple[Person, ...]], ...] = (
        ("author", change.authors),
        ("committer", change.committers),
        ("co-author", change.co_authors),
    )
    for role, people in roles:
        for person in people:
            yield Actor(role=role, text=person.text or person.login, subject=change.commit)
    yield Actor(role="pusher", text="a push without a pull request", subject=change.commit)
