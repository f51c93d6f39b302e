import io

import pytest

from counterseal.errors import Inconclusive, SealError
from counterseal.host import Host
from counterseal.host.oidc import run_claims
from simulators.oidc import CLAIMS, TokenService
from simulators.runner import Command, commands


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Ask a service for the claims; return them and what was logged."""

    def ask(service, **more):
        env = service.env() | more
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        host = Host(env, tmp_path, io.StringIO(), io.StringIO())
        try:
            claims = run_claims(host)
        except (Inconclusive, SealError) as error:
            host.env = {"COUNTERSEAL_DEBUG": "1"}
            host.trace(error)
            service.traced = host.stderr.getvalue()
            raise
        return claims, host.stdout.getvalue()

    return ask


def test_the_claims_of_the_run(ask):
    with TokenService() as service:
        claims, _ = ask(service)
    kept = {name: value for name, value in CLAIMS.items() if name != "jti"}
    assert claims == {**kept, "iss": f"{service.url}/_services/token"}


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
    with TokenService(claims={**CLAIMS, "run_id": 5, "environment": None, "new": "claim"}) as service:
        claims, _ = ask(service)
    assert claims["run_id"] == "5"
    assert {"environment", "new"}.isdisjoint(claims)


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
        TokenService(answer=(403, b"no: \xff the-request-token")),
        TokenService(answer=(200, b"not json the-request-token")),
        TokenService(answer=(200, b'{"value": 1}')),
        TokenService(answer=(200, b'{"value": "the-request-token.b"}')),
        TokenService(answer=(200, b'{"value": "a.bm90IGpzb24.c"}')),
        TokenService(answer=(200, b'{"value": "e30.eyJhdWQiOiJjb3VudGVyc2VhbCJ9.c"}')),
        TokenService(answer=(200, b'{"value": ' + b"[" * 100_000)),
        TokenService(answer=(200, b"{}")),
    ],
)
def test_a_service_that_fails_leaves_it_open_and_even_its_trace_holds_no_answer(ask, service):
    with service, pytest.raises(Inconclusive) as caught:
        ask(service)
    assert service.secret not in caught.value.diagnosis() + service.traced
    assert "Traceback" in service.traced


def test_a_service_that_is_not_there_leaves_it_open(ask, monkeypatch):
    monkeypatch.setattr("urllib3.util.retry.Retry.DEFAULT", 0)
    with TokenService() as service:
        pass
    with pytest.raises(Inconclusive):
        ask(service)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_the_server_of_an_earlier_step_is_not_asked(ask, algorithm):
    forged = {**CLAIMS, "iss": "https://token.actions.githubusercontent.com"}
    with TokenService(forged, algorithm=algorithm) as service, pytest.raises(Inconclusive) as caught:
        ask(service, GITHUB_SERVER_URL="https://github.com")
    assert caught.value.where == "ACTIONS_ID_TOKEN_REQUEST_URL"
    assert service.asked == []


@pytest.mark.parametrize(
    "service",
    [
        TokenService(algorithm="none"),
        TokenService(algorithm="HS256"),
        TokenService(signs_with="another"),
        TokenService(keys=(200, b'{"keys": []}')),
    ],
    ids=["unsigned", "shared secret", "another key", "unknown key"],
)
def test_a_token_that_its_issuer_has_not_signed_is_refused(ask, service):
    if service.keys:  # a set with no usable key leaves it open; one with others does not know this key
        other = TokenService()
        with other:
            service.keys = (200, other.published()[1].replace(b'"own"', b'"other"'))
    with service, pytest.raises(SealError) as caught:
        ask(service)
    assert caught.value.exit_code == 12
    assert service.token not in caught.value.diagnosis() + service.traced


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "https://token.actions.githubusercontent.com"),
        ("iss", 5),
        ("exp", 1_700_000_000),
        ("exp", "soon"),
        *(
            (name, "absent")
            for name in ("iss", "exp", "sub", "repository_id", "run_id", "run_attempt", "sha")
        ),
    ],
)
def test_a_token_that_is_signed_but_not_about_this_job_now_leaves_it_open(ask, name, value):
    with TokenService(claims={**CLAIMS, name: value}) as service, pytest.raises(Inconclusive):
        ask(service)
