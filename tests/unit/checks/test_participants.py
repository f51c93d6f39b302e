from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from counterseal.checks.participants import participants, participants_of_checkout
from counterseal.clients.git import GitRepository
from counterseal.host.event import read_event
from counterseal.policy.forge import Gap
from counterseal.policy.people import Identities, People, PersonEntry, addresses_in
from simulators.changes import pull
from simulators.fake_forge import FakeForge


@pytest.fixture
def event(tmp_path):
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 12}}))
    return read_event({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(path)})


def asked(event, change):
    forge = FakeForge()
    forge.add_pull(change)
    return participants(forge, event, None, None, Identities(None))


def test_whoever_touched_the_change_took_part(event):
    change = pull()
    opener = change.pull_request.opener.id
    assert f"account:{opener}" in asked(event, change)


def test_somebody_whom_nobody_knows_may_be_anybody(event):
    forge = FakeForge()
    forge.add_pull(pull())
    known = People(version=1, people=(PersonEntry(id="carl", accounts=(3,)),))
    assert participants(forge, event, None, None, Identities(known)) is None


@pytest.mark.parametrize("topic", ["commits", "pushes"])
def test_with_a_gap_nobody_can_tell_who_did(event, topic):
    change = pull()
    assert asked(event, replace(change, gaps=(*change.gaps, Gap(topic=topic, message="cut off")))) is None


def test_a_forge_that_does_not_answer_leaves_it_open(event):
    assert participants(FakeForge(), event, None, None, Identities(None)) is None


def test_a_checkout_names_its_authors_where_the_map_knows_all_of_them(repository):
    first = GitRepository(repository.root).head()[0]
    head = repository.commit("second")
    here = GitRepository(repository.root)
    made = here.commits(head)[0]
    addresses = [*addresses_in(made.author), *addresses_in(made.committer)]
    known = People(version=1, people=(PersonEntry(id="dana", addresses=tuple(dict.fromkeys(addresses))),))
    assert participants_of_checkout(here, first, Identities(known)) == {"dana"}
    assert participants_of_checkout(here, None, Identities(known)) == {"dana"}
    repository.commit("third\n\nCo-authored-by: Somebody <else@example.com>")
    assert participants_of_checkout(here, first, Identities(known)) is None
    assert participants_of_checkout(here, first, Identities(None)) is None
    assert participants_of_checkout(here, "a" * 40, Identities(known)) is None
