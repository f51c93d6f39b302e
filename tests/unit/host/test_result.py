import pytest

from counterseal import errors
from counterseal.host.result import Reason, Result

_ERRORS = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)
]


def test_json_has_the_six_members_and_leaves_out_what_is_absent():
    result = Result("failed", 10, "no", (Reason("r", "m", digest="d"),), {"a": "b"}, {"c": "d"})
    assert result.to_dict("sign") == {
        "command": "sign",
        "outcome": "failed",
        "exitCode": 10,
        "reasons": [{"rule": "r", "message": "m", "digest": "d"}],
        "digests": {"a": "b"},
        "outputs": {"c": "d"},
    }


@pytest.mark.parametrize("kind", _ERRORS)
def test_no_error_is_a_pass_and_each_gives_its_reason(kind):
    result = Result.from_error(kind("what", where="place", remedy="do"))
    assert result.exit_code == kind.exit_code != 0
    assert result.outcome in {"failed", "inconclusive", "error"}
    assert result.reasons == (Reason(kind.code, "what", subject="place", remedy="do"),)


@pytest.mark.parametrize(
    ("code", "outcome"), [(1, "error"), (2, "error"), (3, "inconclusive"), (12, "failed")]
)
def test_the_outcome_follows_the_code(code, outcome):
    kind = next(kind for kind in _ERRORS if kind.exit_code == code)
    assert Result.from_error(kind("x")).outcome == outcome


def test_a_reason_in_one_sentence():
    reason = Reason("age", "too old", subject="report.xml", digest="ab", remedy="make a new one")
    assert reason.line() == "age: report.xml: too old [sha256:ab] (make a new one)"
    assert Reason("age", "too old").line() == "age: too old"
