"""A strict bucket of S3 with Object Lock, in memory: one rule after the other of what real S3 refuses."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

MODES = ("GOVERNANCE", "COMPLIANCE")


class Refused(Exception):
    """What S3 says no to."""

    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code


def moment(text):
    return datetime.fromisoformat(text)


@dataclass
class Version:
    """One version of an object, or a delete marker."""

    id: str
    data: bytes | None
    checksum: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    mode: str | None = None
    until: datetime | None = None
    hold: bool | None = None  # told once it was set, on or off
    parts: int = 0
    kms: str | None = None

    @property
    def marker(self):
        return self.data is None


@dataclass
class Bucket:
    """A bucket. Every check here is a row of the semantics of S3 Object Lock."""

    lock: bool = True
    versioning: str | None = "Enabled"
    default: tuple[str, int] | None = None
    reads_lock: bool = (
        True  # whether the caller may read retention: without it the fields are left out, silently
    )
    bypass: bool = False
    now: datetime | None = None
    objects: dict[str, list[Version]] = field(default_factory=dict)
    uploads: dict[str, dict] = field(default_factory=dict)
    count: int = 0
    settings: dict[str, str | Refused] = field(default_factory=dict)  # as S3 tells them
    guard: threading.RLock = field(default_factory=threading.RLock)

    def clock(self):
        return self.now or datetime.now(UTC)

    def current(self, key):
        versions = self.objects.get(key, [])
        return versions[-1] if versions else None

    def wanted(self, headers):
        """Return mode and date of a lock, as a request states them or the bucket's default gives."""
        mode = headers.get("x-amz-object-lock-mode")
        until = headers.get("x-amz-object-lock-retain-until-date")
        hold = {"ON": True, "OFF": False}.get(headers.get("x-amz-object-lock-legal-hold"))
        if (mode or until or hold) and not self.lock:
            raise Refused(400, "InvalidRequest", "Bucket is missing Object Lock Configuration")
        if bool(mode) != bool(until):
            raise Refused(400, "InvalidArgument", "mode and date must come together")
        if mode and mode not in MODES:
            raise Refused(400, "InvalidArgument", "Unknown wormMode directive")
        if until and moment(until) <= self.clock():
            raise Refused(400, "InvalidArgument", "The retain until date must be in the future!")
        if mode:
            return mode, moment(until), hold
        if self.default and self.lock:
            from datetime import timedelta

            return self.default[0], self.clock() + timedelta(days=self.default[1]), hold
        return None, None, hold

    def condition(self, key, headers):
        match = headers.get("if-none-match")
        if match is None:
            return
        if match != "*":
            raise Refused(501, "NotImplemented")
        there = self.current(key)
        if there is not None and not there.marker:
            raise Refused(412, "PreconditionFailed")

    def put(self, key, data, headers):
        with self.guard:
            mode, until, hold = self.wanted(headers)
            checksum = headers.get("x-amz-checksum-sha256")
            digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
            md5 = headers.get("content-md5")
            if (mode or hold) and not (checksum or md5):
                raise Refused(400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required")
            if checksum and checksum != digest:
                raise Refused(400, "BadDigest")
            if md5 and base64.b64encode(hashlib.md5(data).digest()).decode() != md5:
                raise Refused(400, "BadDigest")
            self.condition(key, headers)
            told = digest if checksum else None
            made = Version("", data, told, metadata_of(headers), mode, until, hold, kms=kms_of(headers))
            return self.add(key, made)

    def add(self, key, version):
        self.count += 1
        version.id = f"v{self.count:08}" if self.versioning == "Enabled" else "null"
        if self.versioning == "Enabled":
            self.objects.setdefault(key, []).append(version)
        else:
            self.objects[key] = [version]
        return version

    def find(self, key, wanted):
        if wanted is None:
            found = self.current(key)
            if found is None or found.marker:
                raise Refused(404, "NoSuchKey")
            return found
        found = next((one for one in self.objects.get(key, []) if one.id == wanted), None)
        if found is None:
            raise Refused(404, "NoSuchVersion")
        if found.marker:
            raise Refused(405, "MethodNotAllowed")
        return found

    def delete(self, key, version, headers):
        with self.guard:
            if version is None:
                if self.versioning == "Enabled":
                    return self.add(key, Version("", None))
                self.objects.pop(key, None)
                return None
            found = next((one for one in self.objects.get(key, []) if one.id == version), None)
            if found is None:
                return None
            self.require_unlocked(found, headers)
            self.objects[key].remove(found)
            return None

    def require_unlocked(self, found, headers):
        if found.hold:
            raise Refused(403, "AccessDenied", "Access Denied because object protected by object lock.")
        if found.mode is None or found.until is None or found.until <= self.clock():
            return
        bypasses = self.bypass and headers.get("x-amz-bypass-governance-retention") == "true"
        if found.mode == "COMPLIANCE" or not bypasses:
            raise Refused(403, "AccessDenied", "Access Denied because object protected by object lock.")

    def retain(self, key, version, mode, until, headers):
        with self.guard:
            if not self.lock:
                raise Refused(400, "InvalidRequest")
            require_checksum(headers)
            found = self.find(key, version)
            weaker = found.until is not None and (until is None or until < found.until)
            other = found.mode == "COMPLIANCE" and mode != "COMPLIANCE"
            if found.mode == "COMPLIANCE" and found.until > self.clock() and (weaker or other):
                raise Refused(403, "AccessDenied")
            if found.mode == "GOVERNANCE" and found.until > self.clock() and (weaker or mode is None):
                self.require_unlocked(found, headers)
            found.mode, found.until = mode, until

    def place_hold(self, key, version, on, headers):
        with self.guard:
            if not self.lock:
                raise Refused(400, "InvalidRequest")
            require_checksum(headers)
            self.find(key, version).hold = on

    def version(self, status):
        if self.lock and status != "Enabled":
            raise Refused(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket")
        self.versioning = status


def require_checksum(headers):
    """Refuse a change of a lock that comes without a checksum of itself."""
    if not (headers.get("content-md5") or any(name.startswith("x-amz-checksum-") for name in headers)):
        raise Refused(400, "InvalidRequest", "Content-MD5 HTTP header is required")


def metadata_of(headers):
    return {name: value for name, value in headers.items() if name.startswith("x-amz-meta-")}


def kms_of(headers):
    """Return the key that a request wants its object encrypted with."""
    key = headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    if key and headers.get("x-amz-server-side-encryption") != "aws:kms":
        raise Refused(400, "InvalidArgument", "a key needs the algorithm aws:kms")
    return key
