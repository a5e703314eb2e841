"""When a wait of a run is over."""

from stream.decision import best_time
from stream.decision.local_moments import local_moment_ms, next_time_of_day_ms, next_weekday_ms
from stream.decision.steps import Wait
from stream.decision.turn import Turn
from stream.definitions.journey_shapes import LocalTime, Moment, OnDate
from stream.model.zones import local_date, numbered_day


def until_ms(turn: Turn, wait: Wait) -> int | None:
    """Return when a wait that begins now is over; now or before where that is past already, None where unknown."""
    until, now_ms = wait.until, turn.now_ms
    if until is None:
        return best_of(turn, wait.best_within_ms).at_ms if wait.best_within_ms else now_ms + wait.wait_ms
    zone = turn.program.zone_of(turn.profile)
    match until:
        case LocalTime(weekdays=()):
            return next_time_of_day_ms(now_ms, zone, until.minute)
        case LocalTime():
            return next_weekday_ms(now_ms, zone, until.weekdays, until.minute)
        case OnDate():
            return local_moment_ms(numbered_day(until.day), zone, until.minute)
        case Moment():
            return _moment_ms(turn, until)


def best_of(turn: Turn, within_ms: int) -> best_time.Moment:
    """Return the user's best moment from now, within so long."""
    profile = turn.profile
    hours = profile.habits.hours if profile.habits is not None else {}
    everyone = turn.reference.hours if turn.reference is not None else ()
    return best_time.best_moment(hours, everyone, turn.program.zone_of(profile), turn.now_ms, within_ms)


def _moment_ms(turn: Turn, until: Moment) -> int | None:
    at_ms = turn.program.explainer.value(until.of, turn.profile, turn.now_ms) if until.of is not None else None
    if not isinstance(at_ms, int | float):
        return None
    moved_ms = int(at_ms) + until.offset_ms
    if until.minute is None:
        return moved_ms
    zone = turn.program.zone_of(turn.profile)
    return local_moment_ms(local_date(moved_ms, zone), zone, until.minute)
