"""Spoilt input of every kind that the gate reads: each is refused or told, and none makes it fail inside."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.checks.contents.open import Budget, Closed, texts_of
from counterseal.checks.inventory.read import read_file
from counterseal.checks.placement.observe import observe_placement
from counterseal.checks.rego.preflight import check_modules
from counterseal.checks.rego.verdict import Unusable
from counterseal.errors import CountersealError
from counterseal.policy.gate.case import Case, Rules, encode_case, read_case
from counterseal.policy.gate.document import Document, Release
from counterseal.policy.gate.trial import document_of, load_trials
from counterseal.policy.placement import Data
from counterseal.policy.placement.classification import load_classification
from simulators.plans import bucket, database, plan

ROOT = Path(__file__).resolve().parents[4]
TEMPLATE = """Resources:
  Cards:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub '${AWS::Region}-x', PublicAccessBlockConfiguration: {BlockPublicAcls: true}}
  Role: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyDocument: {Statement: [{Effect: Allow}]}}]}}
"""
MANIFEST = """apiVersion: v1
kind: PersistentVolume
metadata: {name: x}
spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, values: [b]}]}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
rules: [{verbs: [get], resources: [pods]}]
"""
FILES = {
    "terraform-plan": json.dumps(plan(*bucket(), database())).encode(),
    "cloudformation": TEMPLATE.encode(),
    "kubernetes": MANIFEST.encode(),
}
RELEASE = Release(repository="r", commit="0" * 40)
CASE = Case(
    document=Document(now="2026-01-01T00:00:00Z", release=RELEASE),
    rules=Rules(where="x", policy="version: 1"),
)
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
places, noises = st.integers(0, 10_000), st.binary(max_size=6)


def spoilt(data, at, noise, cut):
    """Return data with some bytes in the place of others, or without its end."""
    place = at % len(data)
    return data[:place] + noise + (b"" if cut else data[place + len(noise) :])


@many
@given(st.sampled_from(sorted(FILES)), places, noises, st.booleans())
def test_no_file_of_infrastructure_makes_the_reader_fail(tmp_path_factory, kind, at, noise, cut):
    folder = tmp_path_factory.mktemp("in")
    (folder / "file").write_bytes(spoilt(FILES[kind], at, noise, cut))
    source = {"files": ["file"], "kind": kind, "region": "eu-west-1"}
    placed = observe_placement(folder, msgspec.convert({"infrastructure": [source]}, Data))
    assert {one.outcome for one in placed.findings} <= {"inconclusive"}


@pytest.mark.parametrize("kind", sorted(FILES))
@pytest.mark.parametrize("value", [None, [], {}, 1, "x", True, [None], {"a": None}])
def test_no_member_of_another_type_makes_the_reader_fail(tmp_path, kind, value):
    if kind != "terraform-plan":
        return
    document = json.loads(FILES[kind])
    for path in list(_paths(document)):
        changed = json.loads(FILES[kind])
        node = changed
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value
        (tmp_path / "file").write_text(json.dumps(changed))
        source = {"files": ["file"], "kind": kind}
        observe_placement(tmp_path, msgspec.convert({"infrastructure": [source]}, Data))


def _paths(node, path=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


@many
@given(places, noises, st.booleans())
def test_a_case_that_is_spoilt_is_refused(at, noise, cut):
    data = encode_case(CASE)
    try:
        read_case(spoilt(data, at, noise, cut), "case")
    except CountersealError:
        return


@many
@given(st.sampled_from(["policies/tests.yml", "examples/people/counterseal-data.yml"]), places, noises)
def test_files_that_people_write_are_refused_when_they_are_spoilt(name, at, noise):
    data = spoilt((ROOT / name).read_bytes(), at, noise, cut=False)
    try:
        if name.endswith("tests.yml"):
            file = load_trials(data, name)
            for trial in file.tests:
                document_of(file, trial)
        else:
            load_classification(data, name)
    except CountersealError:
        return


MODULES = sorted((ROOT / "policies").glob("*.rego"))


@many
@given(st.sampled_from(MODULES), places, st.text(max_size=4))
def test_no_module_makes_the_reader_fail(path, at, noise):
    source = path.read_text()
    place = at % len(source)
    try:
        check_modules({"m.rego": source[:place] + noise + source[place + 1 :]}, ["counterseal"])
    except Unusable:
        return


@many
@given(places, noises, st.booleans())
def test_an_archive_that_is_spoilt_is_told(at, noise, cut):
    try:
        list(texts_of(spoilt(gzip.compress(b"hello" * 50), at, noise, cut), "x", Budget(10**6)))
    except Closed:
        return


@many
@given(
    st.sampled_from(["composer.lock", "packages.lock.json", "Gemfile.lock", "gradle.lockfile", "a.whl"]),
    st.binary(),
)
def test_no_bytes_make_a_reader_of_a_lock_file_fail(name, data):
    assert read_file(name, data).findings
