"""How often products were viewed, or bought, and beside which others: counts that fade, the same in whatever order.

Everything is counted in whole numbers by age, and only sums of them are ever made. So contributions may come in any
order and be counted apart and merged, and the counts are the same to the byte; sums of numbers that fade would differ
in their last digits. Ages are steps of a quarter of the half-life. A count weighs 2^(-age / 4), and is dropped after 16
steps, that is four half-lives, when it would weigh a sixteenth.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from stream.model.items import CoOccurrence
from stream.model.profile import NEVER

STEPS: Final = 4
"""Steps of one half-life."""

AGES: Final = 16
"""Ages that are told apart, the newest first."""

_BITS: Final = 32
_ONE_AGE: Final = (1 << _BITS) - 1
_ALL_AGES: Final = (1 << _BITS * AGES) - 1
_WEIGHTS: Final[tuple[float, ...]] = tuple(2.0 ** (-age / STEPS) for age in range(AGES))

Count = int
"""Counts of all ages in one number, 32 bits each, the newest lowest: so adding two adds all ages at once."""


class CoCounts:
    """Counts of one kind of contributions; `step_ms` is a quarter of their half-life.

    `alone` counts each product, `beside` each pair, from both its ends. `recounted` and `moved` are the products whose
    own count, and of which any count, is another one since `settle` was called last; `has_aged` whether all are.
    `similarity.publish` bounds it; until then it grows by at most what is contributed.
    """

    __slots__ = ("alone", "beside", "has_aged", "moved", "newest", "recounted", "step_ms")

    def __init__(self, half_life_ms: int) -> None:
        self.step_ms: Final = half_life_ms // STEPS
        self.newest = -NEVER
        self.alone: dict[str, Count] = {}
        self.beside: dict[str, dict[str, Count]] = {}
        self.recounted: set[str] = set()
        self.moved: set[str] = set()
        self.has_aged = True

    def add(self, told: CoOccurrence) -> None:
        """Count one contribution."""
        step = told.at_ms // self.step_ms
        if step > self.newest:
            self.age(step)
        age = self.newest - step
        if age >= AGES:
            return
        product, one = told.product, 1 << _BITS * age
        self.alone[product] = self.alone.get(product, 0) + one
        self.recounted.add(product)
        self.moved.update(told.beside, (product,))
        own = self.beside.setdefault(product, {}) if told.beside else {}
        for other in told.beside:
            own[other] = own.get(other, 0) + one
            others = self.beside.setdefault(other, {})
            others[product] = others.get(product, 0) + one

    def add_all(self, told: Iterable[CoOccurrence]) -> None:
        """Count many contributions."""
        for each in told:
            self.add(each)

    def merge(self, other: "CoCounts") -> None:
        """Count all that another has counted, which stays as it is."""
        self.age(other.newest)
        shift = _BITS * min(self.newest - other.newest, AGES)
        for product, count in other.alone.items():
            _put(self.alone, product, count << shift & _ALL_AGES)
        for product, row in other.beside.items():
            own = self.beside.setdefault(product, {})
            for beside, count in row.items():
                _put(own, beside, count << shift & _ALL_AGES)
            if not own:
                del self.beside[product]
        self.recounted.update(other.alone)
        self.moved.update(other.alone, other.beside)

    def age(self, step: int) -> None:
        """Let all counts grow older, up to a step; what is too old then is dropped. Time does not go back."""
        if step <= self.newest:
            return
        shift = _BITS * min(step - self.newest, AGES)
        self.newest, self.has_aged = step, True
        self.alone = _older(self.alone, shift)
        self.beside = {product: older for product, row in self.beside.items() if (older := _older(row, shift))}

    def settle(self) -> None:
        """Forget what changed so far."""
        self.recounted, self.moved, self.has_aged = set(), set(), False


@lru_cache(maxsize=1 << 16)  # most pairs have been counted just a few times, and so have the same few counts
def weight(count: Count) -> float:
    """Return what a count weighs now: the newest as many as there are, the older ones less."""
    if count <= _ONE_AGE:
        return float(count)
    total, age = 0.0, 0
    while count:  # `sum` would add up floats otherwise from one version of Python to another
        total += (count & _ONE_AGE) * _WEIGHTS[age]
        count >>= _BITS
        age += 1
    return total


def encode_counts(counts: CoCounts) -> bytes:
    """Return counts as MessagePack, the same bytes for the same counts; what changed lately is not among them."""
    alone = sorted((product, _kept(count)) for product, count in counts.alone.items())
    rows = sorted((product, sorted((o, _kept(c)) for o, c in row.items())) for product, row in counts.beside.items())
    return msgspec.msgpack.encode((counts.step_ms, counts.newest, alone, rows))


def decode_counts(encoded: bytes) -> CoCounts:
    """Read counts back; raises `msgspec.DecodeError` on bytes this version cannot read."""
    step_ms, newest, alone, rows = _decoder.decode(encoded)
    counts = CoCounts(step_ms * STEPS)
    counts.newest = newest
    counts.alone = {product: _restored(kept) for product, kept in alone}
    counts.beside = {product: {other: _restored(kept) for other, kept in row} for product, row in rows}
    return counts


_Row = list[tuple[str, bytes]]
_decoder: Final = msgspec.msgpack.Decoder(tuple[int, int, _Row, list[tuple[str, _Row]]])


def _put(counts: dict[str, Count], name: str, count: Count) -> None:
    if count:
        counts[name] = counts.get(name, 0) + count


def _older(counts: dict[str, Count], shift: int) -> dict[str, Count]:
    return {name: older for name, count in counts.items() if (older := count << shift & _ALL_AGES)}


def _kept(count: Count) -> bytes:
    """Return a count as its bytes, the newest age first: of a million pairs it takes a second, and not ten."""
    return count.to_bytes(-(-count.bit_length() // 8), "little")


def _restored(kept: bytes) -> Count:
    return int.from_bytes(kept, "little")
