"""The scheme `aws-kms:KEY`: an ECC_NIST_P256 key that never leaves AWS KMS. Needs the extra `aws`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from counterseal.errors import Inconclusive, MalformedError, UsageError
from counterseal.host.aws import region as named_region
from counterseal.seal.key import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

_CALLERS_FAULTS = frozenset(
    {
        "AccessDeniedException",
        "DisabledException",
        "ExpiredTokenException",
        "InvalidArnException",
        "InvalidClientTokenId",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "NotFoundException",
        "UnrecognizedClientException",
        "UnsupportedOperationException",
        "ValidationException",
    }
)
"""The error codes of AWS KMS that no retry changes."""


_ID = r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_ALIAS = r"alias/[A-Za-z0-9/_-]{1,120}"
_KEY = re.compile(
    rf"{_ID}|{_ALIAS}|arn:aws[a-z-]{{0,20}}:kms:[a-z0-9-]{{1,30}}:[0-9]{{12}}:(?:key/{_ID}|{_ALIAS})"
)
"""How KMS names a key. Names are repeated in messages, and a misplaced private key must not look like one."""


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """A managed key in AWS KMS.

    Attributes:
        public_key: the key that verifies what this one signs.
        arn: the key's ARN, which an alias may have stood for.
    """

    public_key: PublicKey
    arn: str
    _client: Any = field(repr=False, compare=False)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over the data; errors as for `open_signer`."""
        answer = _call(
            self._client.sign,
            self.arn,
            Message=hashlib.sha256(data).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        signature: bytes = answer["Signature"]
        return signature


def open_signer(rest: str, *, env: Mapping[str, str]) -> KmsSigner:
    """Ask for the public key; errors as for `counterseal.seal.signer.open_signer`."""
    if not _KEY.fullmatch(rest):
        raise UsageError(
            "not the name of a KMS key", where="signer", remedy="write aws-kms:KEY-ID, an ARN or alias/NAME"
        )
    client = _client(rest, env)
    answer = _call(client.get_public_key, rest)
    return KmsSigner(_public_key(answer["PublicKey"], rest), answer["KeyId"], client)


def _public_key(der: bytes, name: str) -> PublicKey:
    key: PublicKey | None
    try:
        key = PublicKey.from_der(der, where=name)
    except MalformedError:
        key = None
    if key is None or key.algorithm != "ecdsa-p256-sha256":
        raise UsageError(
            "not an accepted kind of key",
            where=name,
            remedy="create a KMS key with the spec ECC_NIST_P256 for SIGN_VERIFY",
        )
    return key


def _client(key: str, env: Mapping[str, str]) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as cause:
        raise UsageError(
            "AWS KMS needs an extra that is not installed", where="signer", remedy="install counterseal[aws]"
        ) from cause
    parts = key.split(":")
    is_arn = parts[0] == "arn" and len(parts) > 3  # noqa: PLR2004 (arn:partition:service:region:...)
    region = parts[3] if is_arn else named_region(env)
    config = Config(
        connect_timeout=10, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4}
    )
    try:
        return boto3.client("kms", region_name=region, config=config)
    except (BotoCoreError, ValueError) as cause:
        raise UsageError(f"AWS cannot be used: {cause}", where=key, remedy="set AWS_REGION") from cause


def _call(operation: Any, key: str, **arguments: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

    try:
        answer: dict[str, Any] = operation(KeyId=key, **arguments)
    except ClientError as cause:
        code = cause.response.get("Error", {}).get("Code", "unknown")
        kind = UsageError if code in _CALLERS_FAULTS else Inconclusive
        raise kind(
            f"AWS KMS refused: {code}", where=key, remedy="check the key and the job's role"
        ) from cause
    except (NoCredentialsError, ParamValidationError) as cause:
        raise UsageError(f"AWS KMS cannot be asked: {cause}", where=key) from cause
    except BotoCoreError as cause:
        raise Inconclusive(f"AWS KMS did not answer: {cause}", where=key, remedy="run again") from cause
    return answer
