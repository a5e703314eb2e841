"""Snapshots of shared knowledge as lines, one after the other: what changed of the neighbours, then the snapshot.

The neighbours of all products are by far the longest part and change least. So those of a product are a line of their
own, written only where they are others than in the snapshot before; what lines came before it complete a snapshot.
"""

from collections.abc import Iterable, Iterator

import msgspec

from stream.model.items import NOTHING_NEAR, Neighbour, Neighbourhoods
from stream.model.reference import Reference, encode_reference


class ProductNeighbours(msgspec.Struct, frozen=True, omit_defaults=True, tag="neighbours.v1"):
    """The neighbours of one product from a version of `items` on, the nearest first; without any it has none now."""

    items: str
    product: str
    similar: tuple[Neighbour, ...] = ()
    goes_with: tuple[Neighbour, ...] = ()


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[ProductNeighbours | Reference] = msgspec.json.Decoder(ProductNeighbours | Reference)


def snapshot_lines(reference: Reference, before: Neighbourhoods = NOTHING_NEAR) -> Iterator[bytes]:
    """Yield the lines of a snapshot that comes after one with the neighbours `before`, without their ends."""
    items = reference.items
    if items.version != before.version:
        products = {*items.similar, *items.goes_with, *before.similar, *before.goes_with}
        for product in sorted(products):
            similar, goes_with = items.similar.get(product, ()), items.goes_with.get(product, ())
            if (similar, goes_with) != (before.similar.get(product, ()), before.goes_with.get(product, ())):
                yield _encoder.encode(ProductNeighbours(items.version, product, similar, goes_with))
    yield encode_reference(reference)


def read_snapshots(lines: Iterable[bytes]) -> Iterator[Reference]:
    """Yield the snapshots of lines, whole, in their order. Raises msgspec.DecodeError where a line is none."""
    similar: dict[str, tuple[Neighbour, ...]] = {}
    goes_with: dict[str, tuple[Neighbour, ...]] = {}
    items = NOTHING_NEAR
    for line in lines:
        match _decoder.decode(line):
            case ProductNeighbours() as row:
                _put(similar, row.product, row.similar)
                _put(goes_with, row.product, row.goes_with)
            case Reference() as found:
                version = found.items.version
                if version != items.version:
                    items = Neighbourhoods(version, dict(similar), dict(goes_with)) if version else NOTHING_NEAR
                yield msgspec.structs.replace(found, items=items)


def _put(rows: dict[str, tuple[Neighbour, ...]], product: str, row: tuple[Neighbour, ...]) -> None:
    if row:
        rows[product] = row
    else:
        rows.pop(product, None)
