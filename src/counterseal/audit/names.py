"""Who is behind a pseudonym: a file outside every lock, so that a person can be struck out of it.

Records that are kept say `account-7` or `person-` and a digest. Whoever may know who that is has this file
beside them, and pages that are made with it show names. It proves nothing; everything verifies without it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec

from counterseal.checks.actors import co_authors_in
from counterseal.clients.git import Commit
from counterseal.errors import MalformedError
from counterseal.manifest import canonical
from counterseal.manifest.pseudonym import NAME, account_name
from counterseal.manifest.types import Name, Struct
from counterseal.policy.people import PersonEntry, account_hidden_in, addresses_in
from counterseal.policy.pseudonyms import Pseudonyms

_WORD: Final = re.compile(NAME)
_WHOLE: Final = re.compile(rf"(?<![\w-])(?:{_WORD.pattern})(?![\w-])")
_TEXT: Final = re.compile(r">[^<]+<")
Pseudonym = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_WORD.pattern})\Z")]
Names = Mapping[str, str]
NOBODY: Final[Names] = MappingProxyType({})


class NameMap(Struct, frozen=True, kw_only=True):
    """Which pseudonym is who.

    Attributes:
        version: the version of this format.
        names: the name behind each pseudonym.
        struck: pseudonyms of people who were struck out; no later run names them again.
    """

    version: Literal[1] = 1
    names: dict[Pseudonym, Name] = msgspec.field(default_factory=dict)
    struck: tuple[Pseudonym, ...] = ()

    def with_names(self, found: Iterable[tuple[str, str]]) -> NameMap:
        """Return the map with what was found; a pseudonym's first name stays, and whoever is struck."""
        names = dict(self.names)
        for word, name in found:
            if word not in self.struck:
                names.setdefault(word, name[:1024])
        return msgspec.structs.replace(self, names=names)

    def without(self, words: Iterable[str], texts: Iterable[str] = ()) -> NameMap:
        """Return the map without some people for good, and those whom a text names."""
        held = [one.casefold() for one in texts]
        also = [
            word
            for word, name in self.names.items()
            if any(name.casefold() == one or ("@" in one and one in name.casefold()) for one in held)
        ]
        struck = dict.fromkeys((*self.struck, *words, *also))
        names = {word: name for word, name in self.names.items() if word not in struck}
        return msgspec.structs.replace(self, names=names, struck=tuple(sorted(struck)))

    def encode(self) -> bytes:
        """Return the map as canonical JSON (RFC 8785)."""
        return canonical.encode(msgspec.to_builtins(self))


def read_names(data: bytes, where: str) -> NameMap:
    """Read a map.

    Raises:
        MalformedError: it is none.
    """
    try:
        return msgspec.convert(canonical.parse(data, where=where), NameMap)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"no map of names: {str(cause)[:300]}", where=where) from cause


def of_entry(entry: PersonEntry, pseudonyms: Pseudonyms) -> Iterator[tuple[str, str]]:
    """Yield every pseudonym of a person of the identity map, with the id that the firm knows them by."""
    yield _word(pseudonyms.employee(entry.id)), entry.id
    for number in entry.accounts:
        yield account_name(number), entry.id
    for mail in entry.addresses:
        yield _word(pseudonyms.address(mail)), entry.id
    for name in entry.tracker:
        yield _word(pseudonyms.tracker(name)), entry.id


def of_commits(commits: Iterable[Commit], pseudonyms: Pseudonyms) -> Iterator[tuple[str, str]]:
    """Yield the pseudonym of everybody whom commits name, with how they name them."""
    for commit in commits:
        for line in dict.fromkeys((commit.author, commit.committer, *co_authors_in(commit.message))):
            found = addresses_in(line)
            for mail in found:
                yield _word(pseudonyms.address(mail)), line if len(found) == 1 else mail
            if not found and line.strip():
                yield _word(pseudonyms.line(line)), line


def struck_by(words: Iterable[str], entries: Iterable[PersonEntry], pseudonyms: Pseudonyms) -> set[str]:
    """Return every pseudonym of the people who are to be forgotten.

    Args:
        words: each the id of a person in the identity map, a mail address, or a pseudonym.
        entries: the identity map.
        pseudonyms: what people are told by.
    """
    found = set[str]()
    for word in words:
        found |= {word} if _WORD.fullmatch(word) else set()
        found |= {_word(pseudonyms.address(word))} if "@" in word else {_word(pseudonyms.employee(word))}
        for entry in entries:
            own = dict(of_entry(entry, pseudonyms))
            if word == entry.id or found.intersection(own):
                found |= set(own)
    return found


def called(page: bytes, names: Names) -> bytes:
    """Return a page of HTML on which pseudonyms stand behind the names that are known."""

    def shown(match: re.Match[str]) -> str:
        name = names.get(match[0])
        return match[0] if name is None else f"{html.escape(name)} ({match[0]})"

    return _TEXT.sub(lambda text: _WHOLE.sub(shown, text[0]), page.decode()).encode()


def _word(pseudonym: str) -> str:
    """Return what a pseudonym is known by: the digest, or the account behind a hidden address."""
    number = account_hidden_in(pseudonym)
    return account_name(number) if number else pseudonym.partition("@")[0]
