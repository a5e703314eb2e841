"""What conditions say at an instant, in Kleene's logic, by walking their nodes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from stream.definitions import expressions as x
from stream.definitions.shapes import Aggregate, Definitions
from stream.model.events import Scalar
from tests.oracle.facts import Fact, Facts
from tests.oracle.worth import Worth
from tests.properties.cart_oracle import cart_of
from tests.properties.local_oracle import days_to, local_date, local_part
from tests.properties.oracle import OPERATIONS


class Places(Protocol):
    """Where the user is and was, as conditions may ask."""

    def place(self, segment: str) -> bool | str | None:
        """Tell whether the user is in a segment, or in which tier of it; None where that is not known yet."""

    def left_ms(self, segment: str, tier: str) -> int | None:
        """Return when the user left a segment (or tier) last, None if never."""


class Reading(ABC):
    """Reads expressions; what names mean is told by who reads them."""

    zone: str

    def value(self, node: x.Expr, now_ms: int) -> Scalar | None:
        """Return the value of a node, None where it is unknown."""
        match node:
            case x.Constant():
                return node.value
            case x.Logic():
                return _kleene(node.op, [self.value(part, now_ms) for part in node.parts])
            case x.Not() | x.Known() | x.OneOf():
                return _of_part(node, self.value(node.part, now_ms))
            case x.Default():
                part = self.value(node.part, now_ms)
                return self.value(node.otherwise, now_ms) if part is None else part
            case x.Compare() | x.Arithmetic():
                left, right = self.value(node.left, now_ms), self.value(node.right, now_ms)
                if left is None or right is None or (node.op == "/" and right == 0):
                    return None
                return OPERATIONS[node.op](left, right)
            case x.LocalTime() | x.During() | x.Since():
                moment = self.value(node.moment, now_ms)
                return None if moment is None else self._of_moment(node, moment, now_ms)
            case _:
                return self.named(node, now_ms)

    def _of_moment(self, node: x.LocalTime | x.During | x.Since, moment: int, now_ms: int) -> Scalar:
        if isinstance(node, x.Since):
            return (now_ms - moment) * node.direction
        if isinstance(node, x.LocalTime):
            return local_part(node.part, moment, self.zone)
        day = local_date(moment, self.zone)
        return any(_lies_in(days.first, days.last, day) for days in node.season.days)

    @abstractmethod
    def named(self, node: x.Expr, now_ms: int) -> Scalar | None:
        """Return what a name stands for, or what is asked of one."""


class Judge(Reading):
    """Reads conditions over the facts of one user."""

    def __init__(self, definitions: Definitions, facts: Facts, spread: int, places: Places) -> None:
        self.definitions, self.facts, self.spread, self.places = definitions, facts, spread, places
        self.worth = Worth(facts, spread, holds)
        self.timely: dict[int, list[x.Expr]] = {}

    @property
    def zone(self) -> str:
        """Where the user is."""
        return self.facts.zone

    def trait(self, name: str, now_ms: int) -> Scalar | None:
        """Return what a trait is worth."""
        trait = self.definitions.traits[name]
        return self.worth.of(trait, now_ms) if isinstance(trait, Aggregate) else self.value(trait.value, now_ms)

    def at_key(self, name: str, key: str, now_ms: int) -> Scalar:
        """Return what a trait holds of a key; of a set, whether it is in it."""
        trait = self.definitions.traits[name]
        if trait.op == "set":
            return key in {entry.value for entry in self.worth.counting(trait, self.worth.entries(trait), now_ms)}
        return self.worth.by_key(trait, now_ms).get(key, 0)

    def named(self, node: x.Expr, now_ms: int) -> Scalar | None:
        """Return what a name stands for, or what is asked of one."""
        match node:
            case x.Name(kind="segment" | "tier"):
                return self.places.place(node.name)
            case x.Name(kind="identity"):
                return self.facts.said.get(node.name)
            case x.Name(kind="cart"):
                return cart_of(self.facts.of_carts).property(node.name)
            case x.Name(kind="trait") | x.Top():
                return self.trait(node.name if isinstance(node, x.Name) else node.trait, now_ms)
            case x.AtKey():
                key = self.value(node.key, now_ms)
                return None if key is None else self.at_key(node.trait, str(key), now_ms)
            case x.DaysTo():
                return days_to(self.value(node.date, now_ms), now_ms, self.zone)
            case x.Was():
                left_ms = self.places.left_ms(node.segment, node.tier)
                is_in = self.places.place(node.segment) == (node.tier or True)
                return is_in or (left_ms is not None and now_ms < left_ms + node.within_ms)
        msg = f"the oracle knows nothing of {node}"
        raise AssertionError(msg)


class _Occurrence(Reading):
    """Reads conditions on one occurrence, where the user was when it came."""

    def __init__(self, props: Mapping[str, Scalar], zone: str) -> None:
        self._props, self.zone = props, zone

    def named(self, node: x.Expr, now_ms: int) -> Scalar | None:
        """Return a property."""
        return now_ms if node.name == "at" else self._props.get(node.name)


def holds(where: x.Expr, props: Mapping[str, Scalar], fact: Fact) -> bool:
    """Tell whether a condition on an occurrence is true."""
    return _Occurrence(props, fact.zone).value(where, fact.time_ms) is True


def _lies_in(first: int, last: int, day: object) -> bool:
    """Tell whether a day lies between two, given as 20240228 or, of every year, 1231; these may go over its end."""
    of_year = day.month * 100 + day.day
    if first > 1231:
        return first <= day.year * 10_000 + of_year <= last
    return first <= of_year <= last if first <= last else of_year >= first or of_year <= last


def _of_part(node: x.Not | x.Known | x.OneOf, part: Scalar | None) -> bool | None:
    if isinstance(node, x.Known):
        return part is not None
    if part is None:
        return None
    return not part if isinstance(node, x.Not) else any(part == one.value for one in node.values)


def _kleene(op: str, parts: list[Scalar | None]) -> bool | None:
    decides = op == "or"
    if any(part is decides for part in parts):
        return decides
    return None if any(part is None for part in parts) else not decides
