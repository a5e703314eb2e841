"""Rolling windows in buckets: when an event enters one, and when it leaves.

A window of length W is kept in buckets of W/168 (an hour for a week). A bucket leaves as a whole once all of it is
older than W. So an event counts for at least W, and leaves at most one bucket later.

A window that ended E ago takes a bucket in once all of it is older than E, and lets it go once all of it is older than
E + W. So an event counts for exactly W, from E after it or at most one bucket later; and what leaves the window of W
that ends now enters, at the same moment, the one that ended W ago.
"""

from bisect import bisect_left
from typing import Final

import msgspec

from stream.model.profile import NEVER
from stream.model.states import Buckets

BUCKETS: Final = 168


class Window(msgspec.Struct, frozen=True):
    """A rolling window that ended `ending_ms` ago, in buckets of `width_ms`, which are kept for `kept_ms`."""

    kept_ms: int
    width_ms: int
    ending_ms: int = 0

    def number(self, time_ms: int, spread: int) -> int:
        """Return the number of the bucket a time falls into."""
        return (time_ms + spread) // self.width_ms

    def oldest(self, now_ms: int, spread: int) -> int:
        """Return the number of the oldest bucket that still counts, or will."""
        return (now_ms - self.kept_ms + spread) // self.width_ms

    def leaves_ms(self, number: int, spread: int) -> int:
        """Return the first time at which a bucket no longer counts."""
        return (number + 1) * self.width_ms - spread + self.kept_ms

    def awaited(self, now_ms: int, spread: int) -> int:
        """Return the number of the first bucket that does not count yet."""
        return (now_ms - self.ending_ms + spread) // self.width_ms

    def enters_ms(self, number: int, spread: int) -> int:
        """Return the first time at which a bucket counts."""
        return (number + 1) * self.width_ms - spread + self.ending_ms

    def changes_ms(self, numbers: list[int], counted: int, spread: int) -> int:
        """Return when time alone changes what counts, of kept buckets the first so many: one leaves, or one enters."""
        leaves_ms = self.leaves_ms(numbers[0], spread) if counted else NEVER
        enters_ms = self.enters_ms(numbers[counted], spread) if counted < len(numbers) else NEVER
        return min(leaves_ms, enters_ms)


def window(within_ms: int, ending_ms: int = 0) -> Window:
    """Return the window of a length, with its buckets' width."""
    return Window(within_ms + ending_ms, max(1, within_ms // BUCKETS), ending_ms)


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
    buckets.forget(gone)
