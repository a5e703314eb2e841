"""Traits that fade: what an occurrence brought halves with every half-life, as if it were forgotten bit by bit.

A value is kept as it stood at the time of the latest occurrence: v·2^(-(now - at)/half_life) is exact for whatever
came before, late events included, in one number. The sum of what has faded differently is the same formula's, so the
moment at which it falls below a constant c has a closed form: at + half_life·log2(v/c).
"""

from collections.abc import Callable
from math import log2
from typing import Final

from stream.decision.feeding import constant
from stream.decision.reading import KeyedReader, KeyedUpdate, Reader, Reading, Update
from stream.decision.tallies import value_name
from stream.decision.totals import saturated
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Cell, FadingByKey, FadingMean

LEAST: Final = 1e-9
"""What has faded to less than this counts as nothing: one occurrence is forgotten after 30 half-lives."""

KEYS_KEPT: Final = 256
"""Keys held of one trait: for a further one, the lightest of all is forgotten, of equals the one longest unseen."""

Kept = tuple[float, int]
"""A value, and the time at which it stood so high."""

Held = Callable[[Profile, Scalar | None], Kept | None]
"""(profile, key) -> what is held of a key, or of all where the trait is not kept by key; None where that is unknown."""

_NOTHING: Final[Kept] = (0.0, 0)


def faded(kept: Kept, half_life_ms: int, now_ms: int) -> float:
    """Return what is left of a value."""
    value, at_ms = kept
    if now_ms > at_ms:
        value *= 2.0 ** ((at_ms - now_ms) / half_life_ms)
    return value if value >= LEAST or value <= -LEAST else 0.0


def with_more(kept: Kept, half_life_ms: int, value: float, time_ms: int) -> Kept:
    """Return what is held once something more has come, late or not."""
    before, at_ms = kept
    if time_ms >= at_ms:
        return saturated(before * 2.0 ** ((at_ms - time_ms) / half_life_ms) + value), time_ms
    return saturated(before + value * 2.0 ** ((time_ms - at_ms) / half_life_ms)), at_ms


def falls_below_ms(kept: Kept, half_life_ms: int, limit: float, *, strictly: bool) -> int:
    """Return the first time at which a positive value is below a limit, or (not `strictly`) no longer above it."""
    value, at_ms = kept
    if limit < 0 or (limit == 0 and strictly):
        return NEVER
    moment_ms = int(at_ms + half_life_ms * log2(value / max(limit, LEAST))) if value else at_ms

    def is_below(now_ms: int) -> bool:
        left = faded(kept, half_life_ms, now_ms)
        return left < limit if strictly else left <= limit

    # The formula is exact to a fraction of a millisecond: step to the one at which the value as computed crosses.
    while not is_below(moment_ms):
        moment_ms += 1
    while moment_ms > at_ms and is_below(moment_ms - 1):
        moment_ms -= 1
    return moment_ms


def changes_ms(kept: Kept, half_life_ms: int, op: str, limit: float) -> int:
    """Return the one time at which `value op limit` changes, which may have passed; `NEVER` where it does not."""
    value, at_ms = kept
    if value < 0:
        return changes_ms((-value, at_ms), half_life_ms, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op], -limit)
    return falls_below_ms(kept, half_life_ms, limit, strictly=op in (">=", "<"))


_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


def fading_comparison(
    held: Held, half_life_ms: int, op: str
) -> Callable[[Profile, int, Scalar | None, float | None], Reading]:
    """Compare what is left with a limit: (profile, now, key, limit) -> reading, with the exact moment it changes."""
    compared = _COMPARED[op]

    def compare(profile: Profile, now_ms: int, of: Scalar | None, limit: float | None) -> Reading:
        kept = held(profile, of)
        if kept is None or limit is None:
            return None, NEVER
        holds = compared(faded(kept, half_life_ms, now_ms), limit)
        if holds is compared(0.0, limit):
            return holds, NEVER  # it moves towards nothing, and nothing compares just so
        return holds, changes_ms(kept, half_life_ms, op, limit)

    return compare


def fading_update(key: str, half_life_ms: int) -> Update:
    """Add to a value that fades; what comes from the future counts as of now."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        cell = profile.traits.get(key)
        kept = (float(cell.value), cell.at_ms) if isinstance(cell, Cell) else (0.0, time_ms)
        profile.traits[key] = Cell(*with_more(kept, half_life_ms, float(value), min(time_ms, profile.now_ms)), event)

    return update


def held_of_all(key: str) -> Held:
    """Return what reads the value of a trait that is not kept by key; before anything was fed it is nothing."""

    def held(profile: Profile, _of: Scalar | None) -> Kept | None:
        cell = profile.traits.get(key)
        return (float(cell.value), cell.at_ms) if isinstance(cell, Cell) else _NOTHING

    return held


def fading_reader(held: Held, half_life_ms: int) -> Reader:
    """Read what is left now; it is less at once."""

    def read(profile: Profile, now_ms: int) -> Reading:
        kept = held(profile, None)
        left = faded(kept, half_life_ms, now_ms) if kept is not None else None
        return left, now_ms + 1 if left else NEVER

    return read


def fading_keyed_reader(held: Held, half_life_ms: int) -> KeyedReader:
    """Read what is left of one key; unknown where the key is."""

    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        kept = held(profile, of)
        left = faded(kept, half_life_ms, now_ms) if kept is not None else None
        return left, now_ms + 1 if left else NEVER

    return read


def fading_keyed_update(key: str, half_life_ms: int) -> KeyedUpdate:
    """Add to what is held of a key."""

    def update(profile: Profile, of: Scalar, value: Scalar, time_ms: int, event: str) -> None:
        state = profile.traits.get(key)
        if not isinstance(state, FadingByKey):
            state = profile.traits[key] = FadingByKey({}, {}, "")
        time_ms, name = min(time_ms, profile.now_ms), value_name(of)
        if name not in state.held and len(state.held) >= KEYS_KEPT:
            _forget_lightest(state, half_life_ms)
        kept = state.held.get(name, 0.0), state.at_ms.get(name, time_ms)
        state.held[name], state.at_ms[name] = with_more(kept, half_life_ms, float(value), time_ms)
        state.event = event

    return update


def _forget_lightest(state: FadingByKey, half_life_ms: int) -> None:
    now_ms = max(state.at_ms.values())
    kept = {name: (value, state.at_ms[name]) for name, value in state.held.items()}
    name = min(kept, key=lambda name: (abs(faded(kept[name], half_life_ms, now_ms)), kept[name][1]))
    del state.held[name], state.at_ms[name]


def held_of_key(key: str) -> Held:
    """Return what reads what is held of one key; of a key unseen it is nothing."""

    def held(profile: Profile, of: Scalar | None) -> Kept | None:
        if of is None:
            return None
        state = profile.traits.get(key)
        name = value_name(of)
        if not isinstance(state, FadingByKey) or name not in state.held:
            return _NOTHING
        return state.held[name], state.at_ms[name]

    return held


def fading_top_reader(key: str, half_life_ms: int) -> Reader:
    """Read the key that most is held of, the first in the alphabet where several are: all fade alike, so it stays."""

    def read(profile: Profile, _now_ms: int) -> Reading:
        state = profile.traits.get(key)
        if not isinstance(state, FadingByKey) or not state.held:
            return None, NEVER
        now_ms = max(state.at_ms.values())
        left = {name: faded((value, state.at_ms[name]), half_life_ms, now_ms) for name, value in state.held.items()}
        return min(left, key=lambda name: (-left[name], name)), NEVER

    return read


def fading_mean(key: str, half_life_ms: int) -> tuple[Update, Reader]:
    """Average with weights that fade alike, so that only an occurrence changes it; unknown before the first."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        mean, time_ms = profile.traits.get(key), min(time_ms, profile.now_ms)
        total, weight, at_ms = (mean.sum, mean.weight, mean.at_ms) if isinstance(mean, FadingMean) else (0, 0, time_ms)
        total, _ = with_more((total, at_ms), half_life_ms, float(value), time_ms)
        weight, at_ms = with_more((weight, at_ms), half_life_ms, 1.0, time_ms)
        profile.traits[key] = FadingMean(total, weight, at_ms, event)

    def read(profile: Profile, _now_ms: int) -> Reading:
        mean = profile.traits.get(key)
        return (mean.sum / mean.weight if isinstance(mean, FadingMean) else None), NEVER

    return update, read


def fading_rate_reader(hits: Held, of: Held, half_life_ms: int, least: int) -> Reader:
    """Read how many hits there were per one of the others, both fading alike; unknown while too few others are left."""

    def read(profile: Profile, now_ms: int) -> Reading:
        count, others = hits(profile, None), of(profile, None)
        if count is None or others is None or not others[0] or faded(others, half_life_ms, now_ms) < least:
            return None, NEVER
        at_ms = max(count[1], others[1])
        left = faded(others, half_life_ms, at_ms)
        rate = faded(count, half_life_ms, at_ms) / left if left else None
        return rate, changes_ms(others, half_life_ms, ">=", least)

    return read


def fading_trait(trait: Aggregate, key: str, half_life_ms: int) -> tuple[Update, Reader]:
    """Return the update and the reader of a count, sum or avg that fades."""
    if trait.op == "avg":
        return fading_mean(key, half_life_ms)
    update = fading_update(key, half_life_ms)
    counts = trait.op == "count" and trait.minus is None  # what is taken off a count is fed its sign elsewhere
    return constant(update, 1) if counts else update, fading_reader(held_of_all(key), half_life_ms)
