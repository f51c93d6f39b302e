from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.policy.patterns import found_in, matches, path_matches, problem_of, problem_of_path


@pytest.mark.parametrize(
    "pattern", [r"(?=a)", r"(a)\1", "(", "[z-a]", "(((a{100}){100}){100})", "\ud800", "a**"]
)
def test_what_cannot_be_matched_in_linear_time_is_no_pattern(pattern):
    assert "RE2" in problem_of(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*b", "([a-z]+)*$", "(.*a){20}"])
def test_a_pattern_that_would_make_others_hang_is_matched_at_once(pattern):
    assert problem_of(pattern) is None
    assert matches(pattern, "a" * 200_000 + "!") is False


@pytest.mark.parametrize(
    ("pattern", "text", "whole"),
    [
        ("feature/.+", "feature/x", True),
        ("feature/.+", "my-feature/x", False),
        ("feature/.+", "feature/x\nmain", False),
        ("main|release", "main-2", False),
        ("^main$", "main", True),
        ("[a-z/]+", "a$(x)", False),
        (".", "\ud800", True),
    ],
)
def test_the_whole_text_has_to_match(pattern, text, whole):
    assert matches(pattern, text) is whole


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PAY-1", ["PAY-1"]),
        ("feature/PAY-142_fix PAY-2,PAY-3", ["PAY-142", "PAY-2", "PAY-3"]),
        ("PAY-4x", []),
        ("éPAY-5", []),
        ("PAY-6é", []),
        ("pay-7", []),
    ],
)
def test_a_key_stands_alone(text, found):
    assert list(found_in("[A-Z]{2,9}-[1-9][0-9]*", text)) == found


@pytest.mark.parametrize(
    ("glob", "path", "inside"),
    [
        (".github/workflows/**", ".github/workflows/a.yml", True),
        (".github/workflows/**", ".github/workflows/a/b.yml", True),
        (".github/workflows/**", ".github/workflows", False),
        (".github/counterseal*", ".github/counterseal.yml", True),
        (".github/counterseal*", ".github/counterseal/a.yml", False),
        ("CODEOWNERS", "docs/CODEOWNERS", False),
        ("**/CODEOWNERS", "CODEOWNERS", True),
        ("**/CODEOWNERS", "a/b/CODEOWNERS", True),
        ("a/**/b", "a/b", True),
        ("a/?.py", "a/b.py", True),
        ("a/?.py", "a//.py", False),
        ("a.py", "axpy", False),
        (".github/workflows/**", ".GitHub/Workflows/a.yml", True),
        ("a/**", "a/b\nc", True),
        ("ä(+)/*", "Ä(+)/x", True),
    ],
)
def test_path_patterns(glob, path, inside):
    assert problem_of_path(glob) is None
    assert path_matches(glob, path) is inside


@given(st.text(min_size=1, max_size=30))
def test_every_path_without_wildcards_matches_itself(path):
    literal = path.replace("*", "_").replace("?", "_").encode("utf-8", "replace").decode()
    assert path_matches(literal, literal)
