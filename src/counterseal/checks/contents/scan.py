"""Detectors over what is shipped and kept: files of the commit, what a build made, the evidence so far."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from counterseal.checks.contents.cards import is_checked
from counterseal.checks.contents.detect import hits_in, problems_in
from counterseal.checks.contents.iban import is_iban
from counterseal.checks.contents.open import Budget, Closed, texts_of
from counterseal.checks.contents.secrets import base62_checksum
from counterseal.checks.scan import CanaryMissed
from counterseal.clients.git_tree import CommitFiles
from counterseal.errors import CountersealError
from counterseal.host.files import named_files, read_bytes
from counterseal.policy.contents import Contents, Detector
from counterseal.policy.finding import Finding, inconclusive, noted
from counterseal.policy.patterns import any_path_matches
from counterseal.policy.problem import Problem, counted

RULE: Final = "contents"
_LFS: Final = b"version https://git-lfs.github.com/spec/"
_AT_ONCE: Final = 500  # files that are read in one go
_UNPACKED: Final = 10  # how many times its own largest size a file may unpack to


@dataclass(frozen=True)
class Contained:
    """What detectors found.

    Attributes:
        problems: what they found, `counted`.
        findings: what they could not look at.
        counts: files, texts and bytes that were looked at.
    """

    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]


def scan_contents(
    root: Path,
    rules: Contents,
    commit: CommitFiles,
    before: CommitFiles | None = None,
    evidence: Path | None = None,
) -> Contained:
    """Look at everything that the policy wants looked at.

    Args:
        root: the checkout, for what a build has made.
        rules: what is looked for, and where.
        commit: the files of the commit.
        before: the files as they were before the change; None where that is not known.
        evidence: the folder of the evidence so far.

    Raises:
        CanaryMissed: a detector does not find what was planted.
    """
    _prove(rules.detect)
    problems: list[Problem] = []
    findings: list[Finding] = []
    files = size = 0
    for name, data in _everything(root, rules, commit, evidence):
        files += 1
        if data is None:
            findings.append(_unread(name, f"it cannot be read, or has more than {rules.megabytes} megabytes"))
            continue
        size += len(data)
        if data.startswith(_LFS):
            findings.append(_unread(name, "its content lies elsewhere (Git LFS)"))
            continue
        try:
            found = _problems(data, name, rules)
        except Closed as cause:
            findings.append(_unread(name, str(cause)))
            continue
        problems += _introduced(found, name, rules, before) if found else ()
    mounted = [path for path in commit.submodules if not any_path_matches(rules.exclude, path)]
    findings += [_unread(path, "another repository is mounted here") for path in mounted]
    if not files:
        findings.append(_unread("gate.contents", "there is no file at all to look at"))
    left_out = sum(any_path_matches(rules.exclude, path) for path in commit.blobs)
    if left_out:
        findings.append(noted(RULE, f"the policy leaves out {left_out} files"))
    return Contained(counted(problems), tuple(findings), {"files-looked-at": files, "bytes-looked-at": size})


def _everything(
    root: Path, rules: Contents, commit: CommitFiles, evidence: Path | None
) -> Iterator[tuple[str, bytes | None]]:
    """Yield every file with its name; None for one that cannot be read."""
    limit = rules.megabytes * 1024 * 1024
    wanted = sorted(path for path in commit.blobs if not any_path_matches(rules.exclude, path))
    for at in range(0, len(wanted), _AT_ONCE):
        yield from commit.read(wanted[at : at + _AT_ONCE], limit).items()
    for name, place in named_files(rules.artifacts, root):
        yield name, _read(place, limit) if isinstance(place, Path) else None
    if rules.evidence and evidence is not None and (evidence / "blobs").is_dir():
        for path in sorted((evidence / "blobs").iterdir()):
            yield f"evidence/{path.name}", _read(path, limit)


def _read(path: Path, limit: int) -> bytes | None:
    try:
        return None if path.is_symlink() else read_bytes(path, limit=limit)
    except (OSError, CountersealError):
        return None


def _problems(data: bytes, name: str, rules: Contents) -> list[Problem]:
    budget = Budget(rules.megabytes * 1024 * 1024 * _UNPACKED)
    return [
        one for path, text in texts_of(data, name, budget) for one in problems_in(text, path, rules.detect)
    ]


def _introduced(
    found: list[Problem], name: str, rules: Contents, before: CommitFiles | None
) -> Iterator[Problem]:
    """Yield problems with whether the change brought them in: whatever the file did not hold before."""
    if before is None:
        yield from found
        return
    old = before.read([name], rules.megabytes * 1024 * 1024).get(name)
    try:
        known = [one.fingerprint for one in _problems(old, name, rules)] if old else []
    except Closed:
        known = []
    for one in found:
        was_there = one.fingerprint in known
        if was_there:
            known.remove(one.fingerprint)
        yield replace(one, introduced=not was_there)


def _unread(name: str, why: str) -> Finding:
    return inconclusive(
        RULE, why[:500], subject=name[:1024], remedy="leave it out in gate.contents, if nobody needs it"
    )


def _prove(detectors: Iterable[Detector]) -> None:
    """See every detector find what is planted, made anew each time.

    Raises:
        CanaryMissed: one does not.
    """
    for name in detectors:
        if len(hits_in(f"planted: {_CANARIES[name]()}\n", [name])) != 1:
            raise CanaryMissed(f"the detector {name} does not find what was planted", where=RULE)


def _card() -> str:
    start = f"4{secrets.randbelow(10**14):014}"
    return next(f"{start}{last}" for last in range(10) if is_checked(f"{start}{last}"))


def _iban() -> str:
    body = f"{secrets.randbelow(10**18):018}"
    return next(whole for check in range(2, 99) if is_iban(whole := f"DE{check:02}{body}"))


def _token() -> str:
    body = secrets.token_hex(15)
    return f"ghp_{body}{base62_checksum(body)}"


_CANARIES: Final[Mapping[Detector, Callable[[], str]]] = {
    "card-number": _card,
    "iban": _iban,
    "secret": _token,
    "personal-data": lambda: f"{secrets.token_hex(4)}@counterseal.dev",
}
