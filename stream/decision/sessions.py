"""Sessions of a user: when one starts, goes on and ends, and what is told of it.

A session ends once nothing was done for the gap. What is done up to and including the last millisecond of the gap goes
on with it, so it ends at `last_ms + gap` and not before. `session_started` is told at its first activity,
`session_ended` when the gap is over (by time alone), and `page_left` when the next page is viewed, with the time
between the two; the last page is left with the last that was done on it, and where nothing was, its dwell is not known
and nothing told.

Late activity, from before the latest, changes neither the end nor any dwell: of a session that is under way it counts
among the events and pages, and of one that has ended nothing is told again.
"""

from collections.abc import Callable, Mapping

from stream.decision.session_borders import is_over
from stream.decision.turn import BY_TIME, Turn
from stream.definitions.sessions import ENDED, LEFT, STARTED
from stream.model.events import Event, Scalar
from stream.model.plan import SessionRules
from stream.model.profile import NEVER, Profile, Session
from stream.model.text import kept_text


def goes_on(rules: SessionRules) -> Callable[[Profile, Event], bool]:
    """Return what lets an activity go on with the session under way, where it is the latest of it and no page.

    It answers whether that was so. It is for most events, and does for them what `take_in` does.
    """
    gap_ms, page_event = rules.gap_ms, rules.page_event

    def goes_on(profile: Profile, event: Event) -> bool:
        session, time_ms = profile.session, event.time_ms
        if session is None or session.is_over or not session.last_ms <= time_ms <= profile.now_ms:
            return False
        if time_ms > session.last_ms + gap_ms or event.name == page_event:
            return False
        session.events += 1
        session.last_ms, session.last_event, session.event = time_ms, event.name, event.id
        return True

    return goes_on


def end_overtaken(turn: Turn, event: Event) -> bool:
    """End the session that an activity comes too late for; return whether one has ended by it."""
    session, rules = turn.profile.session, turn.program.definitions.plan.sessions
    time_ms = min(event.time_ms, turn.now_ms)
    if session is None or session.is_over or time_ms <= session.last_ms + rules.gap_ms:
        return False
    _end(turn, session, rules.gap_ms)
    return True


def take_in(turn: Turn, event: Event) -> None:
    """Let an activity go on with the session, or start one."""
    profile, rules = turn.profile, turn.program.definitions.plan.sessions
    session, time_ms = profile.session, min(event.time_ms, turn.now_ms)
    if session is None or time_ms > session.last_ms + rules.gap_ms:
        session = profile.session = _started(turn, session, time_ms, event.id)
    elif session.is_over or time_ms < session.started_ms:
        return
    session.events += 1
    if time_ms >= session.last_ms:
        session.last_ms, session.last_event, session.event = time_ms, event.name, event.id
    if event.name == rules.page_event:
        _view(turn, session, kept_text(str(event.props.get(rules.page_property, ""))), time_ms)


def end_due(turn: Turn) -> None:
    """End the session whose gap is over, or note when to look again, since something was done meanwhile."""
    session = turn.profile.session
    if session is None or session.check_ms > turn.now_ms:
        return
    gap_ms = turn.program.definitions.plan.sessions.gap_ms
    if session.is_over or not turn.program.tells_sessions:
        session.check_ms = NEVER
    elif is_over(session, gap_ms, turn.now_ms):
        _end(turn, session, gap_ms)
    else:
        session.check_ms = session.last_ms + gap_ms


def _started(turn: Turn, before: Session | None, time_ms: int, event: str) -> Session:
    session = Session(number=1, started_ms=time_ms, last_ms=time_ms, event=event)
    if before is not None:
        session.number = before.number + 1
        session.before_started_ms, session.before_last_ms = before.started_ms, before.last_ms
    if turn.program.tells_sessions:
        session.check_ms = time_ms + turn.program.definitions.plan.sessions.gap_ms
    turn.add(STARTED, {}, event, time_ms)
    return session


def _view(turn: Turn, session: Session, page: str, time_ms: int) -> None:
    session.pages += 1
    if session.pages == 1:
        session.entry_page = page
    if time_ms >= session.page_ms:
        if session.page_ms != -NEVER:
            _leave(turn, session, time_ms, time_ms, session.event)
        session.page, session.page_ms = page, time_ms


def _leave(turn: Turn, session: Session, left_ms: int, at_ms: int, cause: str) -> None:
    """Tell how long the page was looked at."""
    turn.add(LEFT, {**_named("page", session.page), "dwell": left_ms - session.page_ms}, cause, at_ms)


def _end(turn: Turn, session: Session, gap_ms: int) -> None:
    session.is_over, session.check_ms = True, NEVER
    ended_ms = session.last_ms + gap_ms
    if session.page_ms != -NEVER and session.last_ms > session.page_ms:
        _leave(turn, session, session.last_ms, ended_ms, BY_TIME)
    told: Mapping[str, Scalar] = {
        "pages": session.pages,
        "events": session.events,
        "duration": session.last_ms - session.started_ms,
        "last_event": session.last_event,
        **_named("entry_page", session.entry_page),
        **_named("exit_page", session.page),
    }
    turn.add(ENDED, told, BY_TIME, ended_ms)


def _named(prop: str, page: str) -> Mapping[str, Scalar]:
    """Return the property that names a page; a page without a name has none."""
    return {prop: page} if page else {}
