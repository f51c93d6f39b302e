from __future__ import annotations

from counterseal.audit.survey import survey
from unit.audit.stores import NAME, make_evidence


def test_all_releases_are_listed_in_order(tmp_path):
    evidence = make_evidence(tmp_path, releases=3)
    found = survey(evidence.store, evidence.trust)
    assert found.releases == ((NAME, 1), (NAME, 2), (NAME, 3))
    assert found.report.findings == ()


def test_one_stream_and_one_release_can_be_chosen(tmp_path):
    evidence = make_evidence(tmp_path)
    assert survey(evidence.store, evidence.trust, stream=NAME, sequence=2).releases == ((NAME, 2),)
    assert survey(evidence.store, evidence.trust, stream="elsewhere").releases == ()
    assert survey(evidence.store, evidence.trust, stream="../x").releases == ()


def test_findings_belong_to_their_release(tmp_path):
    evidence = make_evidence(tmp_path)
    evidence.damage(evidence.entry(2))
    found = survey(evidence.store, evidence.trust)
    assert found.findings(NAME, 2)
    assert not found.findings(NAME, 1)


def test_notices_belong_to_their_release(tmp_path):
    evidence = make_evidence(tmp_path)
    (evidence.root / "checkpoints" / NAME / "000000000002.json").unlink()
    found = survey(evidence.store, evidence.trust)
    assert [one.code for one in found.notices(NAME, 2)] == ["not-acknowledged"]
    assert not found.notices(NAME, 1)
