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
from itertools import accumulate
from typing import Final

from msgspec.structs import replace

from counterseal.errors import UsageError
from counterseal.manifest.pseudonym import DOMAIN, HIDDEN, account_name, person_name
from counterseal.manifest.release import Person
from counterseal.policy.forge import Account, GitPerson
from counterseal.policy.people import People, PersonEntry, account_hidden_in, addresses_in

LEAST_KEY: Final = 32
"""How many characters the key has at least."""

_LONGEST_LINE: Final = 900  # characters of pseudonyms; what is beyond would not fit into a manifest
_MAY_GROW: Final = 2000  # characters to which a text may grow; a longer one stays within its own length
_BEYOND: Final = f"{person_name('0' * 64)}@{DOMAIN}"  # nobody's: who is left out of a line stays unresolved

_MAIL = re.compile(r"([\"'(\[{,;:]*)([^\s<>@]+@[^\s<>@]+?)([\"')\]},.;:!?]*)(?![^\s<>@])")
_REF = re.compile(
    r"\S*/\S*@\S+|\S+@(?:v?[0-9][\w.+-]*|[0-9a-f]{7,64})"
)  # of a package or an action, not a mail address
_NAMED = re.compile(r"(?:(?![\w.'-]*[0-9])[^\W\d_][\w.'-]*[ \t]+){1,3}(?=<[^\s<>@]+@[^\s<>@]+>)")
_MENTION = re.compile(r"(?<![A-Za-z0-9.@])@([A-Za-z0-9][A-Za-z0-9_-]{0,99})(?![\w/@-]|\.\w)")
_OWNER = re.compile(r"(Merge pull request #[0-9]+ from )([A-Za-z0-9][\w-]*)(?=/)")
_PROFILE = re.compile(r"(https?://(?:www\.)?github\.com/)([A-Za-z0-9][\w-]*)(?![\w/-])")
_BY = "acked|approved|authored|co-authored|co-developed|committed|debugged|diagnosed|found|helped|improved"
_BY += (
    "|mentored|merged|paired|pushed|reported|requested|reviewed|signed-off|submitted|suggested|tested|written"
)
_TRAILER = re.compile(rf"([ \t>*-]*(?:{_BY})-by[ \t]*:[ \t]*)(.*?)([ \t\r]*)", re.IGNORECASE)
_MACHINE = re.compile(r"https?://[^\s/@]+/[^\s/@]+/\S+@\S+|(?:spiffe|urn|repo):\S+")


def names_a_person(signer: str) -> bool:
    """Tell whether a signer is told by `issuer subject` with a subject that is no workflow's URI."""
    _, keyless, subject = signer.partition(" ")
    return bool(keyless) and _MACHINE.fullmatch(subject) is None


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
        found = dict.fromkeys(f"<{self.address(one)}>" for one in addresses_in(text))
        lengths = accumulate(len(one) + 1 for one in found)
        shown = [one for one, length in zip(found, lengths, strict=True) if length <= _LONGEST_LINE]
        shown += [f"<{_BEYOND}>"] if len(shown) < len(found) else []
        return " ".join(shown) or (text.strip() and self._name("name", text.strip().casefold()))

    def prose(self, text: str) -> str:
        """Return what somebody wrote, with pseudonyms for addresses, mentions and `Signed-off-by` lines."""
        told, trailer = [], False
        for line in text.split("\n"):
            goes_on = trailer and line[:1] in " \t" and bool(line.strip())
            told.append(f" {self.line(line)}" if goes_on else self._sentence(line))
            trailer = goes_on or _TRAILER.fullmatch(line) is not None
        return "\n".join(told)[: max(len(text), _MAY_GROW)]

    def key(self, name: str) -> str:
        """Return what names a key: a fingerprint as it is, a keyless signer without a person's address."""
        if not names_a_person(name):
            return name
        issuer, _, subject = name.partition(" ")
        if addresses_in(subject) == (subject,):
            return f"{issuer} {self.address(subject)}"
        return f"{issuer} {self._name('subject', subject)} {self.line(subject)}"

    def tracker(self, name: str) -> str:
        """Return the pseudonym of an id in the ticket tracker."""
        return self._name("tracker", name)

    def employee(self, name: str) -> str:
        """Return the pseudonym of a person of the identity map; `account:<number>` is one already."""
        return name if name.startswith("account:") else self._name("employee", name)

    def people(self, people: People) -> People:
        """Return an identity map in which everybody is who they were, under their pseudonyms."""
        bots = tuple(replace(bot, keys=tuple(map(self.key, bot.keys))) for bot in people.bots)
        return replace(people, people=tuple(map(self._entry, people.people)), bots=bots)

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
        told = _MAIL.sub(self._mail, _NAMED.sub("", text))
        for pattern in (_OWNER, _PROFILE):
            told = pattern.sub(lambda found: f"{found[1]}{self.mention(found[2])}", told)
        return _MENTION.sub(lambda found: f"@{self.mention(found[1])}", told)

    def _mail(self, found: re.Match[str]) -> str:
        return found[0] if _REF.fullmatch(found[2]) else f"{found[1]}{self.address(found[2])}{found[3]}"

    def _name(self, kind: str, text: str) -> str:
        """Return a digest of a name; that of one kind says nothing of another."""
        whole = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return person_name(whole.hexdigest())
