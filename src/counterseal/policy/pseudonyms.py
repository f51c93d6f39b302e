"""Pseudonyms: how people stand in records that nobody can delete.

An account is its number. Whatever else names somebody becomes a keyed digest (HMAC, RFC 2104, with SHA-256):
the same name the same pseudonym, two names two of them. Pure; whatever is not a name stays, so that what is
judged comes to the same with pseudonyms as with names.

Sources: GDPR Articles 4(5) and 17; EDPB Guidelines 01/2025 on pseudonymisation.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from itertools import islice
from typing import Final

from msgspec.structs import replace

from counterseal.errors import UsageError
from counterseal.manifest.pseudonym import DOMAIN, HIDDEN, account_name
from counterseal.manifest.release import Person
from counterseal.policy.forge import Account, GitPerson
from counterseal.policy.people import People, PersonEntry, account_hidden_in, addresses_in

LEAST_KEY: Final = 32
"""How many characters the key has at least."""

_MOST_ADDRESSES: Final = 18  # of one line; they fit into what a manifest keeps of it
_BEYOND: Final = f"person-{'0' * 20}@{DOMAIN}"  # nobody's: whoever is left out of a line stays unresolved

_MAIL = re.compile(r"[^\s<>@\"'(),;:\[\]]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_MENTION = re.compile(r"(?<![\w@./-])@([A-Za-z0-9][A-Za-z0-9-]{0,38})(?![\w/@-]|\.\w)")
_TRAILER = re.compile(r"([ \t]*[A-Za-z]+(?:-[A-Za-z]+)*-by[ \t]*:[ \t]*)(.*?)([ \t\r]*)", re.IGNORECASE)


def names_a_person(signer: str) -> bool:
    """Tell whether a signer, a fingerprint or `issuer subject`, is named by a person's address."""
    return "/" not in signer.rsplit(" ", maxsplit=1)[-1] and _MAIL.search(signer) is not None


class Pseudonyms:
    """Turns names into pseudonyms.

    Args:
        key: the secret; the same for everything that is ever to be compared.

    Raises:
        UsageError: the key is too short to be one.
    """

    def __init__(self, key: str) -> None:
        if len(key) < LEAST_KEY:
            remedy = "make one with `openssl rand -hex 32` and keep it as a secret of the organisation"
            raise UsageError(
                f"the key has fewer than {LEAST_KEY} characters", where="pseudonyms", remedy=remedy
            )
        self._key = key.encode()

    def account(self, account: Account) -> Account:
        """Return an account without its login; a machine is no person and keeps its own."""
        return account if account.bot else replace(account, login=account_name(account.id))

    def person(self, person: Person) -> Person:
        """Return somebody who acted, by their number alone where they have one."""
        login = person.login and (account_name(person.id) if person.id else self.mention(person.login))
        return replace(person, login=login, text=person.text and self.line(person.text))

    def git_person(self, person: GitPerson) -> GitPerson:
        """Return somebody whom a commit names."""
        account = person.account and self.account(person.account)
        return replace(person, text=self.line(person.text), account=account)

    def address(self, mail: str) -> str:
        """Return the pseudonym of a mail address; it is an address that nobody can have."""
        if number := account_hidden_in(mail):
            return f"{number}+{account_name(number)}@{HIDDEN}"
        return f"{self._name('address', mail.casefold())}@{DOMAIN}"

    def line(self, text: str) -> str:
        """Return a line such as `name <address>`: only its addresses tell who that is."""
        found = dict.fromkeys(self.address(one) for one in addresses_in(text))
        shown = [f"<{one}>" for one in islice(found, _MOST_ADDRESSES)]
        shown += [f"<{_BEYOND}>"] if len(found) > _MOST_ADDRESSES else []
        return " ".join(shown) or (text.strip() and self._name("name", text.strip().casefold()))

    def prose(self, text: str) -> str:
        """Return what somebody wrote, with pseudonyms for addresses, mentions and `Signed-off-by` lines."""
        return "\n".join(map(self._sentence, text.split("\n")))

    def key(self, name: str) -> str:
        """Return what names a key: a fingerprint as it is, a keyless signer without a person's address."""
        return self._mails(name) if names_a_person(name) else name

    def tracker(self, name: str) -> str:
        """Return the pseudonym of an id in the ticket tracker."""
        return self._name("tracker", name)

    def employee(self, name: str) -> str:
        """Return the pseudonym of a person of the identity map; `account:<number>` is one already."""
        return name if name.startswith("account:") else self._name("employee", name)

    def people(self, people: People) -> People:
        """Return an identity map in which everybody is who they were, under their pseudonyms."""
        return replace(people, people=tuple(map(self._entry, people.people)))

    def mention(self, login: str) -> str:
        """Return the pseudonym of a login of which nobody knows the number."""
        return self._name("login", login.casefold())

    def machine(self, name: str) -> str:
        """Return the pseudonym of a computer's name, which is often that of whoever uses it."""
        return self._name("machine", name.casefold())

    def _entry(self, entry: PersonEntry) -> PersonEntry:
        return replace(
            entry,
            id=self.employee(entry.id),
            addresses=tuple(map(self.address, entry.addresses)),
            keys=tuple(map(self.key, entry.keys)),
            tracker=tuple(map(self.tracker, entry.tracker)),
        )

    def _sentence(self, text: str) -> str:
        if trailer := _TRAILER.fullmatch(text):
            return f"{trailer[1]}{self.line(trailer[2])}{trailer[3]}"
        return _MENTION.sub(lambda found: f"@{self.mention(found[1])}", self._mails(text))

    def _mails(self, text: str) -> str:
        return _MAIL.sub(lambda found: self.address(found[0]), text)

    def _name(self, kind: str, text: str) -> str:
        """Return a digest of a name; that of one kind says nothing of another."""
        whole = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"person-{whole.hexdigest()[:20]}"
