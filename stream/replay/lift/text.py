"""A lift as text, for terminals and pipes."""

from collections.abc import Iterator

from stream.replay.lift.shapes import Arm, Estimate, JourneyLift, Lift
from stream.replay.summary import Section

_TOGETHER = "all journeys"


def lift_text(lift: Lift) -> str:
    """Return the arms, the differences with their 95 % intervals, and what makes them doubtful."""
    found = [*lift.journeys, *([lift.together] if lift.together is not None else [])]
    sections = [
        Section("users", ["arm", "users", "reached goal", "share", "value a user"], _arms(found)),
        Section("lift", ["of", "difference", "95 % interval", "relative", "95 % interval", "p"], _lifts(found)),
    ]
    lines = [line for section in sections for line in section.lines()]
    return "\n".join([*lines, *_notes(found)]).lstrip("\n")


def _arms(found: list[JourneyLift]) -> list[tuple[str, list[str]]]:
    rows = []
    for one in found:
        rows.append((_name(one), ["treated", *_counts(one.treated)]))
        rows.append(("", ["held out", *_counts(one.held_out)]))
    return rows


def _counts(arm: Arm) -> list[str]:
    share = f"{arm.reached / arm.users:.2%}" if arm.users else "-"
    value = f"{arm.value / arm.users:,.3f}" if arm.users and arm.value is not None else "-"
    return [f"{arm.users:,}", f"{arm.reached:,}", share, value]


def _lifts(found: list[JourneyLift]) -> list[tuple[str, list[str]]]:
    rows = []
    for one in found:
        if one.conversion is not None:
            rows.append((_name(one), ["conversion", *_estimate(one.conversion, 100, " pp", 2)]))
        if one.value is not None:
            rows.append(("", ["value a user", *_estimate(one.value, 1, "", 3)]))
    return rows


def _estimate(found: Estimate, scale: int, unit: str, digits: int) -> list[str]:
    low, high = (f"{scale * bound:+,.{digits}f}" for bound in (found.low, found.high))
    relative, interval = "-", "-"
    if found.relative is not None:
        relative = f"{found.relative.change:+.1%}"
        interval = f"{found.relative.low:+.1%} to {found.relative.high:+.1%}"
    difference = f"{scale * found.difference:+,.{digits}f}{unit}"
    return [difference, f"{low} to {high}", relative, interval, _odds(found.p)]


def _odds(p: float | None) -> str:
    if p is None:
        return "-"
    return f"{p:.3f}" if p >= 0.0005 else "<0.001"


def _notes(found: list[JourneyLift]) -> Iterator[str]:
    for one in found:
        notes = [*_left_out(one), *(f"warning: {warning}" for warning in one.warnings)]
        if notes:
            yield ""
            yield _name(one)
            yield from (f"  {note}" for note in notes)


def _left_out(one: JourneyLift) -> Iterator[str]:
    if one.split is not None and one.split.configured is not None and one.split.p is not None:
        yield (f"{one.split.held_out:.2%} held out, {one.split.configured:.2%} configured (p {_odds(one.split.p)})")
    if one.untouched:
        yield f"not counted: {one.untouched:,} for whom no trigger came to be sent"
    if one.early:
        yield f"not counted: {one.early:,} who reached the goal before the first trigger"


def _name(one: JourneyLift) -> str:
    return one.journey or _TOGETHER
