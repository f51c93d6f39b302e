"""The issuer of a forge's identity tokens: where a token may be asked for, and whether one is genuine.

Any step of a job can set ACTIONS_ID_TOKEN_REQUEST_URL for those after it, and proxies and certificates too.
None can set GITHUB_SERVER_URL: the runner overrides every variable of its own. So the issuer follows from
that alone (GitHub documentation, "OpenID Connect reference"), its keys come from itself over https, and the
certificate authorities are those of the system and of certifi, whatever the environment says. Plain http is
taken only where the forge itself is on loopback, which the manifest then says.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterseal.errors import Inconclusive, SealError

if TYPE_CHECKING:
    from ssl import SSLContext

    from jwt import PyJWK
    from urllib3 import PoolManager

REQUIRED = ("iss", "aud", "exp", "sub", "repository_id", "run_id", "run_attempt", "sha")
_ALGORITHM = "RS256"
_LEEWAY = 60  # seconds between the clocks of the issuer and of the runner
_TIMEOUT = 10.0  # seconds to connect, and between two pieces of an answer
_RETRIES = 1
_LIMIT = 256 * 1024  # bytes of a key set
_OK = 200
_GITHUB = "github.com"
_ENTERPRISE_CLOUD = ".ghe.com"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
# Stricter than any parser of addresses, so that all of them see the same host.
_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+)(:[0-9]{1,5})?((?:[/?][!-\[\]-~]*)?)")


@dataclass(frozen=True)
class Issuer:
    """An issuer.

    Args:
        url: its name, the claim `iss`; an enterprise may have one below it.
        scheme: how it is reached: `https`, or `http` on loopback.
        domain: the domain whose hosts, and itself if `exact`, may be asked for tokens.
        exact: whether the domain is a host of its own.
    """

    url: str
    scheme: str
    domain: str
    exact: bool

    @classmethod
    def of(cls, server_url: str) -> Issuer:
        """Return the issuer of the forge at `server_url`; `Inconclusive` when that is no https address."""
        found = _URL.fullmatch(server_url)
        scheme, host, port, rest = found.groups() if found else ("", "", "", "")
        host = host.lower()
        if rest not in {"", "/"} or not (scheme == "https" or (scheme == "http" and host in _LOOPBACK)):
            raise Inconclusive("the forge has no https address", where="GITHUB_SERVER_URL")
        if host == _GITHUB:
            domain = "actions.githubusercontent.com"
            return cls(f"https://token.{domain}", scheme, domain, exact=False)
        if host.endswith(_ENTERPRISE_CLOUD):
            return cls(f"https://token.actions.{host}", scheme, host, exact=False)
        return cls(f"{scheme}://{host}{port or ''}/_services/token", scheme, host, exact=True)

    def may_be_asked(self, url: str) -> bool:
        """Return whether a token may be asked for at `url`."""
        found = _URL.fullmatch(url)
        if found is None or found[1] != self.scheme:
            return False
        host = found[2].lower()
        return (self.exact and host == self.domain) or host.endswith(f".{self.domain}")

    def verify(self, token: str, audience: str) -> dict[str, object]:
        """Return the claims of a token that this issuer has signed for `audience`.

        Raises:
            SealError: the token is not signed by a key of the issuer.
            Inconclusive: the keys cannot be had, or the token is expired, lacks a claim or names others.
        """
        import jwt

        try:
            claims: dict[str, object] = jwt.decode(
                token,
                self._key(token),
                algorithms=[_ALGORITHM],
                audience=audience,
                leeway=_LEEWAY,
                options={"require": list(REQUIRED)},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError):
            raise SealError("the identity token is not signed by its issuer", where=self.url) from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused(type(error).__name__) from None
        return claims

    def _key(self, token: str) -> PyJWK:
        """Return the issuer's key that the token names, whose issuer is this one or one below it."""
        import jwt

        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        below = rf"{re.escape(self.url)}(/[A-Za-z0-9_-]{{1,100}})?"
        if not isinstance(issuer, str) or not re.fullmatch(below, issuer):
            raise _refused("another issuer")
        name = jwt.get_unverified_header(token).get("kid")
        found = [key for key in _keys(issuer) if key.key_id is not None and key.key_id == name]
        if len(found) != 1:
            raise SealError("the identity token is not signed by its issuer", where=self.url)
        return found[0]


def _keys(issuer: str) -> list[PyJWK]:
    """Return the keys that an issuer publishes."""
    import jwt

    url = f"{issuer}/.well-known/jwks"
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(_fetch(url))).keys
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise _unreachable(url) from None
    return [key for key in keys if key.key_type == "RSA"]


def _fetch(url: str) -> bytes:
    """Return what is at `url`, up to a limit, without following it elsewhere."""
    from urllib3 import Retry
    from urllib3.exceptions import HTTPError

    try:
        with _pool(url) as pool:
            response = pool.request(
                "GET",
                url,
                timeout=_TIMEOUT,
                retries=Retry(_RETRIES, redirect=False),
                redirect=False,
                preload_content=False,
            )
            data = response.read(_LIMIT + 1, decode_content=True)
            status = response.status
            response.close()
    except (HTTPError, OSError):
        raise _unreachable(url) from None
    if status != _OK or len(data) > _LIMIT:
        raise _unreachable(url)
    return data


def _pool(url: str) -> PoolManager:
    """Return connections to `url`, through the environment's proxy: a tunnel can only be cut, not forged."""
    from urllib.request import getproxies, proxy_bypass

    from urllib3 import PoolManager, ProxyManager

    scheme, host = _URL.fullmatch(url).group(1, 2)  # type: ignore[union-attr]
    proxy = getproxies().get(scheme)
    if scheme == "http" or not proxy or proxy_bypass(host):
        return PoolManager(ssl_context=_authorities())
    return ProxyManager(proxy if "://" in proxy else f"http://{proxy}", ssl_context=_authorities())


def _authorities() -> SSLContext:
    """Return the certificate authorities of certifi and of the system, at the places it was built with."""
    import ssl
    from pathlib import Path

    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    places = ssl.get_default_verify_paths()  # those named `openssl_` do not come from the environment
    file, folder = Path(places.openssl_cafile), Path(places.openssl_capath)
    if file.is_file():
        context.load_verify_locations(cafile=file)
    if folder.is_dir():
        context.load_verify_locations(capath=folder)
    return context


def _refused(reason: str) -> Inconclusive:
    """Return the error for a token that says nothing about this job; only its kind is told."""
    return Inconclusive(f"the identity token cannot be used ({reason})", where="OIDC")


def _unreachable(url: str) -> Inconclusive:
    """Return the error for an issuer whose keys cannot be had."""
    return Inconclusive(
        "the keys of the identity service cannot be had",
        where=url,
        remedy="let the runner reach this address, or remove id-token: write; then run it again",
    )
