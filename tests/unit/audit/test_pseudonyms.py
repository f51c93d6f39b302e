"""An audit of releases that name nobody: by the key whom git names is compared, without it how many."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.audit.reconcile import reconcile
from counterseal.audit.sources.audited import audited
from counterseal.clients.veil import veiled
from counterseal.manifest.pseudonym import PSEUDONYMOUS
from counterseal.manifest.release import Person
from counterseal.policy.pseudonyms import Pseudonyms
from simulators.bank import DEMANDS, WINDOW
from simulators.history import make_history

NAMES = Pseudonyms("0123456789abcdef" * 4)
HIDDEN = "undisclosed-participant"


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The populations of a clean history, in which every release names nobody."""
    history = make_history(tmp_path_factory.mktemp("history") / "repository")
    found = audited(history.sources(), WINDOW, DEMANDS).populations
    return replace(found, releases=tuple(map(under_pseudonyms, found.releases)))


def under_pseudonyms(release):
    if release.manifest is None:
        return release
    candidate = release.manifest.candidate
    candidate = replace(candidate, changes=veiled(candidate.changes, NAMES))
    return replace(release, manifest=replace(release.manifest, candidate=candidate, people=PSEUDONYMOUS))


def hidden(populations, names):
    return [
        verdict.message
        for one in reconcile(populations, DEMANDS, names)
        for verdict in one.verdicts
        if verdict.code == HIDDEN
    ]


@pytest.mark.parametrize("names", [NAMES, None], ids=["key", "no key"])
def test_releases_that_name_nobody_hide_nobody(clean, names):
    assert hidden(clean, names) == []
    assert any(person.text for one in clean.landed for person in one.people)


@pytest.mark.parametrize("names", [NAMES, None], ids=["key", "no key"])
def test_somebody_whom_git_names_and_the_release_does_not_is_noticed(clean, names):
    first, *rest = clean.landed
    carried = next(one for one in (first, *rest) if one.people)
    more = replace(carried, people=(*carried.people, Person(text="Mallory <mallory@evil.example>")))
    landed = tuple(more if one is carried else one for one in clean.landed)
    assert hidden(replace(clean, landed=landed), names)


def test_by_the_key_somebody_in_anothers_place_is_noticed(clean):
    carried = next(one for one in clean.landed if one.people)
    other = replace(
        carried,
        people=tuple(Person(text=f"M{at} <m{at}@evil.example>") for at, _ in enumerate(carried.people)),
    )
    landed = tuple(other if one is carried else one for one in clean.landed)
    found = hidden(replace(clean, landed=landed), NAMES)
    assert found
    assert "evil" not in " ".join(found)
