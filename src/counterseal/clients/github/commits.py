"""Commits: who is named in one, and what the forge makes of its signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from counterseal.clients.github import convert
from counterseal.clients.github import shapes_graphql as shapes
from counterseal.errors import Inconclusive
from counterseal.policy.forge import Account, ForgeCommit, GitPerson, Verification

Accounts = Mapping[str, tuple[Account | None, Account | None]]
"""The accounts of author and committer, by commit."""

_LONGEST_NAME = 1000  # of a person, in characters
_TRAILER = re.compile(r"^[ \t]*co-authored-by[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"<([^<>]*)>\s*\Z")
# The two states for which the interfaces have different words; a word that is not known is kept.
_REASONS = {"malformed_sig": "malformed_signature", "unknown_sig_type": "unknown_signature_type"}


def commit(of: shapes.Commit) -> ForgeCommit:
    """Return a commit in our form.

    Raises:
        Inconclusive: it has more parents or authors than one answer holds, no author or committer, a longer
            message than is kept, or a signature that is valid and is not.
    """
    _check(of)
    author, committer = _person(of.author), _person(of.committer)
    return ForgeCommit(
        id=of.oid,
        tree=of.tree.oid,
        parents=tuple(parent.oid for parent in of.parents.nodes),
        message=convert.body(of.message, of.oid),
        author=author,
        committer=committer,
        co_authors=tuple(_co_authors(of)),
        verification=_verification(of),
        via_web=of.committed_via_web,
    )


def with_accounts(of: ForgeCommit, accounts: Accounts) -> ForgeCommit:
    """Return a commit whose author and committer have the accounts of another source, where it knew none."""
    author, committer = accounts.get(of.id, (None, None))
    return replace(
        of,
        author=of.author if of.author.account else replace(of.author, account=author),
        committer=of.committer if of.committer.account else replace(of.committer, account=committer),
    )


def unattributed(of: ForgeCommit) -> bool:
    """Return whether the author or the committer is without an account."""
    return of.author.account is None or of.committer.account is None


def _check(of: shapes.Commit) -> None:
    """Refuse a commit that is not seen whole."""
    for name, part in (("parents", of.parents), ("authors", of.authors)):
        if part.total_count != len(part.nodes):
            raise Inconclusive(f"this commit has {part.total_count} {name}, too many to see", where=of.oid)


def _person(who: shapes.Person | None) -> GitPerson:
    if who is None:
        return GitPerson(text="<>")
    text = f"{who.name or ''} <{who.email or ''}>".strip()
    return GitPerson(text=text[:_LONGEST_NAME], account=convert.user(who.user))


def _co_authors(of: shapes.Commit) -> Iterator[GitPerson]:
    """Yield the co-authors: those that the forge attributes, and those that only the message names.

    A trailer counts wherever it stands: it can only add to the people who acted.
    """
    author = _email(of.author)
    known = {author}
    for person in of.authors.nodes:
        if _email(person) not in known or (person.user and person.user != (of.author and of.author.user)):
            known.add(_email(person))
            yield _person(person)
    for text in _TRAILER.findall(of.message):
        address = _ADDRESS.search(text)
        email = address.group(1).strip().lower() if address else text
        if email not in known:
            known.add(email)
            yield GitPerson(text=text[:_LONGEST_NAME])


def _email(person: shapes.Person | None) -> str:
    return (person.email or "").strip().lower() if person else ""


def _verification(of: shapes.Commit) -> Verification:
    signature = of.signature
    if signature is None:
        return Verification(verified=False, reason="unsigned")
    word = signature.state.lower()
    if signature.is_valid != (word == "valid"):
        raise Inconclusive(
            "the forge says of this signature that it is valid and that it is not", where=of.oid
        )
    return Verification(
        verified=signature.is_valid,
        reason=_REASONS.get(word, word),
        verified_at=convert.time(signature.verified_at, of.oid) if signature.verified_at else None,
        signer=signature.key_fingerprint or signature.key_id or None,
        by_forge=signature.is_valid and signature.was_signed_by_git_hub,
    )
