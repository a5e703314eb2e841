"""A review: one pass to read, one to decide, and what there is to say of it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from stream.adapters.rows import Adapter
from stream.decision.program import Program
from stream.definitions.shapes import Definitions
from stream.model.outcomes import AnyOutcome, Decision
from stream.replay.replaying import Ticks
from stream.replay.review.census import Census
from stream.replay.review.deciding import Shares
from stream.replay.review.intake import Intake
from stream.replay.review.places import places_of
from stream.replay.review.sample import Sample, columns_of, parts_of
from stream.replay.review.shapes import Review
from stream.replay.review.spool import HELD_MAX, Placed, Spool
from stream.replay.review.summing import Found, axis_of, summed_up
from stream.replay.review.watch import Watch
from stream.replay.summary import Tally


class Asked(msgspec.Struct, frozen=True):
    """What to review a config on. `examples`: whether user ids may stand in it; `held_max` events fit in memory."""

    files: Sequence[Path]
    form: str
    adapter: Adapter
    until_ms: int | None = None
    examples: bool = True
    held_max: int = HELD_MAX


def review(definitions: Definitions, asked: Asked, ticks: Ticks | None = None) -> Review:
    """Review a config on a history.

    Raises `InputRefused` where a file cannot be read, `OSError` where the disk is full.
    """
    ticks = ticks or Ticks()
    census = Census()
    with Spool(asked.held_max) as spool:
        intake = Intake(definitions.plan, spool, census)
        intake.read(asked.files, asked.adapter, ticks.read)
        ticks.total(spool.count)
        found = _decided(definitions, spool, intake, asked.until_ms, ticks)
    named = [path.name for path in asked.files]
    return summed_up(found, intake, census.fills(definitions.plan), (named, asked.form), examples=asked.examples)


def _decided(definitions: Definitions, spool: Spool, intake: Intake, until_ms: int | None, ticks: Ticks) -> Found:
    """Decide over all shares of the users."""
    places, axis, program = places_of(definitions), axis_of(intake, until_ms), Program(definitions)
    sample = Sample(columns_of(program), parts_of(program, places))
    watch, tally = Watch([place.name for place in places], axis), Tally()
    found = Found(definitions, places, axis, watch, sample, tally, axis.blank())

    def hear(outcome: AnyOutcome) -> None:
        tally.add(outcome)
        if isinstance(outcome, Decision):
            found.verdicts[outcome.journey, outcome.verdict] += 1

    shares = Shares(program, watch, axis.end_ms, ticks.decided)
    for events in spool.shares():
        for profile in shares.decide(events, hear).values():
            sample.add(profile, watch.mask(profile.user), axis.end_ms)
        watch.close(axis.end_ms)
        _count_arrivals(found, events)
    found.events, found.duplicates = shares.decided, shares.duplicates
    return found


def _count_arrivals(found: Found, events: Sequence[Placed]) -> None:
    """Count a share's users, each when first heard of."""
    first_ms: dict[str, int] = {}
    for place, event in events:
        if place.time_ms <= found.axis.end_ms:
            first_ms.setdefault(event.user, place.time_ms)
    found.users += len(first_ms)
    for time_ms in first_ms.values():
        found.arrivals[found.axis.index(time_ms)] += 1
