import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import UsageError
from counterseal.host.summary import LIMIT, fit, write_summary


@given(st.text(max_size=300), st.integers(0, 400))
def test_it_always_fits(markdown, limit):
    data = fit(markdown, limit)
    assert len(data) <= limit
    data.decode()


def test_what_fits_is_unchanged():
    assert fit("a\nb", 4) == b"a\nb\n"


def test_what_does_not_fit_is_cut_after_a_whole_line_and_says_so():
    data = fit("first line\n" + "x" * 200 + "\nthird", 200).decode()
    assert data.startswith("first line\n\n\n**This summary is cut off")
    assert "x" not in data.split("**")[0]


def test_a_lone_surrogate_does_not_lose_the_summary():
    assert fit("a\udcffb", 100) == b"a\\udcffb\n"


def test_it_is_appended_to_what_other_code_of_the_step_wrote(step):
    (step.root / "summary").write_text("before\n")
    write_summary(step.env(), "after")
    assert step.summary() == "before\nafter\n"


def test_the_budget_is_that_of_the_whole_file(step):
    (step.root / "summary").write_bytes(b"x" * (LIMIT - 300))
    write_summary(step.env(), "line\n" * 200)
    text = step.summary()
    assert len(text.encode()) <= LIMIT
    assert "cut off" in text


@pytest.mark.parametrize("markdown", ["", " \n"])
def test_nothing_is_written_for_nothing(step, markdown):
    write_summary(step.env(), markdown)
    assert step.summary() == ""


def test_outside_actions_there_is_no_summary():
    write_summary({}, "text")


def test_a_file_that_is_gone_is_an_error():
    with pytest.raises(UsageError, match="missing"):
        write_summary({"GITHUB_STEP_SUMMARY": "/nowhere/summary"}, "text")
