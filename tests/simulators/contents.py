"""A labelled set for the detectors: texts with what is in them, made from a seed.

Values are put together here from the standards alone (checksums, lengths, alphabets), in contexts of many
sorts. Beside what a detector should find stand the things that it is mostly fooled by, and some real ones
that it cannot know.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
import zlib
from dataclasses import dataclass

_ISSUERS = (
    ("4", 16),
    ("51", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("3530", 16),
    ("36", 14),
    ("62", 16),
)
_COUNTRIES = {
    "DE": (18, "d"),
    "GB": (18, "ad"),
    "FR": (23, "d"),
    "NL": (14, "ad"),
    "NO": (11, "d"),
    "MT": (27, "ad"),
    "CH": (17, "d"),
}
_CONTEXTS = (
    "{}",
    "pan={}",
    '{{"card": "{}"}}',
    "2026-11-26 ERROR payment of {} refused",
    "name,number\nann,{}\n",
    "INSERT INTO cards VALUES ('{}');",
    "# {}",
    "<td>{}</td>",
    "Card: {}.",
    "x = '{}'  # customer",
)


@dataclass(frozen=True)
class Labelled:
    """A text.

    Attributes:
        text: the text.
        detector: the detector that it is about.
        holds: whether there is something to find.
        sort: what sort of case it is.
    """

    text: str
    detector: str
    holds: bool
    sort: str


def labelled(seed, count=100):
    """Return the set of a seed: about `count` cases of each sort."""
    made = random.Random(seed)
    cases = []
    for at in range(count):
        cases += _of_cards(made, at) + _of_ibans(made, at) + _of_secrets(made, at)
    return cases


def luhn(digits):
    total = 0
    for at, one in enumerate(reversed(digits + "0")):
        value = int(one) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def card(made):
    start, length = made.choice(_ISSUERS)
    return luhn(start + "".join(made.choices("0123456789", k=length - len(start) - 1)))


def iban(made):
    country, (length, kinds) = made.choice(list(_COUNTRIES.items()))
    alphabet = string.digits + (string.ascii_uppercase if "a" in kinds else "")
    body = "".join(made.choices(alphabet, k=length))
    if country in ("GB", "NL"):
        body = "".join(made.choices(string.ascii_uppercase, k=4)) + "".join(
            made.choices(string.digits, k=length - 4)
        )
    number = int("".join(str(int(one, 36)) for one in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02}{body}"


def _grouped(digits, separator):
    if len(digits) == 15:
        return separator.join((digits[:4], digits[4:10], digits[10:]))
    return separator.join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _of_cards(made, at):
    number = card(made)
    shown = made.choice((number, number, _grouped(number, " "), _grouped(number, "-")))
    wrong = number[:-1] + str((int(number[-1]) + made.randint(1, 9)) % 10)
    noise = "".join(made.choices("0123456789", k=16))
    return [
        Labelled(_CONTEXTS[at % len(_CONTEXTS)].format(shown), "card-number", True, "card"),
        Labelled(f"order {wrong}", "card-number", False, "wrong checksum"),
        Labelled(f"id: {luhn('9' + noise[1:15])}", "card-number", False, "no issuer"),
        Labelled(f"{made.random():.17f} {made.random() * 1e16:.4f}", "card-number", False, "float"),
        Labelled(str(uuid.UUID(int=made.getrandbits(128))), "card-number", False, "uuid"),
        Labelled(f"sha256:{made.getrandbits(256):064x}", "card-number", False, "digest"),
        Labelled(f"at {1_700_000_000_000 + made.randrange(10**11)}000 ms", "card-number", False, "timestamp"),
        Labelled(f"tel +49 {made.randrange(10**10):010}", "card-number", False, "telephone"),
        Labelled(f"row {noise}", "card-number", False, "any 16 digits"),
    ]


def _of_ibans(made, at):
    number = iban(made)
    shown = made.choice((number, number, _grouped(number, " ")))
    wrong = f"{number[:2]}{(int(number[2:4]) + 1) % 100:02}{number[4:]}"
    return [
        Labelled(_CONTEXTS[at % len(_CONTEXTS)].format(shown), "iban", True, "iban"),
        Labelled(f"account {wrong}", "iban", False, "wrong check digits"),
        Labelled(f"{made.getrandbits(160):040X}", "iban", False, "hex"),
        Labelled(
            "ID" + "".join(made.choices(string.ascii_uppercase + string.digits, k=20)),
            "iban",
            False,
            "reference",
        ),
        Labelled(base64.b64encode(made.randbytes(60)).decode(), "iban", False, "base64"),
    ]


def _token(made, length, alphabet=string.ascii_letters + string.digits):
    return "".join(made.choices(alphabet, k=length))


def _checked(prefix, body):
    number, found = zlib.crc32(body.encode()), ""
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    while number:
        number, digit = divmod(number, 62)
        found = digits[digit] + found
    return prefix + body + found.rjust(6, "0")


def _of_secrets(made, at):
    base32 = string.ascii_uppercase + "234567"
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    )
    claims = base64.urlsafe_b64encode(json.dumps({"sub": _token(made, 12)}).encode()).decode().rstrip("=")
    key = base64.b64encode(made.randbytes(600)).decode()
    lines = "\n".join(key[start : start + 64] for start in range(0, len(key), 64))
    password = _token(made, 14, string.ascii_letters + string.digits + "!#%&*+?") + "aZ7!"
    real = (
        f"AWS_ACCESS_KEY_ID={made.choice(('AKIA', 'ASIA'))}{_token(made, 16, base32)}",
        f'aws_secret_access_key = "{_token(made, 40, string.ascii_letters + string.digits + "/+")}"',
        f"token: {_checked('ghp_', _token(made, 30))}",
        f"//registry/:_authToken={_checked('npm_', _token(made, 30))}",
        f"glpat-{_token(made, 20)}",
        f"curl -H 'Authorization: Bearer {header}.{claims}.{_token(made, 43)}'",
        "-----BEGIN RSA " + f"PRIVATE KEY-----\n{lines}\n-----END RSA " + "PRIVATE KEY-----",
        f"postgresql://app:{_token(made, 12)}Q7@db.internal:5432/ledger",
        f'password = "{password}"',
        f"{{'api_key': '{_token(made, 24)}-Q7'}}",
        f"sk_{'live'}_{_token(made, 24)}",
        f"AccountKey={base64.b64encode(made.randbytes(64)).decode()}",
        f"PASSWORD={password}",  # without quotation marks: nobody can tell it from a name
    )
    innocent = (
        'password = os.environ["DB_PASSWORD"]',
        'password = "changeme"',
        "token: ${{ secrets.TOKEN }}",
        'secret = "<your-secret-here>"',
        f'"integrity": "sha512-{base64.b64encode(made.randbytes(64)).decode()}"',
        f"commit {made.getrandbits(160):040x}",
        'api_key = "XXXXXXXXXXXXXXXXXXXXXXXX"',
        f"ghp_{'a' * 36}",
        "postgresql://user:password@localhost/test",
        f"--hash=sha256:{made.getrandbits(256):064x}",
        "AKIAIOSFODNN7EXAMPLE",
        "password_field = 'customer_password_input'",
        "redis://cache:6379/0",
        "-----BEGIN PUBLIC KEY-----\n" + lines + "\n-----END PUBLIC KEY-----",
        "def get_token(secret: str) -> str:",
        f"nonce = '{uuid.UUID(int=made.getrandbits(128))}'",
        'tokens = ["BEGIN", "END"]',
        "pwd: $(pwd)",
    )
    return [
        Labelled(real[at % len(real)], "secret", True, f"secret {at % len(real)}"),
        Labelled(innocent[at % len(innocent)], "secret", False, f"innocent {at % len(innocent)}"),
        Labelled(innocent[(at + 7) % len(innocent)], "secret", False, f"innocent {(at + 7) % len(innocent)}"),
    ]


def measured(hits_in, cases):
    """Return precision, recall, and what was wrong, for each detector."""
    result = {}
    for detector in ("card-number", "iban", "secret"):
        mine = [one for one in cases if one.detector == detector]
        said = [(one, bool(hits_in(one.text, [detector]))) for one in mine]
        right = sum(one.holds and told for one, told in said)
        told = sum(told for _, told in said)
        wrong = sorted(
            {f"{'missed' if one.holds else 'false'}: {one.sort}" for one, told_ in said if told_ != one.holds}
        )
        result[detector] = (right / told, right / sum(one.holds for one in mine), len(mine), wrong)
    return result
