"""A catalogue from a file: one JSON object a line, as the topic's values are, each with its product's `id`."""

from pathlib import Path
from typing import Final

import msgspec

from stream.adapters.rows import InputRefused
from stream.model.errors import Rejected
from stream.model.plan import Plan
from stream.model.products import Product, ProductCodec
from stream.replay.files import lines_of


class _Id(msgspec.Struct):
    id: str


_decoder: Final = msgspec.json.Decoder(_Id)


def read_catalogue(path: Path, plan: Plan) -> list[tuple[int, Product]]:
    """Return what products are, each from its `updated_at` on, in order of time; without one it is so from the start.

    Raises `InputRefused` where a line is no product.
    """
    codec = ProductCodec(plan)
    found: list[tuple[int, Product]] = []
    for number, line in enumerate(lines_of(path, lambda _: None), 1):
        try:
            _, product = codec.decode(_decoder.decode(line).id.encode(), line)
        except (Rejected, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputRefused(f"{path}, line {number}: no product: {error}") from error
        if product is not None:
            found.append((product.updated_ms or 0, product))
    return sorted(found, key=lambda each: each[0])
