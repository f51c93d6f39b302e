from __future__ import annotations

import msgspec
import pytest

from counterseal.audit.collect import Collector
from counterseal.audit.survey import survey
from counterseal.manifest.digest import sha256
from counterseal.seal.trust import Trust, TrustedAuthority
from unit.audit.stores import NAME, SINCE, make_evidence


def collect(evidence, number=2, trust=None):
    trust = trust or evidence.trust
    return Collector(evidence.store, trust, survey(evidence.store, trust)).release(NAME, number)


@pytest.fixture
def evidence(tmp_path):
    return make_evidence(tmp_path)


def test_everything_that_verifies_is_there(evidence):
    facts = collect(evidence)
    assert (facts.findings, facts.notices, facts.elsewhere) == ((), (), 0)
    assert facts.manifest.chain.sequence == 2
    assert facts.checkpoint.head.sha256 == facts.seal.payload_digest
    assert [(one.statement, one.role) for one in facts.seals] == [
        ("SLSA verification summary", "release"),
        ("Control record:unit-tests", "record"),
        ("https://slsa.dev/provenance/v1", "record"),
        ("Checkpoint of the chain", "checkpoint"),
    ]
    assert [one.name for one in facts.records.values()] == ["unit-tests"]
    assert facts.seal.key.pem == evidence.trust.keys[0].public_key


def test_a_manifest_that_was_changed_is_a_finding_and_nothing_else(evidence):
    evidence.damage(evidence.entry(2))
    facts = collect(evidence)
    assert facts.findings
    assert (facts.manifest, facts.seal, facts.seals, dict(facts.records)) == (None, None, (), {})


def test_a_signer_who_is_not_trusted_is_not_repeated(evidence):
    facts = collect(evidence, trust=Trust(version=1))
    assert facts.findings
    assert facts.manifest is None


def test_a_record_that_was_changed_is_left_out(evidence):
    sealed = collect(evidence).manifest.candidate.records[0].sealed
    evidence.damage(evidence.blob(sealed.digest.sha256))
    facts = collect(evidence)
    assert facts.manifest is not None
    assert dict(facts.records) == {}
    assert all(finding.where.endswith(sealed.digest.sha256) for finding in facts.findings)


def test_an_evidence_file_that_was_changed_is_a_finding_of_its_release_alone(evidence):
    evidence.damage(evidence.blob(sha256(b"<testsuite name='2'/>")))
    assert [one.code for one in collect(evidence, 2).findings] == ["evidence-content"]
    first = collect(evidence, 1)
    assert (first.findings, first.elsewhere) == ((), 1)


def test_what_changes_after_the_verification_is_a_finding_too(evidence):
    found = survey(evidence.store, evidence.trust)
    evidence.damage(evidence.entry(2))
    facts = Collector(evidence.store, evidence.trust, found).release(NAME, 2)
    assert facts.findings
    assert facts.manifest is None


def test_another_releases_checkpoint_is_not_shown_as_this_ones(evidence):
    folder = evidence.root / "checkpoints" / NAME
    (folder / "000000000002.json").unlink()
    (folder / "000000000002.json").write_bytes((folder / "000000000001.json").read_bytes())
    facts = collect(evidence)
    assert facts.findings
    assert facts.checkpoint is None


def test_believed_authorities_are_told_without_repetition(evidence):
    authority = TrustedAuthority(roots=("A\n", "B"), intermediates=("C",), valid_from=SINCE)
    trust = msgspec.structs.replace(evidence.trust, timestamp_authorities=(authority, authority))
    authorities = collect(evidence, trust=trust).authorities
    assert (authorities.roots, authorities.intermediates) == ("A\nB\n", "C\n")
