"""The one byte form of a timestamp: nothing in it may be free to change.

A TimeStampResp has parts that no signature covers: the status text, two version numbers, the name of the
signature's algorithm, unsigned attributes, revocation lists, and certificates that the chain does not need
(RFC 3161, section 2.4.2; RFC 5652, section 5). Verifiers ignore them, so they could be altered in kept
evidence without notice. Here each of them must have the only value it can rightly have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfc3161_client import TimeStampResponse

MAX_CERTIFICATES: Final = 8
"""The most certificates that a response may carry."""

_GRANTED: Final = bytes.fromhex("3003020100")
"""PKIStatusInfo with the status `granted` and nothing else, in DER."""

_SHA2_OID: Final = bytes.fromhex("06096086480165030402")
"""The SHA-2 digests in DER without their last byte, which is 1 for SHA-256, 2 for SHA-384, 3 for SHA-512."""

_ECDSA_OID: Final = bytes.fromhex("06082a8648ce3d0403")
"""ecdsa-with-SHA2 (RFC 5758) in DER without its last byte, which is one more than the digest's."""

_RSA_OID: Final = bytes.fromhex("06092a864886f70d0101")
"""PKCS #1 (RFC 4055) in DER without its last byte: 1 for rsaEncryption, or ten more than the digest's."""

_SIGNED_DATA_VERSION, _SIGNER_INFO_VERSION = 3, 1
_SIGNED_DATA_FIELDS = 5  # version, digests, content, certificates, signers; no revocation lists
_SIGNER_INFO_FIELDS = 6  # version, issuer and serial, digest, signed attributes, algorithm, signature

_SEQUENCE, _EXPLICIT_0, _CERTIFICATES = 0x30, 0xA0, 0xA0
_LONG = 0x80  # the bit of a length byte that says that the length itself has a length


def normalise(response: bytes) -> bytes:
    """Return a granted response in its one byte form; any other response comes back as it is.

    The token's signed parts are untouched. The status text is left out, and each certificate is there
    once, in the order of DER, which OpenSSL's own authority does not keep.

    Raises:
        ValueError: when it is not a response in DER.
    """
    status, *tokens = _elements(response)
    if _elements(status)[:1] != [_GRANTED[2:]] or len(tokens) != 1:
        return response
    kind, content = _elements(tokens[0])
    (signed_data,) = _elements(content)
    fields = [
        _element(_CERTIFICATES, b"".join(sorted(set(_elements(field)))))
        if field[0] == _CERTIFICATES
        else field
        for field in _elements(signed_data)
    ]
    content = _element(_EXPLICIT_0, _element(_SEQUENCE, b"".join(fields)))
    return _element(_SEQUENCE, _GRANTED + _element(_SEQUENCE, kind + content))


def require_strict_form(data: bytes, response: TimeStampResponse) -> None:
    """Raise ValueError when a response has a part, besides its certificates, that could have another value.

    Args:
        data: the response's bytes.
        response: the same, decoded.
    """
    if normalise(data) != data:
        raise ValueError("the response has a status text or a certificate twice, or is not DER")
    signed = response.signed_data
    (signer,) = signed.signer_infos
    if (signed.version, signer.version) != (_SIGNED_DATA_VERSION, _SIGNER_INFO_VERSION):
        raise ValueError("not version 3 of SignedData with version 1 of SignerInfo")
    name = (signer.issuer, signer.serial_number)
    leaves = [one for one in _certificates(response) if (one.issuer, one.serial_number) == name]
    if len(leaves) != 1:
        raise ValueError("the signer's certificate is not in the stamp")
    _require_signer(response.time_stamp_token(), leaves[0])


def require_few(response: TimeStampResponse) -> None:
    """Raise ValueError when a response has more certificates than any chain: each costs time to check."""
    if len(response.signed_data.certificates) > MAX_CERTIFICATES:
        raise ValueError(f"more than {MAX_CERTIFICATES} certificates in the stamp")


def require_path(response: TimeStampResponse, trusted: Sequence[x509.Certificate]) -> None:
    """Raise ValueError when a certificate in a response is not on the path from its signer to a trusted one.

    Whatever else was among them could be put in and taken out by anybody.

    Args:
        response: the response, in the strict form.
        trusted: the certificates at hand.
    """
    (signer,) = response.signed_data.signer_infos
    name = (signer.issuer, signer.serial_number)
    others = _certificates(response)
    last = next(one for one in others if (one.issuer, one.serial_number) == name)
    others.remove(last)
    while others:
        above = next((one for one in others if _is_issued(last, [one])), None)
        if above is None:
            raise ValueError("a certificate in the stamp that is not on the path from its signer to the root")
        others.remove(above)
        last = above
    if last not in trusted and not _is_issued(last, trusted):
        raise ValueError("a certificate in the stamp whose issuer is neither in it nor in the trust file")


def _certificates(response: TimeStampResponse) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(one) for one in response.signed_data.certificates]


def _is_issued(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> bool:
    *_, signature = _elements(certificate.public_bytes(Encoding.DER))
    if signature[_extent(signature)[0]] != 0:
        return False  # unused bits in a signature, which the check of it would overlook
    for issuer in issuers:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            continue
        return True
    return False


def _require_signer(token: bytes, leaf: x509.Certificate) -> None:
    """Refuse what surrounds the one signature unless it is what the digest and the key imply."""
    _, content = _elements(token)
    (signed_data,) = _elements(content)
    parts = _elements(signed_data)
    if len(parts) != _SIGNED_DATA_FIELDS or len(_elements(parts[1])) != 1:
        raise ValueError("not just one digest, the certificates and the signer")
    (signer_info,) = _elements(parts[-1])
    fields = _elements(signer_info)
    if len(fields) != _SIGNER_INFO_FIELDS:
        raise ValueError("a signer without signed attributes, or with unsigned ones")
    digest, algorithm = fields[2], fields[4]
    sha2 = _elements(digest)[0]
    if not sha2.startswith(_SHA2_OID) or algorithm not in _algorithms(leaf, sha2[-1]):
        raise ValueError("the signature algorithm is not the one of this digest and this key")


def _algorithms(leaf: x509.Certificate, digest: int) -> set[bytes]:
    """Return the AlgorithmIdentifiers that a signer with this certificate may name (RFC 5754, section 3)."""
    key = leaf.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {_element(_SEQUENCE, _ECDSA_OID + bytes([digest + 1]))}
    if isinstance(key, rsa.RSAPublicKey):
        return {_element(_SEQUENCE, _RSA_OID + bytes([kind]) + b"\x05\x00") for kind in (1, digest + 10)}
    return set()


def _element(tag: int, content: bytes) -> bytes:
    """Return a DER element."""
    size = len(content)
    if size < _LONG:
        return bytes([tag, size]) + content
    width = (size.bit_length() + 7) // 8
    return bytes([tag, _LONG | width]) + size.to_bytes(width, "big") + content


def _elements(element: bytes) -> list[bytes]:
    """Return the elements inside a constructed DER element, each with its own header."""
    start, end = _extent(element)
    children = []
    while start < end:
        _, size = _extent(element[start:end])
        children.append(element[start : start + size])
        start += size
    return children


def _extent(data: bytes) -> tuple[int, int]:
    """Return where the content of the DER element at the head of the data begins and ends."""
    if len(data) < 2 or data[1] == _LONG:  # noqa: PLR2004 (a tag and a length)
        raise ValueError("an element is cut short, or is BER and not DER")
    width = data[1] & ~_LONG if data[1] & _LONG else 0
    length = int.from_bytes(data[2 : 2 + width], "big") if width else data[1]
    end = 2 + width + length
    if end > len(data):
        raise ValueError("an element is cut short")
    return 2 + width, end
