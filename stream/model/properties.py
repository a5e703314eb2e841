"""The checks of an event's properties, made once from the tracking plan."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stream.model.errors import Rejected
from stream.model.events import Scalar
from stream.model.money import Money, converted, exponent, minor_units
from stream.model.plan import Plan, PlannedEvent, Property
from stream.model.times import parse_time

TEXT_MAX: Final = 1_024
"""Characters of a text property. Longer text is no property of behaviour, and profiles keep what they are fed."""

ELEMENTS_MOST: Final = 500
"""Elements of a list property: an event with more is rejected, since every trait over them costs so many updates."""

_INTEGER_END: Final = 1 << 63
_AMOUNT_MAX: Final = 1e12
_NUMBER_MAX: Final = 1 << 53
"""Numbers go as far as a double is exact to one: no quantity of behaviour is larger, and sums stay in bounds."""
_AMOUNT: Final = re.compile(r"[+-]?\d{1,16}(?:\.\d{1,16})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)

Check = Callable[[object], Scalar]


Checked = tuple[dict[str, Scalar], dict[str, Money] | None]
"""An event's accepted properties, and the originals of money that came in another currency."""


class EventChecks:
    """All checks of one planned event.

    `keys` names what is read from an event: its planned properties, then the properties that hold their currencies.
    `check` takes the values in that order, None for absent.
    """

    def __init__(self, planned: PlannedEvent, plan: Plan) -> None:
        properties = tuple(planned.properties.values())
        self.lists: Final = {p.name: ListChecks(p, plan) for p in properties if p.of is not None}
        currencies = [p.currency for p in properties if p.currency]
        currencies += [code for its in self.lists.values() for code in its.currencies]
        self.keys: Final = tuple(dict.fromkeys((*planned.properties, *currencies)))
        self._scalars = tuple(
            (index, p.name, _CHECKS[p.type](p)) for index, p in enumerate(properties) if p.type in _CHECKS
        )
        self._monies = tuple(
            (index, p.name, _MoneyCheck(p, plan), self.keys.index(p.currency) if p.currency else None)
            for index, p in enumerate(properties)
            if p.type == "money"
        )
        self._required = tuple((index, p.name) for index, p in enumerate(properties) if p.required)

    def check(self, values: tuple[object, ...]) -> Checked:
        """Return the accepted properties; raises `Rejected` at the first that is not as planned."""
        for index, name in self._required:
            if values[index] is None:
                raise Rejected("missing_property", name)
        props: dict[str, Scalar] = {}
        for index, name, check in self._scalars:
            value = values[index]
            if value is not None:
                props[name] = check(value)
        amounts: dict[str, Money] | None = None
        for index, name, money, at in self._monies:
            value = values[index]
            if value is not None:
                code = None if at is None else values[at]
                props[name], original = money.check(value, code)
                if original is not None:
                    amounts = {name: original} if amounts is None else {**amounts, name: original}
        return props, amounts

    def elements(self, values: tuple[object, ...]) -> dict[str, list[dict[str, Scalar]]] | None:
        """Return the accepted elements of the lists; raises `Rejected` at the first that is not as planned."""
        given = dict(zip(self.keys, values, strict=True))
        found = {name: its.check(given[name], given) for name, its in self.lists.items() if given[name] is not None}
        return found or None


class ListChecks:
    """All checks of the elements of one list property; `keys` names what is read from each element."""

    def __init__(self, planned: Property, plan: Plan) -> None:
        self._name = planned.name
        self._checks = EventChecks(PlannedEvent(planned.name, "", planned.of or {}), plan)
        self.keys: Final = self._checks.keys
        self.currencies: Final[tuple[str, ...]] = tuple(
            dict.fromkeys(p.currency for p in (planned.of or {}).values() if p.currency)
        )

    def check(self, value: object, event: Mapping[str, object]) -> list[dict[str, Scalar]]:
        """Return the accepted elements, also those of which nothing is named; `event` has what the event brought."""
        if type(value) is not list:
            raise Rejected("wrong_type", f"{self._name}: expected a list")
        if len(value) > ELEMENTS_MOST:
            raise Rejected("out_of_range", f"{self._name}: more than {ELEMENTS_MOST} elements")
        return [self._checks.check(self._values(element, event))[0] for element in value]

    def _values(self, element: object, event: Mapping[str, object]) -> tuple[object, ...]:
        """Return an element's values in order of `keys`; a currency that is absent is the event's."""
        if isinstance(element, msgspec.Struct):
            values = msgspec.structs.astuple(element)
        elif isinstance(element, dict):
            values = tuple(map(element.get, self.keys))
        else:
            raise Rejected("wrong_type", f"{self._name}: expected a list of objects")
        if not self.currencies:
            return values
        pairs = zip(self.keys, values, strict=True)
        return tuple(event[key] if value is None and key in self.currencies else value for key, value in pairs)


class _MoneyCheck:
    """Turns an amount in major units into minor units of the shop's currency."""

    def __init__(self, planned: Property, plan: Plan) -> None:
        self._planned = planned
        self._plan = plan
        self._shop_scale = 10 ** exponent(plan.currency)
        self._minimum, self._too_little = -_INTEGER_END, planned.name
        if planned.minimum is not None:
            self._minimum = minor_units(planned.minimum, plan.currency)
            self._too_little = f"{planned.name}: less than {planned.minimum:g}"

    def check(self, value: object, code: object) -> tuple[int, Money | None]:
        """Return the minor units, and the original where it came in another currency."""
        name = self._planned.name
        amount = _amount(name, value)
        if abs(amount) > _AMOUNT_MAX:
            raise Rejected("out_of_range", name)
        original = None
        if code is None or code == self._plan.currency:
            minor = round(amount * self._shop_scale)
        else:
            minor, original = self._converted(amount, code)
        if minor < self._minimum:
            raise Rejected("out_of_range", self._too_little)
        if minor >= _INTEGER_END:
            raise Rejected("out_of_range", name)
        return minor, original

    def _converted(self, amount: float, code: object) -> tuple[int, Money | None]:
        name, shop = self._planned.name, self._plan.currency
        if type(code) is not str:
            raise Rejected("wrong_type", f"{self._planned.currency}: expected a currency code")
        currency = code.strip().upper()
        minor = minor_units(amount, currency)
        if currency == shop:
            return minor, None
        rate = self._plan.rates.get(currency)
        if rate is None:
            raise Rejected("no_rate", f"{name}: {currency}" if _CURRENCY.fullmatch(currency) else name)
        return converted(minor, currency, shop, rate), Money(minor, currency)


def _amount(name: str, value: object) -> float:
    """Return an amount in major units, from a number or from decimal text (many shops keep money as text)."""
    if type(value) is int:
        return value
    if type(value) is float:
        return _finite(name, value)
    if type(value) is str and _AMOUNT.fullmatch(value):
        return float(value)
    raise Rejected("wrong_type", f"{name}: expected money")


def _finite(name: str, value: float) -> float:
    if value - value != 0:  # an infinity or NaN less itself is NaN
        raise Rejected("not_finite", name)
    return value


def _text_check(planned: Property) -> Check:
    name = planned.name

    def check(value: object) -> str:
        if type(value) is not str:
            raise Rejected("wrong_type", f"{name}: expected text")
        if len(value) > TEXT_MAX:
            raise Rejected("out_of_range", f"{name}: longer than {TEXT_MAX} characters")
        if not value.isascii() and not is_unicode(value):
            raise Rejected("wrong_type", f"{name}: not Unicode")
        return value

    return check


def _number_check(planned: Property) -> Check:
    name, minimum, is_integer = planned.name, planned.minimum, planned.type == "integer"

    def check(value: object) -> int | float:
        if type(value) is float:
            _finite(name, value)
            if is_integer:
                value = _whole(name, value)
        if type(value) is not int and type(value) is not float:
            raise Rejected("wrong_type", f"{name}: expected {'a whole number' if is_integer else 'a number'}")
        if not -_NUMBER_MAX <= value <= _NUMBER_MAX:
            raise Rejected("out_of_range", f"{name}: beyond 2^53")
        if minimum is not None and value < minimum:
            raise Rejected("out_of_range", f"{name}: less than {minimum:g}")
        return value

    return check


def _whole(name: str, value: float) -> int:
    """Return 2.0 as 2: some serialisers know no other numbers."""
    if not value.is_integer():
        raise Rejected("wrong_type", f"{name}: expected a whole number")
    return int(value)


def _boolean_check(planned: Property) -> Check:
    def check(value: object) -> bool:
        if type(value) is not bool:
            raise Rejected("wrong_type", f"{planned.name}: expected true or false")
        return value

    return check


def _timestamp_check(planned: Property) -> Check:
    def check(value: object) -> int:
        time_ms = parse_time(value)
        if time_ms is None:
            raise Rejected("wrong_type", f"{planned.name}: expected a time")
        return time_ms

    return check


_CHECKS: Final[dict[str, Callable[[Property], Check]]] = {
    "string": _text_check,
    "integer": _number_check,
    "number": _number_check,
    "boolean": _boolean_check,
    "timestamp": _timestamp_check,
}


def is_unicode(text: str) -> bool:
    """Tell whether text can be written in UTF-8, that is, holds no half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
