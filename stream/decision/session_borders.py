"""Which session a time lies in, and whether one is over."""

from stream.model.profile import Profile, Session


def is_over(session: Session, gap_ms: int, now_ms: int) -> bool:
    """Return whether a session has ended by now."""
    return session.is_over or now_ms >= session.last_ms + gap_ms


def number_at(profile: Profile, gap_ms: int, time_ms: int) -> int:
    """Return the number of the session that a time lies in, of the latest two; 0 where it lies in neither."""
    session = profile.session
    if session is None:
        return 0
    time_ms = min(time_ms, profile.now_ms)
    if time_ms >= session.started_ms:
        return session.number if time_ms <= session.last_ms + gap_ms else 0
    lies_before = session.before_started_ms <= time_ms <= session.before_last_ms + gap_ms
    return session.number - 1 if lies_before else 0
