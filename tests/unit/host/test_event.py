import json

import pytest

from counterseal.errors import MalformedError, UsageError
from counterseal.host.event import LIMIT, Event, read_event


@pytest.fixture
def read(tmp_path):
    def read(payload, name="pull_request"):
        path = tmp_path / "event.json"
        path.write_bytes(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
        return read_event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)})

    return read


def test_a_pull_request(read):
    payload = {
        "action": "opened",
        "sender": {"id": 7, "login": "ann"},
        "repository": {"id": 9, "size": 1.5},
        "pull_request": {"number": 12},
    }
    assert read(payload) == Event("pull_request", "opened", 7, "ann", 9, 12)


@pytest.mark.parametrize("payload", [{}, {"sender": None, "pull_request": None}])
def test_what_an_event_does_not_have_is_none(read, payload):
    assert read(payload, "schedule") == Event("schedule", None, None, None, None, None)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {"action": 1},
        {"sender": []},
        {"sender": {"id": "7"}},
        {"sender": {"id": True}},
        {"pull_request": {"number": 1.5}},
        b"{",
        b'{"sender": {"id": 7, "id": 8}}',
        b"\xff",
    ],
)
def test_anything_unexpected_is_refused(read, payload):
    with pytest.raises(MalformedError):
        read(payload)


def test_a_payload_beyond_the_forges_limit_is_refused(read):
    with pytest.raises(MalformedError):
        read(b" " * (LIMIT + 1))


@pytest.mark.parametrize("env", [{}, {"GITHUB_EVENT_NAME": "push"}, {"GITHUB_EVENT_PATH": "/x"}])
def test_without_an_event_it_says_so(env):
    with pytest.raises(UsageError):
        read_event(env)


HEAD, BASE, ZEROS = "1" * 40, "2" * 40, "0" * 40


def test_the_head_that_a_pull_request_had_when_the_run_began(read):
    assert read({"pull_request": {"number": 12, "head": {"sha": HEAD}}}).head == HEAD


def test_a_push(read):
    event = read({"ref": "refs/heads/x", "before": BASE, "after": HEAD}, "push")
    assert (event.ref, event.before, event.after) == ("refs/heads/x", BASE, HEAD)


def test_zeros_stand_for_no_commit_in_the_first_push_and_in_a_deletion(read):
    assert read({"ref": "refs/heads/x", "before": ZEROS, "after": HEAD}, "push").before is None
    assert read({"ref": "refs/tags/v1", "before": BASE, "after": ZEROS}, "push").after is None


def test_a_merge_group(read):
    group = {"head_sha": HEAD, "base_sha": BASE, "head_ref": "refs/heads/q", "base_ref": "refs/heads/main"}
    event = read({"merge_group": group}, "merge_group")
    assert (event.head, event.base, event.ref, event.base_ref) == (
        HEAD,
        BASE,
        "refs/heads/q",
        "refs/heads/main",
    )


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"ref": "main", "before": BASE, "after": HEAD}, "push"),
        ({"ref": "refs/heads/x", "before": "main", "after": HEAD}, "push"),
        ({"ref": "refs/heads/x", "before": BASE, "after": HEAD[:7]}, "push"),
        ({"merge_group": {"head_sha": HEAD.upper().replace("1", "A")}}, "merge_group"),
        ({"merge_group": []}, "merge_group"),
        ({"pull_request": {"number": 1, "head": {"sha": "--help"}}}, "pull_request"),
    ],
)
def test_a_ref_that_is_not_full_and_a_commit_that_is_none_are_refused(read, payload, name):
    with pytest.raises(MalformedError):
        read(payload, name)
