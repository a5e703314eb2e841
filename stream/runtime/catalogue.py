"""The catalogue as one worker reads it, all of it: what the products are now, what changed, and what was wrong."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from stream.decision.items.changes import Change, change_of
from stream.model.errors import DeadLetter, Rejected
from stream.model.plan import Plan
from stream.model.products import CatalogueSnapshot, Product, ProductCodec
from stream.model.profile import NEVER
from stream.runtime.ports import Record

logger = logging.getLogger(__name__)

LETTERS_KEPT: Final = 1_000
"""Wrong records kept for the dead letters, the latest; of a feed that is wrong throughout these tell enough."""

CHANGES_KEPT: Final = 50_000
"""Changes of each partition that are kept for tasks to come, the latest, at some 0.9 KB each: a task that is taken over
asks for what changed since its last checkpoint.
"""

_CLEARED: Final = 5_000
"""So many at least are forgotten at once."""


class CatalogueReader:
    """Takes in records; `snapshot` is what they come to, in force at any time, and `wrong` counts those left out.

    `letters` are the wrong ones, as they came. Where changes are told (`tells`), they are kept as well. Each happened
    when its record says, or when it was written, but no earlier than the record before it. `forgotten` says of each
    partition before which offset there were changes that are no longer kept.
    """

    def __init__(self, plan: Plan, *, tells: bool = False) -> None:
        self._codec: Final = ProductCodec(plan)
        self._tells: Final = tells
        self._changes: Final[dict[int, list[Change]]] = {}
        self._latest_ms: Final[dict[int, int]] = {}
        self.next_offsets: Final[dict[int, int]] = {}
        self.forgotten: Final[dict[int, int]] = {}
        self.snapshot = CatalogueSnapshot()
        self.letters: list[DeadLetter] = []
        self.wrong = 0

    def take(self, records: Sequence[Record], now_ms: int = NEVER) -> None:
        """Read on, in the order of each partition; nothing happened later than now."""
        changes: dict[str, Product | None] = {}
        for record in records:
            self.next_offsets[record.partition] = record.offset + 1
            try:
                name, product = self._codec.decode(record.key, record.value)
            except Rejected as rejected:
                self._reject(record, rejected)
            else:
                if self._tells:
                    old = changes[name] if name in changes else self.snapshot.catalogue.get(name)
                    self._note_change(record, old, product, now_ms)
                changes[name] = product
        if changes:
            catalogue = self.snapshot.catalogue.changed(changes)
            # What tells it from all earlier ones: how far the partitions were read.
            version = "-".join(str(offset) for _, offset in sorted(self.next_offsets.items()))
            self.snapshot = CatalogueSnapshot(version, 0, catalogue)

    def changes_from(self, offsets: Mapping[int, int]) -> Iterator[Change]:
        """Give the changes at or beyond these offsets, by partition, in the order of each."""
        for partition, changes in self._changes.items():
            yield from changes[bisect_left(changes, offsets.get(partition, 0), key=_offset) :]

    def letters_from(self, offsets: Mapping[int, int]) -> list[DeadLetter]:
        """Return the wrong ones at or beyond these offsets, by partition."""
        return [letter for letter in self.letters if letter.offset >= offsets.get(letter.partition, 0)]

    def _note_change(self, record: Record, old: Product | None, new: Product | None, now_ms: int) -> None:
        said_ms = None if new is None else new.updated_ms
        at_ms = min(record.timestamp if said_ms is None else said_ms, now_ms)
        at_ms = self._latest_ms[record.partition] = max(at_ms, self._latest_ms.get(record.partition, 0))
        change = change_of(old, new, (record.topic, record.partition, record.offset), at_ms)
        if change is not None:
            changes = self._changes.setdefault(record.partition, [])
            changes.append(change)
            if len(changes) >= CHANGES_KEPT + _CLEARED:
                del changes[:-CHANGES_KEPT]
                self.forgotten[record.partition] = changes[0].offset

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


def _offset(change: Change) -> int:
    return change.offset
