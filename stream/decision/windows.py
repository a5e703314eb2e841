"""Rolling windows in buckets: when an event enters one, and when it leaves.

A window of length W is kept in buckets of W/168 (an hour for a week). A bucket leaves as a whole once all of it is
older than W. So an event counts for at least W, and leaves at most one bucket later.
"""

from bisect import bisect_left
from typing import Final

import msgspec

from stream.model.states import Buckets, KeyedBuckets

BUCKETS: Final = 168


class Window(msgspec.Struct, frozen=True):
    """A rolling window of `within_ms`, in buckets of `width_ms`."""

    within_ms: int
    width_ms: int

    def number(self, time_ms: int, spread: int) -> int:
        """Return the number of the bucket a time falls into."""
        return (time_ms + spread) // self.width_ms

    def oldest(self, now_ms: int, spread: int) -> int:
        """Return the number of the oldest bucket that still counts."""
        return (now_ms - self.within_ms + spread) // self.width_ms

    def leaves_ms(self, number: int, spread: int) -> int:
        """Return the first time at which a bucket no longer counts."""
        return (number + 1) * self.width_ms - spread + self.within_ms


def window(within_ms: int) -> Window:
    """Return the window of a length, with its buckets' width."""
    return Window(within_ms, max(1, within_ms // BUCKETS))


def place(numbers: list[int], number: int) -> tuple[int, bool]:
    """Return where a bucket stands or belongs among ascending numbers, and whether it is there already."""
    if not numbers or number > numbers[-1]:
        return len(numbers), False
    if number == numbers[-1]:
        return len(numbers) - 1, True
    at = bisect_left(numbers, number)
    return at, numbers[at] == number


def drop_old(buckets: Buckets, oldest: int) -> None:
    """Forget the buckets that no longer count."""
    numbers = buckets.numbers
    if not numbers or numbers[0] >= oldest:
        return
    gone = bisect_left(numbers, oldest)
    if buckets.total:
        buckets.total -= sum(buckets.values[:gone])  # type: ignore[arg-type]  # only counts keep a total
    del numbers[:gone], buckets.values[:gone], buckets.counts[:gone]


def drop_old_tallies(buckets: KeyedBuckets, oldest: int) -> None:
    """Forget the tallies that no longer count."""
    numbers = buckets.numbers
    if numbers and numbers[0] < oldest:
        gone = bisect_left(numbers, oldest)
        buckets.kept -= sum(map(len, buckets.tallies[:gone]))
        del numbers[:gone], buckets.tallies[:gone]
