"""The settings of a bucket that keep or endanger evidence: encryption, access, lifecycle, policy.

Sources: Amazon S3 User Guide, "Object Lock considerations" (a lifecycle lays delete markers over objects),
"Blocking public access".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from counterseal.store.doctor_policy import denials, guards, judge
from counterseal.store.doctor_promises import promises
from counterseal.store.doctor_sign import Sign

if TYPE_CHECKING:
    from counterseal.policy.file import Retention

_BLOCKS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def settings(client: Any, bucket: str, kms: str | None, kept: Retention | None = None) -> Iterator[Sign]:
    """Yield what the settings of a bucket are; see `store.doctor.examine`.

    Args:
        client: the client of S3.
        bucket: the bucket's name.
        kms: the ARN of the key that the writer names; None where the bucket decides.
        kept: how long the firm's policy keeps what; None where it does not say.
    """
    yield _encryption(client, bucket, kms)
    yield _public(client, bucket)
    yield _lifecycle(client, bucket)
    yield _replication(client, bucket)
    yield from _policy(client, bucket, kms, kept)


def _asked(call: Callable[..., Any], bucket: str, absent: str) -> Any | Exception | None:
    """Return S3's answer; None where there is no such setting, and the error where it does not tell."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(Bucket=bucket)
    except ClientError as cause:
        return None if cause.response.get("Error", {}).get("Code") == absent else cause
    except BotoCoreError as cause:
        return cause


def _untold(name: str, cause: Exception) -> Sign:
    remedy = "examine it as somebody who may read the bucket's settings, such as the auditor"
    return Sign(name, "unknown", f"S3 does not tell: {str(cause)[:200]}", remedy)


def _encryption(client: Any, bucket: str, kms: str | None) -> Sign:
    answer = _asked(client.get_bucket_encryption, bucket, "ServerSideEncryptionConfigurationNotFoundError")
    if isinstance(answer, Exception):
        return _untold("encryption", answer)
    rules = (answer or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    found = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    key = found.get("KMSMasterKeyID")
    said = f"{found.get('SSEAlgorithm', 'no rule: keys of S3')}{f' with {key}' if key else ''}"
    if kms is not None and key != kms:
        remedy = f"make {kms} the key of the bucket too, for what others write there"
        return Sign("encryption", "weak", said, remedy)
    return Sign("encryption", "well", said)


def _public(client: Any, bucket: str) -> Sign:
    answer = _asked(client.get_public_access_block, bucket, "NoSuchPublicAccessBlockConfiguration")
    if isinstance(answer, Exception):
        return _untold("public", answer)
    found = (answer or {}).get("PublicAccessBlockConfiguration", {})
    open_ = [name for name in _BLOCKS if found.get(name) is not True]
    if open_:
        return Sign(
            "public", "ill", f"not blocked: {', '.join(open_)}", "block all public access to the bucket"
        )
    return Sign("public", "well", "all public access is blocked")


def _lifecycle(client: Any, bucket: str) -> Sign:
    answer = _asked(client.get_bucket_lifecycle_configuration, bucket, "NoSuchLifecycleConfiguration")
    if isinstance(answer, Exception):
        return _untold("lifecycle", answer)
    rules = [one for one in (answer or {}).get("Rules", []) if one.get("Status") == "Enabled"]
    ending = [
        str(one.get("ID", "a rule"))
        for one in rules
        if "NoncurrentVersionExpiration" in one or {"Days", "Date"} & one.get("Expiration", {}).keys()
    ]
    if ending:
        remedy = "take these rules away: they lay delete markers over evidence, or remove it after its lock"
        return Sign("lifecycle", "ill", f"ends objects: {', '.join(ending)[:200]}", remedy)
    return Sign("lifecycle", "well", f"{len(rules)} rules, none of which ends objects")


def _replication(client: Any, bucket: str) -> Sign:
    answer = _asked(client.get_bucket_replication, bucket, "ReplicationConfigurationNotFoundError")
    if isinstance(answer, Exception):
        return _untold("replication", answer)
    rules = [
        one
        for one in (answer or {}).get("ReplicationConfiguration", {}).get("Rules", [])
        if one.get("Status") == "Enabled"
    ]
    if not rules:
        return Sign(
            "replication",
            "weak",
            "none",
            "replicate to a bucket of another account that has Object Lock as well",
        )
    places = sorted({str(one.get("Destination", {}).get("Bucket", "?")) for one in rules})
    return Sign(
        "replication", "well", f"to {', '.join(places)[:200]}; its lock is for its own doctor to look at"
    )


def _policy(client: Any, bucket: str, kms: str | None, kept: Retention | None) -> Iterator[Sign]:
    answer = _asked(client.get_bucket_policy, bucket, "NoSuchBucketPolicy")
    if isinstance(answer, Exception):
        yield _untold("policy", answer)
        yield _rights(denied=False)
        return
    found = denials(answer["Policy"]) if answer else ()
    sign, missing = judge(found, guards(kept.mode if kept else None, kms), bucket)
    yield sign
    yield _rights(denied=not {"deletion", "bypass of governance"} & missing)
    if kept is not None:
        yield from promises(kept, found, bucket, kms)


def _rights(*, denied: bool) -> Sign:
    if denied:
        return Sign(
            "rights", "well", "the bucket's policy denies deletion and bypass, whatever else is granted"
        )
    rights = "s3:DeleteObject, s3:DeleteObjectVersion, s3:BypassGovernanceRetention"
    return Sign("rights", "unknown", "only an attempt would show them", f"deny the writer: {rights}")
