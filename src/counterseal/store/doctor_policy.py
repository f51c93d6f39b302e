"""What a bucket's policy denies to everybody: the table of `docs/ledger.md`, row by row.

A denial counts only where nothing narrows it. It may spare somebody whom it names by an exact ARN, which is
told; what destroys evidence may spare nobody. Sources: Amazon S3 User Guide, "Enforce conditional writes on
Amazon S3 buckets"; AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from counterseal.store.doctor_sign import Sign

Test = tuple[str, str, str]
"""An operator, a key and a value of a condition, all in small letters."""

_REMEDY: Final = "infrastructure/evidence-bucket.yml has a policy that does"
_PARTITION: Final = re.compile("^arn:aws[a-z-]*:")
_SOMEBODY: Final = re.compile(r"arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(role|user|assumed-role)/[^*?]+")
_SPARING: Final = frozenset({"arnnotequals", "arnnotlike", "stringnotequals", "stringnotlike"})
_CREATION: Final = (
    "bool",
    "s3:objectcreationoperation",
    "true",
)  # parts of an upload cannot have a condition
_NUMBER: Final = "[1-9][0-9]{0,5}"
_LEFT: Final = "s3:object-lock-remaining-retention-days"


@dataclass(frozen=True)
class Guard:
    """Something that a bucket's policy should deny to everybody.

    Attributes:
        name: what it keeps from happening.
        actions: the actions that are denied.
        place: what they are done to: `/any` object, or the bucket itself.
        conditions: what the denial must depend on, and on nothing else; the values are patterns.
        optional: what it may depend on as well.
        spares: whether it may spare somebody.
    """

    name: str
    actions: tuple[str, ...]
    place: str = "/any"
    conditions: tuple[Test, ...] = ()
    optional: frozenset[Test] = frozenset()
    spares: bool = True


def _setting(name: str, *actions: str) -> Guard:
    return Guard(name, actions, "")


_LOCKING: Final = ("s3:PutObject", "s3:PutObjectRetention")
_REPLICATION: Final = (
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ReplicateTags",
    "s3:ObjectOwnerOverrideToBucketOwner",
)
_UNENCRYPTED: Final = (("bool", "aws:securetransport", "false"),)
_ONCE: Final = (("null", "s3:if-none-match", "true"),)
_SENT_KEY: Final = (("null", "s3:x-amz-server-side-encryption-customer-algorithm", "false"),)

GUARDS: Final = (
    Guard("deletion", ("s3:DeleteObject", "s3:DeleteObjectVersion"), spares=False),
    Guard("bypass of governance", ("s3:BypassGovernanceRetention",), spares=False),
    Guard("writing over", ("s3:PutObject",), "/any", _ONCE, frozenset({_CREATION}), spares=False),
    Guard(
        "replication into it",
        _REPLICATION,
    ),
    Guard("locks that are too short", _LOCKING, "/any", (("numericlessthan", _LEFT, _NUMBER),)),
    Guard("locks that are too long", _LOCKING, "/any", (("numericgreaterthan", _LEFT, _NUMBER),)),
    Guard("keys that only the sender has", ("s3:PutObject",), "/any", _SENT_KEY),
    Guard("encrypting anew", ("s3:UpdateObjectEncryption",)),
    Guard("legal holds by others", ("s3:PutObjectLegalHold",)),
    Guard("writing to the book of holds", ("s3:PutObject",), "/holds/any"),
    Guard("writing to the book of holds", ("s3:PutObject",), "/any/holds/any"),
    Guard("access lists of objects", ("s3:PutObjectAcl", "s3:PutObjectVersionAcl")),
    _setting("change of the lifecycle", "s3:PutLifecycleConfiguration"),
    _setting("change of the lock's rule", "s3:PutBucketObjectLockConfiguration"),
    _setting("change of versioning", "s3:PutBucketVersioning"),
    _setting("change of encryption", "s3:PutEncryptionConfiguration"),
    _setting("change of replication", "s3:PutReplicationConfiguration"),
    _setting("change of public access", "s3:PutBucketPublicAccessBlock"),
    _setting("change of ownership", "s3:PutBucketOwnershipControls", "s3:PutBucketAcl"),
    _setting("change of this policy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    _setting("change of where it reports to", "s3:PutBucketLogging", "s3:PutBucketNotification",
             "s3:PutInventoryConfiguration", "s3:PutAnalyticsConfiguration"),
    _setting("change of how it is served", "s3:PutBucketWebsite", "s3:PutBucketCORS",
             "s3:PutIntelligentTieringConfiguration"),
    _setting("deletion of the bucket", "s3:DeleteBucket"),
    Guard("connections without TLS", ("s3:*",), "/any", _UNENCRYPTED),
    Guard("connections without TLS", ("s3:*",), "", _UNENCRYPTED),
)  # fmt: skip


@dataclass(frozen=True)
class Denial:
    """A statement that denies something to everybody.

    Attributes:
        name: the statement's own name.
        actions: what it denies, as patterns.
        places: to what, as patterns.
        tests: on what it depends, but for whom it spares.
        spared: the ARNs of those whom it spares.
    """

    name: str
    actions: tuple[str, ...]
    places: tuple[str, ...]
    tests: frozenset[Test]
    spared: frozenset[str]

    def reaches(self, action: str, place: str) -> bool:
        """Tell whether it is about an action on a place, by its ARN."""
        return any(_matches(one.lower(), action.lower()) for one in self.actions) and any(
            _matches(_PARTITION.sub("arn:aws:", one), place) for one in self.places
        )


def denials(text: str) -> tuple[Denial, ...]:
    """Return what a policy denies to everybody; nothing where it cannot be read.

    Args:
        text: the policy as JSON.
    """
    try:
        found = several(json.loads(text).get("Statement", []))
        return tuple(_denial(one) for one in found if _denies_all(one))
    except (ValueError, AttributeError, TypeError):
        return ()


def guards(mode: str | None, kms: str | None) -> tuple[Guard, ...]:
    """Return what a bucket's policy should deny.

    Args:
        mode: the mode of Object Lock that is wanted.
        kms: the ARN of the key that encrypts; None where the bucket decides.
    """
    weaker = (("stringequals", "s3:object-lock-mode", "governance"),)
    compliance = (Guard("locks in a weaker mode", _LOCKING, "/any", weaker),) if mode == "compliance" else ()
    return (*GUARDS, *compliance, *(_key_guards(kms.lower()) if kms else ()))


def judge(found: tuple[Denial, ...], wanted: Iterable[Guard], bucket: str) -> tuple[Sign, frozenset[str]]:
    """Return what the policy comes to, and what it does not deny.

    Args:
        found: what it denies.
        wanted: what it should deny.
        bucket: the bucket's name.
    """
    missing, spared = list[str](), defaultdict[str, list[str]](list)
    for guard in wanted:
        people = _spared(guard, found, bucket)
        if people is None:
            missing.append(guard.name)
        for one in people or ():
            spared[one].append(guard.name if guard.place else "settings")
    missing = list(dict.fromkeys(missing))
    told = "; ".join(
        f"{one} is spared: {', '.join(dict.fromkeys(what))}" for one, what in sorted(spared.items())
    )
    if missing:
        said = f"the bucket's policy does not deny: {', '.join(missing)}"
        return Sign("policy", "weak", f"{said}{told and '; '}{told}", _REMEDY), frozenset(missing)
    said = "it denies everybody what would lose or replace evidence"
    return Sign("policy", "well", f"{said}{told and '; '}{told}"), frozenset()


def several(value: Any) -> list[Any]:
    """Return a value as a list, as a policy may write one or many."""
    return value if isinstance(value, list) else [value]


def _key_guards(kms: str) -> Iterator[Guard]:
    for name, key, value in (
        ("encryption with another key", "s3:x-amz-server-side-encryption-aws-kms-key-id", re.escape(kms)),
        ("encryption without the key", "s3:x-amz-server-side-encryption", "aws:kms"),
    ):
        yield Guard(
            name, ("s3:PutObject",), "/any", (("null", key, "false"), ("stringnotequals", key, value))
        )


def _denies_all(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"})


def _denial(statement: Mapping[str, Any]) -> Denial:
    tests, spared = set[Test](), set[str]()
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            texts = [str(one) for one in several(values)]
            if operator.lower() in _SPARING and key.lower() == "aws:principalarn" and _names_people(texts):
                spared |= set(texts)
            else:
                tests |= {(operator.lower(), key.lower(), one.lower()) for one in texts}
    actions, places = several(statement.get("Action", [])), several(statement.get("Resource", []))
    name = str(statement.get("Sid", "a statement without a name"))
    return Denial(
        name, tuple(map(str, actions)), tuple(map(str, places)), frozenset(tests), frozenset(spared)
    )


def _names_people(texts: list[str]) -> bool:
    """Tell whether each is the exact ARN of somebody; one with a wildcard could spare all."""
    return all(_SOMEBODY.fullmatch(one) for one in texts)


def _spared(guard: Guard, found: tuple[Denial, ...], bucket: str) -> frozenset[str] | None:
    """Return whom the denials that keep a guard spare; None where an action of it is not denied."""
    people = frozenset[str]()
    for action in guard.actions:
        fit = [one for one in found if _keeps(one, guard, action, bucket)]
        if not fit:
            return None
        people |= min((one.spared for one in fit), key=len)
    return people


def _keeps(denial: Denial, guard: Guard, action: str, bucket: str) -> bool:
    return (
        denial.reaches(action, f"arn:aws:s3:::{bucket}{guard.place}")
        and (guard.spares or not denial.spared)
        and _is_exactly(denial.tests - guard.optional, guard.conditions)
    )


def _is_exactly(found: frozenset[Test], wanted: tuple[Test, ...]) -> bool:
    """Tell whether a denial depends on what is wanted and on nothing else."""
    return len(found) == len(wanted) and all(
        any(one[:2] == test[:2] and re.fullmatch(test[2], one[2]) for one in found) for test in wanted
    )


def _matches(pattern: str, text: str) -> bool:
    plain = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(plain, text) is not None
