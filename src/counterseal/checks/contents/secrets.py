"""Secrets: keys and tokens whose form their issuers publish, and passwords that are written into code.

One row a rule. Where a token has a checksum it is checked; where it has none, its entropy and a list of
placeholders keep examples out.
"""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import re2

from counterseal.checks.contents.hit import Hit

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PLACEHOLDER: Final = re.compile(
    r"(?i)example|sample|placeholder|changeme|change-me|change_me|dummy|redacted|xxxx|\*\*\*|your[-_ ]?|"
    r"insert|todo|<[^>]*>|\$\{|\{\{|%\(|\bnone\b|\bnull\b|test|fake|mock|foobar|12345|abcdef|password|secret|"
    r"passwd|s3cr3t|hunter2"
)


@dataclass(frozen=True)
class SecretRule:
    """A sort of secret.

    Attributes:
        id: its name.
        title: what it is.
        pattern: what it looks like; its first group is the secret.
        holds: whether what looks like it is one.
        marks: texts of which one has to be there, which is quicker to see than the pattern; none for any
            text.
    """

    id: str
    title: str
    pattern: str
    holds: Callable[[str], bool]
    marks: tuple[str, ...] = ()


def entropy(text: str) -> float:
    """Return the entropy of a text in bits for each character (Shannon)."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def base62_checksum(text: str) -> str:
    """Return the checksum that GitHub and npm put at the end of a token: CRC-32 in base 62."""
    number, found = zlib.crc32(text.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        found = _BASE62[digit] + found
    return found.rjust(6, "0")


def _has_checksum(token: str) -> bool:
    body = token.partition("_")[2]
    return base62_checksum(body[:-6]) == body[-6:]


def _is_jwt(token: str) -> bool:
    """Tell whether a token's first part is the header of a signed one (RFC 7519)."""
    head = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and isinstance(header.get("alg"), str) and header["alg"].lower() != "none"


def _is_random(least: float) -> Callable[[str], bool]:
    return lambda text: entropy(text) >= least and not _PLACEHOLDER.search(text)


def _is_password(text: str) -> bool:
    """Tell whether what is assigned to a password may be one: no name, several sorts of characters."""
    sorts = sum(bool(re.search(sort, text)) for sort in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return sorts >= 3 and entropy(text) >= 3 and not _PLACEHOLDER.search(text)  # noqa: PLR2004


RULES: Final[tuple[SecretRule, ...]] = (
    SecretRule(
        "private-key",
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"((?:\\n|\s)*(?:[A-Za-z0-9+/=:, -]|\\n|\s){64,})",
        _is_random(3),
        marks=("PRIVATE KEY",),
    ),
    SecretRule(
        "aws-access-key",
        "an access key of AWS",
        r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b",
        _is_random(2.5),
        marks=("AKIA", "ASIA"),
    ),
    SecretRule(
        "aws-secret-key",
        "a secret key of AWS",
        r"(?i)aws[a-z_ .-]{0,20}(?:secret|private)[a-z_ .-]{0,20}['\"]?\s{0,5}[:=]{1,2}>?\s{0,5}['\"]?"
        r"([A-Za-z0-9/+]{40})\b",
        _is_random(3.5),
    ),
    SecretRule(
        "github-token",
        "a token of GitHub",
        r"\b(gh[pousr]_[A-Za-z0-9]{36,251})\b",
        _has_checksum,
        marks=("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    ),
    SecretRule(
        "github-fine-grained-token",
        "a token of GitHub",
        r"\b(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
        _is_random(3.5),
        marks=("github_pat_",),
    ),
    SecretRule(
        "gitlab-token", "a token of GitLab", r"\b(glpat-[A-Za-z0-9_-]{20,})", _is_random(3), marks=("glpat-",)
    ),
    SecretRule("npm-token", "a token of npm", r"\b(npm_[A-Za-z0-9]{36})\b", _has_checksum, marks=("npm_",)),
    SecretRule(
        "pypi-token",
        "a token of PyPI",
        r"\b(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})",
        _is_random(3),
        marks=("pypi-AgE",),
    ),
    SecretRule(
        "slack-token", "a token of Slack", r"\b(xox[abposr]-[A-Za-z0-9-]{20,})", _is_random(3), marks=("xox",)
    ),
    SecretRule(
        "slack-webhook",
        "a webhook of Slack",
        r"(https://hooks\.slack\.com/services/T[A-Za-z0-9]{6,}/B[A-Za-z0-9]{6,}/[A-Za-z0-9]{20,})",
        _is_random(3.5),
        marks=("hooks.slack.com",),
    ),
    SecretRule(
        "stripe-key",
        "a live key of Stripe",
        r"\b((?:sk|rk)_live_[A-Za-z0-9]{20,})\b",
        _is_random(3),
        marks=("_live_",),
    ),
    SecretRule(
        "google-api-key",
        "an API key of Google",
        r"\b(AIza[A-Za-z0-9_-]{35})",
        _is_random(3.5),
        marks=("AIza",),
    ),
    SecretRule(
        "azure-storage-key",
        "an account key of Azure",
        r"AccountKey=([A-Za-z0-9+/]{86}==)",
        _is_random(4),
        marks=("AccountKey=",),
    ),
    SecretRule(
        "sendgrid-key",
        "an API key of SendGrid",
        r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})",
        _is_random(4),
        marks=("SG.",),
    ),
    SecretRule(
        "json-web-token",
        "a signed token",
        r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})",
        _is_jwt,
        marks=("eyJ",),
    ),
    SecretRule(
        "password-in-url",
        "a password in an address",
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"<>]{1,100}:([^\s/@'\"<>${}]{6,100})@[a-zA-Z0-9.-]{1,200}",
        _is_random(2.5),
        marks=("://",),
    ),
    SecretRule(
        "password-in-code",
        "a password or key that is written into a file",
        r"(?i)(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?"
        r"['\"]?\s{0,5}(?::|=|:=|=>)\s{0,5}['\"]([^\s'\"]{8,200})['\"]",
        _is_password,
    ),
)
"""Every rule, in order."""


def _compiled(pattern: str) -> Any:
    """Return a pattern for which the engine may keep as many states as it wants to (64 MiB)."""
    options = re2.Options()
    options.max_mem, options.log_errors = 64 * 1024 * 1024, False
    return re2.compile(pattern, options)


# One look says whether any of the marks is there, but for that of addresses, which every other text has.
_MARKED: Final = _compiled("|".join(mark for rule in RULES for mark in rule.marks if mark != "://"))
_EACH: Final = tuple((rule, _compiled(rule.pattern)) for rule in RULES)


def find_secrets(text: str) -> Iterator[Hit]:
    """Yield the secrets of a text."""
    marked = bool(_MARKED.search(text))
    taken: set[tuple[int, int]] = set()
    for rule, pattern in _EACH:
        if rule.marks and not (marked or "://" in rule.marks):
            continue
        for found in pattern.finditer(text):
            span = found.span(1)
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue  # a more exact rule has it
            if rule.holds(found[1]):
                taken.add(span)
                yield Hit(
                    rule.id, "secret", rule.title, found[1], span[0], guessable=rule.id == "password-in-code"
                )
