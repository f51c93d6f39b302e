"""Personal data: mail addresses, telephone numbers, and national numbers that have a checksum.

Code is full of what looks like them; so this detector is only for who names it in the policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import re2

from counterseal.checks.contents.hit import Hit

_RESERVED: Final = re.compile(
    r"(?i)(?:\.|@)(?:example|test|invalid|localhost|local)(?:\.(?:com|org|net))?\Z|users\.noreply\."
)
_CONTROL: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def _is_mail(text: str) -> bool:
    return not _RESERVED.search(text) and not text.startswith(("git@", "noreply@", "no-reply@"))


def _is_phone(text: str) -> bool:
    return 8 <= len(re.sub(r"\D", "", text)) <= 15  # noqa: PLR2004 - ITU-T E.164


def _is_dni(text: str) -> bool:
    """Tell whether a Spanish identity number has its letter (Real Decreto 1553/2005)."""
    number = text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _CONTROL[int(number) % 23] == text[-1]


def _is_tax_id(text: str) -> bool:
    """Tell whether a German tax number has its check digit (ISO 7064 mod 11,10), and repeats a digit."""
    product = 10
    for one in text[:-1]:
        total = (int(one) + product) % 10 or 10
        product = total * 2 % 11
    repeated = max(text[:-1].count(one) for one in set(text[:-1]))
    return (11 - product) % 10 == int(text[-1]) and text[0] != "0" and repeated in (2, 3)


def _is_social_security(text: str) -> bool:
    """Tell whether an American social security number may have been given: no 000, 666, 9xx, 00, 0000."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


_MAIL: Final = r"\b([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,3}\.[A-Za-z]{2,24})\b"
_PHONE: Final = r"(?:^|[\s:(\"'])(\+[1-9][0-9]{0,2}(?:[ -]?\(?[0-9]{1,5}\)?){2,5})\b"
_INSURANCE: Final = r"\b([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D])\b"
_NEVER_GIVEN: Final = ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
_RULES: Final[tuple[tuple[str, str, str, Callable[[str], bool]], ...]] = (
    ("email-address", "a mail address", _MAIL, _is_mail),
    ("phone-number", "a telephone number", _PHONE, _is_phone),
    ("spanish-dni", "a Spanish identity number", r"\b([XYZ0-9][0-9]{7}[A-Z])\b", _is_dni),
    ("german-tax-id", "a German tax number", r"\b([1-9][0-9]{10})\b", _is_tax_id),
    (
        "us-social-security",
        "a social security number",
        r"\b([0-9]{3}-[0-9]{2}-[0-9]{4})\b",
        _is_social_security,
    ),
    (
        "uk-national-insurance",
        "a national insurance number",
        _INSURANCE,
        lambda text: text[:2] not in _NEVER_GIVEN,
    ),
)
_EACH: Final = tuple((rule, what, re2.compile(pattern), holds) for rule, what, pattern, holds in _RULES)


def find_personal(text: str) -> Iterator[Hit]:
    """Yield the personal data of a text."""
    for rule, what, pattern, holds in _EACH:
        for found in pattern.finditer(text):
            if holds(found[1]):
                yield Hit(rule, "personal-data", what, found[1], found.start(1))
