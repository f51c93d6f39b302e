"""Commit signatures: each commit of a change is signed by a key that is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from counterseal.host.text import one_line
from counterseal.policy.branch import Branch, Signatures
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.forge import ForgeCommit, Verification
from counterseal.policy.rules.context import Context
from counterseal.policy.rules.gaps import unknown
from counterseal.policy.rules.merges import mechanical

ID: Final = "signatures"
TITLE: Final = "Commit signatures"
WHY: Final = (
    "Author and date are text that anybody can write; a signature is the only proof of who committed."
)
REMEDY: Final = "sign the commit with a key that is registered (git commit --amend -S) and push again"
SECTION: Final = "signatures"

UNDECIDED: Final = frozenset(
    {
        "gpgverify_error",
        "gpgverify_unavailable",
        "ocsp_error",
        "ocsp_pending",
        "unavailable",
        "x509_unverified",
        "gpg_unsupported_locally",
    }
)
"""Reasons that say nothing against a signature: whoever should have verified it could not."""

_RETRY = "run this again; where git verifies, name the key or the identity in the policy"
_MERGE = 2
_State: TypeAlias = Literal["good", "bad", "unknown"]


@dataclass(frozen=True)
class _Verdict:
    """What the verifiers make of a commit.

    Attributes:
        state: whether its signature holds.
        why: why not.
        by: the verification that decides, where there is one.
    """

    state: _State
    why: str = ""
    by: Verification | None = None


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge the signature of each commit; what the forge signed for somebody is judged apart.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    rules = policy.signatures
    if rules is None or change.deleted or context.kind == "merge-group":
        return
    yield from unknown(ID, change, context, "commits")
    verdicts = [(commit, _verdict(commit, rules, context)) for commit in change.commits]
    for commit, verdict in verdicts:
        yield from _commit(commit, verdict, rules)
    yield from _remarks(verdicts)


def _verdict(commit: ForgeCommit, rules: Signatures, context: Context) -> _Verdict:
    here = context.verifications.get(commit.id)
    if rules.verify == "forge":
        return _of(commit.verification, "the forge")
    local = _of(here, "git here", *(gap.message for gap in context.gaps if gap.topic == "verifications"))
    two_sided = len(commit.parents) == _MERGE and rules.web_flow != "never"
    if local.state == "unknown" and two_sided and mechanical(commit, context):
        return _Verdict("good", by=here)  # it holds nothing that its two sides do not
    if rules.verify == "local":
        return local
    both = (_of(commit.verification, "the forge"), local)
    order: tuple[_State, ...] = ("good", "unknown", "bad")
    return min(both, key=lambda verdict: order.index(verdict.state))


def _of(found: Verification | None, who: str, *why: str) -> _Verdict:
    if found is None:
        return _Verdict("unknown", "; ".join([f"{who} has not verified it", *why]))
    reason = found.reason[:100]
    if found.verified and found.reason == "valid":
        return _Verdict("good", by=found)
    if found.verified:
        return _Verdict("bad", f"{who} says that it holds, and yet {reason!r}", found)
    state: _State = "unknown" if found.reason in UNDECIDED else "bad"
    return _Verdict(state, f"{who} says {reason!r}", found)


def _commit(commit: ForgeCommit, verdict: _Verdict, rules: Signatures) -> Iterator[Finding]:
    shown = commit.message.partition("\n")[0][:120]
    if verdict.state == "unknown":
        message = f"nobody could verify the signature of {shown!r}: {verdict.why}"
        yield inconclusive(ID, message, subject=commit.id, remedy=_RETRY)
    elif verdict.state == "bad" and (rules.required or not _unsigned(verdict)):
        yield failed(ID, f"{shown!r}: {verdict.why}", subject=commit.id, remedy=REMEDY)
    elif verdict.by is not None and verdict.state == "good":
        yield from _signer(commit, verdict.by, rules, shown)


def _unsigned(verdict: _Verdict) -> bool:
    return verdict.by is not None and verdict.by.reason == "unsigned"


def _signer(commit: ForgeCommit, found: Verification, rules: Signatures, shown: str) -> Iterator[Finding]:
    if found.by_forge:
        merge = len(commit.parents) == _MERGE
        if rules.web_flow == "never" or (rules.web_flow == "merges" and not merge):
            message = f"{shown!r} is signed by the forge for somebody, and by no key of theirs"
            yield failed(ID, message, subject=commit.id, remedy=REMEDY)
    elif rules.signers and found.signer is None:
        message = f"which key signed {shown!r} is not told, and only some may sign"
        yield inconclusive(ID, message, subject=commit.id, remedy=_RETRY)
    elif rules.signers and _key(found.signer or "") not in map(_key, rules.signers):
        message = f"{shown!r} is signed by {one_line(found.signer or '', limit=200)}, who may not sign"
        yield failed(ID, message, subject=commit.id, remedy="let one of `signatures.signers` sign")


def _key(text: str) -> str:
    return text.removeprefix("SHA256:").rstrip("=")


def _remarks(verdicts: list[tuple[ForgeCommit, _Verdict]]) -> Iterator[Finding]:
    """Yield what is worth knowing of signatures that hold, once for all commits."""
    good = [(commit, verdict.by) for commit, verdict in verdicts if verdict.state == "good" and verdict.by]
    undated = [commit for commit, by in good if by.source == "forge" and by.verified_at is None]
    if undated:
        message = f"the forge does not say when it verified {len(undated)} of the signatures"
        yield noted(ID, message, subject=undated[0].id)
    others = [commit for commit, by in good if not by.by_forge and commit.author != commit.committer]
    if others:
        message = f"{len(others)} signatures are a committer's who is not the author: they prove no author"
        yield noted(ID, message, subject=others[0].id)
