"""Bank account numbers: IBAN, by its country's length and its check digits (ISO 13616-1, ISO 7064)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import re2

from counterseal.checks.contents.hit import Hit

_CANDIDATE: Final = re2.compile(r"[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9](?:[ -]?[A-Z0-9]){9,32}")
_BESIDE: Final = re.compile(r"[A-Za-z0-9_]")

# The lengths of the IBAN registry (SWIFT, release 98).
LENGTHS: Final = {
    word[:2]: int(word[2:])
    for word in [
        "AD24",
        "AE23",
        "AL28",
        "AT20",
        "AZ28",
        "BA20",
        "BE16",
        "BG22",
        "BH22",
        "BI27",
        "BR29",
        "BY28",
        "CH21",
        "CR22",
        "CY28",
        "CZ24",
        "DE22",
        "DJ27",
        "DK18",
        "DO28",
        "EE20",
        "EG29",
        "ES24",
        "FI18",
        "FK18",
        "FO18",
        "FR27",
        "GB22",
        "GE22",
        "GI23",
        "GL18",
        "GR27",
        "GT28",
        "HR21",
        "HU28",
        "IE22",
        "IL23",
        "IQ23",
        "IS26",
        "IT27",
        "JO30",
        "KW30",
        "KZ20",
        "LB28",
        "LC32",
        "LI21",
        "LT20",
        "LU20",
        "LV21",
        "LY25",
        "MC27",
        "MD24",
        "ME22",
        "MK19",
        "MN20",
        "MR27",
        "MT31",
        "MU30",
        "NI28",
        "NL18",
        "NO15",
        "OM23",
        "PK24",
        "PL28",
        "PS29",
        "PT25",
        "QA29",
        "RO24",
        "RS22",
        "RU33",
        "SA24",
        "SC31",
        "SD18",
        "SE24",
        "SI19",
        "SK24",
        "SM27",
        "SO23",
        "ST25",
        "SV28",
        "TL23",
        "TN24",
        "TR26",
        "UA29",
        "VA22",
        "VG24",
        "XK20",
        "YE30",
    ]
}
# The examples of the registry and of banks' manuals, which everybody knows.
_PUBLISHED: Final = frozenset(
    [
        "GB29NWBK60161331926819",
        "GB82WEST12345698765432",
        "GB33BUKB20201555555555",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "ES9121000418450200051332",
        "NL91ABNA0417164300",
        "CH9300762011623852957",
        "IT60X0542811101000000123456",
        "BE68539007547034",
        "AT611904300234573201",
        "IE29AIBK93115212345678",
        "SE4550000000058398257466",
        "NO9386011117947",
        "DK5000400440116243",
        "PL61109010140000071219812874",
    ]
)


def find_ibans(text: str) -> Iterator[Hit]:
    """Yield the IBANs of a text."""
    for found in _CANDIDATE.finditer(text):
        start = found.start()
        if start and _BESIDE.match(text[start - 1]):
            continue
        whole = _cut(text, start)
        if whole and is_iban(whole):
            known = whole in _PUBLISHED
            what = f"a bank account number ({whole[:2]})" + (", published as an example" if known else "")
            yield Hit("iban", "personal-data", what, whole, start, known=known)


def is_iban(text: str) -> bool:
    """Tell whether a text without separators has the length of its country, and right check digits."""
    if LENGTHS.get(text[:2]) != len(text):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def _cut(text: str, start: int) -> str | None:
    """Return as many characters as the country's numbers have, without separators; None when it goes on."""
    length, found, at = LENGTHS.get(text[start : start + 2], 0), "", start
    while at < len(text) and len(found) < length:
        one = text[at]
        if one not in " -":
            if not (one.isascii() and one.isalnum()):
                return None
            found += one
        at += 1
    goes_on = at < len(text) and bool(_BESIDE.match(text[at]))
    return found if length and len(found) == length and not goes_on else None
