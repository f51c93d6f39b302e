import io

import pytest

from counterseal.errors import Inconclusive
from counterseal.host import Host
from counterseal.host.oidc import run_claims
from simulators.oidc import CLAIMS, TokenService
from simulators.runner import Command, commands


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Ask a service for the claims; return them and what was logged."""

    def ask(service):
        for name, value in service.env().items():
            monkeypatch.setenv(name, value)
        host = Host(service.env(), tmp_path, io.StringIO(), io.StringIO())
        try:
            claims = run_claims(host)
        finally:
            host.stdout.seek(0)
        return claims, host.stdout.read()

    return ask


def test_the_claims_of_the_run(ask):
    with TokenService() as service:
        claims, _ = ask(service)
    assert claims == {name: value for name, value in CLAIMS.items() if name != "jti"}


def test_it_asks_for_its_own_audience_with_the_jobs_secret(ask):
    with TokenService() as service:
        ask(service)
    assert service.asked == [
        {"api-version": "2", "audience": "counterseal", "authorization": f"bearer {service.secret}"}
    ]


def test_the_token_is_hidden_and_nowhere_else(ask):
    with TokenService() as service:
        claims, log = ask(service)
    assert commands(log) == [Command("add-mask", {}, service.token)]
    assert not any(part in str(claims) for part in service.token.split("."))


def test_numbers_become_text_and_null_is_left_out(ask):
    with TokenService(claims={"run_id": 5, "environment": None, "new": "claim"}) as service:
        assert ask(service)[0] == {"run_id": "5"}


@pytest.mark.parametrize(
    "missing", ["GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
)
def test_a_job_without_the_right_has_no_claims(tmp_path, missing):
    with TokenService() as service:
        env = {name: value for name, value in service.env().items() if name != missing}
        assert run_claims(Host(env, tmp_path, io.StringIO(), io.StringIO())) is None
    assert service.asked == []


@pytest.mark.parametrize(
    "service",
    [
        TokenService(audience="somebody-else"),
        TokenService(answer=(403, b"no: the-request-token")),
        TokenService(answer=(200, b"not json")),
        TokenService(answer=(200, b'{"value": 1}')),
        TokenService(answer=(200, b'{"value": "a.b"}')),
        TokenService(answer=(200, b'{"value": "a.bm90IGpzb24.c"}')),
        TokenService(answer=(200, b"{}")),
    ],
)
def test_a_service_that_fails_leaves_it_open(ask, service):
    with service, pytest.raises(Inconclusive) as caught:
        ask(service)
    assert service.secret not in caught.value.diagnosis()


def test_a_service_that_is_not_there_leaves_it_open(ask, monkeypatch):
    monkeypatch.setattr("urllib3.util.retry.Retry.DEFAULT", 0)
    with TokenService() as service:
        pass
    with pytest.raises(Inconclusive):
        ask(service)
