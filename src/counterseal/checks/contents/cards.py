"""Card numbers: digits with a checksum (ISO/IEC 7812-1) that begin as an issuer's numbers do.

A checksum alone is met by one in ten numbers; the ranges and lengths of the networks leave about one in
eighty of random numbers of 16 digits, and separators have to stand where they are printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import re2

from counterseal.checks.contents.hit import Hit

_CANDIDATES: Final = tuple(
    map(re2.compile, (r"[0-9]{13,19}", r"[0-9]{4}[ -][0-9]{4,6}[ -][0-9]{4,5}(?:[ -][0-9]{1,4}){0,2}"))
)
# What may not stand right beside it: then it is a part of something longer, of a number or of a name.
_BEFORE: Final = re.compile(r"[0-9A-Za-z_./+$#-]\Z")
_AFTER: Final = re.compile(r"[0-9A-Za-z_/+=-]|[.,][0-9]")
_GROUPS: Final = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1))

# Network, first and last beginning, lengths.
_RANGES: Final[tuple[tuple[str, int, int, tuple[int, ...]], ...]] = (
    ("American Express", 34, 34, (15,)),
    ("American Express", 37, 37, (15,)),
    ("Diners Club", 300, 305, (14,)),
    ("Diners Club", 36, 36, (14,)),
    ("Diners Club", 38, 39, (14, 16)),
    ("Discover", 6011, 6011, (16,)),
    ("Discover", 644, 649, (16,)),
    ("Discover", 65, 65, (16,)),
    ("JCB", 3528, 3589, (16,)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("UnionPay", 62, 62, (16, 17, 18, 19)),
    ("Maestro", 5018, 5018, (16, 18, 19)),
    ("Maestro", 5020, 5020, (16, 18, 19)),
    ("Maestro", 5038, 5038, (16, 18, 19)),
    ("Maestro", 6304, 6304, (16, 18, 19)),
    ("Maestro", 6759, 6763, (16, 18, 19)),
    ("Visa", 4, 4, (13, 16, 19)),
)
# Published for tests by the networks, by Stripe, Adyen, PayPal, Braintree and others.
_PUBLISHED: Final = frozenset(
    [
        "4242424242424242",
        "4111111111111111",
        "4000056655665556",
        "4012888888881881",
        "4222222222222",
        "4000000000000002",
        "4000000000000077",
        "4000000000009995",
        "4000002500003155",
        "4000002760003184",
        "4000000000003220",
        "4000000000000341",
        "4917610000000000",
        "4444333322221111",
        "4035501000000008",
        "4988438843884305",
        "4166676667666746",
        "4646464646464644",
        "5555555555554444",
        "5105105105105100",
        "5200828282828210",
        "2223003122003222",
        "2223000048400011",
        "2222400070000005",
        "5454545454545454",
        "5136333333333335",
        "5425233430109903",
        "5500005555555559",
        "5555341244441115",
        "2222410740360010",
        "378282246310005",
        "371449635398431",
        "378734493671000",
        "341111111111111",
        "370000000000002",
        "374245455400126",
        "6011111111111117",
        "6011000990139424",
        "6011981111111113",
        "6445644564456445",
        "6011601160116611",
        "30569309025904",
        "38520000023237",
        "36227206271667",
        "36006666333344",
        "3056930009020004",
        "3530111333300000",
        "3566002020360505",
        "3569990010095841",
        "6200000000000005",
        "6205500000000000004",
        "6771798021000008",
    ]
)


def find_cards(text: str) -> Iterator[Hit]:
    """Yield the card numbers of a text."""
    for found in (one for pattern in _CANDIDATES for one in pattern.finditer(text)):
        start, end = found.span()
        if _BEFORE.search(text[max(0, start - 1) : start]) or _AFTER.match(text[end : end + 2]):
            continue
        digits = re.sub("[ -]", "", found[0])
        network = network_of(digits)
        if network and _is_grouped(found[0]) and is_checked(digits) and len(set(digits)) > 1:
            known = digits in _PUBLISHED
            what = f"a card number ({network})" + (", published for tests" if known else "")
            yield Hit("card-number", "personal-data", what, digits, start, known=known)


def network_of(digits: str) -> str | None:
    """Return whose number it may be, by how it begins and how long it is."""
    for network, first, last, lengths in _RANGES:
        if len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last:
            return network
    return None


def is_checked(digits: str) -> bool:
    """Tell whether the last digit is what the others make it (ISO/IEC 7812-1, annex B)."""
    doubled = [int(one) * (2 if at % 2 else 1) for at, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0  # noqa: PLR2004 - the sum of two digits


def _is_grouped(text: str) -> bool:
    """Tell whether separators, if any, are one and the same and stand where they are printed."""
    separators = set(re.sub("[0-9]", "", text))
    if not separators:
        return True
    sizes = tuple(len(group) for group in re.split("[ -]", text))
    return len(separators) == 1 and (sizes in _GROUPS or (set(sizes[:-1]) == {4} and sizes[-1] <= sizes[0]))
