"""Wrongs of objects and their locks."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.ledger.holds import Asking, HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.manifest.incident import Incident
from counterseal.manifest.record import Origin
from simulators.bank import URI, day
from simulators.history import History
from simulators.wrongs.planted import GAP, HOLE, TAMPERED, UNPROVABLE, Named, evidence_of, named, wrong


@wrong
def a_manifest_written_over(history: History) -> Named:
    history.store.over(history.entry(5), history.store.get(history.entry(6)))
    return named("overwritten", "objects", history.entry(5), TAMPERED, *HOLE, "unreadable")


@wrong
def a_delete_marker_over_a_manifest(history: History) -> Named:
    history.store.over(history.entry(5), None)
    return named("delete-marker", "objects", history.entry(5), TAMPERED, *HOLE, "unreadable")


@wrong
def a_delete_marker_over_evidence(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.over(key, None)
    return named("delete-marker", "objects", key, TAMPERED, "unreadable")


@wrong
def a_lock_shortened(history: History) -> Named:
    kept = history.store.objects[history.entry(5)][0]
    kept.retain_until = "2027-01-01T00:00:00Z"
    return named("retention-shortened", "objects", history.entry(5), GAP)


@wrong
def a_legal_hold_lifted_past_its_book(history: History) -> Named:
    stream, _, number = history.name(5).partition("/")
    origin = Origin(repository=URI, commit=history.source(5))
    asking = Asking("counsel", "proceedings 7/2026", day(110), origin)
    book, history.store.clock = HoldBook(history.store, history.trust), day(110)
    book.put_on(history.store, stream, int(number), asking, history.keeper)
    history.store.objects[evidence_of(history, 5)][0].hold = False
    return named("hold-removed", "releases", history.name(5), GAP)


@wrong
def a_legal_hold_let_go_with_a_copied_page(history: History) -> Named:
    stream, _, number = history.name(5).partition("/")
    origin = Origin(repository=URI, commit=history.source(5))
    book, history.store.clock = HoldBook(history.store, history.trust), day(110)
    for change, hour in ((book.put_on, 9), (book.take_off, 10), (book.put_on, 11)):
        asking = Asking("counsel", "proceedings 7/2026", day(110, hour), origin)
        change(history.store, stream, int(number), asking, history.keeper)
    folder = f"holds/{stream}/{int(number):012d}/"
    history.store.put(f"{folder}000004.json", history.store.get(f"{folder}000002.json"))
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def a_page_about_an_incident_of_another_repository_copied_in(history: History) -> Named:
    incident = Incident(id="issue-12", service=URI, severity="major", detected_at=day(100))
    book, history.store.clock = IncidentBook(history.store, history.trust, history.keeper), day(110)
    origin = Origin(repository=URI, commit=history.source(5))
    mine = book.enter(incident, at=day(110), origin=origin)
    other = replace(incident, service=f"{URI}-cards", restored_at=day(101))
    theirs = book.enter(other, at=day(110), origin=origin)
    assert mine
    assert theirs
    copied = mine.key.replace("000001", "000002")
    history.store.put(copied, history.store.get(theirs.key))
    return named("evidence-altered", "objects", copied, TAMPERED, "lock-unproven")


@wrong
def a_lock_in_a_weaker_mode(history: History) -> Named:
    history.store.objects[evidence_of(history, 5)][0].mode = "governance"
    return named("lock-weaker", "objects", evidence_of(history, 5), GAP)


@wrong
def no_lock_at_all(history: History) -> Named:
    kept = history.store.objects[history.entry(5)][0]
    kept.mode = kept.retain_until = None
    return named("lock-unproven", "objects", history.entry(5), UNPROVABLE)


@wrong
def a_strange_object(history: History) -> Named:
    history.store.put("streams/readme.txt", b"hello")
    return named("stray-object", "objects", "streams/readme.txt", GAP)
