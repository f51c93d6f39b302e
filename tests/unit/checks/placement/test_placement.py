"""Placement as a whole: which files are read, what is noted, and what a message says."""

from __future__ import annotations

import msgspec

from counterseal.checks.placement.observe import observe_placement
from counterseal.policy.placement import Data
from counterseal.policy.placement.judge import judge_placement
from simulators.plans import bucket, database, plan, resource, text
from unit.checks.placement.cards import CARDS, US, observed, said


def test_raw_configuration_is_not_read_and_says_what_to_give(tmp_path):
    placed, _ = observed(tmp_path, 'region = "eu-west-1"', name="main.tf")
    assert [one.reason.message for one in placed.findings] == [
        "configuration before it is planned: give the plan, by `terraform show -json`"
    ]


def test_files_that_are_not_there_or_lead_elsewhere_are_told(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "plan.json").write_text(text(plan(database())))
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "plan.json")
    rules = msgspec.convert(
        {"infrastructure": [{"files": ["none.json", "link.json"], "kind": "terraform-plan"}]}, Data
    )
    placed = observe_placement(tmp_path / "in", rules)
    assert [one.outcome for one in placed.findings] == ["inconclusive"] * 2
    assert placed.resources == ()


def test_files_about_another_environment_are_left_out(tmp_path):
    (tmp_path / "plan.json").write_text(text(plan(database())))
    source = {"files": ["plan.json"], "kind": "terraform-plan", "environment": "test"}
    rules = msgspec.convert({"infrastructure": [source]}, Data)
    assert observe_placement(tmp_path, rules, "production").files == 0
    assert observe_placement(tmp_path, rules, "test").files == observe_placement(tmp_path, rules).files == 1


def test_what_is_noted_does_not_block(tmp_path):
    assert said(tmp_path, plan(database("other")), unclassified="note", absent="note") == []


def test_a_type_that_keeps_nothing_is_left_out_when_the_policy_says_so(tmp_path):
    content = plan(database(), resource("aws_timestreamwrite_table.t", {}))
    assert said(tmp_path, content, **{"no-stores": ["aws_timestreamwrite_table"]}) == []


def test_an_entry_that_is_overdue_is_told(tmp_path):
    late = msgspec.structs.replace(CARDS, review_by="2026-11-30")
    assert said(tmp_path, plan(database()), data=(late,)) == ["classification-review cards"]


def test_a_message_says_what_is_where_and_what_is_allowed(tmp_path):
    placed, rules = observed(tmp_path, plan(*bucket(), providers={"aws": US}))
    problem = next(iter(judge_placement((CARDS,), placed.resources, rules, "2026-12-01")))
    assert problem.message.startswith("cards (restricted) may be in eu-west-1, eu-central-1")
    assert problem.message.endswith("and this is in us-east-1")
    assert problem.remedy.startswith("deploy it to one of: eu-west-1")
