"""The books of holds and incidents: what stands in them is what a key for it has sealed, page after page."""

from __future__ import annotations

import copy
import dataclasses
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from counterseal.errors import MalformedError, SealError
from counterseal.ledger.holds import Asking, HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.layout import identity_of
from counterseal.ledger.verify import verify_store
from counterseal.manifest.incident import Incident
from counterseal.manifest.record import Origin
from counterseal.manifest.release import Retention
from counterseal.seal.trust import Trust
from simulators.locked_store import LockedStore
from simulators.releases import STREAM, World, new_sealer, trusted

NAME = identity_of(STREAM)
FOLDER = f"holds/{NAME}/000000000001/"
ORIGIN = Origin(repository="https://github.com/acme/payments", commit="c" * 40)
DAYS = [f"2026-08-{day:02d}T00:00:00Z" for day in range(1, 29)]
KEPT = Retention(retain_until="2036-01-01T00:00:00Z", mode="governance")
INCIDENT = Incident(id="inc-1", service=ORIGIN.repository, severity="high", detected_at=DAYS[0])


class Shop(World):
    """A store with one release, and a key for each book."""

    def __init__(self) -> None:
        super().__init__(LockedStore())
        self.counsel, self.duty = new_sealer(), new_sealer()
        keys = (*self.trust.keys, trusted(self.counsel, "hold"), trusted(self.duty, "incident"))
        self.trust = Trust(version=1, keys=keys)
        self.publish()

    def publish_locked(self) -> None:
        """Append a release that is locked."""
        build = self.builder(self.candidate("2"))

        def locked(chain, head):
            made = build(chain, head)
            return dataclasses.replace(made, predicate=replace(made.predicate, retention=KEPT))

        self.ledger.append(STREAM, locked)

    def hold(self, state: str, day: int, sealer=None, *, sequence: int = 1):
        self.store.clock = DAYS[day]
        book = HoldBook(self.store, self.trust)
        change = book.put_on if state == "on" else book.take_off
        asking = Asking("counsel", "7/2026", DAYS[day], ORIGIN)
        return change(self.store, NAME, sequence, asking, sealer or self.counsel)

    def incident(self, day: int, sealer=None, **parts):
        self.store.clock = DAYS[day]
        book = IncidentBook(self.store, self.trust, sealer or self.duty)
        return book.enter(replace(INCIDENT, **parts), at=DAYS[day], origin=ORIGIN)

    def copy(self, folder: str, number: int, new: int) -> None:
        self.store.put(f"{folder}{new:06d}.json", self.store.get(f"{folder}{number:06d}.json"))

    def state(self) -> str:
        (one,) = HoldBook(self.store, self.trust).newest()
        return one.hold.state

    def incidents(self) -> list[tuple[int, str | None]]:
        return [
            (one.number, one.incident.restored_at) for one in IncidentBook(self.store, self.trust).newest()
        ]

    def found(self) -> dict[str, str]:
        report = verify_store(self.store, self.trust)
        return {one.where: one.code for one in report.findings}

    def noticed(self) -> set[str]:
        return {one.code for one in verify_store(self.store, self.trust).notices}


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_copy_of_an_entry_about_a_hold_is_named_and_counts_for_nothing(shop, number):
    for day, state in enumerate(("on", "off", "on"), 1):
        shop.hold(state, day)
    assert (shop.found(), shop.state()) == ({}, "on")
    shop.copy(FOLDER, number, 4)
    assert shop.found() == {f"{FOLDER}000004.json": "hold-content"}
    with pytest.raises(MalformedError, match=f"this is page {number}"):
        shop.state()


def test_a_hold_that_was_let_go_with_a_copy_is_lifted_past_its_book(shop):
    for day, state in enumerate(("on", "off", "on"), 1):
        shop.hold(state, day)
    shop.copy(FOLDER, 2, 4)
    for versions in shop.store.objects.values():
        versions[0].hold = False
    assert set(shop.found().values()) == {"hold-content", "hold-lifted"}


def test_a_copy_of_an_entry_about_an_incident_is_named_and_counts_for_nothing(shop):
    for day in (1, 2, 3):
        shop.incident(day, restored_at=DAYS[day])
    assert (shop.found(), shop.incidents()) == ({}, [(3, DAYS[3])])
    shop.copy("incidents/inc-1/", 1, 4)
    assert shop.found() == {"incidents/inc-1/000004.json": "incident-content"}
    with pytest.raises(MalformedError, match="this is page 1"):
        shop.incidents()


@pytest.mark.parametrize(
    ("number", "junk"), [(2, None), (2, b"{}"), (999_999, None), (999_999, b"{}"), (3, b"{}")]
)
def test_what_is_no_page_keeps_nobody_from_the_next_one(shop, number, junk):
    shop.incident(1)
    name = f"incidents/inc-1/{number:06d}.json"
    shop.store.put(name, shop.store.get("incidents/inc-1/000001.json") if junk is None else junk)
    entered = shop.incident(2, restored_at=DAYS[2])
    assert entered.number == (3 if number == 2 else 2)
    assert list(shop.found()) == [name]
    del shop.store.objects[name]
    assert (shop.found(), shop.incidents()) == ({}, [(entered.number, DAYS[2])])


def test_a_page_that_was_replaced_is_named_with_the_one_that_followed_it(shop):
    for day in (1, 2, 3):
        shop.incident(day, restored_at=DAYS[day])
    kept = shop.store.get("incidents/inc-1/000002.json")
    shop.store.replace("incidents/inc-1/000002.json", b"{}")
    assert list(shop.found().values()) == ["incident-seal", "incident-gap"]
    assert shop.incident(4, restored_at=DAYS[4]).number == 4
    shop.store.replace("incidents/inc-1/000002.json", kept)
    assert (shop.found(), shop.incidents()) == ({}, [(4, DAYS[4])])


def test_a_hold_is_taken_off_past_a_wrong_page_and_what_another_release_ever_held_stays(shop):
    shop.publish(label="2")
    for day, state in enumerate(("on", "off", "on"), 1):
        shop.hold(state, day, sequence=2)
    shop.hold("off", 4, sequence=2)
    theirs = FOLDER.replace("001/", "002/")
    shop.hold("on", 5)
    shop.copy(FOLDER, 1, 2)
    shop.copy(theirs, 2, 5)
    shop.hold("off", 6)
    assert not shop.store.objects[f"streams/{NAME}/000000000001.jsonl"][0].hold
    assert sorted(shop.found()) == [f"{FOLDER}000002.json", f"{theirs}000005.json"]


def test_the_pages_of_a_book_follow_each_other(shop):
    shop.hold("on", 1)
    other = copy.copy(shop)
    other.store = LockedStore(dict(shop.store.objects))
    other.hold("off", 2)
    other.hold("on", 3)
    shop.hold("off", 4)
    shop.store.put(f"{FOLDER}000003.json", other.store.get(f"{FOLDER}000003.json"))
    for key in other.store.keys("blobs/"):
        shop.store.objects.setdefault(key, other.store.objects[key])
    assert shop.found()[f"{FOLDER}000003.json"] == "hold-link"
    with pytest.raises(SealError, match="it follows"):
        shop.state()


def test_a_page_that_is_missing_is_a_gap(shop):
    for day, state in enumerate(("on", "off", "on"), 1):
        shop.hold(state, day)
    del shop.store.objects[f"{FOLDER}000002.json"]
    assert shop.found() == {f"{FOLDER}000003.json": "hold-gap"}
    with pytest.raises(SealError, match="missing"):
        shop.state()


@pytest.mark.parametrize("role", ["release", "record", "checkpoint", "duty", "stranger"])
def test_only_a_key_for_holds_enters_one_and_nothing_is_written_or_held_otherwise(shop, role):
    before = set(shop.store.objects)
    with pytest.raises(SealError):
        shop.hold("on", 1, getattr(shop, role))
    assert set(shop.store.objects) == before
    assert not any(versions[0].hold for versions in shop.store.objects.values())


@pytest.mark.parametrize("role", ["release", "record", "checkpoint", "counsel", "stranger"])
def test_only_a_key_for_incidents_enters_one_and_nothing_is_written_otherwise(shop, role):
    before = set(shop.store.objects)
    with pytest.raises(SealError):
        shop.incident(1, getattr(shop, role))
    assert set(shop.store.objects) == before


def test_an_entry_by_a_key_for_records_is_not_believed(shop):
    shop.hold("on", 1)
    believed = shop.trust
    others = (one for one in believed.keys if one.roles != ("record",))
    shop.trust = Trust(version=1, keys=(*others, trusted(shop.record, "record", "hold")))
    shop.hold("off", 2, shop.record)
    shop.trust = believed
    assert shop.found()[f"{FOLDER}000002.json"] == "hold-seal"
    assert set(shop.found().values()) == {"hold-seal", "hold-lifted"}


def test_a_page_that_states_an_earlier_time_than_the_one_before_it_is_not_entered(shop):
    shop.incident(5)
    before = set(shop.store.objects)
    with pytest.raises(SealError, match="the page before it"):
        shop.incident(4, restored_at=DAYS[4])
    assert set(shop.store.objects) == before


def test_a_page_that_goes_back_in_time_is_named_and_counts_for_nothing(shop, monkeypatch):
    shop.incident(5)
    with monkeypatch.context() as patch:
        patch.setattr("counterseal.ledger.book._unlike", lambda *_: None)
        shop.incident(4, restored_at=DAYS[4])
    assert shop.found() == {"incidents/inc-1/000002.json": "incident-time"}
    assert shop.incident(6, restored_at=DAYS[6]).number == 3
    assert shop.found() == {"incidents/inc-1/000002.json": "incident-time"}


def test_a_time_that_the_store_does_not_confirm_is_told(shop):
    ended = trusted(shop.counsel, "hold", valid_until=datetime(2026, 8, 10, tzinfo=UTC))
    shop.trust = Trust(version=1, keys=(*shop.trust.keys[:3], ended))
    shop.hold("on", 1)
    assert shop.noticed() == set()
    shop.hold("off", 2)
    shop.store.objects[f"{FOLDER}000002.json"][0].written_at = DAYS[20]
    assert shop.noticed() == {"hold-clock"}


def test_a_page_without_a_lock_is_told_where_releases_are_locked(shop):
    shop.incident(1)
    shop.hold("on", 1)
    assert shop.noticed() == set()
    shop.publish_locked()
    assert shop.noticed() == {"incident-unlocked"}  # the first release promised no lock, so its hold has none
    shop.hold("on", 2, sequence=2)
    assert shop.noticed() == {"incident-unlocked"}
    shop.store.objects[FOLDER.replace("001/", "002/") + "000001.json"][0].mode = None
    assert shop.noticed() == {"incident-unlocked", "hold-unlocked"}
    shop.store.extend("incidents/inc-1/000001.json", KEPT)
    assert shop.noticed() == {"hold-unlocked"}
