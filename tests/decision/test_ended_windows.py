import pytest

from stream.model.events import Scalar
from tests.decision.story import D, H, S, Story, config, shown

# Buckets of 168 s are one second wide.
OPERATORS = {
    "count": "{count: measured, within: 168s, ending: 100s}",
    "sum": "{sum: measured.m, within: 168s, ending: 100s}",
    "avg": "{avg: measured.m, within: 168s, ending: 100s}",
    "min": "{min: measured.m, within: 168s, ending: 100s}",
    "max": "{max: measured.m, within: 168s, ending: 100s}",
    "first": "{first: measured.m, within: 168s, ending: 100s}",
    "top": "{top: measured.s, within: 168s, ending: 100s}",
}
TRAITS = "".join(f"x_{name}: {text}\n" for name, text in OPERATORS.items())


@pytest.mark.parametrize(
    ("name", "value", "empty"),
    [("count", 1, 0), ("sum", 7, 0), *((n, 7, None) for n in "avg min max first".split()), ("top", "7", None)],
)
def test_an_event_counts_from_its_buckets_end_and_for_exactly_the_window(
    name: str, value: Scalar, empty: Scalar | None
) -> None:
    story = Story(config(TRAITS))
    story.tell(10_500, "measured", m=7, s="7")
    assert story.reading(f"x_{name}", 10_500) == (empty, 111 * S)
    assert story.reading(f"x_{name}", 111 * S - 1) == (empty, 111 * S)
    assert story.reading(f"x_{name}", 111 * S) == (value, 279 * S)
    assert story.value(f"x_{name}", 279 * S - 1) == value
    assert story.value(f"x_{name}", 279 * S) == empty


def test_of_several_buckets_the_next_to_enter_or_to_leave_says_when_it_changes() -> None:
    story = Story(config(TRAITS))
    for second, amount in ((0, 4), (50, 10), (200, 1)):
        story.tell(second * S, "measured", m=amount, s=str(amount))
    assert story.reading("x_sum", 200 * S) == (14, 269 * S)
    assert story.reading("x_sum", 269 * S) == (10, 301 * S)
    assert story.reading("x_sum", 301 * S) == (11, 319 * S)
    assert story.reading("x_sum", 319 * S) == (1, 469 * S)
    assert story.value("x_sum", 469 * S) == 0


@pytest.mark.parametrize(("late_ms", "counted"), [(11_000, 1), (10_999, 0)])
def test_a_late_event_counts_while_its_bucket_will_still_count(late_ms: int, counted: int) -> None:
    story = Story(config(TRAITS))
    story.tell(279 * S, "viewed")
    story.tell(late_ms, "measured", m=5, s="5")
    assert story.value("x_count", 279 * S) == counted


def test_a_segment_is_entered_and_left_by_time_alone() -> None:
    traits = "before: {count: measured, within: 7d, ending: 7d}\nnow: {count: measured, within: 7d}\n"
    story = Story(config(traits, {"lapsed": "before >= 2 and now == 0"}))
    story.tell(0, "measured")
    story.tell(D, "measured")
    assert shown(story.wait(40 * D)) == [(8 * D + H, "entered lapsed"), (14 * D + H, "exited lapsed")]


def test_what_leaves_this_window_enters_the_one_before_at_the_same_moment() -> None:
    traits = "before: {count: measured, within: 7d, ending: 7d}\nnow: {count: measured, within: 7d}\n"
    story = Story(config(traits), spread=True)
    story.tell(12 * H, "measured")
    moment = story.reading("now", 12 * H)[1]
    assert story.reading("before", 12 * H) == (0, moment)
    assert (story.value("now", moment - 1), story.value("before", moment - 1)) == (1, 0)
    assert (story.value("now", moment), story.value("before", moment)) == (0, 1)


def test_a_window_long_ago_keeps_no_more_than_its_buckets() -> None:
    story = Story(config("x: {count: measured, within: 7d, ending: 91d}\n"))
    for hour in range(300 * 24):
        story.tell(hour * H, "measured")
    (state,) = story.profile().traits.values()
    assert len(state.numbers) <= 168 * 14 + 1
    assert story.value("x", 300 * D) == 168
