from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.policy.code.gate import MOST_FINDINGS, gate
from counterseal.policy.code.threshold import Threshold
from counterseal.policy.problem import counted, fingerprint
from simulators.problems import problem, waiver, waivers

CODE = frozenset({"code"})
SEVERITIES = ("critical", "high", "medium", "low", "none", "unknown")
BLOCK = Threshold(block="high")
PROBLEMS = st.builds(
    problem,
    st.sampled_from(SEVERITIES),
    message=st.sampled_from("abc"),
    introduced=st.sampled_from((None, True, False)),
)


def judged(*problems, policy=BLOCK, book=None):
    return gate("sast", problems, policy.blocks, book, CODE)


def test_what_reaches_the_threshold_blocks_and_says_what_to_do():
    one = problem("high", line=7, remedy="pass a list of words")
    (finding,) = judged(one, problem("medium", rule="B1")).findings
    assert (finding.outcome, finding.reason.rule, finding.reason.subject) == (
        "failed",
        "sast",
        "src/pay.py:7",
    )
    assert finding.reason.message == f"B602 (high): a shell is started [{one.fingerprint}]"
    assert finding.reason.remedy.startswith("pass a list of words; or have a waiver")


def test_the_versions_that_mend_it_are_the_remedy():
    (finding,) = judged(problem(fixed=("4.2.1", "5.0"))).findings
    assert finding.reason.remedy.startswith("update to 4.2.1, 5.0;")


def test_without_a_published_severity_it_blocks_unless_the_policy_says_otherwise():
    one = problem("unknown")
    assert "(severity unknown)" in judged(one).findings[0].reason.message
    assert judged(one, policy=Threshold(unknown="note")).findings == ()


def test_what_was_there_before_passes_only_where_the_policy_says_so_and_it_is_known():
    stated = Threshold(introduced_only=True)
    assert judged(problem(introduced=False)).blocking
    assert not judged(problem(introduced=False), policy=stated).blocking
    assert judged(problem(introduced=None), policy=stated).blocking
    assert judged(problem(introduced=True), policy=stated).blocking


def test_what_the_scanned_tree_suppressed_blocks_all_the_same():
    assert judged(problem(suppressed="nosec")).blocking


def test_a_waiver_lets_one_through_and_is_on_record():
    done = judged(problem(), problem(rule="B603"), book=waivers(waiver()))
    assert [one.rule for one in done.blocking] == ["B603"]
    assert [one.id for one in done.waivers] == ["B602 src/pay.py"]
    assert done.let_through == {problem().fingerprint: "w-1: the argument is a constant"}
    assert (done.counts["problems"], done.counts["blocking"], done.counts["waived"]) == (2, 1, 1)


def test_the_second_of_two_equal_ones_is_not_let_through_by_the_waiver_of_the_first():
    both = counted([problem(line=1), problem(line=9)])
    done = judged(*both, book=waivers(waiver()))
    assert [one.line for one in done.blocking] == [9]


def test_a_waiver_that_does_not_hold_is_told_beside_the_problem():
    done = judged(problem(), book=waivers(waiver(expires="2026-11-20")))
    assert len(done.findings) == 1
    assert next(one.reason.message for one in done.remarks) == "waiver w-1: it expired after 2026-11-20"
    assert done.waivers == ()


def test_who_made_the_change_being_unknown_lets_nothing_through():
    done = judged(problem(), book=waivers(waiver(), participants=None))
    assert next(one.outcome for one in done.remarks) == "inconclusive"
    assert done.blocking


def test_many_problems_are_counted_and_none_is_lost():
    done = judged(*(problem(rule=f"B{at}") for at in range(MOST_FINDINGS + 5)))
    assert len(done.findings) == MOST_FINDINGS + 1
    assert "5 more problems block" in done.findings[-1].reason.message
    assert done.counts["blocking"] == MOST_FINDINGS + 5


@given(st.lists(PROBLEMS, max_size=6), PROBLEMS, st.sampled_from(("critical", "low")), st.booleans())
@settings(max_examples=500, deadline=None)
def test_another_problem_never_helps(problems, more, block, new):
    policy, book = Threshold(block=block, introduced_only=new), waivers(waiver())
    before = judged(*counted(problems), policy=policy, book=book)
    after = judged(*counted([*problems, more]), policy=policy, book=book)
    assert len(after.blocking) >= len(before.blocking)


@given(st.lists(PROBLEMS, max_size=8))
def test_no_two_problems_of_a_scan_have_one_fingerprint(problems):
    told = counted(problems)
    assert len({one.fingerprint for one in told}) == len(told)
    assert counted(told) == told


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_have_different_fingerprints(one, other):
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)
