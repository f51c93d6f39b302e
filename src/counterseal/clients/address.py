"""The address of a repository, as it may be shown to everybody."""

from __future__ import annotations

import re

_HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
_PATH = r"[\w.~/+% -]*"
_URL = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*://{_HOST}(?::[0-9]+)?(?:/{_PATH})?\Z")
_FILE = re.compile(rf"(?:file://)?(?:/|\.\.?/){_PATH}\Z")
_REMOTE_PATH = re.compile(rf"{_HOST}:(?!//){_PATH}\Z")


def public_address(url: str) -> str | None:
    """Return a remote's address without user, password, query and fragment, or None when that is unsure.

    Understood are URLs, local paths and `host:path` (git-fetch, "GIT URLS"). A delimiter that a password
    brought along unescaped can move the rest of it into another part; then nothing is left to show.
    """
    scheme, separator, rest = url.rpartition("://") if url.count("://") == 1 else ("", "", url)
    if not separator:
        address = rest.rpartition("@")[2]
        return address if _FILE.match(address) or _REMOTE_PATH.match(address) else None
    authority, slash, path = rest.partition("/")
    path, _, query = path.partition("?")
    path, _, fragment = path.partition("#")
    if "@" in query + fragment:
        return None
    address = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return address if _URL.match(address) or _FILE.match(address) else None
