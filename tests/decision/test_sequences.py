import pytest

from stream.decision.sequences import KEYS_KEPT
from stream.model.profile import NEVER
from tests.decision.story import D, H, M, Story, config, shown

TRAITS = """\
added: {sequence: [viewed, product_added], span: 1h}
ever: {sequence: [viewed, product_added]}
same: {sequence: [viewed, product_added], by: product_id, span: 1h}
liked: {sequence: [{event: viewed, where: rating >= 4}, product_added], span: 1h}
direct: {sequence: [viewed, product_added], without: [closed, {event: measured, where: f}], span: 1h}
kept: {sequence: [viewed, product_added], by: product_id, without: product_removed}
lost: {sequence: [viewed, product_added], by: product_id, without: closed}
funnel: {sequence: [viewed, product_added, order_completed], span: 1d}
twice: {sequence: [order_completed, order_completed], span: 30d}
thrice: {sequence: [viewed, viewed, closed], span: 1h}
week: {sequence: [viewed, product_added], span: 1h, within: 168s}
warm: {sequence: [viewed, product_added], span: 1h, half_life: 7d}
now: {sequence: [viewed, product_added], within: session}
rate: {sequence_rate: [viewed, product_added], span: 1h}
rate_3: {sequence_rate: [viewed, product_added], span: 1h, min: 3}
rate_by: {sequence_rate: [viewed, product_added], by: product_id, span: 1h, min: 2}
"""


def told(*events: tuple[int, str] | tuple[int, str, dict[str, object]]) -> Story:
    story = Story(config(TRAITS))
    for time_ms, name, *props in events:
        story.tell(time_ms, name, **(props[0] if props else {}))
    return story


A, B = "viewed", "product_added"


@pytest.mark.parametrize(("later_ms", "count"), [(0, 1), (H, 1), (H + 1, 0)])
def test_one_is_followed_by_the_other_within_the_span_and_not_after(later_ms: int, count: int) -> None:
    assert told((0, A), (later_ms, B)).value("added", later_ms) == count


def test_without_a_span_it_may_take_as_long_as_it_likes() -> None:
    assert told((0, A), (999 * D, B)).value("ever", 999 * D) == 1
    assert told((0, B), (1, A)).value("ever", 1) == 0


def test_the_latest_beginning_counts_and_each_event_once() -> None:
    story = told((0, A), (50 * M, A), (100 * M, B), (101 * M, B), (102 * M, A), (103 * M, B))
    assert story.value("added", 103 * M) == 2


def test_each_key_has_sequences_of_its_own() -> None:
    p, q = {"product_id": "p"}, {"product_id": "q"}
    assert told((0, A, p), (1, B, q)).value("same", 1) == 0
    assert told((0, A, p), (1, A, q), (2, B, q), (3, B, p), (4, A), (5, B)).value("same", 5) == 2


def test_a_step_may_have_a_condition() -> None:
    assert told((0, A, {"rating": 3}), (1, B)).value("liked", 1) == 0
    assert told((0, A), (0, A, {"rating": 4}), (1, B)).value("liked", 1) == 1


@pytest.mark.parametrize(
    ("between", "count"), [("closed", {}), ("measured", {"f": True})], ids=["an event", "with a condition"]
)
def test_what_must_not_come_between_ends_what_is_under_way(between: str, count: dict[str, object]) -> None:
    assert told((0, A), (1, between, count), (2, B)).value("direct", 2) == 0
    assert told((0, between, count), (1, A), (2, B), (3, between, count)).value("direct", 3) == 1


def test_a_condition_on_what_must_not_come_between_that_is_unknown_ends_nothing() -> None:
    assert told((0, A), (1, "measured"), (2, B)).value("direct", 2) == 1


def test_what_must_not_come_between_ends_its_own_key_or_all_where_it_has_none() -> None:
    p, q = {"product_id": "p"}, {"product_id": "q"}
    views, adds = ((0, A, p), (0, A, q)), ((3, B, p), (3, B, q))
    assert told(*views, (1, "product_removed", p), *adds).value("kept", 3) == 1
    assert told(*views, (1, "product_removed"), *adds).value("kept", 3) == 0
    assert told(*views, (1, "closed"), *adds).value("lost", 3) == 0
    assert told(*views, *adds).value("lost", 3) == 2


def test_three_steps() -> None:
    assert told((0, A), (1, B), (2, "order_completed")).value("funnel", 2) == 1
    assert told((0, B), (1, A), (2, "order_completed")).value("funnel", 2) == 0
    assert told((0, A), (23 * H, B), (D + 1, "order_completed")).value("funnel", D + 1) == 0
    assert told((0, A), (H, A), (2 * H, B), (D + H, "order_completed")).value("funnel", D + H) == 1
    assert told((0, A), (H, B), (2 * H, A), (D + H, "order_completed")).value("funnel", D + H) == 0


def test_an_event_followed_by_itself_counts_in_pairs() -> None:
    story = Story(config(TRAITS))
    for day, pairs in ((0, 0), (30, 1), (31, 1), (62, 1), (63, 2)):
        story.tell(day * D, "order_completed")
        assert story.value("twice", day * D) == pairs, day


def test_one_event_may_be_two_steps_of_different_sequences_under_way() -> None:
    assert told((0, A), (1, A), (2, "closed")).value("thrice", 2) == 1
    assert told((0, A), (2, "closed")).value("thrice", 2) == 0
    assert told((0, A), (H, A), (H + 1, A), (2 * H, "closed")).value("thrice", 2 * H) == 1


def test_what_comes_late_is_passed_over() -> None:
    assert told((5, B), (0, A), (6, B)).value("added", 6) == 1
    assert told((0, A), (10, A), (5, B)).value("added", 10) == 0


def test_one_clock_in_the_future_stops_nothing() -> None:
    story = told((0, A))
    story.hear(story.event(99 * D, "viewed"), limit_ms=M)
    story.tell(2 * M, B)
    assert story.value("added", 2 * M) == 1


def test_completions_leave_the_window_by_time_alone_at_a_known_moment() -> None:
    story = Story(config(TRAITS, {"quick": "week >= 1"}))
    story.tell(0, A)
    story.tell(10_500, B)
    assert story.reading("week >= 1", 10_500) == (True, 179_000)
    assert shown(story.wait(D)) == [(179_000, "exited quick")]


def test_completions_fade_and_are_kept_by_session_like_any_count() -> None:
    story = told((0, A), (0, B))
    assert story.reading("warm > 0.5", 0) == (True, 7 * D)
    assert story.reading("now", 0) == (1, 30 * M)
    assert story.value("now", 30 * M) == 0


def test_the_rate_is_of_those_that_began_and_what_begins_again_is_the_same_one() -> None:
    story = told((0, A), (M, A), (2 * M, B))
    assert story.reading("rate", 2 * M) == (1, NEVER)
    story.tell(3 * M, A)
    assert story.value("rate", 3 * M) == 0.5
    story.tell(4 * M, A)
    story.tell(2 * H, A)
    assert story.value("rate", 2 * H) == 1 / 3
    assert story.value("rate_3", 2 * H) == 1 / 3
    assert told((0, A), (1, B)).value("rate_3", 1) is None
    assert told((0, B)).value("rate", 0) is None


def test_the_rate_of_keys_is_one_of_all_of_them() -> None:
    p, q = {"product_id": "p"}, {"product_id": "q"}
    assert told((0, A, p), (1, A, q), (2, B, q)).value("rate_by", 2) == 0.5


def test_of_so_many_keys_the_one_longest_idle_is_forgotten() -> None:
    story = told((0, A, {"product_id": "old"}), (0, A, {"product_id": "kept"}))
    for number in range(KEYS_KEPT - 2):
        story.tell(1, A, product_id=f"p{number}")
    story.tell(2, A, product_id="kept")
    story.tell(3, A, product_id="new")
    story.tell(4, B, product_id="old")
    assert story.value("same", 4) == 0
    story.tell(5, B, product_id="kept")
    story.tell(6, B, product_id="new")
    assert story.value("same", 6) == 2
    state = next(its for key, its in story.profile().traits.items() if key.startswith("same") and "/" in key)
    assert len(state.began_ms) == len(state.last_ms) == KEYS_KEPT


def test_a_segment_says_which_events_made_it_so() -> None:
    story = Story(config(TRAITS, {"quick": "added >= 1"}))
    story.tell(0, A)
    (entered,) = story.tell(1, B)
    assert (entered.why.leaves[0].value, entered.why.leaves[0].events) == (1, ["e2"])
