"""Which journeys listen to an event, found by the runs of a user and by what was entered."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from stream.decision.journey_code import JourneyCode
from stream.model.profile import Run


class Listeners(msgspec.Struct, frozen=True):
    """The journeys that listen to one event.

    `by_hash`: what a run of a definition goes by; `by_name`: what takes the place of a definition that is gone, which
    `is_known` tells. `entering` are the journeys that the event may start runs of, or `by_segment` that it was entered.
    """

    by_hash: Mapping[str, JourneyCode]
    by_name: Mapping[str, JourneyCode]
    entering: tuple[JourneyCode, ...]
    by_segment: Mapping[str, tuple[JourneyCode, ...]]
    is_known: Callable[[str], bool]

    def code_of(self, run: Run) -> JourneyCode | None:
        """Return what a run hears the event by: its own journey, or the present one in place of one that is gone."""
        code = self.by_hash.get(run.definition)
        if code is None and not self.is_known(run.definition):
            return self.by_name.get(run.journey)
        return code


def listeners(event: str, codes: Iterable[JourneyCode], is_known: Callable[[str], bool]) -> Listeners:
    """Return the journeys among some that listen to an event."""
    heard = [code for code in codes if event in code.heard()]
    present = [code for code in heard if not code.is_pinned]
    by_segment: dict[str, tuple[JourneyCode, ...]] = {}
    for code in present:
        if code.journey.enter.segment is not None:
            by_segment[code.journey.enter.segment] = (*by_segment.get(code.journey.enter.segment, ()), code)
    return Listeners(
        {code.journey.hash: code for code in heard},
        {code.journey.name: code for code in present},
        tuple(code for code in present if code.enter is not None and code.enter.event == event),
        by_segment,
        is_known,
    )
