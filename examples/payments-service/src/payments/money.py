"""Money: a whole number of minor units in one currency, never a fraction."""

from __future__ import annotations

from dataclasses import dataclass

from payments.errors import CurrencyMismatch, InvalidRequest

# Digits after the decimal point (ISO 4217).
EXPONENTS = {"BHD": 3, "CHF": 2, "EUR": 2, "GBP": 2, "JPY": 0, "USD": 2}
LARGEST = 10**15


@dataclass(frozen=True)
class Money:
    """An amount of money.

    Args:
        minor: the amount in minor units (cents for EUR); may be negative.
        currency: three letters of ISO 4217, one of those in `EXPONENTS`.

    Raises:
        InvalidRequest: the amount is no whole number or too large, or the currency is not supported.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int or abs(self.minor) > LARGEST:
            raise InvalidRequest("amount must be a whole number of minor units")
        if self.currency not in EXPONENTS:
            raise InvalidRequest("currency is not supported")

    def __add__(self, other: Money) -> Money:
        self._require_same(other)
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __lt__(self, other: Money) -> bool:
        self._require_same(other)
        return self.minor < other.minor

    def __str__(self) -> str:
        digits = EXPONENTS[self.currency]
        whole, fraction = divmod(abs(self.minor), 10**digits)
        sign = "-" if self.minor < 0 else ""
        point = f".{fraction:0{digits}d}" if digits else ""
        return f"{sign}{whole}{point} {self.currency}"

    def _require_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")
