"""When one user was in which segment, step by step over a plain list of events; slow, and free of the core's code."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stream.definitions import expressions as x
from stream.definitions.shapes import Definitions, Segment
from stream.model.events import Event
from tests.properties.histories import SPANS_MS, instants
from tests.properties.oracle import Oracle

Place = bool | str


class Stay(NamedTuple):
    """From when until when (None: still) the user was in a segment, or in one tier of it."""

    place: Place
    since_ms: int
    until_ms: int | None


class Stays:
    """Follows segments up to a time, with `exit` and `stay_at_least`. No two events may come at the same time."""

    def __init__(self, definitions: Definitions, events: Sequence[Event], spread: int, until_ms: int) -> None:
        self._definitions, self._events = definitions, [event for event in events if event.time_ms <= until_ms]
        self._spread, self._until_ms = spread, until_ms
        self._found: dict[str, list[Stay]] = {}

    def was(self, node: x.Was, now_ms: int) -> bool:
        """Tell whether the user was in a segment within the last while."""
        return any(
            stay.since_ms <= now_ms and (stay.until_ms is None or now_ms < stay.until_ms + node.within_ms)
            for stay in self.of(node.segment)
            if stay.place == (node.tier or True)
        )

    def place(self, segment: str, now_ms: int) -> Place:
        """Tell where the user was at a time."""
        for stay in self.of(segment):
            if stay.since_ms <= now_ms and (stay.until_ms is None or now_ms < stay.until_ms):
                return stay.place
        return False

    def moments(self, segments: Sequence[str]) -> set[int]:
        """Return the times at which something of these segments changed or ceased to be lately, with neighbours."""
        edges = {edge for name in segments for stay in self.of(name) for edge in stay[1:] if edge is not None}
        return {edge + span + near for edge in edges for span in SPANS_MS for near in (-1, 0, 1)}

    def of(self, segment: str) -> list[Stay]:
        """Return all stays in a segment, in order."""
        if segment not in self._found:
            self._found[segment] = list(self._followed(self._definitions.segments[segment]))
        return self._found[segment]

    def _followed(self, segment: Segment) -> Iterator[Stay]:
        place, since_ms = False, 0
        for number, event in enumerate(self._events):
            oracle = Oracle(self._definitions, self._events[: number + 1], self._spread, stays=self)
            later = self._events[number + 1 :]
            end_ms = later[0].time_ms if later else self._until_ms + 1
            rest = [event.time_ms, *self._times(segment, event.time_ms, end_ms)]
            while rest:
                now_ms = rest.pop(0)
                now_in = _next(segment, place, now_ms < since_ms + segment.stay_ms, oracle, now_ms)
                if now_in != place:
                    if place:
                        yield Stay(place, since_ms, now_ms)
                    place, since_ms = now_in, now_ms
                stays_ms = since_ms + segment.stay_ms
                if place and now_ms < stays_ms < end_ms:
                    rest = sorted({*rest, stays_ms})
        if place:
            yield Stay(place, since_ms, None)

    def _times(self, segment: Segment, since_ms: int, end_ms: int) -> list[int]:
        """Return what lies between two times: what happens to windows, and to the segments that are read."""
        read = {name for node in segment.conditions() for name in x.names(node)} & self._definitions.segments.keys()
        of_others = {moment for moment in self.moments(sorted(read)) if since_ms < moment < end_ms}
        return sorted({*instants(list(self._events), self._spread, since_ms, end_ms), *of_others})


def _next(segment: Segment, place: Place, stays: bool, oracle: Oracle, now_ms: int) -> Place:
    if segment.tiers:
        names = [tier.name for tier in segment.tiers]
        held = names.index(place) if place and stays else len(names)
        for tier in segment.tiers[:held]:
            if tier.when is None or oracle.value(tier.when, now_ms) is True:
                return tier.name
        return place
    if place and stays:
        return True
    leaves = segment.exit is not None and oracle.value(segment.exit, now_ms) is True
    holds = oracle.value(segment.when, now_ms) is True
    return not leaves and (holds or (bool(place) and segment.exit is not None))
