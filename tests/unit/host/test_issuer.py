import ssl

import pytest

from counterseal.errors import Inconclusive
from counterseal.host import issuer as module
from counterseal.host.issuer import Issuer
from simulators.oidc import KEYS, TokenService

ACTIONS = "https://run-actions-3-azure-eastus.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("https://github.com", "https://token.actions.githubusercontent.com"),
        ("https://GitHub.com/", "https://token.actions.githubusercontent.com"),
        ("https://bank.ghe.com", "https://token.actions.bank.ghe.com"),
        ("https://git.bank.example:8443", "https://git.bank.example:8443/_services/token"),
        ("http://127.0.0.1:5", "http://127.0.0.1:5/_services/token"),
    ],
)
def test_the_issuer_follows_from_the_forge(server, issuer):
    assert Issuer.of(server).url == issuer


@pytest.mark.parametrize(
    "server",
    ["", "http://github.com", "http://git.bank.example", "https://a@b", "https://a/b", "ftp://a", "x"],
)
def test_a_forge_without_an_https_address_has_none(server):
    with pytest.raises(Inconclusive):
        Issuer.of(server)


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("https://github.com", f"{ACTIONS}/x/idtoken?api-version=2.0"),
        ("https://bank.ghe.com", "https://pipelines.actions.bank.ghe.com/x"),
        ("https://git.bank.example", "https://git.bank.example/_services/pipelines/x"),
        ("https://git.bank.example", "https://pipelines.git.bank.example:444/x"),
        ("http://127.0.0.1:5", "http://127.0.0.1:6/x"),
    ],
)
def test_the_forges_own_service_may_be_asked(server, url):
    assert Issuer.of(server).may_be_asked(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5/token",
        ACTIONS.replace("https", "http"),
        "https://evil.example/",
        "https://evilactions.githubusercontent.com/",
        "https://actions.githubusercontent.com.evil.example/",
        "https://evil.example/.actions.githubusercontent.com",
        "https://evil.example\\@x.actions.githubusercontent.com/",
        "https://x.actions.githubusercontent.com@evil.example/",
        "https://evil.example#.actions.githubusercontent.com/",
        "https://raw.githubusercontent.com/",
        f"{ACTIONS}/x\nHost: y",
        f" {ACTIONS}/",
        "",
    ],
)
def test_nobody_else_may(url):
    assert not Issuer.of("https://github.com").may_be_asked(url)


@pytest.mark.parametrize(
    "keys",
    [
        (500, b"{}"),
        (302, b"/elsewhere"),
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": 5}'),
        (200, b"[" * 100_000),
        (200, b" " * (256 * 1024 + 1)),
    ],
)
def test_keys_that_cannot_be_had_leave_it_open(keys):
    with TokenService() as service:
        service.issue("counterseal")
        service.keys = keys
        with pytest.raises(Inconclusive, match="keys") as caught:
            Issuer.of(service.url).verify(service.token, "counterseal")
    assert caught.value.exit_code == 14
    assert caught.value.where == service.url + KEYS


def test_keys_that_nobody_publishes_leave_it_open():
    with TokenService() as service:
        service.issue("counterseal")
    with pytest.raises(Inconclusive, match="keys"):
        Issuer.of(service.url).verify(service.token, "counterseal")


def test_an_enterprise_may_have_an_issuer_of_its_own_below(monkeypatch):
    with TokenService() as service:
        service.claims["iss"] = f"{service.url}/_services/token/meridian-bank"
        service.issue("counterseal")
        monkeypatch.setattr(module, "_fetch", lambda url: asked.append(url) or service.published()[1])
        asked = []
        claims = Issuer.of(service.url).verify(service.token, "counterseal")
        assert asked == [f"{claims['iss']}/.well-known/jwks"]
        service.claims["iss"] += "/../../x"
        service.issue("counterseal")
        with pytest.raises(Inconclusive, match="another issuer"):
            Issuer.of(service.url).verify(service.token, "counterseal")
    assert len(asked) == 1


def test_certificate_authorities_of_the_environment_do_not_count(monkeypatch, tmp_path):
    before = len(module._authorities().get_ca_certs())
    (tmp_path / "none.pem").touch()
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    context = module._authorities()
    assert len(context.get_ca_certs()) == before > 0
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
