"""SSH signatures of files (OpenSSH, PROTOCOL.sshsig), read and verified in this process.

The arithmetic is that of `cryptography`; here are only the formats of keys and signatures (RFC 4253, 5656,
8332, 8709 and OpenSSH's PROTOCOL.u2f). What is not understood whole is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
"""How an armoured signature begins."""

_ARMOUR = re.compile(BEGIN + rb"\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?")
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_RSA = {b"rsa-sha2-256": hashes.SHA256, b"rsa-sha2-512": hashes.SHA512}
_LEAST_BITS = 2048
_CURVES: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_SECURITY_KEYS = {b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"}
_TOUCHED = 0x01


class BadSignature(Exception):
    """The signature is not one that is understood, or does not hold."""


@dataclass(frozen=True)
class SshSignature:
    """A signature and the key that it says it is by.

    Attributes:
        blob: the key, as OpenSSH encodes it.
        namespace: what it was made for, such as `git`.
        hash: the name of the hash of what was signed.
        signature: the signature itself, as OpenSSH encodes it.
    """

    blob: bytes
    namespace: bytes
    hash: bytes
    signature: bytes

    @property
    def keyid(self) -> str:
        """The key's OpenSSH fingerprint."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")

    def verify(self, message: bytes) -> None:
        """Verify that the key has signed a message in this namespace.

        Raises:
            BadSignature: it has not, or the kind of key is not accepted.
        """
        digest = _HASHES[self.hash](message).digest()
        signed = _MAGIC + b"".join(_string(part) for part in (self.namespace, b"", self.hash, digest))
        try:
            _verify(self.blob, self.signature, signed)
        except InvalidSignature as cause:
            raise BadSignature("the signature does not hold") from cause
        except ValueError as cause:  # what `cryptography` says to a key or signature of a wrong form
            raise BadSignature("the key or the signature is malformed") from cause


def read_signature(armoured: bytes) -> SshSignature:
    """Read an armoured signature.

    Raises:
        BadSignature: it is not one.
    """
    match = _ARMOUR.fullmatch(armoured)
    try:
        data = base64.b64decode(match[1].replace(b"\n", b""), validate=True) if match else b""
    except (binascii.Error, ValueError):
        data = b""
    if not data.startswith(_MAGIC):
        raise BadSignature("not an SSH signature")
    reader = _Reader(data[len(_MAGIC) :])
    if reader.number() != _VERSION:
        raise BadSignature("another version of SSH signatures")
    blob, namespace, reserved, name, signature = (reader.string() for _ in range(5))
    reader.end()
    if reserved or name not in _HASHES:
        raise BadSignature("an SSH signature of a kind that is not known")
    return SshSignature(blob, namespace, name, signature)


def _verify(blob: bytes, signature: bytes, signed: bytes) -> None:
    key, given = _Reader(blob), _Reader(signature)
    kind, algorithm = key.string(), given.string()
    if kind == b"ssh-rsa" and algorithm in _RSA:
        _verify_rsa(key, given, algorithm, signed)
    elif kind != algorithm:
        raise BadSignature("the signature is of another kind than the key")
    elif kind == b"ssh-ed25519":
        _verify_ed25519(key, given, signed)
    elif kind.startswith(b"ecdsa-sha2-"):
        _verify_ecdsa(key, given, kind.removeprefix(b"ecdsa-sha2-"), signed)
    elif kind in _SECURITY_KEYS:
        _verify_security_key(key, given, kind, signed)
    else:
        raise BadSignature("this kind of key is not accepted")
    key.end()
    given.end()


def _verify_rsa(key: _Reader, given: _Reader, algorithm: bytes, signed: bytes) -> None:
    exponent, modulus = key.integer(), key.integer()
    if modulus.bit_length() < _LEAST_BITS:
        raise BadSignature(f"the RSA key has fewer than {_LEAST_BITS} bits")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    # OpenSSH leaves out zeros at the front of a signature.
    signature = given.string().rjust((modulus.bit_length() + 7) // 8, b"\0")
    public.verify(signature, signed, padding.PKCS1v15(), _RSA[algorithm]())


def _verify_ed25519(key: _Reader, given: _Reader, signed: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(key.string()).verify(given.string(), signed)


def _verify_ecdsa(key: _Reader, given: _Reader, name: bytes, signed: bytes) -> None:
    if key.string() != name or name not in _CURVES:
        raise BadSignature("this curve is not accepted")
    curve, digest = _CURVES[name]
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, key.string())
    public.verify(_der(given.string()), signed, ec.ECDSA(digest))


def _verify_security_key(key: _Reader, given: _Reader, kind: bytes, signed: bytes) -> None:
    """Verify what a security key signed, which is a digest with its flags and its counter."""
    curve = key.string() if kind.startswith(b"sk-ecdsa") else None
    point, application = key.string(), key.string()
    signature, flags, counter = given.string(), given.take(1), given.take(4)
    if not flags[0] & _TOUCHED:
        raise BadSignature("nobody touched the security key")
    parts = (hashlib.sha256(application).digest(), flags, counter, hashlib.sha256(signed).digest())
    if curve is None:
        Ed25519PublicKey.from_public_bytes(point).verify(signature, b"".join(parts))
    elif curve == b"nistp256":
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        public.verify(_der(signature), b"".join(parts), ec.ECDSA(hashes.SHA256()))
    else:
        raise BadSignature("this curve is not accepted")


def _der(signature: bytes) -> bytes:
    reader = _Reader(signature)
    numbers = reader.integer(), reader.integer()
    reader.end()
    return encode_dss_signature(*numbers)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


class _Reader:
    """Reads the fields of OpenSSH's binary formats (RFC 4251, section 5)."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if len(self._data) < size:
            raise BadSignature("it ends too early")
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def number(self) -> int:
        """Return the next unsigned number of 32 bits."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Return the next string."""
        return self.take(self.number())

    def integer(self) -> int:
        """Return the next number of any size, which must be positive."""
        data = self.string()
        value = int.from_bytes(data, "big", signed=True)
        if value <= 0:
            raise BadSignature("a number that is not positive")
        return value

    def end(self) -> None:
        """Refuse anything more."""
        if self._data:
            raise BadSignature("there is more than belongs to it")
