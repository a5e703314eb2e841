"""What changes of a product make known: its price dropped, it is back in stock."""

from typing import Final, Literal

import msgspec

from stream.decision.ids import decided_id
from stream.model.events import Scalar
from stream.model.products import Product

PRICE_DROPPED: Final = "price_dropped"
BACK_IN_STOCK: Final = "back_in_stock"

ItemEventName = Literal["price_dropped", "back_in_stock"]


class ItemEvent(msgspec.Struct, frozen=True):
    """Something that happened to a product, for all users concerned. `id` is a function of the product and `cause`.

    `props` are its `product_id` and, of a price, `old_price` and `new_price` in minor units of the shop's currency
    (`from` and `to` would be no names in an expression).
    """

    name: ItemEventName
    props: dict[str, Scalar]
    at_ms: int
    id: str


class Change(msgspec.Struct, frozen=True):
    """What one record of the catalogue makes known of a product, at one time.

    `offset` is its place in its `partition` of the catalogue. Of a partition, no change is earlier than one before it.
    """

    partition: int
    offset: int
    product: str
    at_ms: int
    events: tuple[ItemEvent, ...]

    @property
    def order(self) -> tuple[int, int, int]:
        """Where it stands among all: users are told of changes in this order."""
        return self.at_ms, self.partition, self.offset


def item_events(old: Product | None, new: Product | None, at_ms: int, cause: str) -> list[ItemEvent]:
    """Return what a change of a product makes known; `cause` names its record, as `topic/partition/offset`.

    What was not known before has not changed: a product that is new, or that had been removed, is neither cheaper nor
    back. Prices in another currency are compared in that one, so that no exchange rate makes a price drop.
    """
    if old is None or new is None:
        return []
    found = []
    if _is_cheaper(old, new):
        prices: dict[str, Scalar] = {"old_price": old.price_minor or 0, "new_price": new.price_minor or 0}
        found.append(_event(PRICE_DROPPED, {"product_id": new.id, **prices}, at_ms, cause))
    if old.is_left is False and new.is_left is True:
        found.append(_event(BACK_IN_STOCK, {"product_id": new.id}, at_ms, cause))
    return found


def change_of(old: Product | None, new: Product | None, place: tuple[str, int, int], at_ms: int) -> Change | None:
    """Return what a record makes known, if anything; `place` is its topic, partition and offset."""
    topic, partition, offset = place
    events = item_events(old, new, at_ms, f"{topic}/{partition}/{offset}")
    return Change(partition, offset, new.id, at_ms, tuple(events)) if events and new is not None else None


def _is_cheaper(old: Product, new: Product) -> bool:
    if old.price_minor is None or new.price_minor is None:
        return False
    before, after = old.original, new.original
    if before is not None and after is not None and before.currency == after.currency:
        return after.minor < before.minor
    return new.price_minor < old.price_minor


def _event(name: ItemEventName, props: dict[str, Scalar], at_ms: int, cause: str) -> ItemEvent:
    return ItemEvent(name, props, at_ms, decided_id(name, str(props["product_id"]), cause))
