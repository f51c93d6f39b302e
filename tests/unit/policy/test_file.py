from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError
from counterseal.policy.file import SECTIONS, Evidence, Policy, Retention, load_policy

DOCS = Path(__file__).parent.parent.parent.parent / "docs" / "policy.md"
FULL = b"""version: 1
evidence:
  expect: [sign, "record:unit-tests"]
  retention:
    days: 2555
    mode: compliance
"""


def load(data: str | bytes) -> Policy:
    return load_policy(data if isinstance(data, bytes) else data.encode(), where="p.yml")


def test_a_full_policy():
    assert load(FULL) == Policy(
        version=1,
        evidence=Evidence(
            expect=("sign", "record:unit-tests"), retention=Retention(days=2555, mode="compliance")
        ),
        digest=hashlib.sha256(FULL).hexdigest(),
    )


def test_a_policy_that_demands_nothing():
    policy = load("version: 1")

    assert policy.evidence == Evidence(expect=(), retention=None)


def test_the_digest_is_that_of_the_bytes_and_not_of_the_meaning():
    assert load("version: 1").evidence == load("version: 1\n").evidence
    assert load("version: 1").digest != load("version: 1\n").digest


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("evidence: {}", "1:1", "missing required field `version`"),
        ("version: 2", "1:1", "version: Invalid enum value 2"),
        ("version: '1'", "1:1", "version: "),
        ("version: true", "1:1", "version: "),
        ("text", "1:1", "$: Expected `object`, got `str`"),
        ("- version: 1", "1:1", "$: Expected `object`, got `array`"),
        ("version: 1\nrollout: {}", "2:1", "unknown section 'rollout'"),
        ("version: 1\nevidence: []", "2:1", "evidence: Expected `object`, got `array`"),
        ("version: 1\nevidence:\n  expext: []", "3:3", "unknown field `expext`"),
        ("version: 1\nevidence:\n  a.b: []", "3:3", "unknown field `a.b`"),
        ("version: 1\nevidence:\n  expect: sign", "3:3", "evidence.expect: Expected `array`, got `str`"),
        (
            "version: 1\nevidence:\n  expect:\n    - sign\n    - 7",
            "5:7",
            "evidence.expect[1]: Expected `str`",
        ),
        ("version: 1\nevidence:\n  expect: [a, B]", "3:15", "evidence.expect[1]: Expected `str` matching"),
        ("version: 1\nevidence:\n  expect: ['a:']", "3:12", "evidence.expect[0]"),
        ("version: 1\nevidence:\n  expect: ['a:b:c']", "3:12", "evidence.expect[0]"),
        ('version: 1\nevidence:\n  expect: ["a\\n"]', "3:12", "evidence.expect[0]"),
        ("version: 1\nevidence:\n  expect: [a, b, a]", "3:18", "'a' is expected twice"),
        ("version: 1\nevidence:\n  retention: {}", "3:3", "missing required field `days`"),
        (
            "version: 1\nevidence:\n  retention: {days: 0}",
            "3:15",
            "evidence.retention.days: Expected `int` >= 1",
        ),
        ("version: 1\nevidence:\n  retention: {days: 36526}", "3:15", "evidence.retention.days"),
        ("version: 1\nevidence:\n  retention: {days: '7'}", "3:15", "Expected `int`, got `str`"),
        (
            "version: 1\nevidence:\n  retention:\n    days: 1\n    mode: none",
            "5:5",
            "Invalid enum value 'none'",
        ),
        ("version: 1\nversion: 1", "2:1", "'version' occurs twice"),
    ],
)
def test_an_error_names_line_and_column(data, place, message):
    with pytest.raises(MalformedError) as caught:
        load(data)

    assert caught.value.where == f"p.yml:{place}"
    assert message in caught.value.message


def test_the_known_sections_are_the_remedy():
    with pytest.raises(MalformedError) as caught:
        load("version: 1\napprovalz: {}")

    assert (
        caught.value.remedy
        == "this version knows: version, evidence, branch, duties, approval, code, gate, audit, delivery"
    )
    assert SECTIONS == (
        "version",
        "evidence",
        "branch",
        "duties",
        "approval",
        "code",
        "gate",
        "audit",
        "delivery",
    )


def test_a_message_does_not_carry_a_whole_document():
    with pytest.raises(MalformedError) as caught:
        load(f"version: 1\nevidence: {{ {'x' * 1000}: 1 }}")

    assert len(caught.value.diagnosis()) < 400


def test_many_expected_records_are_read():
    names = [f"record:r{n}" for n in range(2000)]

    policy = load("version: 1\nevidence:\n  expect:\n" + "".join(f"  - {name}\n" for name in names))

    assert policy.evidence.expect == tuple(names)


LINES = st.lists(
    st.sampled_from(
        [
            "version: 1",
            "version: 2",
            "evidence:",
            "  expect:",
            "    - sign",
            "    - Record",
            "  expect: [sign]",
            "  retention: {days: 30}",
            "  retention:",
            "    days: 7",
            "    mode: compliance",
            "    mode: [a]",
            "other: 1",
            "# comment",
            "---",
            "",
        ]
    ),
    max_size=8,
)


@given(LINES.map("\n".join).map(str.encode) | st.binary(max_size=40))
def test_any_file_is_a_policy_or_refused(data):
    try:
        policy = load(data)
    except MalformedError as error:
        policy, where = None, error.where
        assert where is not None
    if policy is not None:
        assert policy.version == 1
        assert policy.digest == hashlib.sha256(data).hexdigest()


def test_the_example_of_the_documentation_is_a_policy():
    example = DOCS.read_text().partition("```yaml\n")[2].partition("```")[0]

    policy = load(example)

    assert policy.evidence.expect == ("record:unit-tests", "sign")
    assert policy.evidence.retention == Retention(days=2555)


KEPT = "version: 1\nevidence: {retention: {days: 100, mode: %s, files: [%s]}}"


def test_files_of_some_stages_are_kept_for_less():
    policy = load(KEPT % ("compliance", "{stages: [sast, sca], days: 30, mode: governance}"))
    (one,) = policy.evidence.retention.files
    assert (one.stages, one.days, one.mode) == (("sast", "sca"), 30, "governance")


@pytest.mark.parametrize(
    ("mode", "files", "said"),
    [
        ("compliance", "{stages: [sast], days: 101}", "longer than its release"),
        ("governance", "{stages: [sast], days: 1, mode: compliance}", "more firmly"),
        ("null", "{stages: [sast], days: 1, mode: governance}", "more firmly"),
        ("compliance", "{stages: [policy-gate], days: 1}", "made again"),
        ("compliance", "{stages: [approval-gate], days: 1}", "made again"),
        ("compliance", "{stages: [sast], days: 2}, {stages: [sca, sast], days: 1}", "named twice"),
        ("compliance", "{stages: [], days: 1}", "length"),
        ("compliance", "{days: 1}", "stages"),
    ],
)
def test_classes_of_files_that_nobody_can_mean_are_refused(mode, files, said):
    text = (KEPT % (mode, files)).replace("mode: null, ", "")
    with pytest.raises(MalformedError, match=said):
        load(text)
