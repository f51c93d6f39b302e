"""Reconciliation in general: total, in any order, and nothing that is missing makes anything better."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.audit.answer import EXIT_CODES, Answer, Grade, encode_answer, read_answer
from counterseal.audit.population import Populations, Window
from counterseal.audit.reconcile import reconcile
from counterseal.audit.sources.audited import audited
from counterseal.audit.verdicts import KINDS, TROUBLES, code_of_trouble
from counterseal.errors import MalformedError
from counterseal.policy.audit import Audit
from counterseal.policy.forge import Gap
from simulators.bank import DEMANDS, WINDOW
from simulators.history import make_history

ROOT = Path(__file__).resolve().parents[3]
FINE = (Grade.COVERED, Grade.NOTE)
RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Populations:
    history = make_history(tmp_path_factory.mktemp("history") / "repository")
    return audited(history.sources(), WINDOW, DEMANDS).populations


def codes(populations, demands=DEMANDS):
    return {
        (one.population, one.name): {verdict.code for verdict in one.verdicts}
        for one in reconcile(populations, demands)
    }


def is_fine(populations, demands=DEMANDS):
    return all(one.grade in FINE for one in reconcile(populations, demands))


def test_every_element_has_a_verdict(clean):
    found = codes(clean)
    assert all(found.values())
    names = {one.commit for one in clean.landed} | {f"github:{one.id}" for one in clean.deployed}
    assert names <= {name for _, name in found}
    assert {one.key for one in clean.held} <= {name for _, name in found}


@RELAXED
@given(data=st.data())
def test_the_order_of_what_is_compared_does_not_matter(clean, data):
    """All but the order of changes, which is the order in which they came."""
    parts = {
        name: tuple(data.draw(st.permutations(getattr(clean, name))))
        for name in ("deployed", "held", "tagged", "censuses")
    }
    assert reconcile(replace(clean, **parts), DEMANDS) == reconcile(clean, DEMANDS)


@RELAXED
@given(data=st.data())
def test_whatever_is_taken_away_is_noticed(clean, data):
    """A deployment, or a release that a deployment and changes rest on, cannot vanish without a trace."""
    name = data.draw(st.sampled_from(["deployed", "releases"]))
    kept = list(getattr(clean, name))
    gone = kept.pop(data.draw(st.integers(0, len(kept) - 1)))
    outside = name == "releases" and (gone.sequence == 1 or gone.manifest.outcome != "passed")
    if not outside:
        assert not is_fine(replace(clean, **{name: tuple(kept)}))


@RELAXED
@given(data=st.data())
def test_whatever_is_added_is_noticed(clean, data):
    one = data.draw(st.sampled_from(clean.deployed))
    again = replace(one, id="again", commit=data.draw(st.sampled_from([one.commit, "f" * 40])))
    assert not is_fine(replace(clean, deployed=(*clean.deployed, again)))
    change = data.draw(st.sampled_from(clean.landed[:-2]))
    more = replace(change, commit="e" * 40)
    at = clean.landed.index(change)
    assert not is_fine(replace(clean, landed=(*clean.landed[:at], more, *clean.landed[at:])))


@RELAXED
@given(name=st.sampled_from(["changes", "tags", "deployments", "releases", "objects"]))
def test_a_population_that_is_not_whole_is_never_fine(clean, name):
    gap = Gap(topic="x", message="it broke off")
    censuses = tuple(replace(one, gaps=(gap,)) if one.population == name else one for one in clean.censuses)
    assert not is_fine(replace(clean, censuses=censuses))
    assert not is_fine(
        replace(clean, censuses=tuple(one for one in clean.censuses if one.population != name))
    )


@RELAXED
@given(data=st.data())
def test_the_silence_of_what_is_not_whole_accuses_nobody(clean, data):
    """What the missing part may have held is unprovable, and never a gap."""
    name, field = data.draw(
        st.sampled_from([("releases", "releases"), ("deployments", "deployed"), ("changes", "landed")])
    )
    kept = tuple(data.draw(st.lists(st.sampled_from(getattr(clean, field)), unique_by=id)))
    kept = tuple(one for one in getattr(clean, field) if one in kept)
    gap = Gap(topic="x", message="it broke off")
    censuses = tuple(replace(one, gaps=(gap,)) if one.population == name else one for one in clean.censuses)
    lost = {"reached": frozenset(), "policies": {}, "whole": False} if name == "changes" else {}
    found = reconcile(replace(clean, **{field: kept}, censuses=censuses, **lost), DEMANDS)
    assert {one.grade for one in found} <= {*FINE, Grade.UNPROVABLE}, [
        (one.population, one.name, verdict) for one in found for verdict in one.verdicts
    ]


def test_nothing_at_all_proves_nothing():
    empty = Populations(window=WINDOW, repository="x")
    assert not is_fine(empty, Audit())
    answer = Answer(window=WINDOW, repository="x", store="x", trust="0" * 64, version="1")
    assert EXIT_CODES[answer.grade] == 14


def test_a_release_of_another_repository_covers_nothing(clean):
    releases = tuple(
        replace(
            one,
            manifest=replace(
                one.manifest,
                candidate=replace(
                    one.manifest.candidate, source=replace(one.manifest.candidate.source, repository="other")
                ),
            ),
        )
        for one in clean.releases
    )
    found = codes(replace(clean, releases=releases))
    assert "deployment-without-evidence" in found["deployments", f"github:{clean.deployed[0].id}"]


def test_what_is_not_compared_is_not_covered(clean):
    """Releases of another repository in a shared store: that their seals hold covers nothing."""
    for other in ("https://github.example/other/service", "file:///clone"):
        found = codes(replace(clean, repository=other))
        releases = [name for population, name in found if population == "releases" and name != "census"]
        assert len(releases) == 9
        for name in releases:
            assert "other-stream" in found["releases", name]
            assert "covered" not in found["releases", name]


def test_what_no_release_covers_is_not_covered(clean):
    waiting = [found for found in codes(clean).values() if "awaiting-release" in found]
    assert waiting == [{"awaiting-release"}] * 2


def test_the_end_of_a_stream_that_nothing_pins_is_told(clean):
    stream = clean.releases[0].stream
    assert codes(clean)["releases", "census"] == {"no-anchor"}
    assert ("releases", "census") not in codes(replace(clean, pinned=frozenset({stream})))


def test_a_release_to_another_environment_covers_nothing(clean):
    found = codes(replace(clean, environments=("elsewhere",)))
    assert "deployment-without-evidence" in found["deployments", f"github:{clean.deployed[0].id}"]


def test_what_is_worst_comes_first(clean):
    broken = replace(clean, deployed=(), held=(replace(clean.held[0], marker=True), *clean.held[1:]))
    answer = Answer(
        window=WINDOW,
        repository="x",
        store="x",
        trust="0" * 64,
        version="1",
        elements=reconcile(broken, DEMANDS),
    )
    grades = [one.grade for one in answer.exceptions()]
    assert grades[0] is Grade.TAMPERED
    assert grades == sorted(grades, key=list(Grade).index, reverse=True)
    assert EXIT_CODES[answer.grade] == 12


def test_an_answer_reads_back(clean):
    answer = Answer(
        window=Window(since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z"),
        repository="x",
        store="x",
        trust="0" * 64,
        version="1",
        censuses=clean.censuses,
        elements=reconcile(clean, DEMANDS),
    )
    data = encode_answer(answer)
    assert read_answer(data, "x") == answer
    assert encode_answer(read_answer(data, "x")) == data
    with pytest.raises(MalformedError):
        read_answer(b'{"a":1}', "x")


def test_every_finding_of_the_ledger_comes_to_a_verdict():
    page = (ROOT / "docs" / "ledger.md").read_text()
    table = page[page.index("| finding | means |") : page.index("### Artifacts")]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`([a-z…-]+)`", row)}
    whole = {name for name in names if "…" not in name and "-" in name}
    assert len(whole) > 20
    assert whole <= set(TROUBLES), sorted(whole - set(TROUBLES))
    for what in ("record", "statement", "evidence", "request", "decision"):
        for end in ("missing", "unreadable", "content", "seal", "mismatch"):
            assert KINDS[code_of_trouble(f"{what}-{end}", "x")].grade not in FINE


def test_an_unknown_finding_is_no_pass():
    assert KINDS[code_of_trouble("something-new", "x")].grade is Grade.TAMPERED
    assert set(TROUBLES.values()) <= set(KINDS)
