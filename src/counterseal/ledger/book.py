"""Books: what is entered about one matter page after page, numbered and chained in what is sealed.

A page that does not follow the one before it is told and counts for nothing: the next page follows the last
true one. So whoever can only write into the store says nothing in a book, and keeps nobody from doing so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from counterseal.errors import CountersealError, MalformedError, SealError, StoreConflict, StoreError
from counterseal.ledger.documents import open_document, statement_of
from counterseal.ledger.opened import open_sealed, require_stream
from counterseal.manifest.digest import sha256
from counterseal.manifest.page import Page, encode_page, read_page
from counterseal.manifest.record import Digest, Origin
from counterseal.manifest.statement import encode_statement
from counterseal.manifest.types import parse_time
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Role, Trust
from counterseal.store.blobs import put_blob
from counterseal.store.interface import Retention, Store

_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class About:
    """What a page is about, by what it says.

    Attributes:
        topics: the books that it may stand in; what is new is entered in the first.
        names: its names for `streams` of the trust file: the id of a stream, the URI of a repository.
    """

    topics: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A sort of book.

    Attributes:
        folder: where its books lie, with the slash.
        topic: what names one of them, as a pattern.
        stage: the stage of the records that are its pages.
        file_name: what the document of a page is called.
        role: what a key must be trusted for to enter something.
        about: returns what a page is about, by what it says and where it lies; it refuses what says nothing.
    """

    folder: str
    topic: str
    stage: str
    file_name: str
    role: Role
    about: Callable[[dict[str, Any], str], About]

    def place_of(self, key: str) -> tuple[str, int] | None:
        """Return the topic and the number that a key names, or None when no page has this name."""
        match = self._key.fullmatch(key)
        return (match[1], int(match[2])) if match and int(match[2]) else None

    def key(self, topic: str, number: int) -> str:
        """Return the key of a page."""
        return f"{self.folder}{topic}/{number:06d}.json"

    @cached_property
    def _key(self) -> re.Pattern[str]:
        return re.compile(rf"{self.folder}({self.topic})/([0-9]{{6}})\.json")


@dataclass(frozen=True, slots=True)
class Entered:
    """A page whose seal holds.

    Attributes:
        page: the page.
        key: where it lies.
        payload: the digest of its record's payload.
        document: the digest of the page's bytes.
        at: when it was entered, as its record states.
    """

    page: Page
    key: str
    payload: str
    document: str
    at: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """What lies under the name of a page.

    Attributes:
        key: the name.
        topic: the topic that it names.
        number: the number that it names.
        entered: the page; None when there is none that can be read.
        wrong: what is wrong with it; None when nothing is.
        code: `gap`, `link` or `time` where it does not follow the page before; None elsewhere.
    """

    key: str
    topic: str
    number: int
    entered: Entered | None = None
    wrong: CountersealError | None = None
    code: str | None = None

    @property
    def counts(self) -> bool:
        """Whether the next page follows this one; what comes after a gap may be true itself."""
        return self.entered is not None and self.code in {None, "gap"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A page that is sealed and not entered yet.

    Attributes:
        key: where it belongs.
        document: its bytes.
        bundle: its seal, which verifies.
    """

    key: str
    document: bytes
    bundle: bytes


@dataclass(frozen=True, slots=True)
class Book:
    """The books of one kind.

    Attributes:
        store: where they are.
        trust: whose seals are believed.
        kind: which they are.
    """

    store: Store
    trust: Trust
    kind: Kind

    def read(self, key: str) -> Entered:
        """Return one page, whatever comes before it.

        Raises:
            SealError: its seal does not hold, or its key may not enter this.
            MalformedError: it is no page, or another than its name says, or about something else.
            StoreError: it cannot be read.
        """
        place = self.kind.place_of(key)
        if place is None:
            raise MalformedError("no page of a book has this name", where=key)
        opened, data = open_document(self.store, self.trust, key, self.kind.stage, self.kind.role)
        page = read_page(data, key)
        if (page.book, page.number) != (f"{self.kind.folder}{place[0]}", place[1]):
            raise MalformedError(f"this is page {page.number} of {page.book}, under another name", where=key)
        self._require_about(page, opened.keyid, key)
        return Entered(page, key, opened.payload, sha256(data), opened.statement.predicate.created_at)

    def walk(self, keys: Iterable[str]) -> Iterator[Leaf]:
        """Yield what lies under each key, in order; keys that name no page are left out."""
        before: Entered | None = None
        last = Leaf("", "", 0)
        for key in keys:
            place = self.kind.place_of(key)
            if place is None:
                continue
            if place[0] != last.topic:
                before, last = None, Leaf("", place[0], 0)
            whole = place[1] == last.number + 1 and (last.counts or not last.number)
            last = self._leaf(key, place, before, whole)
            before = last.entered if last.counts else before
            yield last

    def entries(self, topic: str = "") -> Iterator[Entered]:
        """Yield the pages of one book or of all, in order.

        Raises:
            SealError, MalformedError, StoreError: one of them is not what it should be, or is missing.
        """
        for leaf in self.walk(self.store.keys(f"{self.kind.folder}{topic}/" if topic else self.kind.folder)):
            if leaf.wrong is not None:
                raise leaf.wrong
            if leaf.entered is not None:
                yield leaf.entered

    def newest(self) -> Iterator[Entered]:
        """Yield the newest page of every book, in order. Errors as of `entries`."""
        for _, pages in groupby(self.entries(), key=lambda one: one.page.book):
            *_, last = pages
            yield last

    def last(self, topic: str) -> tuple[Entered | None, int]:
        """Return the last true page of a book, and the number of the next one, whose name is free.

        Raises:
            StoreError: the store failed; nobody can tell then what the last true page is.
        """
        before, number, taken = None, 0, set()
        for leaf in self.walk(self.store.keys(f"{self.kind.folder}{topic}/")):
            if isinstance(leaf.wrong, StoreError):
                raise leaf.wrong
            taken.add(leaf.number)
            if leaf.counts:
                before, number = leaf.entered, leaf.number
        while number + 1 in taken:  # what is no page must not keep anybody from entering one
            number += 1
        return before, number + 1

    def draft(self, says: dict[str, Any], *, at: str, origin: Origin, sealer: Sealer) -> Draft:
        """Seal the next page of a book, and judge its seal as every reader will; nothing is written.

        Args:
            says: what is entered; which book it belongs in follows from it.
            at: the present moment, a `Time`.
            origin: the commit and run that enter it.
            sealer: seals it.

        Raises:
            SealError: the seal would not be believed, or the clock stands before the last page.
            MalformedError: it says nothing that a reader would understand.
        """
        kind, (topic, *_) = self.kind, self.kind.about(says, self.kind.folder).topics
        before, number = self.last(topic)
        key = kind.key(topic, number)
        previous = Digest(sha256=before.payload) if before else None
        page = Page(book=f"{kind.folder}{topic}", number=number, previous=previous, says=says)
        data = encode_page(page)
        read_page(data, key)  # nothing is entered that could not be read
        bundle = sealer.seal(
            encode_statement(statement_of(kind.stage, kind.file_name, data, at=at, origin=origin))
        )
        opened = open_sealed(bundle, self.trust, kind.role, where=key)
        self._require_about(page, opened.keyid, key)
        wrong = _unlike(Entered(page, key, opened.payload, sha256(data), at), before)
        if wrong is not None:
            raise SealError(wrong[1], where=key, remedy="set the clock, and run this again")
        return Draft(key, data, bundle)

    def enter(self, draft: Callable[[], Draft | None], retention: Retention | None) -> Entered | None:
        """Enter a page, drafting it again as long as others are faster; return it as it was read back.

        Args:
            draft: drafts it; None when there is nothing to enter any more.
            retention: how long it must be kept.

        Raises:
            SealError: others are faster all the time, or as for `draft`.
            StoreError: the store failed.
        """
        for _ in range(_ATTEMPTS):
            one = draft()
            if one is None:
                return None
            if self._create(one, retention):
                return self.read(one.key)
        raise SealError("others enter something here all the time", where=self.kind.folder)

    def _create(self, draft: Draft, retention: Retention | None) -> bool:
        put_blob(self.store, draft.document, retention=retention)
        try:
            self.store.put(draft.key, draft.bundle, retention=retention)
        except StoreConflict:
            # A store may have repeated our own request after an answer that was lost on the way.
            return self.store.get(draft.key) == draft.bundle
        return True

    def _require_about(self, page: Page, keyid: str | None, key: str) -> None:
        """Return when a page stands in the book that it belongs in, and its signer may seal for that."""
        about = self.kind.about(page.says, key)
        if page.book.removeprefix(self.kind.folder) not in about.topics:
            raise MalformedError(f"the page is about {about.topics[0]}", where=key)
        require_stream(self.trust, keyid, about.names, key)

    def _leaf(self, key: str, place: tuple[str, int], before: Entered | None, whole: bool) -> Leaf:
        """Return what lies there; `whole` tells whether a page that counts has the number before."""
        try:
            entered = self.read(key)
        except (StoreError, SealError, MalformedError) as refusal:
            return Leaf(key, *place, wrong=refusal)
        wrong = _unlike(entered, before)
        if wrong is None:
            return Leaf(key, *place, entered)
        code, text = wrong
        if code == "link" and not whole:
            code, text = "gap", "a page before this one is missing, or is none"
        return Leaf(key, *place, entered, SealError(text, where=key), code)


def _unlike(entered: Entered, before: Entered | None) -> tuple[str, str] | None:
    """Return why a page does not follow the last true one before it, with its code."""
    previous = entered.page.previous.sha256 if entered.page.previous else None
    expected = before.payload if before else None
    if previous != expected:
        return "link", f"it follows {previous or 'nothing'}, and before it is {expected or 'nothing'}"
    if before is not None and parse_time(entered.at) < parse_time(before.at):
        return "time", f"it says that it was entered at {entered.at}, and the page before it at {before.at}"
    return None
