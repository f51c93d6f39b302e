"""Whether the bucket's policy lets in what the firm's policy promises: each class of files, by its lock.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from counterseal.store.doctor_policy import Denial, Test
from counterseal.store.doctor_sign import Sign

if TYPE_CHECKING:
    from counterseal.policy.file import Retention

_REMEDY: Final = (
    "MinimumRetentionDays: a day less than the shortest days of the policy, those of files included; "
    "where the bucket is for compliance every class needs that mode"
)
_HEADERS: Final = (
    "s3:object-lock-legal-hold",
    "s3:x-amz-acl",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
)

_OPERATORS: Final[Mapping[str, Callable[[str | None, str], bool]]] = {
    "null": lambda given, wanted: str(given is None).lower() == wanted,
    "bool": lambda given, wanted: given == wanted,
    "stringequals": lambda given, wanted: given == wanted,
    "stringnotequals": lambda given, wanted: given != wanted,
    "numericlessthan": lambda given, wanted: given is not None and float(given) < float(wanted),
    "numericlessthanequals": lambda given, wanted: given is not None and float(given) <= float(wanted),
    "numericgreaterthan": lambda given, wanted: given is not None and float(given) > float(wanted),
    "numericgreaterthanequals": lambda given, wanted: given is not None and float(given) >= float(wanted),
}


def promises(kept: Retention, found: tuple[Denial, ...], bucket: str, kms: str | None) -> Iterator[Sign]:
    """Yield which classes of files the bucket's policy would refuse; that none is where there is none.

    Args:
        kept: how long the firm's policy keeps what.
        found: what the bucket's policy denies.
        bucket: the bucket's name.
        kms: the ARN of the key that encrypts; None where the bucket decides.
    """
    well = True
    for name, mode, days in _classes(kept):
        names = _refusing(found, bucket, _request(mode, kms), days)
        if names:
            well = False
            said = f"{name}, {mode} for {days} days, would be refused by {', '.join(names)}"
            yield Sign("promise", "ill", said, _REMEDY)
    if well:
        yield Sign("promise", "well", "no class of files of the policy is refused")


def _classes(kept: Retention) -> Iterator[tuple[str, str, int]]:
    """Yield what is locked: its name, mode and days."""
    if kept.mode is not None:
        yield "the release", kept.mode, kept.days
        for one in kept.files:
            yield f"files of {', '.join(one.stages)}", one.mode or kept.mode, one.days


def _request(mode: str, kms: str | None) -> dict[str, str | None]:
    """Return what conditions see of a write of ours, in small letters."""
    encrypted = ("aws:kms", kms.lower()) if kms else (None, None)
    return {
        **dict.fromkeys(_HEADERS),
        "aws:securetransport": "true",
        "s3:if-none-match": "*",
        "s3:objectcreationoperation": "true",
        "s3:object-lock-mode": mode,
        "s3:x-amz-server-side-encryption": encrypted[0],
        "s3:x-amz-server-side-encryption-aws-kms-key-id": encrypted[1],
    }


def _refusing(
    found: tuple[Denial, ...], bucket: str, request: Mapping[str, str | None], days: int
) -> list[str]:
    """Return the names of the statements that deny a write: a day of its lock may be over when it arrives."""
    asked = [{**request, "s3:object-lock-remaining-retention-days": str(left)} for left in (days - 1, days)]
    place = f"arn:aws:s3:::{bucket}/any"
    return [
        one.name
        for one in found
        if one.reaches("s3:PutObject", place) and any(_applies(one.tests, each) for each in asked)
    ]


def _applies(tests: frozenset[Test], request: Mapping[str, str | None]) -> bool:
    """Tell whether a denial holds for a request, for sure; values of one test are alternatives."""
    return all(
        operator in _OPERATORS and key in request and _fits(operator, request[key], values)
        for operator, key, values in _grouped(tests)
    )


def _fits(operator: str, given: str | None, values: list[str]) -> bool:
    quantifier = all if operator == "stringnotequals" else any
    return quantifier(_OPERATORS[operator](given, one) for one in values)


def _grouped(tests: frozenset[Test]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, key in {one[:2] for one in tests}:
        yield operator, key, [one[2] for one in tests if one[:2] == (operator, key)]
