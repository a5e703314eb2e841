"""Money as integer minor units, so that sums are exact."""

from typing import Final

import msgspec

# ISO 4217 lists the decimals ("minor unit") of each currency; two is the rule, these are the exceptions.
_EXPONENTS: Final = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


class Money(msgspec.Struct, frozen=True, array_like=True):
    """An amount in integer minor units (cents, pence, yen) of an ISO 4217 currency."""

    minor: int
    currency: str

    def shown(self) -> str:
        """Return the amount as people write it, `12.50 EUR`."""
        return f"{major_text(self.minor, self.currency)} {self.currency}"


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency's minor unit."""
    return _EXPONENTS.get(currency, 2)


def minor_units(amount: float, currency: str) -> int:
    """Convert an amount in major units to integer minor units, half to even."""
    scale: int = 10 ** exponent(currency)
    return round(amount * scale)


def converted(minor: int, source: str, target: str, rate: float) -> int:
    """Convert minor units between currencies; `rate` is how much of `target` one major unit of `source` buys."""
    scale: float = 10.0 ** (exponent(target) - exponent(source))
    return round(minor * rate * scale)


def major_text(minor: int, currency: str) -> str:
    """Return minor units as decimal text in major units, without binary rounding: 1250 USD is `12.50`."""
    digits = exponent(currency)
    if digits == 0:
        return str(minor)
    sign, size = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{size // 10**digits}.{size % 10**digits:0{digits}d}"
