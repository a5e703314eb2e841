"""Pairs of a bucket and a key, as keyed buckets hold them: found, added to, and forgotten.

A key is looked for in the cells of all pairs at once, from the latest one backwards, since what users do is mostly what
they did lately. So a pair takes some ten bytes, where a string for each key and a table for each bucket take hundreds:
as many more profiles stay in the processor's caches.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Final

from stream.decision.windows import place
from stream.model.states import FILL, KeyedBuckets
from stream.model.text import PLACE_BYTES

_MOST_IN_A_BYTE: Final = 255


def cell_of(buckets: KeyedBuckets, name: str) -> bytes:
    """Return a key as its cells hold it; where it is longer than any before, all cells become as long."""
    cell, width = name.encode().ljust(buckets.width, FILL), buckets.width
    if len(cell) > width:
        cells = (buckets.cells[at : at + width].ljust(len(cell), FILL) for at in range(0, len(buckets.cells), width))
        buckets.cells, buckets.width = bytearray().join(cells), len(cell)
    return cell


def latest(buckets: KeyedBuckets, cell: bytes | bytearray, before: int | None = None) -> int:
    """Return the latest pair of a key, of all or of those before one; -1 if there is none."""
    cells, width = buckets.cells, buckets.width
    at = cells.rfind(cell) if before is None else cells.rfind(cell, 0, before * width)
    while at >= 0:
        if not at % width:
            return at // width
        at = cells.rfind(cell, 0, at + width - 1)  # it was the end of one key and the beginning of the next
    return -1


def oldest_bucket_of(buckets: KeyedBuckets, cell: bytes) -> int:
    """Return the number of the oldest bucket that holds a key; one does."""
    cells, width = buckets.cells, buckets.width
    at = cells.find(cell)
    while at % width:
        at = cells.find(cell, at + 1)
    return buckets.numbers[bucket_of(buckets, at // width)]


def pairs_of(buckets: KeyedBuckets, name: str) -> list[int]:
    """Return all pairs of a key, ascending."""
    cell, found = name.encode().ljust(buckets.width, FILL), list[int]()
    at = latest(buckets, cell) if len(cell) == buckets.width else -1
    while at >= 0:
        found.append(at)
        at = latest(buckets, cell, at)
    return found[::-1]


def total_of(buckets: KeyedBuckets, encoded: bytes) -> int:
    """Return how often a key (in UTF-8) is counted, in all buckets that are kept."""
    cell = encoded.ljust(buckets.width, FILL)
    at = latest(buckets, cell) if len(cell) == buckets.width else -1
    return buckets.totals[at] if at >= 0 else 0


def totals_of(buckets: KeyedBuckets) -> dict[str, int]:
    """Return how often each key is counted, in all buckets that are kept."""
    return {buckets.name(pair): total for pair, total in enumerate(buckets.totals) if total}


def amounts(buckets: KeyedBuckets, first: int, end: int) -> dict[str, int | float]:
    """Add up what is held of each key from one bucket to before another, the oldest bucket first."""
    begins = sum(buckets.sizes[:first])
    added: dict[str, int | float] = {}
    for pair in range(begins, begins + sum(buckets.sizes[first:end])):
        name = buckets.name(pair)
        added[name] = added.get(name, 0) + buckets.held[pair]
    return added


def bucket_of(buckets: KeyedBuckets, pair: int) -> int:
    """Return the place of the bucket that a pair is in."""
    return bisect_right([*accumulate(buckets.sizes)], pair)


def pair_in(buckets: KeyedBuckets, number: int, cell: bytes) -> int:
    """Return the pair of a key in the bucket of a number, -1 if there is none."""
    at, is_there = place(buckets.numbers, number)
    if not is_there:
        return -1
    first = sum(buckets.sizes[:at])
    pair = latest(buckets, cell, first + buckets.sizes[at])
    return pair if pair >= first else -1


def size_of(buckets: KeyedBuckets, number: int) -> int:
    """Return how many keys the bucket of a number holds; it is there from then on, even if nothing is added to it."""
    at, is_there = place(buckets.numbers, number)
    if not is_there:
        buckets.numbers.insert(at, number)
        buckets.sizes.insert(at, 0)
    return buckets.sizes[at]


def places_of(cell: bytes | bytearray) -> int:
    """Return how many places a key takes."""
    return 2 if len(cell) > PLACE_BYTES and cell[PLACE_BYTES] != FILL[0] else 1


def add_pair(buckets: KeyedBuckets, number: int, cell: bytes, amount: float) -> int:
    """Let the bucket of a number hold a key that it does not hold yet; return the pair."""
    numbers, sizes, held = buckets.numbers, buckets.sizes, buckets.held
    buckets.kept += 1 if len(cell) <= PLACE_BYTES else places_of(cell)
    if not numbers or number > numbers[-1]:
        numbers.append(number)
        sizes.append(0)
    if number == numbers[-1]:
        sizes[-1] += 1
        buckets.cells += cell
        held.append(amount)  # type: ignore[arg-type]  # what is held in bytes is counted, from 1
        return len(held) - 1
    at, is_there = place(numbers, number)
    if not is_there:
        numbers.insert(at, number)
        sizes.insert(at, 0)
    pair = len(held) - sum(sizes[at + 1 :])
    sizes[at] += 1
    held.insert(pair, amount)  # type: ignore[arg-type]  # as above
    buckets.cells[pair * buckets.width : pair * buckets.width] = cell
    return pair


def count_again(buckets: KeyedBuckets, pair: int, last: int) -> int:
    """Count a pair once more; `last` is the latest pair of its key. Return how often the key is counted in all."""
    totals = buckets.totals
    total = totals[last] + 1
    if total > _MOST_IN_A_BYTE:
        _widen(buckets)
        totals = buckets.totals
    buckets.held[pair] += 1  # type: ignore[assignment]  # what is held in bytes is counted
    totals[last] = total
    leader = buckets.leader
    if leader >= 0 and leader != last and total >= totals[leader]:
        _overtake(buckets, last)
    return total


def count_new(buckets: KeyedBuckets, number: int, cell: bytes, last: int) -> int:
    """Count a key in a bucket that does not hold it yet; `last` is its latest pair, -1 if there is none.

    Return how often the key is counted in all.
    """
    if last >= 0 and buckets.totals[last] == _MOST_IN_A_BYTE:
        _widen(buckets)
    pair, totals, leader = add_pair(buckets, number, cell, 1), buckets.totals, buckets.leader
    if leader >= pair:
        buckets.leader = leader = leader + 1
    total = 1
    if last < 0:
        totals.insert(pair, total)
    elif last >= pair:  # it is counted into a bucket before that of its latest pair
        totals.insert(pair, 0)
        pair = last + 1
        total = totals[pair] = totals[pair] + 1
    else:
        total += totals[last]
        totals.insert(pair, total)
        totals[last] = 0
        if leader == last:
            buckets.leader = leader = pair
    if leader >= 0 and leader != pair and total >= totals[leader]:
        _overtake(buckets, pair)
    return total


def _overtake(buckets: KeyedBuckets, pair: int) -> None:
    """Let a key lead that is counted as often as the one that led, or more; of equals, the first in the alphabet."""
    leader, totals = buckets.leader, buckets.totals
    # UTF-8 keeps the order of the alphabet.
    if totals[pair] > totals[leader] or _key(buckets, pair) < _key(buckets, leader):
        buckets.leader = pair


def _key(buckets: KeyedBuckets, pair: int) -> bytearray:
    return buckets.cells[pair * buckets.width : (pair + 1) * buckets.width].rstrip(FILL)


def _widen(buckets: KeyedBuckets) -> None:
    """Let counts be greater than a byte holds."""
    if isinstance(buckets.totals, bytearray):
        buckets.held, buckets.totals = [*buckets.held], [*buckets.totals]


def remove(buckets: KeyedBuckets, pair: int) -> None:
    """Forget one pair, and its bucket if that was all it held."""
    begins, ends = pair * buckets.width, (pair + 1) * buckets.width
    cell = bytes(buckets.cells[begins:ends])
    if buckets.totals:
        _take_off(buckets, pair, cell)
        del buckets.totals[pair]
        if buckets.leader > pair:
            buckets.leader -= 1
    at = bucket_of(buckets, pair)
    buckets.sizes[at] -= 1
    buckets.kept -= places_of(cell)
    del buckets.cells[begins:ends], buckets.held[pair]
    if not buckets.sizes[at]:
        del buckets.numbers[at], buckets.sizes[at]


def _take_off(buckets: KeyedBuckets, pair: int, cell: bytes) -> None:
    """Take what is held of a pair that is to go off the total of its key."""
    last = latest(buckets, cell)
    left = buckets.totals[last] - int(buckets.held[pair])
    if buckets.leader == last:
        buckets.leader = -1
    if last == pair:
        last = latest(buckets, cell, pair)
    if last >= 0:
        buckets.totals[last] = left


def drop_old_pairs(buckets: KeyedBuckets, oldest: int) -> None:
    """Forget the buckets that no longer count."""
    numbers = buckets.numbers
    if not numbers or numbers[0] >= oldest:
        return
    gone, width = bisect_left(numbers, oldest), buckets.width
    pairs = sum(buckets.sizes[:gone])
    cells = [bytes(buckets.cells[at : at + width]) for at in range(0, pairs * width, width)]
    if buckets.totals:
        for pair, cell in enumerate(cells):
            if not buckets.totals[pair]:
                _take_off(buckets, pair, cell)
        del buckets.totals[:pairs]
        buckets.leader = max(buckets.leader - pairs, -1)
    buckets.kept -= sum(map(places_of, cells))
    del numbers[:gone], buckets.sizes[:gone], buckets.held[:pairs], buckets.cells[: pairs * width]
