from __future__ import annotations

import re

import pytest

from counterseal import __version__
from counterseal.manifest.statement import Statement, decode_statement, encode_statement, subject_of_commit
from counterseal.seal.vsa import PREDICATE_TYPE, vsa_predicate

_DIGEST = {"sha256": "ab" * 32}


def _predicate(passed: bool = True, **changes):
    values = {
        "resource_uri": "https://github.example/acme/payments?environment=production",
        "policy": {"uri": "https://github.example/acme/payments/.github/counterseal.yml", "digest": _DIGEST},
        "inputs": [{"uri": "sha256:" + "cd" * 32, "digest": {"sha256": "cd" * 32}}],
        "passed": passed,
        "time_verified": "2026-11-23T10:00:00Z",
        **changes,
    }
    return vsa_predicate(**values)


@pytest.mark.parametrize(
    ("passed", "levels", "result", "verified"),
    [
        (True, (), "PASSED", []),
        (True, ("SLSA_BUILD_LEVEL_2",), "PASSED", ["SLSA_BUILD_LEVEL_2"]),
        (False, (), "FAILED", ["FAILED"]),
        (False, ("SLSA_BUILD_LEVEL_2",), "FAILED", ["FAILED"]),  # a failed release has verified no level
    ],
)
def test_the_result_and_its_levels(passed, levels, result, verified):
    predicate = _predicate(passed, levels=levels)
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == (result, verified)


def test_every_field_that_the_specification_requires():
    assert _predicate() == {
        "verifier": {"id": "https://counterseal.dev/verifier", "version": {"counterseal": __version__}},
        "timeVerified": "2026-11-23T10:00:00Z",
        "resourceUri": "https://github.example/acme/payments?environment=production",
        "policy": {"uri": "https://github.example/acme/payments/.github/counterseal.yml", "digest": _DIGEST},
        "inputAttestations": [{"uri": "sha256:" + "cd" * 32, "digest": {"sha256": "cd" * 32}}],
        "verificationResult": "PASSED",
        "verifiedLevels": [],
        "slsaVersion": "1.1",
    }


def test_it_is_what_slsa_verifier_can_decode():
    # its Go structure: verifier.version is a map of strings, digests are maps of strings, levels a list
    predicate = _predicate()
    assert all(isinstance(one, str) for one in predicate["verifier"]["version"].values())
    for one in (predicate["policy"], *predicate["inputAttestations"]):
        assert set(one) == {"uri", "digest"}
        assert all(re.fullmatch("[0-9a-f]{64}", text) for text in one["digest"].values())


def test_it_travels_in_a_statement():
    subject = subject_of_commit("https://github.example/acme/payments", "c" * 40)
    payload = encode_statement(Statement((subject,), PREDICATE_TYPE, _predicate()))
    again = decode_statement(payload, where="vsa")
    assert (again.predicate_type, again.predicate) == (PREDICATE_TYPE, _predicate())
