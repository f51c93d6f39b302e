"""What the tests of the store in S3 are given: retentions, the address of an object, and faults."""

from __future__ import annotations

from datetime import UTC, datetime

from counterseal.store.interface import Retention

LATER = datetime(2033, 1, 1, tzinfo=UTC)
SEVEN_YEARS = Retention(retain_until="2033-01-01T00:00:00Z", mode="compliance")
GOVERNED = Retention(retain_until="2033-01-01T00:00:00Z", mode="governance")
AT = {"Bucket": "evidence", "Key": "evidence/x/a"}
LONGER = Retention(retain_until="2040-01-01T00:00:00Z", mode="compliance")
FAULTS = [500, 503, 409, 412, "cut", "cut after", "slow"]
