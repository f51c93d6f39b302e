"""Advisories: which versions they are about, held against their own lists, and how bad they say it is."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from counterseal.checks.inventory.found import component
from counterseal.clients.advisory_db import open_database
from counterseal.errors import Inconclusive
from counterseal.policy.advisory import Advisory, Incomparable, match, rating_of, score_of
from counterseal.policy.versions import comparer_of, semver

SAMPLE = Path(__file__).resolve().parents[2] / "advisories" / "sample.zip"


def record(events=(), versions=(), ecosystem="PyPI", name="Django", kind="ECOSYSTEM", **more):
    ranges = [{"type": kind, "events": list(events)}] if events else []
    affected = {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": ranges,
        "versions": list(versions),
    }
    return msgspec.convert({"id": "X-1", "affected": [affected], **more}, Advisory)


def hit(advisory, version, ecosystem="PyPI", name="django"):
    return match(advisory, component(ecosystem, name, version)) is not None


def test_a_range_begins_with_its_first_version_and_ends_before_the_one_that_mends_it():
    one = record([{"introduced": "3.2"}, {"fixed": "3.2.13"}])
    assert [hit(one, version) for version in ("3.1", "3.2", "3.2.12", "3.2.13", "4.0")] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert hit(one, "3.2rc1") is False
    assert hit(one, "3.2.0.0")


def test_the_last_affected_version_is_affected():
    one = record([{"introduced": "0"}, {"last_affected": "2.0"}])
    assert [hit(one, version) for version in ("0.1", "2.0", "2.0.post1", "2.1")] == [True, True, False, False]


def test_several_ranges_are_told_apart_whatever_their_order():
    one = record([{"fixed": "3.2"}, {"introduced": "3.0"}, {"fixed": "2.2"}, {"introduced": "2.0"}])
    assert [hit(one, version) for version in ("1.9", "2.1", "2.5", "3.1", "3.2")] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_a_version_that_is_listed_is_affected_whatever_the_ranges_say():
    assert hit(record([{"introduced": "9"}], ["1.0"]), "1.0")


def test_another_package_another_ecosystem_and_a_withdrawn_record_are_not_meant():
    one = record([{"introduced": "0"}])
    assert not hit(one, "1", name="djangorestframework")
    assert not hit(one, "1", ecosystem="npm", name="Django")
    assert not hit(record([{"introduced": "0"}], withdrawn="2024-01-01T00:00:00Z"), "1")


def test_where_only_an_order_could_tell_and_none_is_known_nobody_tells():
    maven = record([{"introduced": "0"}, {"fixed": "2.0"}], ecosystem="Maven", name="org.x:y")
    with pytest.raises(Incomparable):
        hit(maven, "1.0", "Maven", "org.x:y")
    listed = record([{"introduced": "0"}], ["1.0"], ecosystem="Maven", name="org.x:y")
    assert (hit(listed, "1.0", "Maven", "org.x:y"), hit(listed, "1.1", "Maven", "org.x:y")) == (True, False)
    with pytest.raises(Incomparable):
        hit(record([{"introduced": "0"}], kind="GIT"), "1.0")
    with pytest.raises(Incomparable):
        hit(record([{"introduced": "x.y"}]), "1.0")


def test_the_order_of_semantic_versions_is_that_of_its_specification():
    """Semantic Versioning 2.0.0, section 11."""
    told = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    told += ["1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]
    assert sorted(random.Random(3).sample(told, len(told)), key=semver) == told
    assert semver("v1.2.3+build") == semver("1.2.3")
    assert comparer_of("RubyGems") is None
    for wrong in ("1.x", "", "one", "1.2.3.4", "01.2.3"):
        with pytest.raises(ValueError, match="semantic version"):
            semver(wrong)


def test_ranges_agree_with_the_lists_of_real_advisories():
    """Each real record lists every affected version: without the lists, the ranges say the same."""
    database = open_database(SAMPLE)
    agree = differ = 0
    for (ecosystem, name), records in database.by_package.items():
        versions = {version for one in records for part in one.affected for version in part.versions}
        for one in records:
            listed = {version for part in one.affected for version in part.versions}
            parts = tuple(msgspec.structs.replace(part, versions=()) for part in one.affected)
            bare = msgspec.structs.replace(one, affected=parts, withdrawn=None)
            for version in versions:
                try:
                    found = hit(bare, version, ecosystem, name)
                except Incomparable:
                    continue
                agree += found == (version in listed)
                differ += found != (version in listed)
                assert found or version not in listed, (one.id, version)
    print(f"{agree} agree, {differ} differ")
    assert agree > 8000
    assert differ <= 1  # of one record the list is older than the range


# -- severity -------------------------------------------------------------------------------------------

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (V3, 9.8),
        ("CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.8),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("CVSS:3.1/nonsense", None),
        ("", None),
        ("7.5", None),
    ],
)
def test_a_vector_has_its_published_score(vector, score):
    assert score_of(vector) == score


def rated(other=lambda _: None, **more):
    one = record([{"introduced": "0"}], **more)
    return rating_of(one, match(one, component("PyPI", "django", "1")), other)


def test_the_severity_comes_from_the_vector_then_the_alias_then_a_word_and_says_so():
    vector = [{"type": "CVSS_V3", "score": V3}]
    ghsa = msgspec.convert({"id": "GHSA-2gwj-7jmv-h26r", "severity": vector}, Advisory)
    word = msgspec.convert(
        {"id": "GHSA-2gwj-7jmv-h26r", "database_specific": {"severity": "MODERATE"}}, Advisory
    )
    named = {"aliases": ["CVE-2022-28346", "GHSA-2gwj-7jmv-h26r"]}
    own = rated(severity=vector)
    assert (own.severity, own.source, own.score, own.vector) == ("critical", "X-1 CVSS_V3", "9.8", V3)
    assert rated(lambda _: ghsa, **named).source == "GHSA-2gwj-7jmv-h26r CVSS_V3"
    assert (rated(lambda _: word, **named).severity, rated(lambda _: word, **named).source) == (
        "medium",
        "GHSA-2gwj-7jmv-h26r word",
    )
    assert (rated(**named).severity, rated().source) == ("unknown", "nobody")
    low = [{"type": "CVSS_V3", "score": "CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}]
    assert rated(severity=low + vector).severity == "critical"
    assert rated(severity=[{"type": "CVSS_V3", "score": "garbage"}]).severity == "unknown"


def test_every_real_vector_has_a_severity():
    database = open_database(SAMPLE)
    rated = [one for one in database.by_id.values() if one.severity]
    assert len(rated) >= 30
    assert all(score_of(vector.score) is not None for one in rated for vector in one.severity)


# -- the database ---------------------------------------------------------------------------------------


def test_a_database_has_a_digest_a_date_and_finds_names_however_they_are_written(tmp_path):
    database = open_database(SAMPLE)
    assert (database.count, database.ecosystems) == (132, {"PyPI"})
    assert database.modified.startswith("2024-")
    assert database.about("PyPI", "PyYAML") == database.about("PyPI", "pyyaml") != ()
    (tmp_path / "a.yaml").write_text(
        "id: A\nmodified: 2024-01-02T03:04:05Z\naffected:\n- package: {ecosystem: PyPI, name: x}\n"
    )
    (tmp_path / "b.json").write_text('{"id": "B", "modified": "2024-01-01T00:00:00Z"}')
    made = open_database(tmp_path)
    assert (made.count, made.modified, len(made.about("PyPI", "X"))) == (2, "2024-01-02T03:04:05Z", 1)
    digest = made.digest
    (tmp_path / "b.json").write_text('{"id": "B", "modified": "2024-01-01T00:00:01Z"}')
    assert open_database(tmp_path).digest != digest


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"id": 3}', b"null", b"\xff"])
def test_a_record_that_cannot_be_read_leaves_all_of_it_open(tmp_path, data):
    (tmp_path / "a.json").write_bytes(b'{"id": "A"}')
    (tmp_path / "b.json").write_bytes(data)
    with pytest.raises(Inconclusive):
        open_database(tmp_path)


@pytest.mark.parametrize("spoil", ["missing", "empty", "cut", "yaml"])
def test_a_database_that_is_not_there_or_cut_short_leaves_it_open(tmp_path, spoil):
    path = tmp_path / "db"
    if spoil == "empty":
        path.mkdir()
    elif spoil == "cut":
        path = tmp_path / "db.zip"
        path.write_bytes(SAMPLE.read_bytes()[:5000])
    elif spoil == "yaml":
        path.mkdir()
        (path / "a.yaml").write_text("id: [\n")
    with pytest.raises(Inconclusive):
        open_database(path)
