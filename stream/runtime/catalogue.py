"""The catalogue as one worker reads it, all of it: what the products are now, and which records were wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from stream.model.errors import DeadLetter, Rejected
from stream.model.plan import Plan
from stream.model.products import CatalogueSnapshot, Product, ProductCodec
from stream.runtime.ports import Record

logger = logging.getLogger(__name__)

LETTERS_KEPT: Final = 1_000
"""Wrong records kept for the dead letters, the latest; of a feed that is wrong throughout these tell enough."""


class CatalogueReader:
    """Takes in records; `snapshot` is what they come to, in force at any time, and `wrong` counts those left out.

    `letters` are the wrong ones, as they came.
    """

    def __init__(self, plan: Plan) -> None:
        self._codec: Final = ProductCodec(plan)
        self._next_offsets: Final[dict[int, int]] = {}
        self.snapshot = CatalogueSnapshot()
        self.letters: list[DeadLetter] = []
        self.wrong = 0

    def take(self, records: Sequence[Record]) -> None:
        """Read on, in the order of each partition."""
        changes: dict[str, Product | None] = {}
        for record in records:
            self._next_offsets[record.partition] = record.offset + 1
            try:
                name, product = self._codec.decode(record.key, record.value)
            except Rejected as rejected:
                self._reject(record, rejected)
            else:
                changes[name] = product
        if changes:
            catalogue = self.snapshot.catalogue.changed(changes)
            # What tells it from all earlier ones: how far the partitions were read.
            version = "-".join(str(offset) for _, offset in sorted(self._next_offsets.items()))
            self.snapshot = CatalogueSnapshot(version, 0, catalogue)

    def letters_from(self, offsets: Mapping[int, int]) -> list[DeadLetter]:
        """Return the wrong ones at or beyond these offsets, by partition."""
        return [letter for letter in self.letters if letter.offset >= offsets.get(letter.partition, 0)]

    def _reject(self, record: Record, rejected: Rejected) -> None:
        place = f"{record.topic}/{record.partition}/{record.offset}"
        if not self.wrong:
            logger.warning("%s is no product: %s; further ones are just counted", place, rejected)
        self.wrong += 1
        letter = DeadLetter(
            *(record.topic, record.partition, record.offset, record.key, record.value, list(record.headers)),
            *(record.timestamp, rejected.reason, rejected.detail),
        )
        self.letters = [*self.letters, letter][-LETTERS_KEPT:]
