"""Traits that set one count against another."""

from stream.decision.reading import Reader, Reading
from stream.model.profile import Profile


def rate_reader(hits: Reader, of: Reader, least: int) -> Reader:
    """Read how many hits there were per one of the others; unknown while there are fewer of those than `least`."""

    def read(profile: Profile, now_ms: int) -> Reading:
        (count, count_until_ms), (others, others_until_ms) = hits(profile, now_ms), of(profile, now_ms)
        until_ms = min(count_until_ms, others_until_ms)
        if not isinstance(count, int) or not isinstance(others, int) or others < least:
            return None, until_ms
        return count / others, until_ms

    return read
