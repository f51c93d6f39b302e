"""The verdicts of an audit: every code, how bad it is, what it means and what one does about it.

`docs/audit.md` shows this table; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from counterseal.audit.answer import Grade, Judged, Verdict


class Kind(NamedTuple):
    """A sort of verdict.

    Attributes:
        grade: how bad it is.
        means: what it says, in one sentence.
        remedy: what the reader can do about it.
    """

    grade: Grade
    means: str
    remedy: str = ""


_NOTE, _GAP, _TAMPERED, _UNPROVABLE = Grade.NOTE, Grade.GAP, Grade.TAMPERED, Grade.UNPROVABLE
_EXPLAIN: Final = "find out who did this and why, and put the explanation on record"
_RESTORE: Final = "restore it from a replica, and find out who could write to the store"

KINDS: Final[dict[str, Kind]] = {
    "covered": Kind(Grade.COVERED, "Everything that it should rest on is there and agrees."),
    "cannot-enumerate": Kind(
        _UNPROVABLE,
        "The population could not be read to its end, so its silence proves nothing.",
        "give the audit what it lacks (a right, a full clone, the export), and ask again",
    ),
    # changes
    "awaiting-release": Kind(_NOTE, "The change was not released yet, and may still wait."),
    "unreleased-too-long": Kind(
        _GAP,
        "The change was not released within the time that the policy gives.",
        "release it, or explain why not",
    ),
    "no-evidence": Kind(_GAP, "It reached production and no release lists it.", _EXPLAIN),
    "before-first-release": Kind(
        _GAP,
        "It landed before the first release of the stream, which lists nothing before itself.",
        "begin the window after the first release, and explain how earlier changes were controlled",
    ),
    "pushed-past-gate": Kind(_GAP, "It was pushed to a protected branch without a pull request.", _EXPLAIN),
    "history-rewritten": Kind(_GAP, "It came with a push that rewrote a protected branch.", _EXPLAIN),
    "pushed-over": Kind(_GAP, "A protected branch held it and holds it no longer.", _EXPLAIN),
    "not-reviewed": Kind(
        _GAP,
        "Too few people reviewed it or approved its release.",
        "have it reviewed now, and put that on record",
    ),
    "reviewed-by-participant": Kind(
        _GAP,
        "Those who reviewed or approved it took part in it themselves.",
        "have somebody else review it now, and put that on record",
    ),
    "reviewer-unproven": Kind(
        _UNPROVABLE,
        "It is not known who took part in it, so nobody can tell whether the reviewer did.",
        "add the people to the identity map, and use the approval gate",
    ),
    "undisclosed-participant": Kind(
        _GAP, "Git or the forge names somebody in it whom the release does not.", _EXPLAIN
    ),
    # tags
    "tag-moved": Kind(_GAP, "A protected tag names another commit than before.", _EXPLAIN),
    "tag-deleted": Kind(_GAP, "A protected tag was deleted.", _EXPLAIN),
    "tag-without-release": Kind(_NOTE, "No release was made from the commit of this tag."),
    # deployments
    "deployment-without-evidence": Kind(_GAP, "No release is about what was deployed.", _EXPLAIN),
    "release-unknown": Kind(_GAP, "It names a release that is not in the store.", _EXPLAIN),
    "other-commit": Kind(_GAP, "The release that it names is of another commit or environment.", _EXPLAIN),
    "other-artifact": Kind(_GAP, "What was deployed is not an artifact of the release.", _EXPLAIN),
    "deployed-again": Kind(_GAP, "Its only release belongs to another deployment.", _EXPLAIN),
    "deployed-despite-failure": Kind(
        _GAP, "The release did not pass and was deployed all the same.", _EXPLAIN
    ),
    "approved-late": Kind(_GAP, "It began before its approval was given.", _EXPLAIN),
    "approval-expired": Kind(_GAP, "It began after its approval had ended.", _EXPLAIN),
    "denied": Kind(_GAP, "Somebody who may has denied the release.", _EXPLAIN),
    "rolled-back": Kind(_NOTE, "It was taken back."),
    # releases
    "evidence-without-deployment": Kind(
        _GAP, "The release passed, and no deployment of it is known.", "deploy it, or explain why not"
    ),
    "not-passed": Kind(_NOTE, "The release did not pass, and was not deployed."),
    "other-stream": Kind(
        _NOTE,
        "It is of another repository or environment: only its seals, evidence and decisions were verified.",
        "audit that repository and environment too",
    ),
    "no-anchor": Kind(
        _NOTE,
        "The newest releases could have been dropped unseen: no checkpoint of the stream was kept elsewhere.",
        "give the newest checkpoint that was kept elsewhere as anchor, or keep a state",
    ),
    "waived": Kind(_NOTE, "Problems were let through by waivers."),
    "waiver-expired": Kind(_GAP, "A waiver had ended when the release was made.", "mend what it was for"),
    "emergency-reviewed": Kind(_NOTE, "An emergency, reviewed in time afterwards."),
    "emergency-review-due": Kind(_NOTE, "An emergency whose review is still due."),
    "emergency-reviewed-late": Kind(_GAP, "An emergency that was reviewed too late.", _EXPLAIN),
    "emergency-unreviewed": Kind(_GAP, "An emergency that nobody reviewed in time.", "review it now"),
    "policy-absent": Kind(_GAP, "The release names no policy.", "give the policy to evidence-upload"),
    "policy-unknown": Kind(
        _GAP,
        "It was judged by a policy that no protected branch ever held.",
        "find out where that policy came from",
    ),
    "policy-unproven": Kind(
        _UNPROVABLE,
        "The history of the policy was not read, so nobody can tell whose policy it was.",
        "give the audit a full clone of the repository",
    ),
    "control-not-run": Kind(
        _GAP,
        "The policy of then has a section, or expects a record, that nothing on record was judged by.",
        "run the stage in the run that makes the release, and keep its record",
    ),
    "policy-not-met-then": Kind(_GAP, "The policy of then was not met, and it went on.", _EXPLAIN),
    "policy-not-met-today": Kind(_NOTE, "The policy of today would not be met."),
    "approved-by-participant": Kind(
        _GAP, "Somebody approved it who may not, for what else they did.", "have somebody else review it now"
    ),
    "approval-altered": Kind(
        _TAMPERED, "A decision of people does not follow from what it was made from.", _RESTORE
    ),
    "gate-altered": Kind(_TAMPERED, "The policy gate's verdict does not follow from its case.", _RESTORE),
    "gate-unproven": Kind(
        _UNPROVABLE,
        "The policy gate's verdict could not be made again.",
        "give the audit the engine that the rules need",
    ),
    "source-not-on-branch": Kind(_GAP, "It was made from a commit that no protected branch holds.", _EXPLAIN),
    "changes-incomplete": Kind(
        _GAP, "It does not list all changes since the release before.", "release from a full clone"
    ),
    "clock-doubtful": Kind(
        _GAP,
        "Its own time does not go with that of its stamp, its decisions, the store or the release before.",
        "set the clocks, and find out when it was really made",
    ),
    "builder-unproven": Kind(_NOTE, "Only the runner's own variables say who built it."),
    "seal-broken": Kind(_TAMPERED, "A seal does not hold.", _RESTORE),
    "signer-revoked": Kind(
        _TAMPERED,
        "It was sealed by a key that was revoked, and nothing shows that the seal is older.",
        _RESTORE,
    ),
    "signer-unknown": Kind(
        _UNPROVABLE,
        "It was sealed by a key that the trust file does not have: one that nobody entered, or a stranger's.",
        "find out whose key it is: if the firm's, as after a rotation, enter it; if not, the seal is forged",
    ),
    "signer-misused": Kind(
        _TAMPERED,
        "It was sealed by a key that is believed for something else, or at another time.",
        "find out who used the key, and why",
    ),
    "content-broken": Kind(_TAMPERED, "It is not what a release consists of.", _RESTORE),
    "chain-broken": Kind(_TAMPERED, "It does not follow the release before it.", _RESTORE),
    "manifest-missing": Kind(_TAMPERED, "A release was removed.", _RESTORE),
    "evidence-missing": Kind(_TAMPERED, "Something that the release lists was removed.", _RESTORE),
    "evidence-altered": Kind(_TAMPERED, "Something that the release lists is not what was listed.", _RESTORE),
    "evidence-expired": Kind(_NOTE, "It was kept for as long as was promised, and is gone."),
    "evidence-stale": Kind(_GAP, "It passed on evidence that was out of date.", "produce the evidence again"),
    "evidence-foreign": Kind(_GAP, "It lists evidence of another commit, run or candidate.", _EXPLAIN),
    "artifact-unproven": Kind(_GAP, "No provenance is about an artifact of it.", "sign it in the pipeline"),
    "checkpoint-broken": Kind(
        _TAMPERED, "A checkpoint is missing, forged, or says something else than the chain.", _RESTORE
    ),
    "not-acknowledged": Kind(_NOTE, "The newest release has no checkpoint: nobody was told that it is kept."),
    # objects
    "overwritten": Kind(_TAMPERED, "Another version lies over it.", "read the first version; " + _EXPLAIN),
    "delete-marker": Kind(_TAMPERED, "A delete marker lies over it.", "remove the marker; " + _EXPLAIN),
    "lock-weaker": Kind(_GAP, "It is locked in a weaker mode than was promised.", "lock it again"),
    "retention-shortened": Kind(
        _GAP, "It is locked for a shorter time than was promised.", "extend its lock"
    ),
    "lock-unproven": Kind(
        _UNPROVABLE,
        "A lock was promised and the store tells none.",
        "give the auditor s3:GetObjectRetention; if it tells none then, lock it again",
    ),
    "hold-removed": Kind(_GAP, "A legal hold is on record and lies on it no longer.", "put it on again"),
    "stray-object": Kind(_GAP, "Something lies in the store that is not the ledger's.", _EXPLAIN),
    "unreferenced": Kind(_NOTE, "Nothing refers to it: left by a run that was killed."),
    "unreadable": Kind(
        _UNPROVABLE, "It could not be read.", "give the auditor the right to read it, and ask again"
    ),
    "nothing-on-record": Kind(_UNPROVABLE, "There is no release in the store, which proves nothing."),
}
"""Every verdict by its code."""


def verdict(code: str, message: str, *, digest: str | None = None, related: Iterable[str] = ()) -> Verdict:
    """Return a verdict of a kind, about one element."""
    kind = KINDS[code]
    return Verdict(
        code=code,
        grade=kind.grade,
        message=message[:16384],
        digest=digest,
        related=tuple(related),
        remedy=kind.remedy or None,
    )


_ORDER: Final = list(Grade)
_BARE: Final = frozenset(
    {"awaiting-release", "tag-without-release", "other-stream", "no-anchor", "unreferenced"}
)
"""Notes that say that an element rests on nothing: it is not covered as well."""


def judged(
    population: str,
    name: str,
    at: str | None,
    title: str,
    verdicts: Iterable[Verdict],
    digest: str | None = None,
) -> Judged:
    """Return an element with its verdicts, the worst first; with none, or mere notes, it is covered."""
    found = tuple(dict.fromkeys(verdicts))
    if len(found) > 1:
        found = tuple(sorted(found, key=lambda one: (-_ORDER.index(one.grade), one.code, one.message)))
    if not found or all(one.grade is Grade.NOTE and one.code not in _BARE for one in found):
        found = (*found, _covered(digest))
    return Judged(population=population, name=name[:1024], at=at, title=title[:16384], verdicts=found)  # type: ignore[arg-type]


@lru_cache(maxsize=1)  # of all objects it is the same one
def _covered(digest: str | None) -> Verdict:
    return verdict("covered", KINDS["covered"].means, digest=digest)


TROUBLES: Final[dict[str, str]] = {
    "entry-content": "content-broken",
    "entry-seal": "seal-broken",
    "entry-unreadable": "unreadable",
    "entry-missing": "manifest-missing",
    "verdict-content": "content-broken",
    "verdict-seal": "seal-broken",
    "chain-gap": "manifest-missing",
    "chain-link": "chain-broken",
    "chain-sequence": "chain-broken",
    "chain-stream": "chain-broken",
    "record-statement-missing": "evidence-foreign",
    "record-stale": "evidence-stale",
    "record-mismatch": "evidence-foreign",
    "request-mismatch": "evidence-foreign",
    "statement-mismatch": "evidence-altered",
    "decision-mismatch": "approval-altered",
    **{f"{book}-gap": "evidence-missing" for book in ("hold", "incident")},
    **{f"{book}-link": "chain-broken" for book in ("hold", "incident")},
    **{f"{book}-time": "chain-broken" for book in ("hold", "incident")},
    **{f"{book}-clock": "clock-doubtful" for book in ("hold", "incident")},
    **{f"{book}-unlocked": "lock-unproven" for book in ("hold", "incident")},
    "hold-lifted": "hold-removed",
    "hold-unproven": "lock-unproven",
    "artifact-unproven": "artifact-unproven",
    "checkpoint-missing": "checkpoint-broken",
    "checkpoint-content": "checkpoint-broken",
    "checkpoint-seal": "checkpoint-broken",
    "checkpoint-unreadable": "unreadable",
    "checkpoint-place": "checkpoint-broken",
    "checkpoint-beyond-head": "manifest-missing",
    "checkpoint-mismatch": "chain-broken",
    "anchor-beyond-head": "manifest-missing",
    "anchor-mismatch": "chain-broken",
    "anchor-stream": "manifest-missing",
    "anchor-content": "unreadable",
    "anchor-seal": "unreadable",
    "blob-content": "evidence-altered",
    "blob-unreadable": "unreadable",
    "blob-missing": "evidence-missing",
    "evidence-expired": "evidence-expired",
    "blob-unreferenced": "unreferenced",
    "object-unknown": "stray-object",
    "listing-unreadable": "cannot-enumerate",
    "nothing-to-judge": "nothing-on-record",
    "not-acknowledged": "not-acknowledged",
}
"""The verdict that each finding and notice of the ledger comes to, where its last word does not say it."""

_ENDINGS: Final = {
    "missing": "evidence-missing",
    "unreadable": "unreadable",
    "content": "evidence-altered",
    "seal": "seal-broken",
    "mismatch": "evidence-foreign",
}


def is_wrong(code: str, message: str) -> bool:
    """Tell whether a finding of the ledger is worse than a note."""
    return KINDS[code_of_trouble(code, message)].grade not in (Grade.COVERED, Grade.NOTE)


_STRANGER: Final = "which the trust file does not have"
_MISUSED: Final = ("is not trusted to seal", "valid yet", "longer valid")


_BY_SILENCE: Final = frozenset(
    {"chain-gap", "entry-missing", "checkpoint-missing", "checkpoint-beyond-head"}
    | {"anchor-beyond-head", "anchor-stream", "nothing-to-judge"}
)
"""Findings that something is not in a listing."""


def code_of_trouble(code: str, message: str, *, listed: bool = True) -> str:
    """Return the verdict that a finding of the ledger comes to; one that is not known is no pass.

    Args:
        code: the finding's code.
        message: what it says.
        listed: whether the store was listed to its end; what is missing otherwise may only not be listed.
    """
    if not listed and code in _BY_SILENCE:
        return "cannot-enumerate"
    found = TROUBLES.get(code) or _ENDINGS.get(code.rpartition("-")[2], "content-broken")
    if found in ("seal-broken", "checkpoint-broken") and code.endswith("-seal"):
        if "revoked" in message:
            return "signer-revoked"
        if _STRANGER in message:
            return "signer-unknown"
        if any(words in message for words in _MISUSED):
            return "signer-misused"
    return found
