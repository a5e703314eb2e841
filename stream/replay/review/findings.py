"""What of a review is worth a look, as sentences for people; the most telling first."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from stream.definitions.durations import parse_duration
from stream.replay.pages.wording import length, percent
from stream.replay.review.census_shapes import EventFill
from stream.replay.review.shapes import Finding, Review, SegmentReview

MEMBERS_MIN: Final = 10
"""Members, or stays, below which nothing is said of how they behave."""

NEARLY_ALL: Final = 0.95
"""The share of users in a segment from which on it tells nobody apart."""

SAME: Final = 0.9
"""The Jaccard index from which on two segments are as good as one."""

RETURNS: Final = 0.2
SHORT: Final = 0.5
"""A segment flaps where this share of its entries are quick returns, and this share of its stays are short."""

RARE: Final = 0.01
"""The share of rows from which on a property that the plan does not name is told."""

NAMES_MAX: Final = 8
_DURATION: Final = re.compile(r"\b\d+[smhdw]\b", re.ASCII)


def findings_of(review: Review) -> list[Finding]:
    """Return all findings."""
    span_ms = review.axis_ms[-1] - review.axis_ms[0]
    return [
        *_rows(review),
        *_overlaps(review),
        *(finding for segment in review.segments for finding in _flapping(segment)),
        *(finding for segment in review.segments for finding in _size(segment, review.history.users, span_ms)),
        *_fed(review.segments),
        *_triggers(review),
        *_plan(review),
    ]


def _rows(review: Review) -> Iterator[Finding]:
    rejected = sum(one.rows for one in review.history.rejected)
    if rejected:
        most = review.history.rejected[0]
        why = f"{most.reason} ({most.detail})" if most.detail else most.reason
        rows = _of(rejected, review.history.rows, "rows")
        yield Finding("rejected_rows", [], f"{rows} would be dead letters, most often for {why}.")


def _size(segment: SegmentReview, users: int, span_ms: int) -> Iterator[Finding]:
    name = segment.name
    if not segment.entries and not segment.unfed:
        missing = next((part.condition for part in segment.parts if not part.holds), "")
        further = f"; at the end nobody meets `{missing}`" if missing else ""
        if _looks_back_ms(missing) > span_ms:
            further += f", and this history is only {length(span_ms)} long"
        yield Finding("never_entered", [name], f"Nobody ever entered {name}: its condition was never true{further}.")
    if users and segment.members_ever == users and not segment.exits:
        yield Finding("always_true", [name], f"Every user is in {name} and nobody ever left: it tells nobody apart.")
    elif users >= MEMBERS_MIN and segment.share >= NEARLY_ALL:
        yield Finding("nearly_always_true", [name], f"{percent(segment.share)} of all users are in {name} at the end.")


def _fed(segments: Sequence[SegmentReview]) -> Iterator[Finding]:
    """Tell which segments this history says little of, since it does not have what they read."""
    never = [segment for segment in segments if segment.unfed and not segment.entries]
    if never:
        listed = _listed([f"{segment.name} ({_listed(segment.unfed)})" for segment in never])
        text = f"Nobody entered segments that read what this history never has: {listed}."
        yield Finding("never_fed", [segment.name for segment in never], text)
    partly = [segment for segment in segments if segment.unfed and segment.entries]
    if partly:
        listed = _listed([f"{segment.name} ({_listed(segment.unfed)})" for segment in partly])
        text = f"Some segments read also what this history never has: {listed}."
        yield Finding("unfed", [segment.name for segment in partly], text)


def _overlaps(review: Review) -> Iterator[Finding]:
    """Tell which segments are as good as one, all that hang together at once."""
    large = {segment.name for segment in review.segments if segment.members_ever >= MEMBERS_MIN}
    same = [pair for pair in review.overlaps if pair.jaccard >= SAME and {pair.one, pair.other} <= large]
    clusters: list[set[str]] = []
    for pair in same:
        touched = [cluster for cluster in clusters if cluster & {pair.one, pair.other}]
        clusters = [cluster for cluster in clusters if cluster not in touched]
        clusters.append({pair.one, pair.other}.union(*touched))
    for cluster in clusters:
        *first, last = sorted(cluster)
        least = min(pair.jaccard for pair in same if pair.one in cluster)
        told = percent(least) + (" or more" if len(first) > 1 and least < 1 else "")
        how = f"of the time that anyone is in either, {told} is spent in both"
        if len(first) > 1:
            how = f"each shares {told} of its members' time with another of them"
        text = f"{', '.join(first)} and {last} are as good as one: {how}. Does each lead to something of its own?"
        yield Finding("overlap", [*first, last], text)


def _flapping(segment: SegmentReview) -> Iterator[Finding]:
    stays = segment.stays
    if (
        stays.ended < MEMBERS_MIN
        or stays.short < SHORT * stays.ended
        or stays.quick_returns < RETURNS * segment.entries
    ):
        return
    median = length(stays.median_ms or 0)
    yield Finding(
        "flapping",
        [segment.name],
        f"{segment.name} flaps: {_of(stays.quick_returns, segment.entries, 'entries')} come within a day of leaving, "
        f"and half of the stays are shorter than about {median}. An `exit:` of its own, or a window, would calm it.",
    )


def _triggers(review: Review) -> Iterator[Finding]:
    refused = sum(journey.verdicts.get("no_consent", 0) for journey in review.journeys)
    sent = sum(journey.verdicts.get("sent", 0) for journey in review.journeys)
    if refused and not sent:
        yield Finding(
            "no_consent",
            [],
            f"No trigger was sent, {refused:,} for lack of consent; --assume-consent all shows what would be sent.",
        )


def _plan(review: Review) -> Iterator[Finding]:
    unplanned = [event for event in review.events if event.topic is None]
    if unplanned:
        listed = _listed([f"{event.name} ({event.rows:,} rows)" for event in unplanned])
        text = f"The history has what events.yaml does not name, and it is dropped: {listed}."
        yield Finding("unplanned_event", [event.name for event in unplanned], text)
    planned = [event for event in review.events if event.topic is not None]
    for event in planned:
        yield from _unplanned_properties(event)
    unseen = [event.name for event in planned if not event.rows]
    if unseen:
        text = f"events.yaml names what this history never has: {_listed(unseen)}."
        yield Finding("unseen_event", unseen, text)
    missing = [
        f"{event.name}.{its.name}" for event in planned if event.rows for its in event.properties if not its.rows
    ]
    if missing:
        text = f"events.yaml names properties that no row of their events has: {_listed(missing)}."
        yield Finding("unseen_property", missing, text)


def _unplanned_properties(event: EventFill) -> Iterator[Finding]:
    found = [its for its in event.properties if its.planned is None and its.share >= RARE]
    if found:
        listed = _listed([f"{its.name} (in {percent(its.share)} of its rows)" for its in found])
        names = [f"{event.name}.{its.name}" for its in found]
        yield Finding("unplanned_property", names, f"{event.name} comes with what events.yaml does not name: {listed}.")


def _of(part: int, whole: int, noun: str) -> str:
    return f"{part:,} of {whole:,} {noun} ({percent(part / whole)})" if whole else f"{part:,} {noun}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_MAX])
    return f"{shown} and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else shown


def _looks_back_ms(condition: str) -> int:
    """Return the longest duration that a condition names, 0 where it names none."""
    return max((parse_duration(found) or 0 for found in _DURATION.findall(condition)), default=0)
