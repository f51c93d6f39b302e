from __future__ import annotations

import json

import pytest

from counterseal.checks import scan
from counterseal.checks.scan import CanaryMissed, Seen, judge_scan
from counterseal.checks.scan_report import headline, summary
from counterseal.policy.code.threshold import Threshold
from counterseal.policy.finding import inconclusive, noted
from simulators.problems import problem, waiver, waivers

CODE = frozenset({"code"})
BLOCKS = Threshold().blocks


def judged(*problems, findings=(), book=None, blocks=BLOCKS):
    return judge_scan("sast", Seen(problems, CODE, findings), blocks, book)


def test_nothing_found_passes():
    assert judged().outcome == "passed"
    assert judged(findings=(noted("sast", "x"),)).outcome == "passed"


def test_what_could_not_be_looked_at_is_no_pass():
    assert judged(findings=(inconclusive("sast", "pay.py cannot be parsed"),)).outcome == "inconclusive"


def test_a_problem_outranks_what_could_not_be_looked_at():
    assert judged(problem(), findings=(inconclusive("sast", "x"),)).outcome == "failed"


@pytest.mark.parametrize("blocks", [lambda _: False, lambda one: one.rule != "counterseal-canary"])
def test_a_gate_that_lets_a_planted_problem_through_says_nothing(blocks):
    with pytest.raises(CanaryMissed):
        judged(blocks=blocks)


def test_a_waiver_does_not_reach_the_planted_problem():
    everything = waiver(rule="counterseal-canary", subject="**", fingerprint="0" * 64)
    with pytest.raises(CanaryMissed):
        judged(book=waivers(everything))


def test_every_problem_is_evidence_and_says_what_became_of_it():
    done = judged(problem(), problem("low", rule="B101"), problem(rule="B603"), book=waivers(waiver()))
    told = json.loads(done.exhibit("sast").data)["problems"]
    assert [(one["rule"], one["waived"], one["blocks"]) for one in told] == [
        ("B602", True, False),
        ("B101", False, False),
        ("B603", False, True),
    ]


def test_a_flood_of_findings_is_cut_and_changes_no_outcome():
    many = [noted("sast", f"{at}") for at in range(5000)]
    done = judged(findings=[*many, inconclusive("sast", "the last one")])
    assert done.outcome == "inconclusive"
    assert (len(done.findings), done.findings[0].outcome) == (scan.MOST_TOLD + 1, "inconclusive")
    assert len(summary("sast", done, "p")) < 20_000


def test_the_figures_of_scanner_and_gate_are_on_record():
    seen = Seen((problem(),), CODE, counts={"files": 12})
    facts = judge_scan("sast", seen, BLOCKS, None).facts()
    assert (facts.counts["files"], facts.counts["problems"], facts.counts["high"]) == (12, 1, 1)
    assert facts.outcome == "failed"


def test_the_page_shows_what_blocks_what_was_let_through_and_hostile_text_as_text():
    hostile = problem(rule="B603", message="<img src=x> @everyone | ::error::", line=3)
    page = summary("sast", judged(problem(), hostile, book=waivers(waiver())), "policy `x`")
    assert "<img" not in page
    assert "the argument is a constant" in page
    assert headline("sast", judged(problem())) == "sast: 1 problems, 1 of them block"
