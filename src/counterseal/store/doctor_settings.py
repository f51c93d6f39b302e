"""The settings of a bucket that keep or endanger evidence: encryption, access, lifecycle, policy.

Sources: Amazon S3 User Guide, "Object Lock considerations" (a lifecycle lays delete markers over objects),
"Blocking public access", "Enforce conditional writes on Amazon S3 buckets".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from counterseal.store.doctor_sign import Sign

_REMEDY: Final = "infrastructure/evidence-bucket.yml has a policy that does"
_BLOCKS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_PARTITION: Final = re.compile("^arn:aws[a-z-]*:")
_PEOPLE: Final = frozenset({"aws:principalarn", "aws:principalaccount", "aws:userid"})
_EXEMPTING: Final = frozenset({"arnnotequals", "arnnotlike", "stringnotequals", "stringnotlike"})


@dataclass(frozen=True)
class Guard:
    """Something that a bucket's policy should deny to everybody.

    Attributes:
        name: what it keeps from happening.
        actions: the actions that are denied.
        place: what they are done to: `/any` object, or the bucket itself.
        condition: operator, key and value of the condition that the denial must have and no other; None where
            it has none, save for principals that it spares.
    """

    name: str
    actions: tuple[str, ...]
    place: str = "/any"
    condition: tuple[str, str, str] | None = None


GUARDS: Final = (
    Guard("deletion", ("s3:DeleteObject", "s3:DeleteObjectVersion")),
    Guard("bypass of governance", ("s3:BypassGovernanceRetention",)),
    Guard("change of the lifecycle", ("s3:PutLifecycleConfiguration",), ""),
    Guard("change of the lock's rule", ("s3:PutBucketObjectLockConfiguration",), ""),
    Guard("change of this policy", ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"), ""),
    Guard("legal holds by others", ("s3:PutObjectLegalHold",)),
    Guard("writing over", ("s3:PutObject",), condition=("null", "s3:if-none-match", "true")),
    Guard("connections without TLS", ("s3:GetObject",), condition=("bool", "aws:securetransport", "false")),
)


def settings(client: Any, bucket: str, kms: str | None) -> Iterator[Sign]:
    """Yield what the settings of a bucket are; see `store.doctor.examine`.

    Args:
        client: the client of S3.
        bucket: the bucket's name.
        kms: the ARN of the key that the writer names; None where the bucket decides.
    """
    yield _encryption(client, bucket, kms)
    yield _public(client, bucket)
    yield _lifecycle(client, bucket)
    yield _replication(client, bucket)
    yield from _policy(client, bucket)


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


def _policy(client: Any, bucket: str) -> Iterator[Sign]:
    answer = _asked(client.get_bucket_policy, bucket, "NoSuchBucketPolicy")
    if isinstance(answer, Exception):
        yield _untold("policy", answer)
        yield _rights(denied=False)
        return
    try:
        document = json.loads(answer["Policy"]) if answer else {}
        statements = [one for one in _several(document.get("Statement", [])) if _denies_all(one)]
    except (ValueError, AttributeError, TypeError):
        statements = []
    missing = [one.name for one in GUARDS if not _is_denied(one, statements, bucket)]
    if missing:
        yield Sign("policy", "weak", f"the bucket's policy does not deny: {', '.join(missing)}", _REMEDY)
    else:
        yield Sign("policy", "well", "deletion, bypass, settings, holds and writing over are denied")
    yield _rights(denied=not {"deletion", "bypass of governance"} & set(missing))


def _rights(*, denied: bool) -> Sign:
    if denied:
        return Sign(
            "rights", "well", "the bucket's policy denies deletion and bypass, whatever else is granted"
        )
    rights = "s3:DeleteObject, s3:DeleteObjectVersion, s3:BypassGovernanceRetention"
    return Sign("rights", "unknown", "only an attempt would show them", f"deny the writer: {rights}")


def _denies_all(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"})


def _is_denied(guard: Guard, statements: list[Mapping[str, Any]], bucket: str) -> bool:
    """Tell whether every action of a guard is denied by some statement."""
    return all(any(_covers(one, action, guard, bucket) for one in statements) for action in guard.actions)


def _covers(statement: Mapping[str, Any], action: str, guard: Guard, bucket: str) -> bool:
    named, placed = _several(statement.get("Action", [])), _several(statement.get("Resource", []))
    return (
        any(_matches(str(one).lower(), action.lower()) for one in named)
        and any(
            _matches(_PARTITION.sub("arn:aws:", str(one)), f"arn:aws:s3:::{bucket}{guard.place}")
            for one in placed
        )
        and _is_under(statement.get("Condition", {}), guard.condition)
    )


def _is_under(condition: Mapping[str, Any], wanted: tuple[str, str, str] | None) -> bool:
    """Tell whether a denial holds whenever it has to: nothing narrows it but principals that it spares."""
    found = {
        (operator.lower(), key.lower(), str(value).lower())
        for operator, block in condition.items()
        for key, values in block.items()
        for value in _several(values)
        if not (operator.lower() in _EXEMPTING and key.lower() in _PEOPLE)
    }
    creation = ("bool", "s3:objectcreationoperation", "true")  # parts of an upload cannot have the condition
    return found - {creation} == ({wanted} if wanted else set())


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    plain = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(plain, text) is not None
