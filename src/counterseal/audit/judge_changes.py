"""What an audit says about changes: every commit that reached a protected branch, and every protected tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from counterseal.audit.answer import Judged, Verdict
from counterseal.audit.compared import Compared, accounts, days_between, makers_of, nameless, people_of
from counterseal.audit.population import Landed, Release, Tagged
from counterseal.audit.verdicts import judged, verdict
from counterseal.clients.veil import veiled
from counterseal.manifest.pseudonym import PSEUDONYMOUS
from counterseal.manifest.release import Change, Person
from counterseal.policy.patterns import any_path_matches

_TAGS = "refs/tags/"
_DIRECT = frozenset({"push", "force_push", "branch_creation"})
_CLEARED = frozenset({"approved", "emergency"})


def judge_changes(compared: Compared) -> Iterator[Judged]:
    """Yield every change with its verdicts."""
    for one in compared.populations.landed:
        carried = compared.carried.get(one.commit)
        digest = carried[0].payload if carried else None
        found = [*_arrival(one)]
        if carried is not None:
            found += [*_undisclosed(one, carried, compared), *_review(one, carried, compared)]
        elif not one.gone:
            found += _uncovered(one, compared)
        yield judged("changes", one.commit, one.at, one.title, found, digest)


def judge_tags(compared: Compared) -> Iterator[Judged]:
    """Yield every protected tag with its verdicts."""
    released = compared.tags_released
    for one in compared.populations.tagged:
        yield judged("tags", one.ref, one.at, one.ref, _tag(one, released.get(one.ref, {})))
    here = {one.ref for one in compared.populations.tagged}
    gaps = compared.gaps("tags")
    for ref, commits in released.items():
        if ref not in here and any_path_matches(compared.demands.tags, ref.removeprefix(_TAGS)):
            code = "cannot-enumerate" if gaps else "tag-deleted"
            message = "; ".join(gaps) or f"release {next(iter(commits.values()))} was made from it"
            yield judged("tags", ref, None, ref, [verdict(code, message)])


def _tag(one: Tagged, released: Mapping[str, str]) -> Iterator[Verdict]:
    """Yield what is wrong with a tag, given the releases that were made from it by their commits."""
    by = f" by account {one.by.id}" if one.by else ""
    before = dict.fromkeys((*one.before, *released))
    if one.commit is None:
        yield verdict("tag-deleted", f"{one.ref} was deleted{by}")
    elif moved := [commit for commit in before if commit != one.commit]:
        related = tuple(f"releases:{released[commit]}" for commit in moved if commit in released)
        message = f"{one.ref} named {moved[0]} before, and names {one.commit} now{by}"
        yield verdict("tag-moved", message, related=related)
    elif one.commit not in before:
        yield verdict("tag-without-release", f"no release was made from {one.commit}")


def _arrival(one: Landed) -> Iterator[Verdict]:
    """Yield what is wrong with how a commit got onto the branch."""
    by = f" by account {one.pusher.id}" if one.pusher else ""
    if one.gone:
        yield verdict("pushed-over", f"{one.ref} held it and holds it no longer")
    if one.kind == "force_push":
        yield verdict("history-rewritten", f"it came to {one.ref} by a push that rewrote it{by}")
    elif one.kind in _DIRECT and one.pull_request is None:
        yield verdict("pushed-past-gate", f"it was pushed to {one.ref} without a pull request{by}")


def _uncovered(one: Landed, compared: Compared) -> Iterator[Verdict]:
    """Yield why no release that passed lists a commit."""
    at, until = compared.place[one.commit], compared.populations.window.until
    if gaps := compared.gaps("releases"):
        yield verdict("cannot-enumerate", "; ".join(gaps))
    elif at <= compared.released_until:
        first = any(at <= place for place in compared.first_places)
        code = "before-first-release" if first else "no-evidence"
        yield verdict(
            code, "a release was made from a later commit, and no release that passed lists this one"
        )
    elif days_between(one.at, until) > compared.demands.unreleased_days:
        days = int(days_between(one.at, until))
        yield verdict(
            "unreleased-too-long", f"it waits for {days} days; {compared.demands.unreleased_days} are allowed"
        )
    else:
        yield verdict("awaiting-release", "no release that passed lists it yet")


def _undisclosed(one: Landed, pair: tuple[Release, Change], compared: Compared) -> Iterator[Verdict]:
    """Yield whom git or the forge names and the release does not."""
    release, change = pair
    named, acted = makers_of(change), one.people
    pseudonymous = release.manifest is not None and release.manifest.people == PSEUDONYMOUS
    if pseudonymous:
        acted = veiled(acted, compared.pseudonyms)
    texts = _texts(named)
    hidden = set(_texts(acted) - texts) if texts else set[str]()
    if pseudonymous and compared.pseudonyms is None:  # then only how many they are can be told
        missing = len(_texts(acted)) - len(texts)
        hidden = {f"one of {missing} more people whom git names"} if texts and missing > 0 else set()
    if accounts(named):
        hidden |= {f"account {number}" for number in accounts(acted) - accounts(named)}
    for who in sorted(hidden):
        message = f"{who} took part in it, and release {release.name} does not say so"
        yield verdict(
            "undisclosed-participant", message, digest=release.payload, related=(f"releases:{release.name}",)
        )


def _texts(people: Iterable[Person]) -> frozenset[str]:
    return frozenset(person.text for person in people if person.text)


def _review(one: Landed, carried: tuple[Release, Change], compared: Compared) -> Iterator[Verdict]:
    """Yield what is wrong with who looked at a change."""
    wanted = compared.demands.reviews
    release, change = carried
    people = people_of(one, change)
    makers, checkers = accounts(people), _checkers(release, change)
    independent = checkers - makers
    related = (f"releases:{release.name}",)
    if len(checkers) < wanted:
        message = (
            f"{len(checkers)} people have reviewed it or approved release {release.name}; {wanted} are wanted"
        )
        yield verdict("not-reviewed", message, digest=release.payload, related=related)
    elif len(independent) < wanted:
        who = ", ".join(f"account {number}" for number in sorted(checkers & makers))
        message = f"those who reviewed it took part in it: {who}"
        yield verdict("reviewed-by-participant", message, digest=release.payload, related=related)
    elif _unknown(people) and not _cleared(release):
        who = ", ".join(sorted(_unknown(people))[:5])
        yield verdict("reviewer-unproven", f"nobody knows whose accounts these are: {who}", related=related)


def _checkers(release: Release, change: Change) -> frozenset[int]:
    """Return the accounts that reviewed a change or approved its release."""
    manifest = release.manifest
    approvals = manifest.approvals if manifest else ()
    approved = (one.person for one in approvals if one.decision == "approved")
    return accounts((*change.reviewers, *approved))


def _unknown(people: tuple[Person, ...]) -> frozenset[str]:
    return nameless(people)


def _cleared(release: Release) -> bool:
    """Tell whether the approval gate has kept everybody's roles apart, by the identity map of then."""
    return any(one.follows and one.state in _CLEARED and not one.conflicts for one in release.decided)
