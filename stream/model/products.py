"""The catalogue: what the shop sells, one JSON record a product in a compacted topic, and the snapshot made of them.

    {"name": "Shoe", "price": 59.90, "currency": "EUR", "category": "shoes", "brand": "B", "rating": 4.4, "stock": 3,
     "url": "https://...", "image": "https://...", "updated_at": "2024-05-01T10:00:00Z"}

The record's key is the product's id, as carts and orders name it; a record without a value removes the product.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import msgspec
from xxhash import xxh32_intdigest

from stream.model.codec import MAX_EVENT_BYTES
from stream.model.errors import Rejected
from stream.model.money import Money
from stream.model.plan import Plan, PlannedEvent, Property
from stream.model.properties import EventChecks
from stream.model.text import kept_text

RATING_MOST: Final = 5
"""Ratings are stars, from 0 to 5."""

PRODUCT_ID_BYTES: Final = 256

_SHARDS: Final = 1_024
_PROPERTIES: Final = (
    *(Property(name, "string") for name in ("id", "name", "category", "brand", "url", "image", "image_url")),
    Property("price", "money", currency="currency", minimum=0.0),
    Property("rating", "number", minimum=0.0),
    Property("stock", "integer"),
    Property("in_stock", "boolean"),
    Property("updated_at", "timestamp"),
)
_FIELDS: Final = {
    **{name: name for name in ("name", "category", "brand", "url", "image", "rating", "stock", "in_stock")},
    "image_url": "image",
    "price": "price_minor",
    "updated_at": "updated_ms",
}
"""Where a product keeps each property; an image may be spelt as the Segment Spec does."""


class Product(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One product; what its record did not tell is "" or None.

    `price_minor` is in minor units of the shop's currency; `original` is the price as it came in another one.
    `rating` is in stars, from 0 to 5; a `stock` below 1 is none left. `updated_ms` is since when it is so.
    """

    id: str
    name: str = ""
    price_minor: int | None = None
    original: Money | None = None
    category: str = ""
    brand: str = ""
    rating: float | None = None
    stock: int | None = None
    in_stock: bool | None = None
    url: str = ""
    image: str = ""
    updated_ms: int | None = None

    @property
    def is_left(self) -> bool | None:
        """Whether it can be bought now, None where that is not known; `in_stock` has the last word (back orders)."""
        if self.in_stock is not None or self.stock is None:
            return self.in_stock
        return self.stock > 0


class ProductRecord(msgspec.Struct, omit_defaults=True):
    """The value of a catalogue's record; its key is the product's id. Nothing is required, unknown fields are ignored.

    `price` is in major units of `currency`, which without one is the shop's. `rating` is in stars. Whether any is left
    is said by the number in `stock`, or plainly by `in_stock`, which has the last word. `image_url` may name the image.
    `updated_at` is since when it is so, ISO 8601; without it, since the record was written.
    """

    id: str | None = None
    name: str | None = None
    price: float | str | None = None
    currency: str | None = None
    category: str | None = None
    brand: str | None = None
    rating: Annotated[float, msgspec.Meta(ge=0, le=RATING_MOST)] | None = None
    stock: int | None = None
    in_stock: bool | None = None
    url: str | None = None
    image: str | None = None
    updated_at: str | None = None


def encode_product(record: ProductRecord) -> bytes:
    """Return the record's value as JSON."""
    return _encoder.encode(record)


_encoder: Final = msgspec.json.Encoder()


class _Wire(msgspec.Struct, gc=False):
    """A product as it arrives: any type anywhere, so that each mistake gets its own reason; unknown fields skipped."""

    id: object = None
    name: object = None
    category: object = None
    brand: object = None
    url: object = None
    image: object = None
    image_url: object = None
    price: object = None
    rating: object = None
    stock: object = None
    in_stock: object = None
    updated_at: object = None
    currency: object = None


class ProductCodec:
    """Reads the records of a catalogue; amounts are in the plan's currency unless a record names another."""

    def __init__(self, plan: Plan) -> None:
        properties = {each.name: each for each in _PROPERTIES}
        self._checks = EventChecks(PlannedEvent("product", "", properties), plan)
        self._decode = msgspec.json.Decoder(_Wire).decode

    def decode(self, key: bytes | None, value: bytes | None) -> tuple[str, Product | None]:
        """Return a product's id, and the product, None where the record removes it; raises `Rejected`."""
        name = _id_of(key)
        if value is None:
            return kept_text(name), None
        if not value:
            raise Rejected("empty_value")
        if len(value) > MAX_EVENT_BYTES:
            raise Rejected("too_large", f"{len(value)} bytes, at most {MAX_EVENT_BYTES}")
        wire = self._wire(value)
        props, amounts = self._checks.check(tuple(getattr(wire, name) for name in self._checks.keys))
        if props.get("id", name) != name:
            raise Rejected("bad_key", "the record's key is not the product's id")
        rating = props.get("rating")
        if isinstance(rating, int | float) and rating > RATING_MOST:
            raise Rejected("out_of_range", f"rating: more than {RATING_MOST}")
        told = {_FIELDS[field]: value for field, value in props.items() if field in _FIELDS}
        told |= {"image": props["image"]} if "image" in props else {}
        product = msgspec.convert({**told, "id": kept_text(name), "original": (amounts or {}).get("price")}, Product)
        return product.id, product

    def _wire(self, value: bytes) -> _Wire:
        try:
            return self._decode(value)
        except RecursionError:
            raise Rejected("too_deep") from None
        except msgspec.ValidationError as error:
            _, _, field = str(error).partition("`$.")
            if field:  # of a number beyond all bounds, wherever any type would do
                raise Rejected("not_finite", field.partition("`")[0].partition(".")[0].partition("[")[0]) from None
            raise Rejected("not_an_object") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Rejected("not_json") from None


def _id_of(key: bytes | None) -> str:
    if not key:
        raise Rejected("bad_key", "no key: it is the product's id")
    if len(key) > PRODUCT_ID_BYTES:
        raise Rejected("bad_key", f"longer than {PRODUCT_ID_BYTES} bytes")
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Rejected("bad_key", "not UTF-8") from None


class Catalogue(msgspec.Struct, frozen=True):
    """All products as of one time; it never changes, a change makes another one that shares what did not change.

    Products lie in shards by the hash of their id, so that a change copies no more than the shards it touches. Held in
    memory as a whole: about 0.6 KB a product.
    """

    shards: tuple[dict[str, Product], ...] = ({},) * _SHARDS

    def get(self, product: str) -> Product | None:
        """Return the product of this id."""
        return self.shards[_shard(product)].get(product)

    def products(self) -> Iterator[Product]:
        """Give all products, in order of their ids."""
        yield from sorted((each for shard in self.shards for each in shard.values()), key=lambda each: each.id)

    def __len__(self) -> int:
        return sum(map(len, self.shards))

    def changed(self, changes: Mapping[str, Product | None]) -> "Catalogue":
        """Return the catalogue after these changes, by id; None removes a product."""
        touched: dict[int, dict[str, Product]] = {}
        for name, product in changes.items():
            number = _shard(name)
            if number not in touched:
                touched[number] = dict(self.shards[number])
            shard = touched[number]
            if product is None:
                shard.pop(name, None)
            else:
                shard[name] = product
        return Catalogue(tuple(touched.get(number, shard) for number, shard in enumerate(self.shards)))


class CatalogueSnapshot(msgspec.Struct, frozen=True):
    """A version of the catalogue, for decisions from `effective_ms` on; the next one replaces it."""

    version: str = ""
    effective_ms: int = 0
    catalogue: Catalogue = Catalogue()


def _shard(product: str) -> int:
    return xxh32_intdigest(product.encode()) % _SHARDS
