"""The books of holds and incidents: what stands in them is what a key for it has sealed, page after page."""

from __future__ import annotations

import copy
import dataclasses
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from counterseal.errors import MalformedError, SealError
from counterseal.ledger.documents import statement_of
from counterseal.ledger.holds import Asking, HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.layout import identity_of
from counterseal.ledger.verify import verify_store
from counterseal.manifest.incident import Incident, plain_incident
from counterseal.manifest.legal_hold import HeldVersion, LegalHold, plain_hold
from counterseal.manifest.page import Page, encode_page
from counterseal.manifest.record import Digest, Origin
from counterseal.manifest.release import Retention
from counterseal.manifest.statement import encode_statement
from counterseal.manifest.stream import repository_id
from counterseal.seal.trust import Trust
from counterseal.store.blobs import put_blob
from simulators.locked_store import LockedStore
from simulators.releases import STAGING, STREAM, World, new_sealer, trusted

NAME = identity_of(STREAM)
FOLDER = f"holds/{NAME}/000000000001/"
ORIGIN = Origin(repository=STREAM.repository, commit="c" * 40)
BOOK = f"incidents/{repository_id(ORIGIN.repository)}/inc-1/"
OTHER = "https://github.example/acme/cards"
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
    shop.copy(BOOK, 1, 4)
    assert shop.found() == {f"{BOOK}000004.json": "incident-content"}
    with pytest.raises(MalformedError, match="this is page 1"):
        shop.incidents()


@pytest.mark.parametrize(
    ("number", "junk"), [(2, None), (2, b"{}"), (999_999, None), (999_999, b"{}"), (3, b"{}")]
)
def test_what_is_no_page_keeps_nobody_from_the_next_one(shop, number, junk):
    shop.incident(1)
    name = f"{BOOK}{number:06d}.json"
    shop.store.put(name, shop.store.get(f"{BOOK}000001.json") if junk is None else junk)
    entered = shop.incident(2, restored_at=DAYS[2])
    assert entered.number == (3 if number == 2 else 2)
    assert list(shop.found()) == [name]
    del shop.store.objects[name]
    assert (shop.found(), shop.incidents()) == ({}, [(entered.number, DAYS[2])])


def test_a_page_that_was_replaced_is_named_with_the_one_that_followed_it(shop):
    for day in (1, 2, 3):
        shop.incident(day, restored_at=DAYS[day])
    kept = shop.store.get(f"{BOOK}000002.json")
    shop.store.replace(f"{BOOK}000002.json", b"{}")
    assert list(shop.found().values()) == ["incident-seal", "incident-gap"]
    assert shop.incident(4, restored_at=DAYS[4]).number == 4
    shop.store.replace(f"{BOOK}000002.json", kept)
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
    assert shop.found() == {f"{BOOK}000002.json": "incident-time"}
    assert shop.incident(6, restored_at=DAYS[6]).number == 3
    assert shop.found() == {f"{BOOK}000002.json": "incident-time"}


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
    shop.store.extend(f"{BOOK}000001.json", KEPT)
    assert shop.noticed() == {"hold-unlocked"}


# -- what a page is about: `streams` of the trust file, and repositories that are not mixed up -------------


def bound(shop: Shop, *streams: str) -> Trust:
    """Return the trust file with both keys of the books kept to these streams."""
    mine = {shop.counsel.signer.public_key.keyid, shop.duty.signer.public_key.keyid}
    keys = (replace(one, streams=streams) if one.keyid in mine else one for one in shop.trust.keys)
    return Trust(version=1, keys=tuple(keys))


def put_page(shop: Shop, stage: str, sealer, page: Page) -> str:
    """Put a page where it says that it belongs, sealed by whoever, past all that our writer looks at."""
    data = encode_page(page)
    statement = statement_of(stage, f"{stage}.json", data, at=DAYS[1], origin=ORIGIN)
    put_blob(shop.store, data)
    key = f"{page.book}/{page.number:06d}.json"
    shop.store.put(key, sealer.seal(encode_statement(statement)))
    return key


def old_hold(shop: Shop) -> str:
    """Put a page of before holds said of which repository they are."""
    held = HeldVersion(key=f"streams/{NAME}/000000000001.jsonl", version="1")
    says = LegalHold(stream=NAME, sequence=1, state="off", reason="x", by="counsel", objects=(held,))
    return put_page(shop, "legal-hold", shop.counsel, Page(book=FOLDER[:-1], number=1, says=plain_hold(says)))


def old_incident(shop: Shop, number: int, previous: str | None = None, **parts) -> str:
    """Put a page of before books named their repository; return the digest of its payload."""
    page = Page(
        book="incidents/inc-1",
        number=number,
        previous=Digest(sha256=previous) if previous else None,
        says=plain_incident(replace(INCIDENT, **parts)),
    )
    key = put_page(shop, "incident", shop.duty, page)
    return IncidentBook(shop.store, shop.trust).book.read(key).payload


def newest(shop: Shop) -> dict[str, str | None]:
    found = IncidentBook(shop.store, shop.trust).newest()
    return {one.incident.service: one.incident.restored_at for one in found}


@pytest.mark.parametrize("names", [(STREAM.repository,), (OTHER, NAME)])
def test_a_key_for_this_stream_enters_holds_on_its_releases(shop, names):
    shop.trust = bound(shop, *names)
    shop.hold("on", 1)
    shop.hold("off", 2)
    assert (shop.found(), shop.state()) == ({}, "off")


@pytest.mark.parametrize("name", [OTHER, identity_of(STAGING), "acme"])
def test_a_key_for_other_streams_enters_no_hold_and_nothing_is_written_or_held(shop, name):
    believed, before = shop.trust, set(shop.store.objects)
    shop.trust = bound(shop, name)
    with pytest.raises(SealError, match="is not trusted to seal for"):
        shop.hold("on", 1)
    assert set(shop.store.objects) == before
    assert not any(versions[0].hold for versions in shop.store.objects.values())
    shop.trust = believed
    shop.hold("on", 1)
    shop.trust = bound(shop, name)
    assert shop.found() == {f"{FOLDER}000001.json": "hold-seal"}


@pytest.mark.parametrize("name", [OTHER, NAME, "acme"])
def test_a_key_for_other_repositories_enters_no_incident_and_nothing_is_written(shop, name):
    believed, before = shop.trust, set(shop.store.objects)
    shop.trust = bound(shop, name)
    with pytest.raises(SealError, match=f"is not trusted to seal for {INCIDENT.service}"):
        shop.incident(1)
    assert set(shop.store.objects) == before
    shop.trust = believed
    shop.incident(1)
    shop.trust = bound(shop, name)
    assert shop.found() == {f"{BOOK}000001.json": "incident-seal"}


def test_a_key_for_this_repository_enters_its_incidents(shop):
    shop.trust = bound(shop, INCIDENT.service)
    shop.incident(1)
    assert (shop.found(), shop.incidents()) == ({}, [(1, None)])


def test_a_key_for_another_repository_says_nothing_in_a_book_of_this_one(shop):
    shop.incident(1)
    shop.trust = bound(shop, OTHER)
    far = plain_incident(replace(INCIDENT, service=OTHER, restored_at=DAYS[1]))
    key = put_page(shop, "incident", shop.duty, Page(book=BOOK[:-1], number=2, says=far))
    assert shop.found()[key] == "incident-content"


def test_a_hold_that_gives_itself_out_as_one_of_another_repository_is_none(shop):
    held = HeldVersion(key=f"streams/{NAME}/000000000001.jsonl", version="1")
    says = LegalHold(
        stream=NAME, sequence=1, state="off", reason="x", by="counsel", objects=(held,),
        of=replace(STREAM, repository=OTHER),
    )  # fmt: skip
    shop.trust = bound(shop, OTHER)
    page = Page(book=FOLDER[:-1], number=1, says=plain_hold(says))
    key = put_page(shop, "legal-hold", shop.counsel, page)
    assert shop.found() == {key: "hold-content"}


@pytest.mark.parametrize(
    ("names", "code"), [((), None), ((NAME,), None), ((STREAM.repository,), "hold-seal")]
)
def test_an_old_hold_is_believed_of_a_key_for_all_streams_or_for_the_one_that_it_names(shop, names, code):
    key = old_hold(shop)
    shop.trust = bound(shop, *names) if names else shop.trust
    assert shop.found() == ({key: code} if code else {})


def test_incidents_of_two_repositories_with_one_name_are_two(shop):
    shop.incident(1)
    shop.incident(2, service=OTHER, restored_at=DAYS[2])
    shop.incident(1, severity="low")
    assert newest(shop) == {INCIDENT.service: None, OTHER: DAYS[2]}
    assert shop.found() == {}


def test_a_page_about_another_repository_is_named_and_counts_for_nothing(shop):
    shop.incident(1)
    theirs = copy.copy(shop)
    theirs.store = LockedStore({})
    for day in (1, 2):
        theirs.incident(day, service=OTHER, restored_at=DAYS[day])
    for key in theirs.store.keys("blobs/"):
        shop.store.objects.setdefault(key, theirs.store.objects[key])
    folder = f"incidents/{repository_id(OTHER)}/inc-1/"
    shop.store.put(f"{BOOK}000002.json", theirs.store.get(f"{folder}000002.json"))
    assert shop.found() == {f"{BOOK}000002.json": "incident-content"}
    assert shop.incident(3, restored_at=DAYS[3]).number == 3


def test_a_book_that_was_copied_from_another_store_is_that_of_its_repository(shop):
    theirs = copy.copy(shop)
    theirs.store = LockedStore({})
    theirs.incident(1, service=OTHER, restored_at=DAYS[1])
    for key in list(theirs.store.keys("")):
        shop.store.objects.setdefault(key, theirs.store.objects[key])
    assert newest(shop) == {OTHER: DAYS[1]}
    assert shop.incident(1).number == 1
    assert newest(shop) == {INCIDENT.service: None, OTHER: DAYS[1]}


def test_an_old_book_is_read_until_its_incident_has_a_new_one_and_nothing_is_entered_in_it(shop):
    first = old_incident(shop, 1)
    old_incident(shop, 2, first, restored_at=DAYS[1])
    assert (shop.found(), newest(shop)) == ({}, {INCIDENT.service: DAYS[1]})
    assert shop.incident(2).key == f"{BOOK}000001.json"
    assert (shop.found(), newest(shop)) == ({}, {INCIDENT.service: None})


def test_what_an_old_book_says_of_one_repository_hides_nothing_of_another(shop):
    first = old_incident(shop, 1)
    old_incident(shop, 2, first, service=OTHER, restored_at=DAYS[1])
    assert newest(shop) == {INCIDENT.service: None, OTHER: DAYS[1]}
    shop.trust = bound(shop, OTHER)
    assert shop.found() == {
        "incidents/inc-1/000001.json": "incident-seal",
        "incidents/inc-1/000002.json": "incident-gap",
    }
