"""The allowed signers file: which SSH keys are believed, for whom, for what and when (ssh-keygen(1)).

A line that cannot be read is an error, never a key less: a file that means something else to us than to
ssh-keygen would be worse than none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from counterseal.errors import MalformedError

MAX_BYTES: Final = 1024 * 1024
"""The largest file that is read."""

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|\Z)')
_TIME = re.compile(r"([0-9]{8})(?:([0-9]{4})([0-9]{2})?)?Z?")
_KEY_TYPE = re.compile(r"(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)\S+")


@dataclass(frozen=True)
class AllowedSigner:
    """One line of the file.

    Attributes:
        principals: who signs with the key: patterns, of which one has to match and no negated one may.
        blob: the key, as OpenSSH encodes it.
        namespaces: patterns of what it may sign; anything when None.
        valid_after: the first moment at which it is believed.
        valid_before: the last one.
    """

    principals: str
    blob: bytes
    namespaces: str | None = None
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def speaks_for(self, name: str) -> bool:
        """Tell whether the key is somebody's, by their mail address."""
        return matches(name, self.principals)

    def signs(self, namespace: str) -> bool:
        """Tell whether the key may sign something of a namespace."""
        return self.namespaces is None or matches(namespace, self.namespaces)


def read_allowed_signers(data: bytes, *, where: str = "allowed-signers") -> tuple[AllowedSigner, ...]:
    """Read the file. Times without a `Z` are taken for UTC.

    Raises:
        MalformedError: naming the first line that cannot be read, or that says what is not supported.
    """
    return tuple(_signer(line, place) for line, place in _lines(data, where))


def read_keys(data: bytes, *, where: str = "revoked-keys") -> frozenset[bytes]:
    """Read a list of public keys, one a line; errors as for `read_allowed_signers`."""
    return frozenset(_blob(_WORD.findall(line), place) for line, place in _lines(data, where))


def matches(name: str, patterns: str) -> bool:
    """Tell whether a name matches a list of patterns (ssh_config(5), PATTERNS)."""
    found = False
    for pattern in patterns.split(","):
        wild = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern.removeprefix("!"))
        if re.fullmatch(wild, name, re.DOTALL):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _lines(data: bytes, where: str) -> Iterable[tuple[str, str]]:
    if len(data) > MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes are more than the limit of {MAX_BYTES}", where=where)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise MalformedError("not UTF-8", where=where) from cause
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip(), f"{where}:{number}"


def _signer(line: str, where: str) -> AllowedSigner:
    words = _WORD.findall(line)
    if len(words) < 3 or '"' in _WORD.sub("", line):  # noqa: PLR2004 - principals, key type, key
        raise MalformedError("a line is `principals [options] type key`", where=where)
    principals = words[0][1:-1] if words[0].startswith('"') else words[0]
    if not principals or '"' in principals:
        raise MalformedError("these principals cannot be read", where=where)
    options = {} if _KEY_TYPE.fullmatch(words[1]) else _options(words[1], where)
    return AllowedSigner(
        principals=principals,
        blob=_blob(words[2:] if options else words[1:], where),
        namespaces=options.get("namespaces"),
        valid_after=_time(options.get("valid-after"), where),
        valid_before=_time(options.get("valid-before"), where),
    )


def _options(word: str, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(word):
        match = _OPTION.match(word, at)
        name = match[1].lower() if match else ""
        if match is None or name not in {"namespaces", "valid-after", "valid-before"} or not match[2]:
            raise MalformedError(
                f"the option {word[at : at + 60]!r} is not supported",
                where=where,
                remedy="list each person's own key; certificate authorities are not believed here",
            )
        if name in found:
            raise MalformedError(f"{name} is given twice", where=where)
        found[name], at = match[2], match.end()
    return found


def _blob(words: list[str], where: str) -> bytes:
    try:
        blob = base64.b64decode(words[1], validate=True)
        kind = words[0].encode()
        if blob.startswith(len(kind).to_bytes(4, "big") + kind):
            return blob
    except (IndexError, binascii.Error, ValueError):
        pass
    raise MalformedError("not an OpenSSH public key", where=where)


def _time(value: str | None, where: str) -> datetime | None:
    if value is None:
        return None
    match = _TIME.fullmatch(value)
    try:
        if match:
            whole = match[1] + (match[2] or "0000") + (match[3] or "00")
            return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise MalformedError(f"{value[:40]!r} is not YYYYMMDD[HHMM[SS]][Z]", where=where)
