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
