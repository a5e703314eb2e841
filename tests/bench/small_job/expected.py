"""What the small job's output must be, by a plain computation over the records in order of time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from stream.replay.reading import OutRecord
from stream.runtime.play import partition_of
from tests.bench.small_job.states import IDLE_MS, Cart, after

SETTLED_MS = 2 * IDLE_MS
"""An engine may take its time: Quix Streams closes a session after so long, and none of them all knows of an end."""


@dataclass
class Expected:
    """How often each user abandons a cart: `surely` by all engines, and `perhaps` so much more often.

    Perhaps it is where a cart was changed again at the very end of its hour, where nothing comes after it that would
    tell an engine what time it is.
    """

    surely: Counter[str] = field(default_factory=Counter)
    perhaps: Counter[str] = field(default_factory=Counter)

    def difference(self, found: Counter[str]) -> str | None:
        """Return in words how an engine's output differs, None where it does not."""
        too_few = self.surely - found
        too_many = found - (self.surely + self.perhaps)
        if not too_few and not too_many:
            return None
        return (
            f"{found.total()} abandonments, of {self.surely.total()} to {(self.surely + self.perhaps).total()}: "
            f"{too_few.total()} are missing (such as of {list(too_few)[:3]}), "
            f"{too_many.total()} are too many (such as of {list(too_many)[:3]})"
        )


def expected_of(records: Iterable[OutRecord], partitions: int) -> Expected:
    """Return what must come of these, which are in order of time."""
    found, carts, ends = Expected(), dict[str, Cart](), dict[int, int]()
    idle: list[tuple[str, int, bool]] = []
    for record in records:
        if record.topic != "cart":
            continue
        ends[partition_of(record.user, partitions)] = record.time_ms
        cart = carts.get(record.user)
        if cart is not None and cart["items"] and record.time_ms - cart["changed_at"] >= IDLE_MS:
            idle.append((record.user, cart["changed_at"], record.time_ms - cart["changed_at"] > IDLE_MS))
        carts[record.user] = after(cart, orjson.loads(record.value))
    idle += [(user, cart["changed_at"], False) for user, cart in carts.items() if cart["items"]]
    for user, changed_ms, is_sure in idle:
        is_settled = changed_ms + SETTLED_MS < ends[partition_of(user, partitions)]
        (found.surely if is_sure and is_settled else found.perhaps)[user] += 1
    return found
