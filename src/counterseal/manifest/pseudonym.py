"""What a pseudonym looks like, so that a reader can tell a record that names nobody from one that does.

An account is `account-<number>`; anybody else is `person-` and a keyed digest. Where that stands for a mail
address, it is one below a domain that can never exist (RFC 2606, section 2).
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from counterseal.manifest.release import Person, ReleaseManifest

PSEUDONYMOUS: Final = "pseudonymous"
DOMAIN: Final = "pseudonym.invalid"
HIDDEN: Final = "users.noreply.github.com"
"""The forge's domain of addresses for those who hide theirs: `<number>+<login>`."""

Naming: TypeAlias = Literal["named", "pseudonymous"]

_DIGEST = r"person-[0-9a-f]{20}"
_ACCOUNT = r"account[-:][1-9][0-9]{0,15}"
_ADDRESS = rf"{_DIGEST}@{re.escape(DOMAIN)}|([1-9][0-9]{{0,15}})\+account-\1@{re.escape(HIDDEN)}"
_SIGNER = r"SHA256:[A-Za-z0-9+/]{43}=?|https://[^\s@<>()]+"  # a key, or the issuer of a keyless one
_WORD = re.compile(rf"[<(]?(?:{_DIGEST}|{_ACCOUNT}|{_ADDRESS}|{_SIGNER})[>)]?")


def account_name(number: int) -> str:
    """Return how an account is called."""
    return f"account-{number}"


def is_pseudonym(text: str) -> bool:
    """Tell whether a text consists of pseudonyms, and of what names keys; an empty one does."""
    return all(_WORD.fullmatch(word) for word in text.split())


def names_nobody(person: Person) -> bool:
    """Tell whether somebody is told by pseudonyms alone."""
    return is_pseudonym(person.login or "") and is_pseudonym(person.text or "")


def people_of(manifest: ReleaseManifest) -> list[Person]:
    """Return everybody whom a manifest tells of."""
    found = [one.person for one in manifest.approvals]
    found += [manifest.builder.actor] if manifest.builder.actor else []
    found += [Person(login=login)] if (login := manifest.builder.claims.get("actor")) else []
    for change in manifest.candidate.changes.commits:
        found += [*change.authors, *change.committers, *change.co_authors, *change.pushers, *change.reviewers]
    return found
