"""What a command has to say when it is done: its outcome, the reasons, and what it leaves for later steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterseal.errors import CountersealError

PASSED = "passed"
FAILED = "failed"
INCONCLUSIVE = "inconclusive"
ERROR = "error"

# The outcome of a command that ended with an error, by exit code; see docs/exit-codes.md.
_OUTCOMES = {0: PASSED, 1: ERROR, 2: ERROR, 3: INCONCLUSIVE, 14: INCONCLUSIVE}


@dataclass(frozen=True)
class Reason:
    """One reason for an outcome.

    Args:
        rule: the identifier of the rule or error that speaks, such as `seal`.
        message: what is the matter, in one sentence.
        subject: what it is about: a file, an artifact, a change.
        digest: lowercase hexadecimal SHA-256 of the evidence, when there is some.
        remedy: what the reader can do about it.
    """

    rule: str
    message: str
    subject: str | None = None
    digest: str | None = None
    remedy: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Return the reason for `--format json`; what is absent is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def line(self) -> str:
        """Return the reason as one sentence for a human (not yet escaped)."""
        subject = f"{self.subject}: " if self.subject else ""
        digest = f" [sha256:{self.digest}]" if self.digest else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.rule}: {subject}{self.message}{digest}{remedy}"


@dataclass(frozen=True)
class Annotation:
    """A remark that the runner shows beside the run, or beside a line of a file.

    Args:
        kind: how loud it is.
        message: plain text; several lines are allowed.
        title: a short heading.
        file: path of the file, relative to the repository.
        line: line number in that file, from 1.
    """

    kind: Literal["error", "warning", "notice"]
    message: str
    title: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Result:
    """The outcome of one command.

    Args:
        outcome: one word: `passed`, `failed`, `inconclusive` or `error`, or a command's own finer word.
        exit_code: the exit code of the process (docs/exit-codes.md).
        headline: the outcome in one sentence (plain text, may hold untrusted text).
        reasons: why; every outcome other than a pass has at least one.
        digests: evidence digests by name, lowercase hexadecimal SHA-256.
        outputs: outputs of the action; names are those that the command declares.
        summary: Markdown for the job summary, in which untrusted text is already escaped.
        annotations: remarks for the run's page.
        text: what a human is shown after the headline: plain text of any number of lines.
    """

    outcome: str
    exit_code: int
    headline: str
    reasons: tuple[Reason, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    text: str = ""

    @classmethod
    def passed(
        cls,
        headline: str,
        *,
        digests: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        summary: str = "",
        text: str = "",
    ) -> Result:
        """Return the result of a command that did what it was asked to do."""
        return cls(PASSED, 0, headline, (), digests or {}, outputs or {}, summary, (), text)

    @classmethod
    def from_error(cls, error: CountersealError) -> Result:
        """Return the result that stands for `error`; its one reason carries the error's code and remedy."""
        reason = Reason(error.code, error.message, subject=error.where, remedy=error.remedy)
        return cls(_OUTCOMES.get(error.exit_code, FAILED), error.exit_code, error.diagnosis(), (reason,))

    def to_dict(self, command: str) -> dict[str, object]:
        """Return the one object that `--format json` prints."""
        return {
            "command": command,
            "outcome": self.outcome,
            "exitCode": self.exit_code,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "digests": dict(self.digests),
            "outputs": dict(self.outputs),
        }
