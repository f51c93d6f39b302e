"""The name of a key in our envelopes is the one under which cosign looks for it."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization

from interop.material import Release


@pytest.mark.parametrize("line", ["bundle", "vsa", "checkpoint"])
def test_keyid_is_the_openssh_fingerprint(release: Release, line: str) -> None:
    key = serialization.load_pem_public_key(release.key.pem.encode())
    openssh = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(openssh.split()[1])).digest()
    document = json.loads(getattr(release, line))
    (signature,) = document.get("dsseEnvelope", document)["signatures"]
    assert signature["keyid"] == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
