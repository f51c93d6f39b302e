"""The populations side by side: which release covers which change, and which deployment is of which release.

Ids are compared and never names; the order of things is that of servers, never of dates that a commit claims.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from counterseal.audit.population import Deployed, Landed, Populations, Release, is_of_window
from counterseal.manifest.release import Change, Person, ReleaseManifest
from counterseal.manifest.types import Outcome, parse_time
from counterseal.policy.audit import Audit
from counterseal.policy.forge import Gap
from counterseal.policy.pseudonyms import Pseudonyms


@dataclass(frozen=True)
class Compared:
    """Populations with what an audit looks up in them.

    Attributes:
        populations: the populations.
        demands: the policy's section `audit`.
        pseudonyms: what people are told by in releases that name nobody; None where that is not known.
    """

    populations: Populations
    demands: Audit
    pseudonyms: Pseudonyms | None = None

    def gaps(self, *names: str) -> tuple[str, ...]:
        """Return what is not known of some populations, in words; one without a census is not known."""
        found: dict[str, tuple[Gap, ...]] = {one.population: one.gaps for one in self.populations.censuses}
        missing = [f"the {name} were not read" for name in names if name not in found]
        return (*missing, *(gap.message for name in names for gap in found.get(name, ())))

    @cached_property
    def releases(self) -> Mapping[str, Release]:
        """The releases of this repository to production whose manifests verify, by their names."""
        here = self.populations.repository, frozenset(self.populations.environments)
        return {
            one.name: one
            for one in self.populations.releases
            if one.manifest is not None
            and one.manifest.candidate.source.repository == one.manifest.chain.stream.repository == here[0]
            and one.manifest.chain.stream.environment in here[1]
        }

    @cached_property
    def carried(self) -> Mapping[str, tuple[Release, Change]]:
        """The first release that passed and brought a commit to production, with what was said about it.

        A release lists what came since the one before, whatever became of that. So what a release that did
        not pass lists goes out with the next one of its stream that passes.
        """
        found: dict[str, tuple[Release, Change]] = {}
        waiting: dict[str, list[Change]] = defaultdict(list)
        for release, manifest in self.manifests():
            waiting[release.stream] += manifest.candidate.changes.commits
            if manifest.outcome is Outcome.PASSED:
                for change in waiting.pop(release.stream):
                    found.setdefault(change.commit, (release, change))
        return found

    def manifests(self) -> Iterator[tuple[Release, ReleaseManifest]]:
        """Yield the releases with their manifests."""
        for release in self.releases.values():
            if release.manifest is not None:
                yield release, release.manifest

    @cached_property
    def tags_released(self) -> Mapping[str, Mapping[str, str]]:
        """The releases of this repository that were made from a tag: by the tag and their commit."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for one in self.populations.releases:
            source = one.manifest.candidate.source if one.manifest else None
            ref = source.ref if source and source.repository == self.populations.repository else None
            if source and ref and ref.startswith("refs/tags/"):
                found[ref].setdefault(source.commit, one.name)
        return found

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each landed commit stands in the order in which they came."""
        return {one.commit: at for at, one in enumerate(self.populations.landed)}

    @cached_property
    def first_places(self) -> tuple[int, ...]:
        """Where the commits stand of the first release of each stream that has landed in the window."""
        return tuple(
            self.place[manifest.candidate.source.commit]
            for release, manifest in self.manifests()
            if release.sequence == 1 and manifest.candidate.source.commit in self.place
        )

    @cached_property
    def released_until(self) -> int:
        """Where the newest commit stands that a release which passed was made from; -1 when there is none."""
        return max(
            (
                self.place.get(manifest.candidate.source.commit, -1)
                for _, manifest in self.manifests()
                if manifest.outcome is Outcome.PASSED
            ),
            default=-1,
        )

    @cached_property
    def pairs(self) -> tuple[Mapping[str, Release], Mapping[str, tuple[Deployed, ...]]]:
        """The release of each deployment, by the deployment's name, and the deployments of each release."""
        release_of = dict(_explicit(self))
        taken = {release.name for release in release_of.values()}
        release_of |= _in_order(self, taken)
        deployments: dict[str, list[Deployed]] = defaultdict(list)
        for one in self.populations.deployed:
            if (release := release_of.get(name_of(one))) is not None:
                deployments[release.name].append(one)
        return release_of, {name: tuple(found) for name, found in deployments.items()}

    @cached_property
    def inside(self) -> frozenset[str]:
        """The releases of the window, by their names.

        A release cannot leave it by what it says of itself: it is of the window as well when the store took
        it in the window, when it follows one of the window in its chain, or when a deployment or change of
        the window rests on it.
        """
        since, begun, found = self.populations.window.since, set[str](), set[str]()
        for one in sorted(self.populations.releases, key=lambda one: (one.stream, one.sequence)):
            if one.name in self.populations.taken or (one.manifest and is_of_window(one, since)):
                begun.add(one.stream)
            if one.stream in begun or one.manifest is None:
                found.add(one.name)
        landed = (self.carried.get(one.commit) for one in self.populations.landed)
        return frozenset(found | self.pairs[1].keys() | {pair[0].name for pair in landed if pair})

    @cached_property
    def before(self) -> Mapping[str, Release]:
        """The release before each one in its chain, by the name of the later one."""
        places = {(one.stream, one.sequence): one for one in self.populations.releases}
        earlier = ((one, places.get((one.stream, one.sequence - 1))) for one in self.populations.releases)
        return {one.name: before for one, before in earlier if before is not None}

    def release_of(self, deployed: Deployed) -> Release | None:
        """Return the release that a deployment belongs to."""
        return self.pairs[0].get(name_of(deployed))

    def deployments_of(self, release: Release) -> tuple[Deployed, ...]:
        """Return the deployments that belong to a release."""
        return self.pairs[1].get(release.name, ())


def name_of(deployed: Deployed) -> str:
    """Return how verdicts name a deployment: `<platform>:<id>`."""
    return f"{deployed.platform}:{deployed.id}"


def _explicit(compared: Compared) -> Iterator[tuple[str, Release]]:
    """Yield the deployments that name their release themselves."""
    for one in compared.populations.deployed:
        release = compared.releases.get(one.release) if one.release else None
        if release is not None:
            yield name_of(one), release


def _in_order(compared: Compared, taken: set[str]) -> Iterator[tuple[str, Release]]:
    """Pair what is left by environment and commit, in order of time: each release is of one deployment."""
    waiting: dict[tuple[str, str], list[Release]] = defaultdict(list)
    for release, manifest in compared.manifests():
        if release.name not in taken:
            key = manifest.chain.stream.environment, manifest.candidate.source.commit
            waiting[key].append(release)
    for queue in waiting.values():
        queue.sort(key=lambda one: (not _passed(one), _moment(one)))
    for one in sorted(compared.populations.deployed, key=lambda one: (parse_time(one.started_at), one.id)):
        queue = waiting.get((one.environment, one.commit), [])
        if one.release is None and queue:
            yield name_of(one), queue.pop(0)


def _passed(release: Release) -> bool:
    return release.manifest is not None and release.manifest.outcome is Outcome.PASSED


def _moment(release: Release) -> tuple[str, int]:
    return (release.manifest.created_at if release.manifest else "", release.sequence)


def accounts(people: Iterable[Person]) -> frozenset[int]:
    """Return the numbers of the accounts among people."""
    return frozenset(one.id for one in people if one.id is not None)


def nameless(people: Iterable[Person]) -> frozenset[str]:
    """Return the texts of people who have no account."""
    return frozenset(one.text for one in people if one.id is None and one.text is not None)


def makers_of(change: Change) -> tuple[Person, ...]:
    """Return everybody whom a release names as having made a change."""
    return (*change.authors, *change.committers, *change.co_authors, *change.pushers)


def people_of(landed: Landed, change: Change | None) -> tuple[Person, ...]:
    """Return everybody whom git, the forge or a release name as having made a change."""
    pushed = landed.pusher is not None and landed.pull_request is None
    pusher = (Person(id=landed.pusher.id, login=landed.pusher.login),) if pushed and landed.pusher else ()
    return (*landed.people, *pusher, *(makers_of(change) if change else ()))


def days_between(earlier: str, later: str) -> float:
    """Return how many days lie between two moments."""
    return (parse_time(later) - parse_time(earlier)).total_seconds() / 86400
