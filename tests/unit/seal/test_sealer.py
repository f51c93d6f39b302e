from __future__ import annotations

import pytest

from counterseal.errors import Inconclusive
from counterseal.seal.bundle import parse_bundle
from counterseal.seal.dsse import PAYLOAD_TYPE, parse_envelope
from counterseal.seal.sealer import Sealer
from counterseal.seal.timestamp import TimestampAuthority, verify_timestamp
from simulators.tsa import TimestampServer


def test_a_sealed_bundle_carries_the_payload_as_it_was(signer):
    bundle = parse_bundle(Sealer(signer).seal(b'{"a": 1}'), where="bundle")
    assert (bundle.envelope.payload, bundle.envelope.payload_type) == (b'{"a": 1}', PAYLOAD_TYPE)
    assert bundle.hint == signer.public_key.keyid
    assert bundle.timestamp is None


def test_an_authority_stamps_the_signature(signer, server: TimestampServer, stamping):
    bundle = parse_bundle(Sealer(signer, TimestampAuthority(server.url)).seal(b"{}"), where="bundle")
    assert bundle.timestamp is not None
    assert verify_timestamp(bundle.timestamp, bundle.envelope.signatures[0].sig, roots=[stamping[1].pem])


def test_nothing_is_sealed_when_the_authority_fails(signer, server: TimestampServer):
    server.status = 503
    with pytest.raises(Inconclusive):
        Sealer(signer, TimestampAuthority(server.url)).seal(b"{}")


def test_a_plain_envelope_has_no_stamp(signer, server: TimestampServer):
    sealed = Sealer(signer, TimestampAuthority(server.url)).envelope(b"{}")
    envelope = parse_envelope(sealed, where="envelope")
    assert signer.public_key.verify(envelope.pae(), envelope.signatures[0].sig)
    assert server.queries == []


def test_a_keyless_signer_makes_the_whole_bundle_itself():
    class Keyless:
        def seal_keyless(self, payload):
            return b"bundle over " + payload

    sealer = Sealer(Keyless(), TimestampAuthority("http://127.0.0.1:1/"))
    assert sealer.seal(b"{}") == b"bundle over {}"
    assert sealer.envelope(b"{}") == b"bundle over {}"
