"""What is expected of a customer: whether they are still one, their further orders, and what these will come to.

BG/NBD (Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way): customers order at rates of their own, and
stay away for good after any repeat order with a chance of their own. Gamma-Gamma (Fader and Hardie 2013, "The
Gamma-Gamma Model of Monetary Value"): orders vary around a mean of the customer's own. x is the number of repeat
orders, t_x when the last of them came and T how long ago the first one was, in days; T moves in whole days after the
last order, so that everything here holds for a day. Without orders all of it only falls, or stands still.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import exp, expm1, floor, log, log1p, sqrt
from typing import Final, NamedTuple

from stream.decision.reading import Reader, Reading
from stream.definitions.comparators import HOLDS, MIRRORED
from stream.definitions.cut_points import DAY_MS
from stream.definitions.expressions import Comparator, Compare, Constant, Lifetime, OrderValue, PurchaseModel
from stream.model.profile import NEVER, Profile

LOOKED_AHEAD_DAYS: Final = 3_660
"""A comparison that stands for ten years to come is asked again then."""

_PRECISION: Final = 1e-14
_GUESSES: Final = 12
_SERIES_KEPT: Final = 4_096
_EXP_MOST: Final = 700.0


class Customer(NamedTuple):
    """A customer's history: orders, repeat orders, when the last of them came after the first, and all they came to."""

    orders: int
    repeats: int
    last_days: float
    spend_minor: float


def p_alive(model: PurchaseModel, customer: Customer, days: float) -> float:
    """Return the chance of a further order ever, so many days after the last: 1 before any repeat order."""
    if not customer.repeats:
        return 1.0
    x, since_last = customer.repeats, days / (model.alpha + customer.last_days)
    odds_against = log(model.a / (model.b + x - 1)) + (model.r + x) * log1p(since_last)
    return 1.0 / (1.0 + exp(min(_EXP_MOST, odds_against)))


def purchases_if_alive(model: PurchaseModel, repeats: int, age_days: float, ahead_days: float) -> float:
    """Return the orders to expect of one who is still a customer.

    The paper's equation 10 after Euler's transformation of its 2F1(r + x, b + x; a + b + x - 1; z): the series left is
    that of 2F1(a + b - 1 - r, a - 1; a + b + x - 1; z), which converges at z = 1 too, with its first term and the
    factor a - 1 taken out, so that nothing is divided by zero at a = 1 or a + b = 1. A series of our own and not
    scipy's `hyp2f1`, since the decisions of all workers, of whatever versions, must be the same to the last bit, and
    since for one function a worker should not carry scipy; the tests hold it against mpmath.
    """
    r, a, ahead = model.r, model.a, ahead_days / (model.alpha + age_days)
    z, shrinking = ahead / (1 + ahead), -log1p(ahead)
    bottom = a + model.b + repeats - 1
    series = _series(a + model.b - 1 - r, bottom, a, z)
    power = (a - 1) * shrinking
    grown = expm1(power) / (a - 1) if a != 1 else shrinking
    return max(0.0, -bottom * grown - exp(power) * series)


@lru_cache(_SERIES_KEPT)
def _series(top: float, bottom: float, a: float, z: float) -> float:
    """Return the series; all who have just ordered for the first time have the same one."""
    n, term = 1, top * z
    series = term
    while abs(term) > _PRECISION * abs(series):
        term *= (top + n) * (a + n - 1) / ((bottom + n) * (n + 1)) * z
        series += term
        n += 1
    return series


def order_value(model: OrderValue, customer: Customer) -> float:
    """Return the mean order to expect, in minor units: the customer's own, drawn to everyone's where they are few."""
    return model.p * (model.v_minor + max(0.0, customer.spend_minor)) / (model.p * customer.orders + model.q - 1)


def expected(node: Lifetime, model: PurchaseModel, customer: Customer, days: float) -> float:
    """Return what an expression asks for, so many days after the last order."""
    worth = order_value(model.order_value, customer) if model.order_value and node.type == "money" else 1.0
    if node.expected == "expected_order_value":
        return worth
    alive = p_alive(model, customer, days)
    if node.expected == "p_alive":
        return alive
    age_days = customer.last_days + days
    return worth * alive * purchases_if_alive(model, customer.repeats, age_days, node.days)


def lifetime_reader(node: Lifetime, readers: Mapping[str, Reader]) -> Reader:
    """Read what is expected of a customer; unknown before the first order. It changes day by day after the last."""
    model, told = node.model, _customer_reader(node, readers)

    def read(profile: Profile, now_ms: int) -> Reading:
        known = told(profile, now_ms)
        if model is None or known is None:
            return None, NEVER
        customer, last_ms, days = known
        until_ms = last_ms + (days + 1) * DAY_MS if _falls(node, customer) else NEVER
        return expected(node, model, customer, days), until_ms

    return read


def lifetime_comparison(node: Compare, readers: Mapping[str, Reader]) -> Reader | None:
    """Compare what is expected with a number, knowing when that turns; None where a comparison is nothing of that."""
    one, op, other = node.left, node.op, node.right
    if isinstance(other, Lifetime):
        one, op, other = other, MIRRORED[op], one
    if not isinstance(one, Lifetime) or not isinstance(other, Constant) or op in ("==", "!="):
        return None
    return _comparison(one, op, float(other.value), readers)


def _comparison(node: Lifetime, op: Comparator, limit: float, readers: Mapping[str, Reader]) -> Reader:
    """Compare what is expected with a number; as it only falls, the day when that turns is searched for."""
    model, told, compare = node.model, _customer_reader(node, readers), HOLDS[op]
    is_met_at_last = op in ("<", "<=")

    def read(profile: Profile, now_ms: int) -> Reading:
        known = told(profile, now_ms)
        if model is None or known is None:
            return None, NEVER
        customer, last_ms, days = known
        holds = compare(expected(node, model, customer, days), limit)
        if holds is is_met_at_last or not _falls(node, customer):
            return holds, NEVER

        curve = _Curve(
            lambda day: expected(node, model, customer, day),
            lambda found: compare(found, limit) is is_met_at_last,
            limit,
            model.alpha + customer.last_days,
        )
        return holds, last_ms + curve.first_day(days) * DAY_MS

    return read


def _falls(node: Lifetime, customer: Customer) -> bool:
    """Return whether time alone changes it."""
    return node.expected != "expected_order_value" and (node.expected != "p_alive" or customer.repeats > 0)


class _Curve(NamedTuple):
    """What falls day by day after the last order, which of its values have turned, and from where it falls."""

    at: Callable[[int], float]
    turned: Callable[[float], bool]
    limit: float
    origin_days: float

    def first_day(self, days: int) -> int:
        """Return the first day whose value has turned, or the last one looked at where none has.

        By secants, since the curve is nearly a power of the time since its origin, always within the days between which
        it turns; by halving where they do not come to an end.
        """
        low, high = days, days + LOOKED_AHEAD_DAYS
        before, guesses = (low, self.at(low)), 0
        day = floor(sqrt((self.origin_days + low) * (self.origin_days + high)) - self.origin_days)
        while high - low > 1:
            day = max(low + 1, min(day if guesses < _GUESSES else (low + high) // 2, high - 1))
            here = day, self.at(day)
            low, high = (low, day) if self.turned(here[1]) else (day, high)
            guesses, day, before = guesses + 1, self._met(before, here), here
        return high

    def _met(self, one: tuple[int, float], other: tuple[int, float]) -> int:
        """Return the day on which the power curve through two others meets the limit; the later where it never does."""
        if self.limit <= 0 or one[1] <= 0 or other[1] <= 0 or one[1] == other[1]:
            return other[0]
        steepness = log((self.origin_days + other[0]) / (self.origin_days + one[0])) / log(other[1] / one[1])
        power = min(_EXP_MOST, log(self.limit / other[1]) * steepness)
        return floor(min(1e9, (self.origin_days + other[0]) * exp(power)) - self.origin_days)


_Known = tuple[Customer, int, int]


def _customer_reader(node: Lifetime, readers: Mapping[str, Reader]) -> Callable[[Profile, int], _Known | None]:
    """Read a customer's history, when their last order was, and whole days since; None of who is none."""
    reads = [readers[name] for name in node.model.reads.values()] if node.model else []
    words = [*node.model.reads] if node.model else []

    def read(profile: Profile, now_ms: int) -> _Known | None:
        told = {word: reader(profile, now_ms)[0] for word, reader in zip(words, reads, strict=True)}
        count, first_ms, last_ms = told.get("count"), told.get("first"), told.get("last")
        if not isinstance(count, int | float) or count < 1:
            return None
        if not isinstance(first_ms, int | float) or not isinstance(last_ms, int | float):
            return None
        spend = told.get("sum", 0)
        customer = Customer(
            int(count),
            int(count) - 1,
            max(0.0, (last_ms - first_ms) / DAY_MS),
            spend if isinstance(spend, int | float) else 0,
        )
        return customer, int(last_ms), max(0, (now_ms - int(last_ms)) // DAY_MS)

    return read
