"""What a candidate tells about people: its changes, the run that built it, the keys that signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from counterseal.approval.model import Brought
from counterseal.approval.moments import order
from counterseal.checks.actors import actors_of
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.manifest.approval import Binding
from counterseal.manifest.release import Change, Person, ReleaseCandidate
from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import Actor, Role
from counterseal.policy.forge import Account, Gap, RunFacts
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store

_NOBODY_MISSES = frozenset({"commits", "pushes", "files"})
"""The topics of gaps with which somebody may be missing among those who touched a change."""


@dataclass
class Touched:
    """Everybody who touched a candidate.

    Attributes:
        actors: them, each once.
        gaps: what could not be found out.
        brought: the pull requests by which the changes came in.
        pull: the request's pull request, where it has one and could be read.
        run: the newest attempt of the run that built it.
    """

    actors: dict[Actor, None] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    brought: tuple[Brought, ...] = ()
    pull: ChangeFacts | None = None
    run: RunFacts | None = None

    def missed(self, topic: str, error: CountersealError, subject: str | None = None) -> None:
        """Remember that something could not be found out."""
        self.gaps.append(Gap(topic=topic, message=error.diagnosis()[:1000], subject=subject))

    def add(self, *actors: Actor) -> None:
        """Add actors."""
        self.actors |= dict.fromkeys(actors)


def touched_by(
    forge: Forge, binding: Binding, candidate: ReleaseCandidate, signers: tuple[str, ...]
) -> Touched:
    """Return everybody who touched any change of a candidate, and what could not be found out.

    A change that came in by a pull request is asked about there; for one that did not, whoever its commit
    names is taken, and nobody can say who pushed it.

    Args:
        forge: the forge.
        binding: what the request is about.
        candidate: the candidate.
        signers: the keys that signed its artifacts.
    """
    found = Touched()
    if not candidate.changes.complete:
        note = candidate.changes.note or "the changes could not all be read"
        found.gaps.append(Gap(topic="commits", message=note[:1000]))
    runs = tuple(_runs(forge, binding, found))
    numbers: dict[int, list[str]] = {}
    if binding.pull_request:
        _add_pull(found, forge, binding.pull_request, runs, [], own=True)
    own = {commit.id for commit in found.pull.commits} if found.pull else set()
    for change in candidate.changes.commits:
        if change.commit in own:
            continue  # of the request's own pull request, which may not be merged yet
        try:
            pulls = forge.pulls_of_commit(change.commit)
        except CountersealError as error:
            found.missed("commits", error, change.commit)
            continue
        for number in pulls:
            numbers.setdefault(number, []).append(change.commit)
        if not pulls:
            found.add(*_named(change))
    for number, commits in numbers.items():
        if number != binding.pull_request:
            _add_pull(found, forge, number, runs, commits)
    found.add(*_of_runs(runs), *(Actor(role="artifact-signer", text=key) for key in signers))
    found.gaps = list(dict.fromkeys(found.gaps))
    return found


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


def _add_pull(
    found: Touched,
    forge: Forge,
    number: int,
    runs: tuple[RunFacts, ...],
    commits: list[str],
    *,
    own: bool = False,
) -> None:
    try:
        facts = forge.change_of_pull(number)
    except CountersealError as error:
        found.missed("commits", error, f"#{number}")
        return
    found.gaps += [gap for gap in facts.gaps if gap.topic in _NOBODY_MISSES]
    found.add(*actors_of(facts, runs=runs))
    found.brought += (_brought(facts, number, commits or [one.id for one in facts.commits]),)
    if own:
        found.pull = facts


def _brought(facts: ChangeFacts, number: int, commits: list[str]) -> Brought:
    pull = facts.pull_request
    others = (one for one in facts.reviews if pull is None or one.author != pull.opener)
    return Brought(
        number=number,
        commits=tuple(commits),
        opened_at=pull.opened_at if pull else None,
        reviewed_at=min((one.submitted_at for one in others if one.submitted_at), key=order, default=None),
        merged_at=pull.merged_at if pull else None,
    )


def _runs(forge: Forge, binding: Binding, found: Touched) -> Iterator[RunFacts]:
    """Yield the attempt that built the candidate, and the newest one where that is another."""
    if binding.run is None:
        return
    number, attempt = (int(part) for part in binding.run.split("/"))
    try:
        found.run = forge.run(number)
        yield found.run
        if found.run.attempt != attempt:
            yield forge.run(number, attempt)
    except CountersealError as error:
        found.missed("runs", error, binding.run)


def _of_runs(runs: tuple[RunFacts, ...]) -> Iterator[Actor]:
    for run in runs:
        subject = f"{run.id}/{run.attempt}"
        yield _starter("run-starter", run.actor, subject)
        if run.attempt > 1 or run.triggering_actor not in (None, run.actor):
            yield _starter("re-run-starter", run.triggering_actor, subject)


def _starter(role: Role, account: Account | None, subject: str) -> Actor:
    return Actor(role=role, account=account, text=None if account else "a deleted account", subject=subject)


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
