from __future__ import annotations

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from rfc3161_client import decode_timestamp_response

from counterseal.errors import Inconclusive, SealError, UsageError
from counterseal.seal.bundle import MAX_STAMP_BYTES
from counterseal.seal.timestamp import TimestampAuthority, verify_timestamp
from simulators.tsa import Stamper, TimestampServer, authority, issue

_SIGNATURE = b"the bytes of a signature"


@pytest.fixture(scope="module")
def stamp(stamping):
    with TimestampServer(stamping[0]) as server:
        return TimestampAuthority(server.url).stamp(_SIGNATURE)


def test_a_stamp_verifies_and_tells_its_time(stamping, server):
    before = datetime.now(UTC).replace(microsecond=0)
    response = TimestampAuthority(server.url).stamp(_SIGNATURE)
    moment = verify_timestamp(response, _SIGNATURE, roots=[stamping[1].pem])
    assert before <= moment <= datetime.now(UTC)
    assert moment.tzinfo is UTC or moment.utcoffset() == timedelta(0)


def test_openssl_accepts_the_stamp(stamping, stamp, tmp_path: Path):
    (tmp_path / "reply.tsr").write_bytes(stamp)
    (tmp_path / "data").write_bytes(_SIGNATURE)
    (tmp_path / "root.pem").write_text(stamping[1].pem)
    verify = ["openssl", "ts", "-verify", "-in", "reply.tsr", "-CAfile", "root.pem", "-data", "data"]
    assert subprocess.run(verify, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "data").write_bytes(b"other")
    assert subprocess.run(verify, cwd=tmp_path, check=False).returncode != 0


def test_every_question_has_its_own_nonce_and_asks_for_the_certificate(server):
    from rfc3161_client._rust import parse_timestamp_request

    for _ in range(2):
        TimestampAuthority(server.url).stamp(_SIGNATURE)
    first, second = map(parse_timestamp_request, server.queries)
    assert first.nonce != second.nonce
    assert first.nonce.bit_length() > 32
    assert first.cert_req
    assert first.message_imprint.hash_algorithm.dotted_string == "2.16.840.1.101.3.4.2.1"


def test_another_signature_is_refused(stamping, stamp):
    with pytest.raises(SealError):
        verify_timestamp(stamp, b"another signature", roots=[stamping[1].pem])


def test_another_authority_is_refused(stamp, tmp_path):
    _, root = authority(tmp_path)
    with pytest.raises(SealError, match="does not verify"):
        verify_timestamp(stamp, _SIGNATURE, roots=[root.pem])


def test_no_authority_is_refused(stamp):
    with pytest.raises(SealError):
        verify_timestamp(stamp, _SIGNATURE, roots=[])


def test_an_intermediate_may_come_from_the_trust_file_or_the_stamp(tmp_path):
    root = issue("Root of a chain")
    middle = issue("Middle, with a name longer than that of the leaf", root, authority=True)
    leaf = issue("L", middle, stamping=True)
    for chain, helpers in (((), [middle.pem]), ((middle,), []), ((middle,), [middle.pem])):
        with TimestampServer(Stamper(tmp_path / str(len(chain)), leaf, chain)) as server:
            response = TimestampAuthority(server.url).stamp(_SIGNATURE)
        assert verify_timestamp(response, _SIGNATURE, roots=[root.pem], intermediates=helpers)
    with TimestampServer(Stamper(tmp_path / "0", leaf)) as server:
        response = TimestampAuthority(server.url).stamp(_SIGNATURE)
    with pytest.raises(SealError):
        verify_timestamp(response, _SIGNATURE, roots=[root.pem])


def test_a_certificate_that_had_ended_is_refused(tmp_path):
    root = issue("Root")
    leaf = issue("Ended", root, stamping=True, until=datetime.now(UTC) - timedelta(days=1))
    with TimestampServer(Stamper(tmp_path, leaf)) as server:
        response = TimestampAuthority(server.url).stamp(_SIGNATURE)
    with pytest.raises(SealError, match="expired"):
        verify_timestamp(response, _SIGNATURE, roots=[root.pem])


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "application/timestamp-reply", b""),
        (404, "text/html", b"<html>"),
        (302, "application/timestamp-reply", b""),
        (200, "text/html", b"<html>"),
        (200, "application/timestamp-query", b""),
        (200, "application/timestamp-reply", b"0" * (MAX_STAMP_BYTES + 1)),
    ],
    ids=["500", "404", "redirect", "html", "query", "huge"],
)
def test_an_authority_that_does_not_answer_properly_is_inconclusive(server, status, kind, body):
    server.status, server.content_type, server.body = status, kind, body
    server.headers = {"Location": server.url} if status == 302 else {}
    with pytest.raises(Inconclusive) as caught:
        TimestampAuthority(server.url).stamp(_SIGNATURE)
    assert caught.value.where == server.url
    assert len(server.queries) == 1  # a redirect is not followed


def test_no_authority_at_all_is_inconclusive():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(Inconclusive, match="did not answer"):
        TimestampAuthority(url).stamp(_SIGNATURE)


def test_silence_is_inconclusive():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Inconclusive, match="did not answer"):
            TimestampAuthority(url, timeout=0.2).stamp(_SIGNATURE)


@pytest.mark.parametrize("url", ["", "ftp://tsa.example/", "file:///etc/passwd", "tsa.example", "http://"])
def test_a_url_that_is_not_http_is_refused(url):
    with pytest.raises((UsageError, Inconclusive)):
        TimestampAuthority(url).stamp(_SIGNATURE)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"0\x00",
        b"0\x02\x30\x00",
        b"0\x80\x00\x00",
        b"0\x84\xff\xff\xff\xff",
        b"\xff" * 40,
        b"0\x05\x30\x03\x02\x01\x00",
    ],
)
def test_bytes_that_are_no_response_are_refused(server, stamping, body):
    server.body = body
    with pytest.raises(SealError):
        TimestampAuthority(server.url).stamp(_SIGNATURE)
    with pytest.raises(SealError):
        verify_timestamp(body, _SIGNATURE, roots=[stamping[1].pem])


def test_a_refusal_is_told(server, stamping):
    # PKIStatusInfo with status 2 (rejection), a status text and failInfo badAlg
    server.body = bytes.fromhex("301230100201023005" + "0c03" + b"no\n".hex() + "030400000001")
    with pytest.raises(Inconclusive, match="status 2") as caught:
        TimestampAuthority(server.url).stamp(_SIGNATURE)
    assert "\n" not in caught.value.diagnosis()
    with pytest.raises(SealError):
        verify_timestamp(server.body, _SIGNATURE, roots=[stamping[1].pem])


def test_the_answer_to_another_question_is_refused(server, stamp):
    server.body = stamp  # the same signature, but another nonce
    with pytest.raises(SealError, match="nonce"):
        TimestampAuthority(server.url).stamp(_SIGNATURE)


def test_the_answer_about_another_signature_is_refused(server):
    original = server.stamper

    class Mistaken:
        def reply(self, query):
            return original.reply(query.replace(sha256(_SIGNATURE).digest(), sha256(b"other").digest()))

    server.stamper = Mistaken()
    with pytest.raises(SealError, match="something else"):
        TimestampAuthority(server.url).stamp(_SIGNATURE)


def test_a_stamp_that_verification_would_refuse_is_not_kept(server):
    original = server.stamper

    class Careless:
        def reply(self, query):
            response = bytearray(original.reply(query))
            at = response.index(bytes.fromhex("020103")) + 2  # the version of SignedData
            response[at] = 1
            return bytes(response)

    server.stamper = Careless()
    with pytest.raises(SealError, match="could not be kept"):
        TimestampAuthority(server.url).stamp(_SIGNATURE)


def test_a_status_text_is_left_out_of_what_is_kept(server, stamping):
    server.body = None
    original = server.stamper.reply

    class Talkative:
        def reply(self, query):
            token = decode_timestamp_response(original(query)).time_stamp_token()
            content = bytes.fromhex("300802010030030c016f") + token  # granted, "o"
            return b"0\x82" + len(content).to_bytes(2, "big") + content

    server.stamper = Talkative()
    kept = TimestampAuthority(server.url).stamp(_SIGNATURE)
    assert decode_timestamp_response(kept).status_string == []
    assert verify_timestamp(kept, _SIGNATURE, roots=[stamping[1].pem])
