"""What each trait is worth at an instant, and when time alone might change that, from what has fed it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import fsum

from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from tests.oracle import plain_traits as plain
from tests.oracle.facts import Facts
from tests.oracle.feeding import Entry, Holds, entries, others

NEVER = 1 << 62


class Worth:
    """Reads traits over the facts of one user; `holds` tells which occurrences meet a condition."""

    def __init__(self, facts: Facts, spread: int, holds: Holds) -> None:
        self.facts, self._spread, self._holds = facts, spread, holds
        self._entries: dict[tuple[str, bool], tuple[int, list[Entry]]] = {}
        self._instants: dict[tuple[str, bool], tuple[object, list[int]]] = {}

    def entries(self, trait: Aggregate, *, other: bool = False) -> list[Entry]:
        """Return what has fed a trait up to now."""
        known, found = self._entries.get((trait.name, other), (0, []))
        if known == len(self.facts.all):
            return found
        make = others if other else entries
        if trait.steps:  # a sequence is looked for in all there is
            found = make(trait, self.facts.all, self._holds)
        else:
            found = found + make(trait, self.facts.all[known:], self._holds)
        self._entries[trait.name, other] = len(self.facts.all), found
        return found

    def of(self, trait: Aggregate, now_ms: int) -> Scalar | None:
        """Return what a trait is worth."""
        found = self.entries(trait)
        if trait.op == "open":
            return plain.open_now(found, self.entries(trait, other=True))
        if trait.op == "streak":
            return plain.streak_now(trait, found, self.facts, self._spread, now_ms)
        if trait.op in ("rate", "sequence_rate"):
            return self._rate(trait, now_ms)
        if trait.by is not None and not trait.steps:
            # All that fades does so alike: which key is first does not change after the latest occurrence.
            at_ms = max((e.time_ms for e in found), default=0) if trait.half_life_ms is not None else now_ms
            held = self.by_key(trait, at_ms)
            return min(held, key=lambda key: (-held[key], key), default=None)
        if trait.half_life_ms is not None and trait.op == "avg":
            last_ms = max((entry.time_ms for entry in found), default=0)
            weights = [2.0 ** ((entry.time_ms - last_ms) / trait.half_life_ms) for entry in found]
            weighted = fsum(entry.value * weight for entry, weight in zip(found, weights, strict=True))
            return weighted / fsum(weights) if found else None
        if trait.half_life_ms is not None:
            return plain.faded(found, trait.half_life_ms, now_ms)
        return plain.worth(trait, self.counting(trait, found, now_ms), self._spread)

    def by_key(self, trait: Aggregate, now_ms: int) -> Mapping[str, float]:
        """Return what a trait holds of each key."""
        return plain.by_key(trait, self.counting(trait, self.entries(trait), now_ms), now_ms)

    def counting(self, trait: Aggregate, found: list[Entry], now_ms: int) -> list[Entry]:
        return plain.counting(trait, found, self.facts, self._spread, now_ms)

    def _rate(self, trait: Aggregate, now_ms: int) -> float | None:
        hits, per = self.entries(trait), self.entries(trait, other=True)
        if trait.half_life_ms is None:
            count, of = (len(self.counting(trait, its, now_ms)) for its in (hits, per))
            return count / of if of and of >= trait.n else None
        if not per or plain.faded(per, trait.half_life_ms, now_ms) < trait.n:
            return None
        last_ms = max(entry.time_ms for entry in (*hits, *per))
        left = plain.faded(per, trait.half_life_ms, last_ms)
        return plain.faded(hits, trait.half_life_ms, last_ms) / left if left else None

    def next_instant(self, trait: Aggregate, now_ms: int) -> int:
        """Return the first instant after now at which time alone might change what counts for a trait."""
        found = NEVER
        for other in (False, True) if trait.op in ("rate", "sequence_rate") else (False,):
            its = self.entries(trait, other=other)
            latest = self.facts.visits[-1].last_ms if self.facts.visits else 0
            state = len(self.facts.all), self.facts.zone, latest
            if self._instants.get((trait.name, other), (None,))[0] != state:
                self._instants[trait.name, other] = state, sorted(plain.instants(trait, its, self.facts, self._spread))
            at = self._instants[trait.name, other][1]
            place = bisect_right(at, now_ms)
            found = min(found, at[place]) if place < len(at) else found
            if trait.half_life_ms is not None and other and trait.n:
                found = min(found, crossing(its, trait.half_life_ms, trait.n, now_ms))
        return found


def crossing(found: Sequence[Entry], half_life_ms: int, limit: float, now_ms: int) -> int:
    """Return when what is left crosses a limit, by halving the time between: all of it fades alike."""

    def side(at_ms: int) -> bool:
        return plain.faded(found, half_life_ms, at_ms) > limit

    before_ms, after_ms = now_ms, now_ms + 100 * half_life_ms
    if side(before_ms) == side(after_ms):
        return NEVER
    while after_ms - before_ms > 1:
        middle_ms = (before_ms + after_ms) // 2
        if side(middle_ms) == side(now_ms):
            before_ms = middle_ms
        else:
            after_ms = middle_ms
    return after_ms
