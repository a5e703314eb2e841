"""How many different values there were: exactly while they are at most 256 (in the window), beyond that by sketches.

The values seen latest are kept, each with the time. Once one has to be forgotten, all go into sketches as well: one for
all time, or one for each 24th of a window, so that a value then counts at most W/24 longer than W. When all that was
forgotten has left the window, what is kept is all there is, and the count is exact again; over all time nothing ever
leaves, so the sketch alone is kept from then on. The sketches of one trait take at most 28 kB.
"""

from collections.abc import Callable
from typing import Final

from stream.decision.reading import Reader, Reading, Update
from stream.decision.sketches import different, with_values
from stream.decision.tallies import DISTINCT_KEPT, seen_again, value_name
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Tally

SKETCHES_OF_A_WINDOW: Final = 24


def distinct_trait(key: str, within_ms: int | None) -> tuple[Update, Reader]:
    """Return the update and the reader of a `distinct`, rolling or over all time."""
    width_ms = max(1, within_ms // SKETCHES_OF_A_WINDOW) if within_ms is not None else NEVER

    def bucket(profile: Profile, time_ms: int) -> int:
        return (time_ms + profile.spread) // width_ms if within_ms is not None else 0

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        tally = profile.traits.get(key)
        if not isinstance(tally, Tally):
            tally = profile.traits[key] = Tally({}, "")
        name = value_name(value)
        if tally.sketches and within_ms is None:
            tally.sketches[0], tally.event = with_values(tally.sketches[0], (name,)), event
            return
        seen_again(tally, name, time_ms, event)
        if tally.sketches:
            number = bucket(profile, time_ms)
            tally.sketches[number] = with_values(tally.sketches.get(number), (name,))
        if within_ms is not None:
            _leave(tally, profile.now_ms - within_ms, bucket(profile, profile.now_ms - within_ms))
        if len(tally.last_ms) > DISTINCT_KEPT:
            if not tally.sketches:
                _sketch_all(tally, profile, bucket)
            forgotten = next(iter(tally.last_ms))
            tally.forgotten_ms = max(tally.forgotten_ms, tally.last_ms.pop(forgotten))
            if within_ms is None:
                tally.last_ms = {}

    return update, (_all_reader(key) if within_ms is None else _window_reader(key, within_ms, width_ms))


def _sketch_all(tally: Tally, profile: Profile, bucket: Callable[[Profile, int], int]) -> None:
    by_number: dict[int, list[str]] = {}
    for name, time_ms in tally.last_ms.items():
        by_number.setdefault(bucket(profile, time_ms), []).append(name)
    tally.sketches = {number: with_values(None, names) for number, names in by_number.items()}


def _leave(tally: Tally, since_ms: int, oldest: int) -> None:
    """Drop what has left a window; once all that was forgotten has, what is kept is all there is."""
    seen, sketches = tally.last_ms, tally.sketches
    while seen and seen[next(iter(seen))] < since_ms:
        del seen[next(iter(seen))]
    if sketches and tally.forgotten_ms < since_ms:
        tally.sketches = {}
    elif sketches and min(sketches) < oldest:
        tally.sketches = {number: sketch for number, sketch in sketches.items() if number >= oldest}


def _all_reader(key: str) -> Reader:
    def read(profile: Profile, _now_ms: int) -> Reading:
        tally = profile.traits.get(key)
        if not isinstance(tally, Tally):
            return 0, NEVER
        return (different(tally.sketches.values()) if tally.sketches else len(tally.last_ms)), NEVER

    return read


def _window_reader(key: str, within_ms: int, width_ms: int) -> Reader:
    """Read a window; each value leaves once it was last seen longer ago, or with its sketch."""

    def read(profile: Profile, now_ms: int) -> Reading:
        tally = profile.traits.get(key)
        if not isinstance(tally, Tally):
            return 0, NEVER
        _leave(tally, now_ms - within_ms, (now_ms - within_ms + profile.spread) // width_ms)
        seen = tally.last_ms
        leaves_ms = seen[next(iter(seen))] + within_ms + 1 if seen else NEVER
        if not tally.sketches:
            return len(seen), leaves_ms
        about_ms = (min(tally.sketches) + 1) * width_ms - profile.spread + within_ms
        until_ms = min(leaves_ms, about_ms, tally.forgotten_ms + within_ms + 1)
        return max(different(tally.sketches.values()), len(seen)), until_ms

    return read
