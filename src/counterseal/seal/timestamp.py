"""RFC 3161 timestamps over signatures: asking an authority for one, and verifying one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    Verifier,
    VerifierBuilder,
    decode_timestamp_response,
)

from counterseal.errors import Inconclusive, SealError, UsageError
from counterseal.seal.bundle import MAX_STAMP_BYTES
from counterseal.seal.stamp import normalise, require_few, require_path, require_strict_form

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_SHA256_OID = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Refuse: a redirected POST would lose its query."""


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """An authority that is asked over HTTP (RFC 3161, section 3.4).

    Attributes:
        url: where it listens; plain HTTP is fine, since its answer is signed.
        timeout: how long one step of the exchange may take, in seconds.
    """

    url: str
    timeout: float = 20.0

    def stamp(self, signature: bytes) -> bytes:
        """Return a DER TimeStampResp over the SHA-256 of the signature bytes.

        The token is the authority's own; what nothing signs around it is brought into its one form.

        Raises:
            UsageError: when the URL is not HTTP or HTTPS.
            Inconclusive: when the authority does not answer, or refuses.
            SealError: when its answer is not to the question.
        """
        request = (
            TimestampRequestBuilder()
            .data(signature)
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .nonce(nonce=True)
            .build()
        )
        reply = _normalised(self._post(request.as_bytes()), where=self.url)
        response = _decode(reply, where=self.url)
        if response.status != 0:
            reason = "; ".join(response.status_string)[:200]
            raise Inconclusive(
                f"the authority refused with status {response.status}: {reason!r}", where=self.url
            )
        if response.tst_info.nonce != request.nonce:
            raise SealError("the stamp answers another request (nonce)", where=self.url)
        _require_imprint(response, signature, where=self.url)
        try:
            require_few(response)
            require_strict_form(reply, response)
        except ValueError as cause:
            raise SealError(f"a stamp that could not be kept as evidence: {cause}", where=self.url) from cause
        return reply

    def _post(self, query: bytes) -> bytes:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise UsageError("not an http or https URL", where="timestamp authority")
        request = Request(  # noqa: S310 (the scheme is checked above)
            self.url, data=query, headers={"Content-Type": "application/timestamp-query"}, method="POST"
        )
        try:
            with build_opener(_NoRedirect).open(request, timeout=self.timeout) as answer:
                return _body(answer, where=self.url)
        except HTTPError as cause:
            cause.close()  # it is the answer, and holds the connection
            raise Inconclusive(f"the authority answered with status {cause.code}", where=self.url) from cause
        except URLError as cause:
            raise Inconclusive(f"the authority did not answer: {cause.reason}", where=self.url) from cause
        except (OSError, HTTPException) as cause:
            raise Inconclusive(f"the authority did not answer: {cause!r}", where=self.url) from cause


def verify_timestamp(
    response: bytes,
    signature: bytes,
    *,
    roots: Iterable[str],
    intermediates: Iterable[str] = (),
    where: str = "timestamp",
) -> datetime:
    """Verify a timestamp over a signature against the authorities' certificates.

    The certificates must have been valid when the stamp was made, not now (RFC 3161, section 4).

    Args:
        response: the DER TimeStampResp.
        signature: the signature bytes it must be over.
        roots: the trusted root certificates, PEM.
        intermediates: further trusted certificates, PEM.
        where: what is verified, for the error.

    Returns:
        The time in the stamp, UTC.

    Raises:
        SealError: when it does not verify.
    """
    anchors, helpers = tuple(roots), tuple(intermediates)
    decoded = _decode(response, where=where)
    try:
        require_few(decoded)
        _verifier(anchors, helpers).verify_message(decoded, signature)
        require_strict_form(response, decoded)
        require_path(decoded, [load_certificate(pem) for pem in anchors + helpers])
    except Exception as cause:  # hostile bytes draw all sorts of errors out of the libraries: each is a no
        raise SealError(f"the stamp does not verify: {_reason(cause)}", where=where) from cause
    _require_imprint(decoded, signature, where=where)
    return decoded.tst_info.gen_time


@lru_cache(maxsize=256)
def load_certificate(pem: str) -> x509.Certificate:
    """Return the certificate in a PEM text; raises ValueError when there is none."""
    return x509.load_pem_x509_certificate(pem.encode())


@lru_cache(maxsize=64)
def _verifier(roots: tuple[str, ...], intermediates: tuple[str, ...]) -> Verifier:
    builder = VerifierBuilder(
        roots=[load_certificate(pem) for pem in roots],
        intermediates=[load_certificate(pem) for pem in intermediates],
    )
    return builder.build()


def _reason(cause: Exception) -> str:
    """Return what OpenSSL says about a chain or signature, without its source files and line numbers."""
    said = re.findall(r'(?:Verify error: |reason: ")([^"]+)', str(cause))
    return said[-1] if said else str(cause)


def _normalised(response: bytes, *, where: str) -> bytes:
    try:
        return normalise(response)
    except ValueError as cause:
        raise SealError(f"not a timestamp response in DER: {cause}", where=where) from cause


def _decode(response: bytes, *, where: str) -> TimeStampResponse:
    if len(response) > MAX_STAMP_BYTES:
        raise SealError(f"a timestamp of more than {MAX_STAMP_BYTES} bytes", where=where)
    try:
        decoded = decode_timestamp_response(response)
        if decoded.status == 0:
            _ = decoded.tst_info  # is read lazily, and refuses what is not one
        return decoded
    except ValueError as cause:
        raise SealError(f"not a timestamp response in DER: {cause}", where=where) from cause


def _require_imprint(response: TimeStampResponse, signature: bytes, *, where: str) -> None:
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256_OID or imprint.message != hashlib.sha256(signature).digest():
        raise SealError("the stamp is over something else than the SHA-256 of this signature", where=where)


def _body(answer: HTTPResponse, *, where: str) -> bytes:
    kind = answer.headers.get_content_type()
    if kind != "application/timestamp-reply":
        raise Inconclusive(f"the authority answered with {kind[:100]!r}", where=where)
    body = answer.read(MAX_STAMP_BYTES + 1)
    if len(body) > MAX_STAMP_BYTES:
        raise Inconclusive(f"the authority answered with more than {MAX_STAMP_BYTES} bytes", where=where)
    return body
