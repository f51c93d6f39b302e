"""The errors of counterseal: one class for each exit code, each carrying its own diagnosis.

::

    CountersealError
    ├── InternalFault    1   a defect of counterseal itself
    ├── UsageError       2   the command or action was called wrongly
    ├── MalformedError   2   a document cannot be read as what it should be
    ├── NothingToJudge   3   there was nothing to look at, which is never a pass
    ├── ControlFailed    10  a control did its work and said no
    ├── ApprovalMissing  11  an approval is missing, denied or expired
    ├── SealError        12  a signature, seal or chain does not verify
    ├── StoreError       13  the store cannot do, or cannot prove, what was asked
    │   ├── StoreConflict    somebody else created the key first
    │   └── KeyMissing       the key is not in the store
    ├── Inconclusive     14  a service was unavailable or a listing incomplete
    ├── AuditGap         15  an audit found a change or deployment without evidence
    └── RolledBack       16  the rollout was rolled back
"""

from __future__ import annotations

from typing import ClassVar


def article(noun: str) -> str:
    """Return a noun after its indefinite article, for a message: a release, an audit."""
    return f"{'an' if noun.startswith(tuple('aeiou')) else 'a'} {noun}"


class CountersealError(Exception):
    """Base of every error that counterseal raises on purpose.

    Args:
        message: what is wrong, in one sentence.
        where: the file, key or field that is wrong.
        remedy: what the reader can do about it.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def diagnosis(self) -> str:
        """Return the error as one line of text: code, place, reason and remedy (not yet escaped)."""
        place = f"{self.where}: " if self.where else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.code}: {place}{self.message}{remedy}"


class InternalFault(CountersealError):
    """A defect of counterseal itself."""

    code = "internal-fault"
    exit_code = 1


class UsageError(CountersealError):
    """The command or action was called wrongly."""

    code = "usage"
    exit_code = 2


class MalformedError(CountersealError):
    """A document cannot be read as what it should be."""

    code = "malformed"
    exit_code = 2


class NothingToJudge(CountersealError):
    """There was nothing to look at, which is never a pass."""

    code = "nothing-to-judge"
    exit_code = 3


class ControlFailed(CountersealError):
    """A control did its work and said no."""

    code = "control-failed"
    exit_code = 10


class ApprovalMissing(CountersealError):
    """An approval is missing, denied or expired."""

    code = "approval-missing"
    exit_code = 11


class SealError(CountersealError):
    """A signature, seal or chain does not verify."""

    code = "seal"
    exit_code = 12


class StoreError(CountersealError):
    """The store cannot do, or cannot prove, what was asked."""

    code = "store"
    exit_code = 13


class StoreConflict(StoreError):
    """Somebody else created the key first."""

    code = "store-conflict"


class KeyMissing(StoreError):
    """The key is not in the store."""

    code = "key-missing"


class Inconclusive(CountersealError):
    """A service was unavailable or a listing incomplete, so no verdict can be given."""

    code = "inconclusive"
    exit_code = 14


class AuditGap(CountersealError):
    """An audit found a change or deployment without evidence."""

    code = "audit-gap"
    exit_code = 15


class RolledBack(CountersealError):
    """The rollout was rolled back."""

    code = "rolled-back"
    exit_code = 16
