import pytest

from stream.model.money import Money, converted, exponent, major_text, minor_units


@pytest.mark.parametrize(
    ("currency", "digits"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("XYZ", 2)]
)
def test_currencies_have_their_own_number_of_decimals(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (12.5, "USD", 1250),
        (0, "USD", 0),
        (19.99, "USD", 1999),
        (0.29, "USD", 29),
        (1.10, "USD", 110),
        (-4.35, "USD", -435),
        (1500, "JPY", 1500),
        (1.234, "KWD", 1234),
        (10**12 + 0.01, "USD", 10**14 + 1),
    ],
)
def test_major_units_become_whole_minor_units(amount: float, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(("amount", "minor"), [(0.125, 12), (0.375, 38), (0.124, 12), (0.126, 13)])
def test_half_a_minor_unit_goes_to_the_even_one(amount: float, minor: int) -> None:
    assert minor_units(amount, "USD") == minor


def test_conversion_takes_decimals_of_both_currencies_into_account() -> None:
    assert converted(10_00, "EUR", "USD", 1.08) == 10_80
    assert converted(1_000, "JPY", "USD", 0.0067) == 6_70
    assert converted(1_000, "KWD", "USD", 3.25) == 3_25
    assert converted(3_25, "USD", "KWD", 1 / 3.25) == 1_000
    assert converted(10_00, "USD", "JPY", 150.0) == 1_500


def test_conversion_rounds_to_the_nearest_minor_unit() -> None:
    assert converted(1, "EUR", "USD", 1.49) == 1
    assert converted(1, "EUR", "USD", 1.51) == 2
    assert converted(-1, "EUR", "USD", 1.51) == -2


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "USD", "12.50"),
        (5, "USD", "0.05"),
        (0, "USD", "0.00"),
        (-5, "USD", "-0.05"),
        (-1250, "USD", "-12.50"),
        (1500, "JPY", "1500"),
        (-3, "JPY", "-3"),
        (1, "KWD", "0.001"),
        (10**17 + 1, "USD", "1000000000000000.01"),
    ],
)
def test_an_amount_is_written_without_binary_rounding(minor: int, currency: str, text: str) -> None:
    assert major_text(minor, currency) == text


def test_money_is_shown_with_its_currency() -> None:
    assert Money(1250, "EUR").shown() == "12.50 EUR"
    assert Money(1250, "JPY").shown() == "1250 JPY"


def test_text_and_minor_units_agree_both_ways() -> None:
    for minor in range(-250, 250, 7):
        for currency in ("USD", "JPY", "KWD"):
            assert minor_units(float(major_text(minor, currency)), currency) == minor
