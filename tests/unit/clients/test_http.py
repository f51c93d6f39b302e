from __future__ import annotations

import base64

import pytest

from counterseal.clients.http import JsonService, secret_from
from counterseal.errors import Inconclusive, UsageError
from simulators.web import Web


class Echo(Web):
    def answer(self, path, headers):
        assert path.startswith("/x")
        return 200, {"authorization": headers.get("Authorization"), "encoding": headers["Accept-Encoding"]}


@pytest.fixture
def web():
    with Echo() as service:
        yield service


@pytest.mark.parametrize(
    "base",
    [
        "http://tracker.example",
        "http://localhost:1",
        "http://127.0.0.1.example",
        "https://user:secret@tracker.example",
        "https://tracker.example/?x=1",
        "https://tracker.example/#x",
        "https://",
        "ftp://tracker.example",
        "https://tracker.example:99999",
        "https://tracker.example\n",
        "https://tracker.example\r\nX: y",
        "//tracker.example",
        "https://tr\u0430cker.example",
    ],
)
def test_a_secret_goes_to_no_address_that_is_not_safe(base):
    with pytest.raises(UsageError, match="a secret may be sent to") as caught:
        JsonService(base, "user:hidden")
    assert "secret@" not in caught.value.diagnosis()


def test_a_secret_with_a_colon_is_a_user_and_a_password(web):
    body = JsonService(web.url, "ann:pass:word").get("/x").body
    assert body["authorization"] == "Basic " + base64.b64encode(b"ann:pass:word").decode()
    assert JsonService(web.url, "token").get("/x").body["authorization"] == "Bearer token"


@pytest.mark.parametrize("secret", ["", " ", "to ken", "t0k3n\n", "a:b\r\nX: y", "tök€n"])
def test_what_is_no_credential_is_refused_and_not_repeated(secret):
    with pytest.raises(UsageError) as caught:
        JsonService("https://tracker.example", secret)
    assert not secret.strip() or secret.strip() not in caught.value.diagnosis()


def test_the_secret_is_in_no_repr_and_no_error(web):
    service = JsonService(web.url, "hidden-token", sleep=lambda _: None)
    web.always = 401
    with pytest.raises(Inconclusive) as caught:
        service.get("/x")
    assert "hidden-token" not in repr(service) + caught.value.diagnosis() + str(vars(caught.value))


def test_a_netrc_does_not_replace_the_credential(web, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    service = JsonService(web.url, "token")
    service._opened().trust_env = True  # as it is for a server elsewhere
    assert service.get("/x").body["authorization"] == "Bearer token"


def test_a_redirect_is_not_followed_even_to_the_same_server(web):
    web.faults, web.where = ["redirect"], f"{web.url}/other"
    with pytest.raises(Inconclusive, match="status 302"):
        JsonService(web.url, "token").get("/x")
    assert web.requests == ["/x"]


@pytest.mark.parametrize("fault", ["huge", "drip"])
def test_an_answer_that_does_not_end_is_given_up(web, fault):
    web.always = fault
    with pytest.raises(Inconclusive, match="too large or too slow"):
        JsonService(web.url, "token", seconds=0.5, sleep=lambda _: None).get("/x")


def test_a_page_for_people_is_no_answer(web):
    web.always = "html"
    with pytest.raises(Inconclusive, match="text/html, not JSON: a login page"):
        JsonService(web.url, "token").get("/x")


def test_a_query_is_encoded(web):
    JsonService(web.url, "token").get("/x", {"q": "a^b&c=d e/\u20ac"})
    assert web.requests == ["/x?q=a%5Eb%26c%3Dd+e%2F%E2%82%AC"]


def test_the_wait_that_is_asked_for_is_kept(web):
    waits = []
    web.faults, web.retry_after = [429, 503], "7"
    JsonService(web.url, "token", sleep=waits.append).get("/x")
    assert waits == [7.0, 7.0]


def test_a_wait_that_is_too_long_ends_at_once(web):
    waits = []
    web.always, web.retry_after = 429, "3600"
    with pytest.raises(Inconclusive, match="not available"):
        JsonService(web.url, "token", sleep=waits.append).get("/x")
    assert waits == []
    assert len(web.requests) == 1


def test_a_server_that_is_not_there_is_inconclusive(web):
    url = web.url
    web.__exit__()
    with pytest.raises(Inconclusive, match="not available"):
        JsonService(url, "token", sleep=lambda _: None).get("/x")
    web.__enter__()


def test_a_secret_is_named_and_never_an_input():
    assert secret_from("env:JIRA_TOKEN", {"JIRA_TOKEN": "t"}, where="credentials") == "t"
    for address in ("hunter2:x", "env:lower", "JIRA_TOKEN", "file:/x"):
        with pytest.raises(UsageError) as caught:
            secret_from(address, {"lower": "t"}, where="credentials")
        assert address not in caught.value.diagnosis()
    with pytest.raises(UsageError, match="empty or not set"):
        secret_from("env:JIRA_TOKEN", {"JIRA_TOKEN": ""}, where="credentials")
