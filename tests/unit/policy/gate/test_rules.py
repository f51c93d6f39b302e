"""The built-in rules of the gate: what each lets through, what breaks it, and what it cannot tell."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.policy.file import load_policy
from counterseal.policy.gate.case import Case, Rules, encode_case, read_case
from counterseal.policy.gate.document import Document, Release
from counterseal.policy.gate.judge import judge_document, nothing_stated, unproven
from counterseal.policy.gate.rules import RULES
from counterseal.policy.gate.trial import Expected, Trial, TrialFile, document_of

APPROVAL = {
    "groups": {"ops": {"accounts": [1]}},
    "classes": {name: {"stages": [{"name": "one", "groups": ["ops"]}]} for name in ("normal", "emergency")},
    "environments": {name: {"classes": ["normal"], "default": "normal"} for name in ("production", "test")},
    "freezes": [
        {
            "name": "year-end",
            "zone": "UTC",
            "from": "2026-12-18T18:00",
            "until": "2027-01-04T08:00",
            "except": ["emergency"],
        }
    ],
}
PENTEST = {"stage": "record", "name": "pentest", "kind": "penetration-test"}
CVE = {"stage": "sca", "rule": "CVE-2026-1", "subject": "pkg:pypi/a", "version": "1", "severity": "critical"}
WAIVER = {
    "id": "CVE-2026-1 pkg:pypi/a",
    "rule": "dependency",
    "reason": "w-1: later",
    "approver": "account:3",
    "expires-at": "2027-02-01T23:59:59Z",
}


def policy(gate, **sections):
    whole = {"version": 1, "gate": gate, "approval": APPROVAL, "duties": {"identities": "p.yml"}, **sections}
    return load_policy(json.dumps(whole).encode(), where="policy")


def document(**given):
    trial = Trial(name="x", given={"now": "2026-12-01T12:00:00Z", **given}, expect=Expected(outcome="passed"))
    return document_of(TrialFile(version=1, tests=(trial,)), trial)


def judged(gate, given, **sections):
    """Return what breaks a rule and what cannot be told, each by rule and subject."""
    said = judge_document(document(**given), policy(gate, **sections))
    broken = [f"{one.rule} {one.subject}" for each in said for one in each.problems]
    return broken, [f"{one.reason.rule} {one.reason.subject}" for each in said for one in each.findings]


FRESH = {"evidence": [{"record": "record:pentest", "within-days": 365}]}
LICENCES = {"code": {"licences": {"allow": ["MIT"]}}}


@pytest.mark.parametrize(
    ("gate", "given", "broken", "open_"),
    [
        (FRESH, {"records": [PENTEST]}, [], []),
        (FRESH, {"records": [{**PENTEST, "issued-at": "2025-12-01T12:00:00Z"}]}, [], []),
        (
            FRESH,
            {"records": [{**PENTEST, "issued-at": "2025-11-30T11:59:59Z"}]},
            ["evidence record:pentest"],
            [],
        ),
        (
            FRESH,
            {"records": [{**PENTEST, "issued-at": "2027-11-30T11:59:59Z"}]},
            ["evidence record:pentest"],
            [],
        ),
        (
            FRESH,
            {"records": [{**PENTEST, "not-after": "2026-12-01T11:59:59Z"}]},
            ["evidence record:pentest"],
            [],
        ),
        (FRESH, {"records": [{**PENTEST, "outcome": "failed"}]}, ["evidence record:pentest"], []),
        (FRESH, {"records": [{**PENTEST, "outcome": "inconclusive"}]}, ["evidence record:pentest"], []),
        (FRESH, {"records": [{**PENTEST, "name": "other"}]}, ["evidence record:pentest"], []),
        (FRESH, {}, ["evidence record:pentest"], []),
        ({"evidence": [{"record": "record"}]}, {"records": [PENTEST]}, [], []),
        (
            {"evidence": [{"record": "sast", "environments": ["production"]}]},
            {"release": {"environment": "production"}},
            ["evidence sast"],
            [],
        ),
        (
            {"evidence": [{"record": "sast", "environments": ["production"]}]},
            {"release": {"environment": "test"}},
            [],
            [],
        ),
        ({"evidence": [{"record": "sast", "environments": ["production"]}]}, {}, [], ["evidence sast"]),
        ({"severity": {}}, {"problems": [CVE]}, ["severity pkg:pypi/a"], []),
        ({"severity": {}}, {"problems": [{**CVE, "waived": True}]}, [], []),
        ({"severity": {}}, {"problems": [{**CVE, "introduced": False}]}, ["severity pkg:pypi/a"], []),
        ({"severity": {}}, {"problems": [{**CVE, "severity": "high"}]}, [], []),
        (
            {"severity": {"block": "high"}},
            {"problems": [{**CVE, "severity": "high"}]},
            ["severity pkg:pypi/a"],
            [],
        ),
        ({"severity": {}}, {"problems": [{**CVE, "severity": "unknown"}]}, ["severity pkg:pypi/a"], []),
        ({"severity": {"unknown": "note"}}, {"problems": [{**CVE, "severity": "unknown"}]}, [], []),
        ({"severity": {"kinds": ["code"]}}, {"problems": [CVE]}, [], []),
        ({"licences": True}, {"components": [{"purl": "pkg:pypi/a@1", "licence": "MIT"}]}, [], []),
        (
            {"licences": True},
            {"components": [{"purl": "pkg:pypi/a@1", "licence": "GPL-3.0-only"}]},
            ["licences pkg:pypi/a"],
            [],
        ),
        (
            {"licences": True},
            {"components": [{"purl": "pkg:pypi/a@1", "licence": "MIT OR GPL-3.0-only"}]},
            [],
            [],
        ),
        ({"licences": True}, {"components": [{"purl": "pkg:pypi/a@1"}]}, ["licences pkg:pypi/a"], []),
        ({"licences": True}, {"components": [{"purl": "pkg:pypi/a@1", "scope": "development"}]}, [], []),
        ({"licences": True}, {"components": [{"purl": "pkg:pypi/a@1", "own": True}]}, [], []),
        ({"licences": True}, {}, [], ["licences components"]),
        (
            {"components": [{"purl": "pkg:npm/event-stream@*", "reason": "taken over"}]},
            {"components": [{"purl": "pkg:npm/event-stream@3.3.6"}]},
            ["components pkg:npm/event-stream"],
            [],
        ),
        (
            {"components": [{"purl": "pkg:npm/event-stream@*", "reason": "taken over"}]},
            {"components": [{"purl": "pkg:npm/event-streams@3.3.6"}]},
            [],
            [],
        ),
        (
            {"components": [{"purl": "pkg:npm/event-stream@*", "reason": "taken over"}]},
            {},
            [],
            ["components components"],
        ),
        ({"waivers": {"most": 1}}, {"records": [{**PENTEST, "waivers": [WAIVER]}]}, [], []),
        ({"waivers": {"most": 0}}, {"records": [{**PENTEST, "waivers": [WAIVER]}]}, ["waivers waivers"], []),
        (
            {"waivers": {"never": ["dependency"]}},
            {"records": [{**PENTEST, "waivers": [WAIVER]}]},
            ["waivers CVE-2026-1 pkg:pypi/a"],
            [],
        ),
        (
            {"waivers": {"days-left": 90}},
            {"records": [{**PENTEST, "waivers": [WAIVER]}]},
            ["waivers CVE-2026-1 pkg:pypi/a"],
            [],
        ),
        ({"separation": True}, {"release": {"actor": "ann", "participants": ["bob"]}}, [], []),
        (
            {"separation": True},
            {"release": {"actor": "bob", "participants": ["bob"]}},
            ["separation bob"],
            [],
        ),
        ({"separation": True}, {"release": {"actor": "ann"}}, [], ["separation participants"]),
        ({"separation": True}, {"release": {"participants": ["bob"]}}, [], ["separation actor"]),
        ({"freezes": True}, {"freezes": []}, [], []),
        ({"freezes": True}, {}, [], ["freezes environment"]),
        ({"retention": {"days": 365}}, {"retention": {"days": 365}}, [], []),
        (
            {"retention": {"days": 366}},
            {"retention": {"days": 365}},
            ["retention evidence.retention.days"],
            [],
        ),
        ({"retention": {"days": 1}}, {}, ["retention evidence.retention"], []),
        (
            {"retention": {"days": 1, "mode": "compliance"}},
            {"retention": {"days": 1, "mode": "governance"}},
            ["retention evidence.retention.mode"],
            [],
        ),
        (
            {"retention": {"days": 1, "mode": "governance"}},
            {"retention": {"days": 1, "mode": "compliance"}},
            [],
            [],
        ),
        ({"emergency": {}}, {"release": {"change-class": "normal"}}, [], []),
        ({"emergency": {}}, {"release": {"change-class": "emergency"}}, ["emergency record:incident"], []),
        (
            {"emergency": {}},
            {"release": {"change-class": "emergency"}, "records": [{**PENTEST, "name": "incident"}]},
            [],
            [],
        ),
        ({"emergency": {}}, {}, [], ["emergency change-class"]),
    ],
)
def test_a_rule_says_what_breaks_it_and_what_it_cannot_tell(gate, given, broken, open_):
    assert judged(gate, given, **LICENCES) == (broken, open_)


@pytest.mark.parametrize(
    ("now", "of_class", "broken"),
    [
        ("2026-12-18T17:59:59Z", "normal", []),
        ("2026-12-18T18:00:00Z", "normal", ["freezes year-end"]),
        ("2027-01-04T07:59:59Z", None, ["freezes year-end"]),
        ("2027-01-04T08:00:00Z", "normal", []),
        ("2026-12-25T12:00:00Z", "emergency", []),
    ],
)
def test_a_freeze_holds_from_its_first_moment_until_its_last(now, of_class, broken):
    freeze = {"name": "year-end", "begins": "2026-12-18T18:00:00Z", "ends": "2027-01-04T08:00:00Z"}
    release = {"change-class": of_class}
    given = {"now": now, "release": release, "freezes": [{**freeze, "excepts": ["emergency"]}]}
    assert judged({"freezes": True}, given) == (broken, [])


WHOLE = {
    **FRESH,
    "severity": {},
    "licences": True,
    "waivers": {},
    "separation": True,
    "freezes": True,
    "components": [{"purl": "pkg:npm/a?@*", "reason": "x"}],
    "retention": {"days": 1},
    "emergency": {},
}


def test_every_rule_finds_what_is_planted_to_break_it():
    stated = policy(WHOLE, **LICENCES)
    told = {rule.id for rule in RULES if rule.demand(stated) is not None}
    assert told >= {rule.id for rule in RULES} - {"placement", "access"}
    assert unproven(document(), stated) == ()


def test_a_rule_that_lets_through_what_was_planted_is_told(monkeypatch):
    from counterseal.policy.gate import judge

    blind = [replace_judge(rule) if rule.id == "severity" else rule for rule in RULES]
    monkeypatch.setattr(judge, "RULES", tuple(blind))
    assert unproven(document(), policy(WHOLE, **LICENCES)) == ("severity",)


def replace_judge(rule):
    from dataclasses import replace as with_

    return with_(rule, judge=lambda *_: iter(()))


def test_every_rule_is_documented_and_has_a_name_of_its_own():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all((rule.title, rule.why, rule.remedy, rule.clauses)), rule.id


def test_a_gate_that_states_nothing_is_no_pass():
    assert [one.outcome for one in nothing_stated(policy({}))] == ["inconclusive"]
    assert nothing_stated(policy({"severity": {}})) == ()


@pytest.mark.parametrize(
    ("gate", "sections", "path"),
    [
        ({"licences": True}, {}, "gate.licences"),
        ({"separation": True}, {"duties": {}}, "gate.separation"),
        ({"freezes": True}, {"approval": {**APPROVAL, "freezes": []}}, "gate.freezes"),
        ({"evidence": [{"record": "a", "environments": ["moon"]}]}, {}, "gate.evidence"),
        ({"emergency": {"classes": ["war"]}}, {}, "gate.emergency.classes"),
    ],
)
def test_what_nobody_can_mean_is_refused_with_its_place(gate, sections, path):
    from counterseal.errors import MalformedError

    with pytest.raises(MalformedError, match=path.replace(".", r"\.")):
        policy(gate, **sections)


def test_a_document_is_read_as_it_was_written():
    whole = document(
        records=[{**PENTEST, "waivers": [WAIVER]}], problems=[CVE], components=[{"purl": "pkg:pypi/a@1"}]
    )
    case = Case(document=whole, rules=Rules(where="x", policy="version: 1"))
    assert read_case(encode_case(case), "x") == case


@given(st.sampled_from([rule.id for rule in RULES]), st.integers(0, 3))
def test_more_trouble_never_helps(name, more):
    """Another problem, and another waiver, can only add to what breaks."""
    stated = policy(WHOLE, **LICENCES)
    before = document(records=[PENTEST], problems=[CVE] * more)
    after = replace(before, problems=(*before.problems, *document(problems=[CVE]).problems))
    count = lambda doc: sum(len(one.problems) for one in judge_document(doc, stated) if one.rule.id == name)  # noqa: E731
    assert count(after) >= count(before)


def test_a_release_knows_its_environment_only_when_told():
    assert (
        Document(now="2026-01-01T00:00:00Z", release=Release(repository="r", commit="0" * 40)).freezes is None
    )
