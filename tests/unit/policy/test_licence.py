"""Licences: what an expression comes to, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.checks.inventory.found import component
from counterseal.policy.code.licences import Licences
from counterseal.policy.licence import Standing, expression_of, licence_problems, standing_of

RULES = Licences(
    allow=(
        "MIT",
        "Apache-2.0",
        "BSD-3-Clause",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-acme",
        "GPL-3.0-or-later",
    ),
    review=("MPL-2.0",),
)
YES, LOOK, WHAT, NO = Standing.ALLOWED, Standing.REVIEW, Standing.UNKNOWN, Standing.REFUSED
CASES = {
    "MIT": YES, "mit": YES, "Apache-2.0": YES, "apache-2.0": YES, "BSD-3-Clause": YES, "GPL-3.0-only": NO,
    "GPL-3.0-or-later": YES, "GPL-3.0+": YES, "GPL-2.0+": NO, "GPL-2.0": NO, "AGPL-3.0-only": NO, "ISC": NO,
    "MPL-2.0": LOOK, "MIT OR GPL-3.0-only": YES, "GPL-3.0-only OR MIT": YES, "MIT AND GPL-3.0-only": NO,
    "MIT AND Apache-2.0": YES, "MIT AND MPL-2.0": LOOK, "MIT OR MPL-2.0": YES,
    "GPL-3.0-only OR MPL-2.0": LOOK,
    "GPL-3.0-only OR AGPL-3.0-only": NO, "(MIT OR GPL-3.0-only) AND Apache-2.0": YES,
    "(MIT OR ISC) AND GPL-3.0-only": NO, "MIT OR ISC AND GPL-3.0-only": YES, "(MIT)": YES, "((MIT))": YES,
    "GPL-2.0-only WITH Classpath-exception-2.0": YES, "GPL-2.0-only": NO,
    "GPL-2.0-only WITH GCC-exception-2.0": NO, "GPL-2.0-or-later WITH Classpath-exception-2.0": NO,
    "Apache-2.0 WITH LLVM-exception": NO, "MIT OR GPL-2.0-only WITH Classpath-exception-2.0": YES,
    "LicenseRef-acme": YES, "licenseref-acme": WHAT, "LicenseRef-other": WHAT, "MIT OR LicenseRef-other": YES,
    "MIT AND LicenseRef-other": WHAT, "GPL-3.0-only AND LicenseRef-other": NO, "LicenseRef-a_b": WHAT,
    "DocumentRef-spdx:LicenseRef-x": WHAT, "": WHAT, " ": WHAT, "NOASSERTION": WHAT, "noassertion": WHAT,
    "NONE": WHAT, "UNKNOWN": WHAT, "MIT/Apache-2.0": WHAT, "MIT, Apache-2.0": WHAT, "MIT; Apache-2.0": WHAT,
    "MIT OR": WHAT, "OR MIT": WHAT, "MIT AND AND ISC": WHAT, "MIT MIT": WHAT, "MIT or Apache-2.0": WHAT,
    "MIT and Apache-2.0": WHAT, "(MIT": WHAT, "MIT)": WHAT, ")MIT(": WHAT, "()": WHAT, "MIT WITH": WHAT,
    "GPL-2.0-only WITH MIT": WHAT, "MIT WITH Nonsense-exception": WHAT, "BSD": WHAT, "GPL": NO,
    "Dual License": WHAT, "see LICENSE": WHAT, "free for non-commercial use": WHAT, "Proprietary": WHAT,
    "MIT\nOR\tApache-2.0": YES, "MIT\u00a0OR ISC": YES, "MIT\x00": WHAT, "Apache License 2.0": YES,
    "MIT License": YES, "Apache Software License": WHAT, "BSD License": WHAT, "ISC License (ISCL)": NO,
    "Mozilla Public License 2.0 (MPL 2.0)": LOOK, "GNU General Public License v3 (GPLv3)": NO,
    "MIT License; BSD License": WHAT,
}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_a_licence_comes_to_what_its_expression_says(text):
    assert standing_of(expression_of(text), RULES) is CASES[text]


def test_there_are_enough_cases():
    assert len(CASES) >= 60


def test_an_expression_is_written_in_its_usual_spelling():
    assert expression_of("(mit or-later") is None
    assert expression_of("apache-2.0 OR mit") == "Apache-2.0 OR MIT"
    assert expression_of("GPL-2.0+") == "GPL-2.0-or-later"


NAMES = st.sampled_from(["MIT", "ISC", "MPL-2.0", "GPL-3.0-only", "LicenseRef-x", "Apache-2.0"])
EXPRESSIONS = st.recursive(
    NAMES,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda one: f"({' '.join(one)})"
    ),
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_a_choice_is_no_worse_and_a_duty_no_better_than_either(one, other):
    def standing(text):
        return standing_of(expression_of(text), RULES)

    assert standing(f"{one} OR {other}") == min(standing(one), standing(other))
    assert standing(f"{one} AND {other}") == max(standing(one), standing(other))


@given(st.text(max_size=40))
def test_no_text_makes_it_fail_and_none_passes_that_is_no_expression(text):
    found = expression_of(text)
    assert found is None or expression_of(found) == found


def part(licence, **more):
    return component("PyPI", "a", "1", licence=licence, **more)


def test_what_is_not_allowed_blocks_what_is_not_known_too_and_says_what_to_do():
    refused, unknown, look = licence_problems(
        [part("GPL-3.0-only"), part("BSD"), part("MPL-2.0"), part("MIT")], RULES
    )
    assert (refused.rule, refused.rating.severity, refused.subject) == ("GPL-3.0-only", "high", "pkg:pypi/a")
    assert "is not allowed" in refused.message
    assert (unknown.rule, unknown.rating.severity) == ("NOASSERTION", "unknown")
    assert "'BSD'" in unknown.message
    assert "code.licences.known" in unknown.remedy
    assert (look.rule, look.rating.severity) == ("MPL-2.0", "low")


def test_what_only_builds_and_what_is_the_firms_own_is_not_asked():
    assert licence_problems([part("GPL-3.0-only", scope="development"), part(None, own=True)], RULES) == ()
    strict = Licences(allow=("MIT",), scopes=("development",))
    assert len(licence_problems([part("GPL-3.0-only", scope="development")], strict)) == 1


def test_what_a_licence_really_is_can_be_stated():
    known = Licences(allow=("MIT",), known={"pkg:pypi/a": "MIT"})
    assert licence_problems([part(None)], known) == ()
    assert len(licence_problems([part(None)], Licences(allow=("MIT",), known={"pkg:pypi/b": "MIT"}))) == 1
