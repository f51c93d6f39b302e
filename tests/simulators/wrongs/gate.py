"""Wrongs of the policy gate and its cases."""

from __future__ import annotations

from counterseal.store.blobs import blob_key
from simulators.history import History
from simulators.wrongs.planted import TAMPERED, Named, named, publish, wrong


def case_of(history: History, sequence: int) -> str:
    """Return the key of the policy gate's case of a release."""
    manifest = history.releases[sequence - 1].statement.predicate
    return next(
        blob_key(file.digest.sha256) for file in manifest.candidate.evidence if file.name == "gate-case.json"
    )


@wrong
def a_gate_case_removed(history: History) -> Named:
    del history.store.objects[case_of(history, 5)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED, "gate-unproven")


@wrong
def a_gate_case_changed(history: History) -> Named:
    key = case_of(history, 5)
    history.store.replace(key, history.store.get(key) + b" ")
    return named("evidence-altered", "releases", history.name(5), TAMPERED, "gate-unproven")


@wrong
def a_gate_case_written_over(history: History) -> Named:
    key = case_of(history, 5)
    history.store.over(key, b"{}")
    return named("overwritten", "objects", key, TAMPERED, "unreadable", "gate-unproven")


@wrong
def a_delete_marker_over_a_gate_case(history: History) -> Named:
    key = case_of(history, 5)
    history.store.over(key, None)
    return named("delete-marker", "objects", key, TAMPERED, "unreadable", "gate-unproven")


@wrong
def a_gate_case_that_is_none(history: History) -> Named:
    name = publish(history, gate_case=lambda _: b"not a case")
    return named("gate-altered", "releases", name, TAMPERED)


@wrong
def a_gate_verdict_that_does_not_follow(history: History) -> Named:
    def lenient(case: bytes) -> bytes:
        return case.replace(b'"outcome":"passed","stage":"record"', b'"outcome":"failed","stage":"record"')

    return named("gate-altered", "releases", publish(history, gate_case=lenient), TAMPERED)
