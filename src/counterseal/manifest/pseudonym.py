"""What a pseudonym looks like, so that a reader can tell a record that names nobody from one that does.

An account is `account-<number>`; anybody else is `person-` and a keyed digest. Where that stands for a mail
address, it is one below a domain that can never exist (RFC 2606, section 2).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from counterseal.manifest.release import Person, ReleaseManifest

PSEUDONYMOUS: Final = "pseudonymous"
DOMAIN: Final = "pseudonym.invalid"
HIDDEN: Final = "users.noreply.github.com"
"""The forge's domain of addresses for those who hide theirs: `<number>+<login>`."""

Naming: TypeAlias = Literal["named", "pseudonymous"]

_DIGITS: Final = 20  # of a keyed digest
_DIGEST = rf"person-[0-9a-f]{{{_DIGITS}}}"
NAME: Final = rf"{_DIGEST}|account-[1-9][0-9]{{0,15}}"
"""What a pseudonym is known by, as a pattern: the digest, or the account."""

_ACCOUNT = r"account[-:][1-9][0-9]{0,15}"
_ADDRESS = rf"{_DIGEST}@{re.escape(DOMAIN)}|([1-9][0-9]{{0,15}})\+account-\1@{re.escape(HIDDEN)}"
_KEY = r"SHA256:[A-Za-z0-9+/]{43}=?"
_WORD = re.compile(rf"{_DIGEST}|{_ACCOUNT}|<?(?:{_ADDRESS})>?|\({_KEY}\)|\({_DIGEST}\)|{_KEY}")
_KEYLESS = re.compile(
    rf"\(?https://[^\s@<>()/]+(?:/[a-z0-9/._-]*)? (?={_DIGEST})"
)  # the issuer, before whom it vouches for
_TAKEN = re.compile(rf"{_ADDRESS}|@?{_DIGEST}")


def account_name(number: int) -> str:
    """Return how an account is called."""
    return f"account-{number}"


def person_name(digest: str) -> str:
    """Return how somebody is called who has no account; `digest` is hexadecimal."""
    return f"person-{digest[:_DIGITS]}"


def is_pseudonym(text: str) -> bool:
    """Tell whether a text consists of pseudonyms, and of what names keys; an empty one does."""
    return all(_WORD.fullmatch(word.rstrip(")") if "(" not in word else word) for word in _words(text))


def _words(text: str) -> list[str]:
    return _KEYLESS.sub("", text).split()


def names_nobody(person: Person) -> bool:
    """Tell whether somebody is told by pseudonyms alone, each of their own number where they have one."""
    if person.id is not None and person.login not in (None, account_name(person.id)):
        return False
    return is_pseudonym(person.login or "") and is_pseudonym(person.text or "")


def without_pseudonyms(text: str) -> str:
    """Return a text without the pseudonyms that stand in it for addresses, mentions and people."""
    return _TAKEN.sub(" ", text)


def marks_somebody(text: str) -> bool:
    """Tell whether a text still has a `name <address>` in it that is no pseudonym."""
    return re.search(r"<[^\s<>@]+@[^\s<>@]+>", without_pseudonyms(text)) is not None


def manifest_names_nobody(manifest: ReleaseManifest) -> bool:
    """Tell whether a manifest tells of nobody but by pseudonyms."""
    builder, commits = manifest.builder, manifest.candidate.changes.commits
    local = builder.id.removeprefix("local:") if builder.id.startswith("local:") else ""
    subject = builder.claims.get("sub", "").split(":")
    claimed = [after for before, after in pairwise(subject) if before == "actor"]
    signers = [one.signature.signer for one in commits if one.signature and one.signature.signer]
    return (
        all(map(names_nobody, people_of(manifest)))
        and all(map(is_pseudonym, [local, *claimed]))
        and not any("@" in without_pseudonyms(one) and "://" not in one.split(" ")[-1] for one in signers)
        and not any(marks_somebody(one.title) for one in commits)
    )


def people_of(manifest: ReleaseManifest) -> list[Person]:
    """Return everybody whom a manifest tells of."""
    found = [one.person for one in manifest.approvals]
    found += [manifest.builder.actor] if manifest.builder.actor else []
    found += [Person(login=login)] if (login := manifest.builder.claims.get("actor")) else []
    for change in manifest.candidate.changes.commits:
        found += [*change.authors, *change.committers, *change.co_authors, *change.pushers, *change.reviewers]
    return found
