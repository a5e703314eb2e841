"""What was found, put into the shape of a review."""

from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec

from stream.definitions.shapes import Definitions
from stream.replay.review.axis import Axis, axis_over
from stream.replay.review.census_shapes import EventFill
from stream.replay.review.contrast import Contrasts
from stream.replay.review.findings import findings_of
from stream.replay.review.intake import Intake
from stream.replay.review.overlaps import overlaps
from stream.replay.review.places import Place, relations, unfed_names
from stream.replay.review.sample import Sample
from stream.replay.review.shapes import (
    Flapper,
    History,
    JourneyReview,
    Part,
    Review,
    Reviewed,
    SegmentReview,
    Stays,
)
from stream.replay.review.traits import trait_reviews
from stream.replay.review.watch import SHORT_MS, PlaceTotals, Watch
from stream.replay.summary import Tally

STRAY: Final = 0.002
"""The share of events that may come before the charts begin."""


class Found(msgspec.Struct):
    """What deciding over a history came to, all users together."""

    definitions: Definitions
    places: list[Place]
    axis: Axis
    watch: Watch
    sample: Sample
    tally: Tally
    arrivals: list[int]
    verdicts: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    users: int = 0
    events: int = 0
    duplicates: int = 0


def axis_of(intake: Intake, until_ms: int | None) -> Axis:
    """Return the axis of a history, to where the clock stops; a few stray old events do not stretch it."""
    first_ms, last_ms = intake.days.first_ms(STRAY), intake.days.last_ms()
    if first_ms is None or last_ms is None:
        return axis_over(0, 1)
    end_ms = last_ms if until_ms is None else until_ms
    return axis_over(min(first_ms, end_ms), end_ms)


def summed_up(
    found: Found, intake: Intake, fills: list[EventFill], read: tuple[list[str], str], *, examples: bool
) -> Review:
    """Return the review; `read` names the files and their form."""
    definitions, sample = found.definitions, found.sample.users()
    unfed = unfed_names(definitions, fills)
    contrasts = Contrasts(found.sample.columns, sample, unfed)
    review = Review(
        config=_config(definitions),
        history=_history(found, intake, *read),
        findings=[],
        axis_ms=found.axis.times_ms(),
        users_over_time=found.axis.sizes(found.arrivals),
        segments=[_segment(found, bit, contrasts, unfed, examples=examples) for bit in range(len(found.places))],
        overlaps=overlaps(found.watch),
        journeys=_journeys(found),
        traits=trait_reviews(found.sample.columns, sample, unfed),
        sampled_users=len(sample),
        events=fills,
    )
    return msgspec.structs.replace(review, findings=findings_of(review))


def _config(definitions: Definitions) -> Reviewed:
    return Reviewed(
        definitions.version,
        definitions.plan.currency,
        len(definitions.traits),
        len(definitions.segments),
        len(definitions.journeys),
        sorted(definitions.assumed_consents),
    )


def _history(found: Found, intake: Intake, files: list[str], form: str) -> History:
    first_ms = intake.days.first_ms()
    return History(
        files=files,
        form=form,
        rows=intake.rows,
        events=found.events,
        users=found.users,
        first_ms=first_ms,
        last_ms=intake.days.last_ms(),
        stopped_ms=None if first_ms is None else found.axis.end_ms,
        unplanned=intake.unplanned,
        duplicates=found.duplicates,
        left_out=intake.accepted - found.events,
        before_axis=intake.days.before(found.axis.start_ms),
        rejected=intake.rejections(),
    )


def _segment(found: Found, bit: int, contrasts: Contrasts, unfed: Collection[str], *, examples: bool) -> SegmentReview:
    place, totals = found.places[bit], found.watch.totals[bit]
    apart, compared = contrasts.of(bit, relations(place, found.definitions))
    return SegmentReview(
        name=place.name,
        describe=place.describe,
        condition=place.condition,
        members_ever=totals.members_ever,
        inside=totals.inside,
        share=totals.inside / found.users if found.users else 0.0,
        entries=totals.entries,
        exits=totals.exits,
        sizes=found.axis.sizes(totals.changes),
        stays=_stays(totals, examples=examples),
        apart=apart,
        compared=compared,
        parts=_parts(place, found.sample),
        unfed=sorted(place.reads & set(unfed)),
    )


def _parts(place: Place, sample: Sample) -> list[Part]:
    """Return how the parts of a place's condition stand with the users of the sample."""
    if not place.parts:
        return []
    first = [column.name for column in sample.parts].index(place.name) + len(sample.columns)
    counts = (Counter(user.values[first + at] for user in sample.users()) for at in range(len(place.parts)))
    return [
        Part(part.text, counted[True], counted[False], counted[None])
        for part, counted in zip(place.parts, counts, strict=True)
    ]


def _stays(totals: PlaceTotals, *, examples: bool) -> Stays:
    lengths = totals.lengths
    return Stays(
        ended=lengths.ended(),
        short=lengths.below(SHORT_MS),
        quick_returns=totals.quick_returns,
        entered_thrice=totals.entered_thrice,
        median_ms=lengths.median_ms(),
        bins=lengths.shown(),
        most_entries=[Flapper(user, entries) for entries, user in totals.most] if examples else [],
    )


def _journeys(found: Found) -> list[JourneyReview]:
    tally = found.tally
    return [
        JourneyReview(
            name=name,
            started=tally.runs_started[name],
            ended=tally.runs_ended[name],
            goals=tally.goals[name],
            verdicts={
                verdict: count for (journey, verdict), count in sorted(found.verdicts.items()) if journey == name
            },
        )
        for name in sorted(found.definitions.journeys)
    ]
