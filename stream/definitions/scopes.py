"""What an expression may name."""

from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.cut_points import Tables
from stream.definitions.expressions import ValueType
from stream.definitions.seasons import Season

CART: Final[Mapping[str, ValueType]] = {
    "quantity": "number",
    "total": "money",
    "items": "items",
    "changed_at": "timestamp",
    "dearest_item": "string",
    "id": "string",
}


class Scope(msgspec.Struct, frozen=True):
    """What an expression may name: traits with their types, segments, and the shop's currency for bare amounts.

    Of the names in `traits`, those in `identity` are what users say of themselves; `seasons` are those of the calendar.
    With an `event` it is a condition on one occurrence of it: the types are those of the event's properties, and there
    is no cart, since the profile is not read. The segments in `tiers` have some; the order is theirs. `tables` are the
    frozen ones that `score` and `percentile` look up. `elsewhere` says of names that mean something elsewhere what
    they are: `an event`. `run` has what a journey keeps of each of its runs.
    """

    traits: Mapping[str, ValueType]
    segments: frozenset[str] = frozenset()
    currency: str = "USD"
    event: str = ""
    identity: frozenset[str] = frozenset()
    tiers: Mapping[str, tuple[str, ...]] = {}
    tables: Tables = Tables()
    elsewhere: Mapping[str, str] = {}
    seasons: Mapping[str, Season] = {}
    run: Mapping[str, ValueType] = {}

    def names(self) -> tuple[str, ...]:
        """Return all names there are."""
        cart = () if self.event else tuple(f"cart.{field}" for field in CART)
        return (*self.traits, *self.segments, *cart)

    def no_such_name(self, name: str) -> str:
        """Say that a name stands for nothing, and what it is elsewhere."""
        if self.event and "[]" in name:
            return f"{name!r} is asked of elements, but this trait is not fed those: see {name.partition('.')[0]!r}"
        if self.event:
            return f"{self.event} has no property {name!r}"
        if name == "cart":
            return f"name a field of the cart: {', '.join(f'cart.{field}' for field in CART)}"
        if name == "run":
            kept = ", ".join(f"run.{field}" for field in self.run)
            return f"name what the run keeps: {kept}" if kept else "there is no run here: only a journey has them"
        if name in self.elsewhere:
            counted = f": a trait counts it, as in {{count: {name}, within: 7d}}"
            kind = self.elsewhere[name]
            return f"{name} is {kind}, not a trait or segment{counted if kind == 'an event' else ''}"
        return f"there is no trait or segment {name!r}"
