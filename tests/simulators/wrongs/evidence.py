"""Wrongs of records and evidence."""

from __future__ import annotations

from counterseal.store.blobs import blob_key
from simulators.history import History
from simulators.wrongs.planted import GAP, TAMPERED, UNCLEARED, Named, evidence_of, named, publish, wrong


@wrong
def a_record_removed(history: History) -> Named:
    manifest = history.releases[4].statement.predicate
    del history.store.objects[blob_key(manifest.candidate.records[0].sealed.digest.sha256)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED)


@wrong
def evidence_removed(history: History) -> Named:
    del history.store.objects[evidence_of(history, 5)]
    return named("evidence-missing", "releases", history.name(5), TAMPERED)


@wrong
def evidence_changed(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.replace(key, history.store.get(key).replace(b"testsuite", b"testsuitf"))
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def evidence_made_longer(history: History) -> Named:
    key = evidence_of(history, 5)
    history.store.replace(key, history.store.get(key) + b" ")
    return named("evidence-altered", "releases", history.name(5), TAMPERED)


@wrong
def evidence_of_another_commit(history: History) -> Named:
    name = publish(history, origin_commit=history.source(10))
    return named("evidence-foreign", "releases", name, GAP)


@wrong
def evidence_that_was_out_of_date(history: History) -> Named:
    name = publish(history, valid_until="2026-10-01T00:00:00Z")
    return named("evidence-stale", "releases", name, GAP)


@wrong
def an_artifact_without_provenance(history: History) -> Named:
    return named("artifact-unproven", "releases", publish(history, proven=False), GAP)


@wrong
def a_waiver_that_had_ended(history: History) -> Named:
    name = publish(history, waiver_until="2026-10-01T00:00:00Z")
    return named("waiver-expired", "releases", name, GAP)


@wrong
def a_decision_altered(history: History) -> Named:
    release = publish(history, candidate_of=lambda one: one)
    manifest = history.releases[-1].statement.predicate
    key = blob_key(manifest.decision_evidence[0].digest.sha256)
    history.store.replace(key, history.store.get(key).replace(b'"account"', b'"accounu"'))
    return named("evidence-altered", "releases", release, TAMPERED, "approval-altered", *UNCLEARED)
