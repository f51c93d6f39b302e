"""The book of requests: created once, seen first, used once, and believed only when it is sealed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from counterseal.errors import (
    ApprovalMissing,
    CountersealError,
    KeyMissing,
    MalformedError,
    SealError,
    StoreError,
    UsageError,
)
from counterseal.ledger.requests import RequestBook, read_request
from counterseal.ledger.requests import _place as _place_of
from counterseal.ledger.requests_debts import DEBT, Doubt, Owed
from counterseal.ledger.requests_seen import Sighting
from counterseal.manifest.approval import ApprovalRequest, Binding
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.store.directory import DirectoryStore
from factories import COMMIT, REPOSITORY, TREE, candidate
from simulators.firm import keys, new_sealer
from simulators.memory_store import MemoryStore

AT = "2026-11-24T10:00:00Z"
RELEASE = candidate()
BINDING = Binding(
    repository=REPOSITORY,
    environment="production",
    commit=COMMIT,
    tree=TREE,
    candidate=Digest(sha256=digest_of_candidate(RELEASE)),
    policy=Digest(sha256="a" * 64),
)
EVENT = {"id": "comment:1", "source": "comment", "action": "approve", "at": AT}


def request(number=0, **parts):
    made = {"binding": BINDING, "change_class": "normal", "requested_at": AT, "requested_by": Person(id=5)}
    return ApprovalRequest(nonce=f"{number:032x}", **(made | parts))


@pytest.fixture(params=["memory", "directory"])
def store(request, tmp_path):
    return MemoryStore() if request.param == "memory" else DirectoryStore(tmp_path / "store")


@pytest.fixture
def book(store):
    trust, sealer, _, _ = keys()
    return RequestBook(store, trust, sealer)


def test_a_request_is_read_as_it_was_asked_and_is_named_by_its_digest(book):
    asked = book.open(request(), RELEASE)

    assert book.read(asked.id) == asked
    assert asked.request == request()
    assert len(asked.id) == 16
    assert book.candidate(asked) == RELEASE


def test_a_request_about_another_candidate_is_refused(book):
    other = replace(BINDING, candidate=Digest(sha256="0" * 64))

    with pytest.raises(UsageError, match="another candidate"):
        book.open(request(binding=other), RELEASE)


@pytest.mark.parametrize("name", ["", "x", "../../../etc/passwd", "0" * 15, "0" * 17, "ABCDEF0123456789"])
def test_what_is_no_id_is_never_looked_for(book, name):
    with pytest.raises(UsageError, match="not the id"):
        book.read(name)


def test_a_request_that_nobody_asked_is_missing(book):
    with pytest.raises(KeyMissing):
        book.read("0" * 16)


def test_a_request_under_another_name_is_refused():
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    book = RequestBook(store, trust, sealer)
    first, second = book.open(request(1), RELEASE), book.open(request(2), RELEASE)
    store.objects[f"approvals/{first.id}/request.json"] = second.bundle

    with pytest.raises(SealError, match="another request"):
        book.read(first.id)


def test_only_the_key_of_the_gate_asks():
    trust, _, dans, _ = keys()
    book = RequestBook(MemoryStore(), trust, dans)

    with pytest.raises(SealError):
        book.open(request(), RELEASE)


def test_a_candidate_that_was_put_in_the_place_of_another_is_refused():
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    book = RequestBook(store, trust, sealer)
    asked = book.open(request(), RELEASE)
    key = f"approvals/{asked.id}/candidate.json"
    store.objects[key] = store.objects[key].replace(COMMIT.encode(), b"e" * 40)

    with pytest.raises(SealError, match="not the candidate"):
        book.candidate(asked)
    store.objects[key] = b"[]"
    with pytest.raises(MalformedError):
        book.candidate(asked)


def test_the_same_bundle_elsewhere_is_the_same_request(book):
    asked = book.open(request(), RELEASE)

    assert read_request(asked.bundle, keys()[0], "file") == asked


def test_what_is_sealed_and_no_request_is_refused():
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    book = RequestBook(store, trust, sealer)
    book.sightings.see("0" * 16, "comment:1", lambda: Sighting(EVENT, AT))

    with pytest.raises(SealError, match="no request"):
        read_request(next(iter(store.objects.values())), trust, "file")


# -- asking once ----------------------------------------------------------------------------------------


def test_what_is_asked_twice_is_asked_once(book):
    first = book.open_once(request(1), RELEASE)

    assert book.open_once(request(2), RELEASE) == first
    assert book.standing(BINDING, "normal") == (0, first)
    assert list(book.open_ids()) == [first.id]


def test_another_class_or_run_is_another_question(book):
    first = book.open_once(request(1), RELEASE)

    others = [
        book.open_once(request(2, change_class="emergency"), RELEASE),
        book.open_once(request(3, binding=replace(BINDING, run="7/2")), RELEASE),
    ]

    assert len({first.id, *(one.id for one in others)}) == 3


def test_what_is_over_can_be_asked_again(book):
    first = book.open_once(request(1), RELEASE)
    book.close(first.id, "expired", AT)

    second = book.open_once(request(2), RELEASE)

    assert second.id != first.id
    assert book.standing(BINDING, "normal") == (1, second)
    assert list(book.open_ids()) == [second.id]


class Dying(MemoryStore):
    """A store whose process is killed at a certain write, before or after it was done."""

    def __init__(self, objects, at, done):
        super().__init__(objects)
        self.at, self.done = at, done

    def put(self, key, data, **more):
        self.at -= 1
        if self.at == 0 and not self.done:
            raise StoreError("killed", where=key)
        stored = super().put(key, data, **more)
        if self.at == 0:
            raise StoreError("killed", where=key)
        return stored


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_asking_survives_a_kill_at_every_write(at, done):
    trust, sealer, _, _ = keys()
    dying = Dying({}, at, done)
    with pytest.raises(StoreError, match="killed"):
        RequestBook(dying, trust, sealer).open_once(request(1), RELEASE)

    book = RequestBook(MemoryStore(dying.objects), trust, sealer)
    asked = book.open_once(request(2), RELEASE)

    assert list(book.open_ids()) == [asked.id]
    assert book.candidate(asked) == RELEASE
    assert asked.request.nonce == request(2 if (at, done) == (1, False) else 1).nonce


# -- what was seen --------------------------------------------------------------------------------------


def test_the_first_sight_wins(book):
    name = book.open(request(), RELEASE).id
    first = book.sightings.see(name, "comment:1", lambda: Sighting(EVENT, AT, ("leads",)))

    again = book.sightings.see(name, "comment:1", lambda: pytest.fail("it was seen before"))

    assert again == first == Sighting(EVENT, AT, ("leads",))
    assert book.sightings.all(name) == (first,)


def test_that_somebody_was_in_no_group_is_not_that_nobody_knows(book):
    seen = [
        book.sightings.see("0" * 16, f"comment:{at}", lambda at=at, groups=groups: Sighting(
            {**EVENT, "id": f"comment:{at}"}, AT, groups))
        for at, groups in enumerate([(), None])
    ]  # fmt: skip

    assert [one.groups for one in seen] == [(), None]


def test_a_reader_without_a_key_sees_what_was_seen_first():
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    RequestBook(store, trust, sealer).sightings.see("0" * 16, "comment:1", lambda: Sighting(EVENT, AT))
    reader = RequestBook(store, trust)
    later = "2026-11-24T11:00:00Z"

    assert reader.sightings.see("0" * 16, "comment:1", lambda: Sighting(EVENT, later)).seen_at == AT
    assert reader.sightings.see("0" * 16, "comment:2", lambda: Sighting(EVENT, later)).seen_at == later
    assert len(store.objects) == 1


@pytest.mark.parametrize("where", ["other-event", "other-request", "unsealed", "cut"])
def test_a_sighting_that_was_moved_or_altered_is_refused(where):
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    book = RequestBook(store, trust, sealer)
    book.sightings.see("0" * 16, "comment:1", lambda: Sighting(EVENT, AT))
    ((key, data),) = store.objects.items()
    places = {
        "other-event": f"approvals/{'0' * 16}/seen/{sha256(b'comment:2')}.json",
        "other-request": key.replace("0" * 16, "1" * 16),
    }
    store.objects = {places.get(where, key): {"unsealed": b"{}", "cut": data[:-9]}.get(where, data)}

    with pytest.raises(SealError):
        book.sightings.all("1" * 16 if where == "other-request" else "0" * 16)


# -- steps, use, debts ----------------------------------------------------------------------------------


def test_a_step_is_taken_by_whoever_comes_first(book):
    assert [book.take("0" * 16, "remind-50", AT) for _ in range(3)] == [True, False, False]
    assert not book.told("0" * 16, "remind-50")
    book.tell("0" * 16, "remind-50", AT)
    assert book.told("0" * 16, "remind-50")


def test_an_approval_is_used_once_and_by_the_same_deployment_again(book):
    assert book.used_by("0" * 16) is None
    book.use("0" * 16, "200/1", AT)
    book.use("0" * 16, "200/1", AT)

    with pytest.raises(ApprovalMissing, match="200/1"):
        book.use("0" * 16, "200/2", AT)
    assert book.used_by("0" * 16) == "200/1"


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"by":7}', b"", b"{"])
def test_a_use_that_cannot_be_read_is_an_error_and_never_unused(content):
    store = MemoryStore({f"approvals/{'0' * 16}/used.json": content})
    book = RequestBook(store, keys()[0])

    with pytest.raises(CountersealError):
        book.used_by("0" * 16)


def test_a_debt_stands_until_it_is_paid_and_what_was_due_first_stays(book):
    owed = Owed("0" * 16, AT, REPOSITORY, "production")
    book.debts.owe(owed)
    book.debts.owe(Owed("0" * 16, "2027-01-01T00:00:00Z", REPOSITORY, "production"))
    book.debts.owe(Owed("1" * 16, AT, REPOSITORY, "staging"))

    assert list(book.debts.unpaid()) == [owed, Owed("1" * 16, AT, REPOSITORY, "staging")]
    book.debts.pay("0" * 16, AT)
    assert [one.request for one in book.debts.unpaid()] == ["1" * 16]
    assert list(book.open_ids()) == []


def _debt(sealer, name="0" * 16, **said):
    subject = subject_of_file("approval-request", sha256(name.encode()))
    return sealer.seal(encode_statement(Statement((subject,), DEBT, {"request": name, **said})))


@pytest.mark.parametrize(
    "made",
    [
        lambda _: b"{}",
        lambda _: b"",
        lambda _: b'{"paidAt":"2026-11-24T09:00:00Z"}',
        lambda _: _debt(new_sealer("record")[0], paidAt=AT),
        lambda _: _debt(keys()[1], "1" * 16, paidAt=AT),
        lambda book: book.store.get(f"approvals/debts/{'0' * 16}/owed.json"),
        lambda book: book.store.get(f"approvals/debts/{'1' * 16}/paid.json"),
    ],
    ids=["nothing", "empty", "plain", "a stranger's", "another's", "the debt itself", "another's, copied"],
)
def test_a_review_is_called_given_by_nobody_but_the_gate(made):
    store = MemoryStore()
    book = RequestBook(store, *keys()[:2])
    book.debts.owe(Owed("0" * 16, AT, REPOSITORY, "production"))
    book.debts.pay("1" * 16, AT)
    store.put(f"approvals/debts/{'0' * 16}/paid.json", made(SimpleNamespace(store=store)))
    (doubt,) = book.debts.standing()
    assert isinstance(doubt, Doubt)
    assert doubt.owed == Owed("0" * 16, AT, REPOSITORY, "production")
    assert list(book.debts.unpaid()) == []
    assert (book.debts.reviews().given, [*book.debts.reviews().doubts]) == ({"1" * 16: AT}, ["0" * 16])


@pytest.mark.parametrize(
    "name", ["x/paid.json", "paid.json", "x/owed.json", f"{'0' * 16}/paid.json.json", f"{'A' * 16}/owed.json"]
)
def test_what_has_no_name_of_a_debt_is_none(book, name):
    owed = Owed("0" * 16, AT, REPOSITORY, "production")
    book.debts.owe(owed)
    book._shelf.create(f"debts/{name}", b"junk")
    assert list(book.debts.standing()) == [owed]
    assert (book.debts.reviews().given, book.debts.reviews().doubts) == ({}, {})


def test_a_debt_that_cannot_be_read_is_doubtful_alone(book):
    owed = Owed("1" * 16, AT, REPOSITORY, "production")
    book.debts.owe(owed)
    book._shelf.create(f"debts/{'0' * 16}/owed.json", b"junk")
    doubt, other = book.debts.standing()
    assert (doubt.request, doubt.owed, other) == ("0" * 16, None, owed)


@pytest.mark.parametrize("time", ["yesterday", "", "2026-13-01T00:00:00Z", 7, None])
def test_a_review_that_was_given_at_no_time_is_none(time):
    store, (trust, sealer, *_) = MemoryStore(), keys()
    store.put(f"approvals/debts/{'0' * 16}/paid.json", _debt(sealer, paidAt=time))
    reviews = RequestBook(store, trust).debts.reviews()
    assert (reviews.given, [*reviews.doubts]) == ({}, ["0" * 16])
    with pytest.raises(CountersealError):
        RequestBook(store, trust, sealer).debts.pay("1" * 16, str(time))


def test_nothing_is_written_with_a_key_that_no_reader_would_believe():
    store, trust = MemoryStore(), keys()[0]
    book = RequestBook(store, trust, new_sealer("record")[0])
    for write in (
        lambda: book.open(request(), RELEASE),
        lambda: book.open_once(request(), RELEASE),
        lambda: book.debts.owe(Owed("0" * 16, AT, REPOSITORY, "production")),
        lambda: book.debts.pay("0" * 16, AT),
        lambda: book.sightings.see("0" * 16, "comment:1", lambda: Sighting(EVENT, AT)),
    ):
        with pytest.raises(SealError):
            write()
    assert store.objects == {}


def test_a_request_that_was_copied_to_another_question_is_not_its_answer(book, store):
    asked = book.open_once(request(), RELEASE)
    other = request(binding=replace(BINDING, environment="staging"))
    ours, theirs = (
        next(key for key in store.keys("approvals/asked/")),
        _place_of(other.binding, other.change_class),
    )
    store.put(f"approvals/{theirs}0000.json", store.get(ours))
    assert book.standing(BINDING, "normal") == (0, asked)
    with pytest.raises(SealError, match="something else"):
        book.open_once(other, RELEASE)


def test_strays_among_requests_and_decisions_are_neither(book, store):
    asked = book.open_once(request(), RELEASE)
    book.decide(asked.id, "pending-a", b"case", b"{}")
    (place,) = store.keys("approvals/asked/")
    store.put(place.replace("0000.json", "note.txt"), b"x")
    store.put(f"approvals/{asked.id}/decisions/note.json", b"x")
    assert book.standing(BINDING, "normal") == (0, asked)
    assert book.decisions(asked.id) == ("000001-pending-a",)


def test_a_request_that_says_not_who_asked_is_refused_before_anything_is_written(book):
    with pytest.raises(CountersealError, match="who asked"):
        book.open_once(replace(request(), requested_by=Person()), RELEASE)
    assert book.open_once(request(), RELEASE).request == request()


def test_decisions_are_numbered_and_the_same_one_is_kept_once(book):
    name = book.open(request(), RELEASE).id
    for what in ("pending-a", "pending-a", "approved-b", "pending-a"):
        found = book.decide(name, what, b"case of " + what.encode(), b"{}")

    assert found == book.decisions(name) == ("000001-pending-a", "000002-approved-b", "000003-pending-a")


def test_the_case_of_a_decision_is_found_by_its_digest():
    trust, sealer, _, _ = keys()
    store = MemoryStore()
    RequestBook(store, trust, sealer).decide("0" * 16, "pending-a", b"case", b"{}")

    assert store.objects[f"approvals/{'0' * 16}/cases/{sha256(b'case')}.json"] == b"case"


def test_nothing_is_decided_without_a_key():
    store = MemoryStore()

    assert RequestBook(store, keys()[0]).decide("0" * 16, "pending-a", b"case", b"{}") == ()
    assert store.objects == {}


def test_a_thousand_requests_are_listed_in_one_listing():
    class Counting(MemoryStore):
        listings = reads = 0

        def keys(self, prefix, *, after=""):
            self.listings += 1
            return super().keys(prefix, after=after)

        def get(self, key, *, version=None):
            self.reads += 1
            return super().get(key, version=version)

    objects = {
        f"approvals/{at:016x}/{name}.json": b"{}" for at in range(1000) for name in ("request", "seen/a")
    }
    objects |= {f"approvals/{at:016x}/closed.json": b"{}" for at in range(0, 1000, 2)}
    store = Counting(objects)

    found = list(RequestBook(store, keys()[0]).open_ids())

    assert found == [f"{at:016x}" for at in range(1, 1000, 2)]
    assert (store.listings, store.reads) == (1, 0)


def test_whatever_else_lies_there_is_no_request(book, store):
    for key in (
        "asked/x/0000.json",
        "debts/0/owed.json",
        "UPPER/request.json",
        "0123/request.json",
        "a.json",
    ):
        store.put(f"approvals/{key}", json.dumps({}).encode())

    assert list(book.open_ids()) == []
