"""Sessions against a plain list of events, cut where nothing was done for the gap."""

from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import load
from stream.model.events import Event
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import EVENTS, Story
from tests.properties.histories import modest

GAP_MS = 1_000
TRAITS = """\
views: {count: viewed, within: session}
last_views: {count: viewed, within: last_session}
first_rating: {first: viewed.rating, within: last_session}
last_rating: {last: viewed.rating, within: session}
rated: {avg: viewed.rating, within: last_3_sessions}
best: {max: viewed.rating, within: last_3_sessions}
mails: {count: email_bounced, within: session}
sessions: {count: session_started}
recent: {count: session_started, within: 10s}
ended: {count: session_ended}
depth: {sum: session_ended.pages}
lasted: {sum: session_ended.duration}
dwells: {sum: page_left.dwell}
dwell_now: {sum: page_left.dwell, within: session}
"""
SHOP = load({"events.yaml": f"sessions: {{gap: 1s, page: viewed.category}}\n{EVENTS}", "traits.yaml": TRAITS})
GAPS = st.sampled_from((0, 1, 200, 500, 999, 1_000, 1_001, 1_500, 5_000, 9_000))
NAMES = st.sampled_from(("viewed", "viewed", "viewed", "measured", "email_bounced"))
STEPS = st.lists(st.tuples(GAPS, NAMES, st.integers(1, 5)), min_size=1, max_size=25)
LATER = st.sampled_from((0, 1, 500, 999, 1_000, 1_001, 60_000))


def events_of(steps: list[tuple[int, str, int]]) -> list[Event]:
    time_ms, events = 0, []
    for number, (gap_ms, name, rating) in enumerate(steps):
        time_ms += gap_ms
        props = {"rating": rating, "category": f"c{rating}"} if name == "viewed" else {}
        events.append(Event("u", name, time_ms, f"e{number}", props))
    return events


def sessions_of(events: list[Event]) -> list[list[Event]]:
    """Cut the activity into sessions."""
    found: list[list[Event]] = []
    for event in events:
        if event.name == "email_bounced":
            continue
        if not found or event.time_ms > found[-1][-1].time_ms + GAP_MS:
            found.append([])
        found[-1].append(event)
    return found


def viewed(sessions: list[list[Event]]) -> list[Event]:
    return [event for session in sessions for event in session if event.name == "viewed"]


def dwells(session: list[Event], *, is_over: bool) -> int:
    pages = [event.time_ms for event in session if event.name == "viewed"]
    if not pages:
        return 0
    return (session[-1].time_ms if is_over else pages[-1]) - pages[0]


def expected(events: list[Event], now_ms: int) -> dict[str, object]:
    sessions = sessions_of(events)
    is_open = bool(sessions) and now_ms < sessions[-1][-1].time_ms + GAP_MS
    current, finished = (sessions[-1:], sessions[:-1]) if is_open else ([], sessions)
    last, last_3 = finished[-1:], finished[-3:]
    begun_ms = [session[0].time_ms for session in sessions]
    own = [e for e in events if e.name == "email_bounced" and current and e.time_ms >= current[0][0].time_ms]
    ratings = [event.props["rating"] for event in viewed(last_3)]
    width_ms = 10_000 // 168
    return {
        "views": len(viewed(current)),
        "last_views": len(viewed(last)),
        "first_rating": next((event.props["rating"] for event in viewed(last)), None),
        "last_rating": next((event.props["rating"] for event in reversed(viewed(current))), None),
        "rated": sum(ratings) / len(ratings) if ratings else None,
        "best": max(ratings, default=None),
        "sessions": len(sessions),
        "recent": sum(now_ms < (at_ms // width_ms + 1) * width_ms + 10_000 for at_ms in begun_ms),
        "ended": len(finished),
        "depth": len(viewed(finished)),
        "lasted": sum(session[-1].time_ms - session[0].time_ms for session in finished),
        "dwells": sum(dwells(s, is_over=True) for s in finished) + sum(dwells(s, is_over=False) for s in current),
        "dwell_now": sum(dwells(session, is_over=False) for session in current),
        "mails": len(own) if not _ties(events) else None,
    }


def _ties(events: list[Event]) -> bool:
    """Tell whether a mail came in the very millisecond of some activity: then its place in the list decides."""
    mails = {event.time_ms for event in events if event.name == "email_bounced"}
    return any(event.time_ms in mails for event in events if event.name != "email_bounced")


@modest
@given(STEPS, LATER)
def test_sessions_are_what_cutting_the_list_of_events_gives(steps: list[tuple[int, str, int]], later_ms: int) -> None:
    events, story = events_of(steps), Story(SHOP)
    for event in events:
        story.hear(event)
    now_ms = events[-1].time_ms + later_ms
    story.wait(now_ms)
    for name, value in expected(events, now_ms).items():
        assert name == "mails" or story.value(name, now_ms) == value, name
        assert name != "mails" or value is None or story.value(name, now_ms) == value


@modest
@given(STEPS)
def test_nothing_by_session_changes_before_the_time_it_promises(steps: list[tuple[int, str, int]]) -> None:
    events, story = events_of(steps), Story(SHOP)
    for event in events:
        story.hear(event)
    now_ms, encoded = events[-1].time_ms, encode_profile(story.profile())
    for name in ("views", "last_views", "first_rating", "last_rating", "rated", "best", "mails", "dwell_now"):
        read = story.decider.program.readers[name]
        value, until_ms = read(decode_profile(encoded), now_ms)
        assert until_ms > now_ms
        for at_ms in (now_ms + 1, now_ms + GAP_MS // 2, min(until_ms, now_ms + 99 * GAP_MS) - 1):
            if at_ms < until_ms:
                assert read(decode_profile(encoded), at_ms)[0] == value, name


@modest
@given(STEPS, st.sampled_from(("views >= 2", "last_views >= 2", "rated >= 3", "ended >= 2", "dwells >= 1s")))
def test_a_segment_over_sessions_is_left_and_entered_when_the_list_says(
    steps: list[tuple[int, str, int]], when: str
) -> None:
    shop = load(
        {
            "events.yaml": f"sessions: {{gap: 1s, page: viewed.category}}\n{EVENTS}",
            "traits.yaml": TRAITS,
            "segments/drawn.yaml": f"when: {when}\n",
        }
    )
    events, story = events_of(steps), Story(shop)
    text, least = when.split(" >= ")
    limit = 1_000 if least == "1s" else int(least)
    rest = list(events)
    for now_ms in sorted({at + near for at in {e.time_ms for e in events} for near in (0, 1, 999, 1_000, 1_001)}):
        while rest and rest[0].time_ms <= now_ms:
            story.hear(rest.pop(0))
        story.wait(now_ms)
        value = expected([event for event in events if event.time_ms <= now_ms], now_ms)[text]
        membership = story.profile().memberships.get("drawn")
        assert (membership is not None and membership.inside) is (value is not None and value >= limit), now_ms
