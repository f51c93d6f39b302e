from __future__ import annotations

import pytest
from payments.errors import CurrencyMismatch, InvalidRequest
from payments.money import LARGEST, Money


def test_addition_and_subtraction_are_exact():
    assert Money(10, "EUR") + Money(20, "EUR") == Money(30, "EUR")
    assert Money(10, "EUR") - Money(20, "EUR") == Money(-10, "EUR")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(123456, "EUR"), "1234.56 EUR"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(1500, "JPY"), "1500 JPY"),
        (Money(1005, "BHD"), "1.005 BHD"),
    ],
)
def test_text_has_the_digits_of_the_currency(money, text):
    assert str(money) == text


def test_two_currencies_never_mix():
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") < Money(2, "USD")


@pytest.mark.parametrize("minor", [0.1, True, "1", None, LARGEST + 1, -LARGEST - 1])
def test_only_a_whole_number_in_range_is_an_amount(minor):
    with pytest.raises(InvalidRequest):
        Money(minor, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "XXX"])
def test_an_unknown_currency_is_refused(currency):
    with pytest.raises(InvalidRequest):
        Money(1, currency)
