"""A Sigstore of our own: a certificate authority, a certificate log and a signature log, all in memory.

It makes keyless bundles that sigstore-python verifies in full with `trusted_root`, so no step is left out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())
_START = datetime(2026, 1, 1, tzinfo=UTC)
_END = datetime(2036, 1, 1, tzinfo=UTC)
_PAYLOAD_TYPE = "application/vnd.in-toto+json"


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _log_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_der(key)).digest()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class SigstoreInstance:
    """The keys of the instance. Every bundle is the only entry of a log of its own, with index 0."""

    root_key: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    certificate_log: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    signature_log: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated")])
        usage = {one: one == "key_cert_sign" for one in _USAGES}
        self.root = (
            self._builder(name, self.root_key, _START, _END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .sign(self.root_key, hashes.SHA256())
        )

    def trusted_root(self) -> str:
        """The instance's public keys and certificates, as Sigstore's JSON."""
        window = {"start": "2026-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            public = {
                "rawBytes": _b64(_der(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": window,
            }
            identity = {"keyId": _b64(_log_id(key))}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": identity}

        authority = {
            "subject": {"organization": "simulated", "commonName": "simulated"},
            "uri": "https://ca.example",
            "certChain": {"certificates": [{"rawBytes": _b64(self.root.public_bytes(Encoding.DER))}]},
            "validFor": window,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.signature_log, "https://log.example")],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self.certificate_log, "https://certificates.example")],
                "timestampAuthorities": [],
            }
        )

    def seal(
        self, payload: bytes, *, subject: str, issuer: str, at: datetime, kind: str = _PAYLOAD_TYPE
    ) -> dict[str, Any]:
        """Sign a payload as an identity, at a moment; return the bundle's JSON value."""
        key = _key()
        certificate = self._certificate(key, subject, issuer, at)
        data = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
        signature = key.sign(data, _SHA256)
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "dsseEnvelope": {
                "payload": _b64(payload),
                "payloadType": kind,
                "signatures": [{"sig": _b64(signature)}],
            },
            "verificationMaterial": {
                "certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self._log_entry(payload, signature, certificate, at + timedelta(seconds=5))],
            },
        }

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated")])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(authority, critical=False)
        )

    def _certificate(
        self, key: ec.EllipticCurvePrivateKey, subject: str, issuer: str, at: datetime
    ) -> x509.Certificate:
        usage = {one: one == "digital_signature" for one in _USAGES}
        identity = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject)])
        builder = (
            self._builder(x509.Name([]), key, at, at + timedelta(minutes=10))
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(identity, critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), critical=False)
        )
        logged = builder.sign(self.root_key, hashes.SHA256()).tbs_certificate_bytes
        receipt = x509.UnrecognizedExtension(_SCTS, self._receipt(logged, at))
        return builder.add_extension(receipt, critical=False).sign(self.root_key, hashes.SHA256())

    def _receipt(self, logged: bytes, at: datetime) -> bytes:
        """The signed certificate timestamp of a precertificate (RFC 6962, section 3), as its extension."""
        milliseconds = int(at.timestamp() * 1000)
        issuer = hashlib.sha256(_der(self.root_key)).digest()
        entry = issuer + len(logged).to_bytes(3, "big") + logged
        signed = struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + b"\x00\x00"
        signature = self.certificate_log.sign(signed, _SHA256)
        head = struct.pack("!B32sQH", 0, _log_id(self.certificate_log), milliseconds, 0)
        receipt = head + struct.pack("!BBH", 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(receipt) + 2, len(receipt)) + receipt
        return bytes([4, len(listed)]) + listed  # an OCTET STRING of fewer than 128 bytes

    def _log_entry(
        self, payload: bytes, signature: bytes, certificate: x509.Certificate, at: datetime
    ) -> dict[str, Any]:
        proof = {"signature": _b64(signature), "verifier": _b64(certificate.public_bytes(Encoding.PEM))}
        digest = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
        spec = {"envelopeHash": digest, "payloadHash": digest, "signatures": [proof]}
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}).encode()
        log_id, moment = _log_id(self.signature_log), int(at.timestamp())
        promise = {"body": _b64(body), "integratedTime": moment, "logID": log_id.hex(), "logIndex": 0}
        promised = json.dumps(promise, sort_keys=True, separators=(",", ":")).encode()
        leaf = hashlib.sha256(b"\x00" + body).digest()
        note = f"log.example - 1\n1\n{_b64(leaf)}\n"
        mark = _b64(log_id[:4] + self.signature_log.sign(note.encode(), _SHA256))
        return {
            "logIndex": "0",
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": _b64(self.signature_log.sign(promised, _SHA256))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _b64(leaf),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example {mark}\n"},
            },
            "canonicalizedBody": _b64(body),
        }


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
