import pytest

from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.profile import NEVER
from tests.decision.story import ACTIONS, EVENTS, D, H, M, S, Story, shown

PAGES = EVENTS.replace("    closed:", "    page_viewed: {path: string}\n    closed:")
TRAITS = """\
pages: {count: page_viewed, within: session}
last_pages: {count: page_viewed, within: last_session}
pages_of_3: {count: page_viewed, within: last_3_sessions}
page: {last: page_viewed.path, within: session}
exit_page: {last: page_viewed.path, within: last_session}
entry_page: {first: page_viewed.path, within: session}
rated: {avg: viewed.rating, within: last_2_sessions}
best: {max: viewed.rating, within: session}
paid: {sum: order_completed.total, within: session}
net: {count: viewed, minus: closed, within: session}
share: {rate: viewed, per: page_viewed, within: last_session}
mails: {count: email_bounced, within: session}
sessions_7d: {count: session_started, within: 7d}
bounces: {count: session_ended, where: events == 1}
depth: {avg: session_ended.pages}
lasted: {last: session_ended.duration}
left_from: {last: session_ended.exit_page}
came_to: {last: session_ended.entry_page}
left_at: {last: session_ended.at}
gave_up: {last: session_ended.last_event}
dwell: {max: page_left.dwell, where: page == '/pricing', within: 7d}
dwells: {count: page_left}
dwell_by_page: {sum: page_left.dwell, by: page}
dwell_now: {sum: page_left.dwell, within: session}
"""


def shop(segments: dict[str, str] | None = None, journeys: dict[str, str] | None = None) -> Definitions:
    files = {"events.yaml": PAGES, "traits.yaml": TRAITS, "actions.yaml": ACTIONS}
    files |= {f"segments/{name}.yaml": f"when: {when}\n" for name, when in (segments or {}).items()}
    files |= {f"journeys/{name}.yaml": text for name, text in (journeys or {}).items()}
    return load(files)


def seen(*views: tuple[int, str]) -> Story:
    story = Story(shop())
    for time_ms, path in views:
        story.tell(time_ms, "page_viewed", path=path)
    return story


def test_a_session_goes_on_through_the_last_millisecond_of_the_gap_and_not_after() -> None:
    assert seen((0, "/"), (30 * M, "/a")).value("pages", 30 * M) == 2
    assert seen((0, "/"), (30 * M + 1, "/a")).value("pages", 30 * M + 1) == 1


def test_the_session_under_way_ends_by_time_alone_and_is_the_last_one_then() -> None:
    story = seen((0, "/"), (M, "/a"))
    assert story.reading("pages", M) == (2, 31 * M)
    assert story.reading("last_pages", M) == (0, 31 * M)
    assert story.reading("exit_page", M) == (None, 31 * M)
    assert [story.value("pages", 31 * M - 1), story.value("last_pages", 31 * M - 1)] == [2, 0]
    assert story.reading("pages", 31 * M) == (0, NEVER)
    assert story.reading("last_pages", 31 * M) == (2, NEVER)
    assert story.reading("exit_page", 31 * M) == ("/a", NEVER)


def test_the_last_session_is_kept_through_the_next() -> None:
    story = seen((0, "/"), (M, "/a"), (2 * H, "/b"))
    assert story.reading("last_pages", 2 * H) == (2, 2 * H + 30 * M)
    assert [story.value(name, 2 * H) for name in ("pages", "exit_page", "page")] == [1, "/a", "/b"]
    assert story.value("last_pages", 2 * H + 30 * M) == 1


def test_of_a_session_without_any_there_is_none() -> None:
    story = seen((0, "/"))
    story.tell(2 * H, "viewed")
    assert story.value("last_pages", 2 * H) == 1
    assert story.value("last_pages", 3 * H) == 0
    assert story.value("exit_page", 3 * H) is None


def test_over_several_finished_sessions() -> None:
    story = Story(shop())
    for number in range(5):
        for _ in range(number + 1):
            story.tell(number * H, "page_viewed", path="/")
            story.tell(number * H, "viewed", rating=number)
    assert story.value("pages_of_3", 4 * H) == 2 + 3 + 4
    assert story.value("pages_of_3", 5 * H) == 3 + 4 + 5
    assert story.value("rated", 5 * H) == (4 * 3 + 5 * 4) / 9
    assert [story.value("best", 4 * H), story.value("best", 5 * H)] == [4, None]
    state = next(state for key, state in story.profile().traits.items() if key.startswith("pages_of_3"))
    assert len(state.numbers) == 4


def test_other_activity_keeps_a_session_up_and_what_is_none_does_not() -> None:
    story = seen((0, "/"))
    story.tell(20 * M, "viewed")
    story.tell(40 * M, "product_added", product_id="p")
    story.tell(60 * M, "email_bounced")
    assert story.value("mails", 60 * M) == 1
    assert story.reading("pages", 60 * M) == (1, 70 * M)
    story.tell(80 * M, "email_bounced")
    assert story.value("mails", 80 * M) == 0
    assert story.value("sessions_7d", 80 * M) == 1


def test_sums_and_differences_and_rates_by_session() -> None:
    story = seen((0, "/"), (0, "/a"))
    for name, props in (("viewed", {}), ("closed", {}), ("viewed", {}), ("order_completed", {"total": 500})):
        story.tell(M, name, **props)
    assert [story.value(name, M) for name in ("net", "paid")] == [1, 500]
    assert story.value("share", M) is None
    assert story.value("share", H) == 1


def test_what_was_done_in_a_session_is_told_when_it_ends() -> None:
    story = seen((0, "/"), (M, "/pricing"), (4 * M, "/a"))
    story.tell(5 * M, "viewed")
    story.wait(35 * M - 1)
    assert story.value("left_at", 35 * M) is None
    story.wait(35 * M)
    told = {"depth": 3, "lasted": 5 * M, "left_from": "/a", "came_to": "/", "left_at": 35 * M, "gave_up": "viewed"}
    assert {name: story.value(name, 35 * M) for name in told} == told
    assert story.value("bounces", 35 * M) == 0


def test_a_session_of_one_event_is_a_bounce() -> None:
    story = seen((0, "/"), (D, "/"), (D + 1, "/"), (2 * D, "/"))
    story.wait(9 * D)
    assert story.value("bounces", 9 * D) == 2
    assert story.value("sessions_7d", 7 * D) == 3


def test_dwell_is_the_time_to_the_next_page_and_to_the_last_activity_on_the_last() -> None:
    story = seen((0, "/pricing"), (2 * M, "/a"), (3 * M, "/pricing"))
    assert story.value("dwell == 2m and dwells == 2", 3 * M) is True
    story.tell(8 * M, "viewed")
    assert story.value("dwell_now", 8 * M) == 3 * M
    story.wait(38 * M)
    assert story.value("dwell == 5m and dwells == 3", 38 * M) is True
    assert story.value("dwell_by_page['/pricing'] == 7m and top(dwell_by_page) == '/pricing'", 38 * M) is True


def test_of_a_last_page_on_which_nothing_was_done_the_dwell_is_not_made_up() -> None:
    story = seen((0, "/pricing"))
    story.wait(D)
    assert story.value("dwells", D) == 0
    assert story.value("dwell", D) is None


def test_a_page_without_a_name_is_a_page() -> None:
    story = Story(shop())
    story.tell(0, "page_viewed")
    story.tell(M, "page_viewed", path="/a")
    story.wait(H)
    assert [story.value(name, H) for name in ("depth", "dwells", "came_to", "left_from")] == [2, 1, None, "/a"]


def test_a_late_page_counts_in_the_session_it_lies_in_and_changes_no_end() -> None:
    story = seen((0, "/"), (10 * M, "/a"))
    story.tell(5 * M, "page_viewed", path="/late")
    assert story.reading("pages", 10 * M) == (3, 40 * M)
    assert [story.value("page", 10 * M), story.value("dwells", 10 * M)] == ["/a", 1]
    story.tell(2 * H, "page_viewed", path="/b")
    story.tell(39 * M, "page_viewed", path="/late")
    assert [story.value(name, 2 * H) for name in ("pages", "last_pages", "exit_page")] == [1, 4, "/late"]
    assert story.value("depth", 2 * H) == 3


def test_a_late_page_from_between_two_sessions_or_before_both_counts_in_neither() -> None:
    story = seen((5 * H, "/"), (7 * H, "/a"))
    for time_ms in (H, 6 * H, 7 * H - 1):
        story.tell(time_ms, "page_viewed", path="/late")
    assert [story.value(name, 7 * H) for name in ("pages", "last_pages", "sessions_7d")] == [1, 1, 2]


def test_what_comes_when_its_session_was_told_to_have_ended_starts_none() -> None:
    story = seen((0, "/"))
    story.wait(D)
    story.tell(20 * M, "page_viewed", path="/late")
    assert [story.value(name, D) for name in ("last_pages", "depth", "sessions_7d")] == [2, 1, 1]


def test_one_clock_in_the_future_ends_no_session_early() -> None:
    story = seen((0, "/"))
    story.hear(story.event(99 * D, "page_viewed", path="/a"), limit_ms=M)
    assert story.reading("pages", M) == (2, 31 * M)


def test_a_session_that_ended_while_no_timer_fired_is_told_before_the_next_begins() -> None:
    story = seen((0, "/"), (M, "/a"))
    story.decider.decide(story.event(D, "page_viewed", path="/b"), timers_until_ms=0)
    assert [story.value(name, D) for name in ("depth", "left_at", "dwell_now", "pages")] == [2, 31 * M, 0, 1]


def test_segments_by_session_are_entered_and_left_by_time_alone() -> None:
    story = Story(shop({"deep": "pages >= 2", "bounced": "last_pages == 1 and pages == 0"}))
    story.tell(0, "page_viewed", path="/")
    story.wait(4 * H)
    story.tell(5 * H, "viewed")
    story.tell(5 * H + 1, "page_viewed")
    story.tell(5 * H + 2, "page_viewed")
    story.wait(9 * H)
    assert shown(story.outcomes) == [
        (30 * M, "entered bounced"),
        (5 * H + 1, "exited bounced"),
        (5 * H + 2, "entered deep"),
        (5 * H + 30 * M + 2, "exited deep"),
    ]


def test_a_session_that_another_event_starts_ends_for_the_segments_too() -> None:
    story = Story(shop({"browsed": "last_pages >= 1"}))
    story.tell(0, "page_viewed")
    story.wait(H)
    story.tell(5 * H, "viewed")
    assert shown(story.wait(9 * H)) == [(5 * H + 30 * M, "exited browsed")]


def test_a_journey_may_begin_when_a_session_ends() -> None:
    journey = "enter: {event: session_ended, again_after: 0s}\nexit_on: [session_started]\nsteps: [{trigger: mail}]\n"
    story = Story(shop(journeys={"goodbye": journey}))
    story.consent("marketing")
    story.tell(H, "page_viewed")
    assert (H + 30 * M, "trigger mail") in shown(story.wait(9 * H))


def test_where_nothing_asks_for_sessions_none_are_kept() -> None:
    files = {"events.yaml": PAGES, "traits.yaml": "views: {count: page_viewed}\n", "actions.yaml": ACTIONS}
    story = Story(load(files))
    story.tell(0, "page_viewed")
    assert story.profile().session is None
    assert story.profile().due_ms == NEVER


@pytest.mark.parametrize(("rules", "ends_ms"), [("{gap: 10s}", 15 * S), ("{gap: 10s, except: [viewed]}", 10 * S)])
def test_the_gap_and_what_is_no_activity_are_settings(rules: str, ends_ms: int) -> None:
    files = {
        "events.yaml": f"sessions: {rules}\n{PAGES}",
        "traits.yaml": "pages: {count: page_viewed, within: session}",
    }
    story = Story(load(files))
    story.tell(0, "page_viewed")
    assert story.reading("pages", 0) == (1, 10 * S)
    story.tell(5 * S, "viewed")
    assert story.reading("pages", 5 * S) == (1, ends_ms)


def test_another_event_and_property_may_be_the_page() -> None:
    traits = "left: {last: page_left.page}\n"
    story = Story(load({"events.yaml": f"sessions: {{page: viewed.category}}\n{PAGES}", "traits.yaml": traits}))
    story.tell(0, "viewed", category="shoes")
    story.tell(1, "page_viewed", path="/")
    story.tell(2, "viewed", category="hats")
    assert story.value("left", 2) == "shoes"
