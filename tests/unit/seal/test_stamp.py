from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from counterseal.errors import SealError
from counterseal.seal.bundle import MAX_STAMP_BYTES
from counterseal.seal.stamp import _element, _elements, normalise, require_strict_form
from counterseal.seal.timestamp import verify_timestamp
from simulators.tsa import Identity, Stamper, authority, issue

_SIGNATURE = b"the bytes of a signature"


def _response(stamper: Stamper, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> bytes:
    request = TimestampRequestBuilder().data(_SIGNATURE).hash_algorithm(algorithm).build()
    return normalise(stamper.reply(request.as_bytes()))


def _alone(tmp_path):
    stamper, root = authority(tmp_path)
    return stamper, [root.pem], []


def _with_root(tmp_path):
    root = issue("Root, with a name that is longer than the leaf's")
    while root.certificate.signature[-1] & 1:  # a last bit that could be declared unused without a loss
        root = issue("Root, with a name that is longer than the leaf's")
    return Stamper(tmp_path, issue("L", root, stamping=True), (root,)), [root.pem], []


def _with_trusted_middle(tmp_path):
    root = issue("Root")
    middle = issue("Middle, with a name that is longer than the leaf's", root, authority=True)
    return Stamper(tmp_path, issue("L", middle, stamping=True), (middle,)), [root.pem], [middle.pem]


def _with_middle(tmp_path):
    stamper, roots, _ = _with_trusted_middle(tmp_path)
    return stamper, roots, []


def _with_rsa(tmp_path):
    root = issue("Root", rsa_key=True)
    return Stamper(tmp_path, issue("L", root, stamping=True, rsa_key=True)), [root.pem], []


@pytest.mark.parametrize("build", [_alone, _with_root, _with_trusted_middle, _with_middle, _with_rsa])
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_bit_of_a_stamp_can_change_unnoticed(tmp_path, build):
    stamper, roots, middles = build(tmp_path)
    response = _response(stamper)
    assert verify_timestamp(response, _SIGNATURE, roots=roots, intermediates=middles)
    for at in range(len(response)):
        for bit in range(8) if build is _alone else [at % 8]:
            changed = bytearray(response)
            changed[at] ^= 1 << bit
            with pytest.raises(SealError):
                verify_timestamp(bytes(changed), _SIGNATURE, roots=roots, intermediates=middles)


def test_a_certificate_that_nothing_vouches_for_is_refused(tmp_path):
    stranger = issue(
        "Stranger, with a name that is longer than the leaf's", issue("Elsewhere"), authority=True
    )
    root = issue("Root")
    stamper = Stamper(tmp_path, issue("L", root, stamping=True), (stranger,))
    with pytest.raises(SealError, match="not on the path"):
        verify_timestamp(_response(stamper), _SIGNATURE, roots=[root.pem])
    with pytest.raises(SealError, match="not on the path"):
        verify_timestamp(_response(stamper), _SIGNATURE, roots=[root.pem], intermediates=[stranger.pem])


def test_attributes_that_nobody_signed_are_refused(tmp_path):
    stamper, root = authority(tmp_path)
    response = _response(stamper)
    attribute = _elements(_elements(_inside(response)[3])[0])  # a signed one, put among the unsigned ones
    unsigned = _element(0xA1, _element(0x30, b"".join(attribute)))
    with pytest.raises(SealError, match="unsigned"):
        verify_timestamp(_with_signer(response, unsigned), _SIGNATURE, roots=[root.pem])
    assert _with_signer(response, b"") == response


def _inside(response: bytes) -> list[bytes]:
    """Return the fields of the SignerInfo."""
    signed_data = _elements(_elements(_elements(response)[1])[1])[0]
    return _elements(_elements(_elements(signed_data)[-1])[0])


def _with_signer(response: bytes, extra: bytes) -> bytes:
    """Return the response with one more field in its SignerInfo."""
    status, token = _elements(response)
    kind, content = _elements(token)
    *fields, _ = _elements(_elements(content)[0])
    signer = _element(0x30, b"".join(_inside(response)) + extra)
    signed_data = _element(0x30, b"".join(fields) + _element(0x31, signer))
    return _element(0x30, status + _element(0x30, kind + _element(0xA0, signed_data)))


def test_an_imprint_by_another_digest_is_refused(tmp_path):
    stamper, root = authority(tmp_path)
    with pytest.raises(SealError, match="SHA-256"):
        verify_timestamp(_response(stamper, HashAlgorithm.SHA512), _SIGNATURE, roots=[root.pem])


def test_openssls_own_response_is_normal_already(tmp_path):
    request = TimestampRequestBuilder().data(_SIGNATURE).hash_algorithm(HashAlgorithm.SHA256).build()
    response = authority(tmp_path)[0].reply(request.as_bytes())
    assert normalise(response) == response


def test_certificates_are_brought_into_the_order_of_der(tmp_path):
    root = issue("R")  # a certificate that is shorter than the leaf's, and that openssl puts after it
    leaf = issue("Leaf, with a name that is longer than the root's", root, stamping=True)
    request = TimestampRequestBuilder().data(_SIGNATURE).hash_algorithm(HashAlgorithm.SHA256).build()
    response = Stamper(tmp_path, leaf, (root,)).reply(request.as_bytes())
    with pytest.raises(SealError, match="InvalidSetOrdering"):
        verify_timestamp(response, _SIGNATURE, roots=[root.pem])
    assert verify_timestamp(normalise(response), _SIGNATURE, roots=[root.pem])


def test_a_status_text_is_refused_in_kept_evidence(tmp_path):
    stamper, root = authority(tmp_path)
    token = decode_timestamp_response(_response(stamper)).time_stamp_token()
    content = bytes.fromhex("300802010030030c016f") + token
    talkative = b"0\x82" + len(content).to_bytes(2, "big") + content
    with pytest.raises(SealError, match="status text"):
        verify_timestamp(talkative, _SIGNATURE, roots=[root.pem])


def test_a_stamp_that_is_cut_is_refused_by_the_form_alone(tmp_path):
    stamper, _ = authority(tmp_path)
    response = _response(stamper)
    decoded = decode_timestamp_response(response)
    require_strict_form(response, decoded)
    with pytest.raises(ValueError, match="cut short"):
        require_strict_form(response[:-1], decoded)


def _with_certificates(response: bytes, *extra: Identity) -> bytes:
    """Return the response with more certificates, as anybody can put them in."""
    status, token = _elements(response)
    kind, content = _elements(token)
    version, digests, info, certificates, signers = _elements(_elements(content)[0])
    more = [one.certificate.public_bytes(Encoding.DER) for one in extra]
    certificates = _element(0xA0, b"".join(sorted([*_elements(certificates), *more])))
    signed_data = _element(0x30, version + digests + info + certificates + signers)
    return _element(0x30, status + _element(0x30, kind + _element(0xA0, signed_data)))


@pytest.mark.parametrize("build", [_alone, _with_root, _with_middle])
def test_a_certificate_that_was_put_in_is_refused(tmp_path, build):
    stamper, roots, _ = build(tmp_path)
    response = _response(stamper)
    assert _with_certificates(response) == response
    assert verify_timestamp(response, _SIGNATURE, roots=roots)
    below = issue("Below the signer", stamper.leaf)
    for extra in (issue("Self-signed"), below, *stamper.chain):
        with pytest.raises(SealError):
            verify_timestamp(_with_certificates(response, extra), _SIGNATURE, roots=roots)


def test_another_certificate_for_a_key_on_the_path_is_refused(tmp_path):
    stamper, roots, _ = _with_middle(tmp_path)
    stranger, (middle,) = issue("Stranger"), stamper.chain
    builder = x509.CertificateBuilder(
        issuer_name=stranger.certificate.subject,
        subject_name=middle.certificate.subject,
        public_key=middle.certificate.public_key(),
        serial_number=1,
        not_valid_before=middle.certificate.not_valid_before_utc,
        not_valid_after=middle.certificate.not_valid_after_utc,
        extensions=list(middle.certificate.extensions),
    )
    cross = Identity(builder.sign(stranger.key, hashes.SHA256()), middle.key)
    for extra in ((cross,), (cross, stranger)):
        with pytest.raises(SealError):
            verify_timestamp(_with_certificates(_response(stamper), *extra), _SIGNATURE, roots=roots)


def test_more_certificates_than_a_chain_has_are_refused_before_any_is_checked(tmp_path, monkeypatch):
    stamper, root = authority(tmp_path)
    many = _with_certificates(_response(stamper), *(issue(f"No. {number}") for number in range(8)))
    monkeypatch.setattr("counterseal.seal.timestamp._verifier", None)  # would be another error
    with pytest.raises(SealError, match="more than 8 certificates"):
        verify_timestamp(many, _SIGNATURE, roots=[root.pem])


def test_a_stamp_beyond_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("counterseal.seal.timestamp.decode_timestamp_response", None)
    with pytest.raises(SealError, match="more than 65536 bytes"):
        verify_timestamp(bytes(MAX_STAMP_BYTES + 1), _SIGNATURE, roots=[])
