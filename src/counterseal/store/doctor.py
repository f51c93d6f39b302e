"""A look at a bucket before evidence is entrusted to it: what S3 tells of it, and what to mend.

Nothing is written: a probe under a lock could not be taken away again. Whether somebody may delete is read
from the bucket's own policy; where that does not deny it, only an attempt would show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from counterseal.errors import StoreError
from counterseal.store.doctor_settings import settings
from counterseal.store.doctor_sign import Sign, State
from counterseal.store.s3 import S3Store

if TYPE_CHECKING:
    from counterseal.policy.file import Retention

_SKEW: Final = 60  # seconds that two clocks may differ
_MOST_TOLD: Final = 20
_UNLOCKED: Final = "approvals/"  # what is asked of people states no lock of its own


def examine(store: S3Store, kept: Retention | None, now: datetime) -> Iterator[Sign]:
    """Look at a bucket.

    Args:
        store: the store.
        kept: how long the policy keeps what, and under which lock; None where it does not say.
        now: the moment, by this machine's clock.

    Raises:
        UsageError: there is no such bucket.
        Inconclusive: nobody is logged in, or S3 cannot be reached.
    """
    mode, days = (kept.mode, kept.days) if kept else (None, 0)
    yield from _tried("versioning", lambda: _first(store, now))
    yield from _tried("lock", lambda: _locking(store, mode, days))
    yield from _tried("objects", lambda: _objects(store, mode))
    yield from settings(store.client, store.bucket, store.kms, kept)


def _tried(name: str, look: object) -> Iterator[Sign]:
    """Yield what a look shows; one that S3 refuses is a sign of its own."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from look()  # type: ignore[operator]
    except (BotoCoreError, ClientError, StoreError) as cause:
        said = f"S3 does not tell: {type(cause).__name__}: {str(cause)[:200]}"
        yield Sign(name, "unknown", said, "allow whoever examines it to read the bucket's settings")


def _first(store: S3Store, now: datetime) -> Iterator[Sign]:
    answer = store.versioning()
    yield from _versioning(answer)
    yield from _clock(answer, now)


def _versioning(answer: dict[str, str]) -> Iterator[Sign]:
    status = answer.get("Status", "never enabled")
    if status == "Enabled":
        yield Sign("versioning", "well", "enabled")
    else:
        yield Sign("versioning", "ill", status, "enable versioning: without it evidence can be replaced")


def _clock(answer: dict[str, dict[str, dict[str, str]]], now: datetime) -> Iterator[Sign]:
    theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    skew = abs((theirs - now).total_seconds())
    said = f"{skew:.0f} seconds from that of S3"
    if skew <= _SKEW:
        yield Sign("clock", "well", said)
    else:
        yield Sign("clock", "ill", said, "set the clock: dates of retention are computed from it")


def _locking(store: S3Store, mode: str | None, days: int) -> Iterator[Sign]:
    from botocore.exceptions import ClientError

    wanted = f"the policy wants {mode} for {days} days" if mode else "the policy wants no lock"
    try:
        found = store.client.get_object_lock_configuration(Bucket=store.bucket)["ObjectLockConfiguration"]
    except ClientError as cause:
        absent = cause.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError"
        state: State = ("ill" if mode else "well") if absent else "unknown"
        remedy = (
            "enable Object Lock on the bucket" if mode else "state evidence.retention.mode, and enable it"
        )
        yield Sign("lock", state, f"not enabled; {wanted}" if absent else str(cause)[:200], remedy)
        return
    enabled = found.get("ObjectLockEnabled") == "Enabled"
    yield Sign("lock", "well" if enabled else "ill", f"enabled; {wanted}" if enabled else "not enabled")
    rule = found.get("Rule", {}).get("DefaultRetention")
    if rule is None:
        remedy = "set one, so that what others put there by mistake is locked too"
        yield Sign("default", "weak" if mode else "well", "none; every write states its own", remedy)
        return
    least = int(rule.get("Days", 0)) or int(rule.get("Years", 0)) * 365
    weak = mode is not None and (least < days or (mode == "compliance" and rule["Mode"] != "COMPLIANCE"))
    said = f"{rule['Mode'].lower()} for {least} days"
    remedy = "make it no weaker than the policy: it holds for what states no lock of its own" if weak else ""
    yield Sign("default", "weak" if weak else "well", said, remedy)


def _objects(store: S3Store, mode: str | None) -> Iterator[Sign]:
    """Look at every version below the prefix: what was written over or deleted, whether a lock is told."""
    disturbed, count, first = list[str](), 0, ""
    for name, found in groupby(store.versions(""), key=lambda one: one.key):
        markers = [one.marker for one in found]
        count += 1
        first = first or ("" if name.startswith(_UNLOCKED) else name)
        if len(markers) > 1 or any(markers):
            disturbed.append(name or "/")  # an object may have the very name of the prefix
    if disturbed:
        shown = ", ".join(disturbed[:_MOST_TOLD])
        remedy = "find out who wrote there; locked versions are still in the bucket"
        yield Sign(
            "objects", "ill", f"{len(disturbed)} of {count} were written over or deleted: {shown}", remedy
        )
    else:
        yield Sign("objects", "well", f"{count}, each with one version")
    if mode and first and first not in disturbed:
        told = store.lock(first, None)
        remedy = "allow s3:GetObjectRetention: without it no lock can be proven"
        yield (
            Sign("proof", "well", f"{told.mode} until {told.retain_until}")
            if told.retain_until
            else Sign("proof", "ill", "no lock told", remedy)
        )
