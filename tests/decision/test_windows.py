import pytest

from stream.model.events import Scalar
from tests.decision.story import D, S, Story, config

OPERATORS = {
    "count": "{count: measured, within: 168s}",
    "sum": "{sum: measured.m, within: 168s}",
    "avg": "{avg: measured.m, within: 168s}",
    "min": "{min: measured.m, within: 168s}",
    "max": "{max: measured.m, within: 168s}",
    "first": "{first: measured.m, within: 168s}",
    "last": "{last: measured.m, within: 168s}",
    "distinct": "{distinct: measured.m, within: 168s}",
    "top": "{top: measured.s, within: 168s}",
}
TRAITS = "".join(f"x_{name}: {text}\n" for name, text in OPERATORS.items())
EMPTY: dict[str, Scalar | None] = {**dict.fromkeys(OPERATORS), "count": 0, "sum": 0, "distinct": 0}


def fed(*events: tuple[int, int]) -> Story:
    """A user whose measures came in this order, as (time, amount); the text of each is its amount."""
    story = Story(config(TRAITS))
    for time_ms, amount in events:
        story.tell(time_ms, "measured", m=amount, s=str(amount))
    return story


def all_of(story: Story, now_ms: int) -> dict[str, Scalar | None]:
    return {name: story.value(f"x_{name}", now_ms) for name in OPERATORS}


# Buckets of 168 s are one second wide.
@pytest.mark.parametrize(
    ("name", "value"), [("count", 1), *((n, 7) for n in "sum avg min max first".split()), ("top", "7")]
)
def test_an_event_counts_to_the_end_of_its_bucket_one_window_later(name: str, value: Scalar) -> None:
    story = fed((10_500, 7))
    for now_ms in (10_500, 178_500, 179 * S - 1):
        assert story.value(f"x_{name}", now_ms) == value
    assert story.reading(f"x_{name}", 10_500)[1] == 179 * S
    assert story.value(f"x_{name}", 179 * S) == EMPTY[name]


@pytest.mark.parametrize(("name", "value"), [("last", 7), ("distinct", 1)])
def test_what_was_last_is_forgotten_to_the_millisecond(name: str, value: Scalar) -> None:
    story = fed((10_500, 7))
    assert story.reading(f"x_{name}", 10_500) == (value, 178_501)
    assert story.value(f"x_{name}", 178_500) == value
    assert story.value(f"x_{name}", 178_501) == EMPTY[name]


def test_every_operator_reads_what_is_in_its_window() -> None:
    story = fed((1_000, 4), (50_000, 10), (50_500, 10), (100_000, 1))
    expected: dict[str, Scalar | None] = {
        "count": 4, "sum": 25, "avg": 6.25, "min": 1, "max": 10, "first": 4, "last": 1, "distinct": 3, "top": "10",
    }  # fmt: skip
    assert all_of(story, 100_000) == expected
    expected |= {"count": 3, "sum": 21, "avg": 7.0, "first": 10, "distinct": 2}
    assert all_of(story, 170 * S) == expected


def test_a_window_empties_and_fills_again() -> None:
    story = fed((1_000, 4))
    assert all_of(story, 400 * S) == EMPTY
    story.tell(400 * S, "measured", m=6, s="6")
    assert story.value("x_sum", 400 * S) == 6
    assert story.value("x_first", 400 * S) == 6
    assert story.value("x_avg", 400 * S) == 6


def test_an_event_without_the_property_leaves_the_trait_as_it_is() -> None:
    story = fed((1_000, 4))
    story.tell(2_000, "measured", s="x")
    assert story.value("x_count", 2_000) == 2
    assert story.value("x_sum", 2_000) == 4
    assert story.value("x_avg", 2_000) == 4


def test_a_late_event_counts_into_its_own_bucket_if_that_is_still_kept() -> None:
    story = fed((10_000, 4), (177 * S, 5), (10_500, 7))
    assert story.value("x_count", 177 * S) == 3
    assert story.value("x_sum", 179 * S - 1) == 16
    assert story.value("x_sum", 179 * S) == 5


def test_a_late_event_opens_a_bucket_between_others() -> None:
    story = fed((10_000, 4), (30_000, 5), (20_500, 9))
    assert story.value("x_sum", 30_000) == 18
    assert story.value("x_max", 30_000) == 9
    assert story.value("x_last", 30_000) == 5
    assert story.value("x_first", 179 * S) == 9
    assert story.value("x_sum", 189 * S - 1) == 14
    assert story.value("x_sum", 189 * S) == 5


@pytest.mark.parametrize(("late_ms", "counted"), [(10_000, 1), (9_999, 0)])
def test_an_event_too_late_for_its_window_counts_for_nothing(late_ms: int, counted: int) -> None:
    story = Story(config(TRAITS))
    story.tell(178 * S, "viewed")
    story.tell(late_ms, "measured", m=5, s="5")
    assert story.value("x_count", 178 * S) == counted
    assert story.value("x_top", 178 * S) == ("5" if counted else None)
    assert story.value("x_sum", 178 * S) == 5 * counted


def test_the_first_value_is_the_earliest_buckets_however_late_it_comes() -> None:
    assert fed((10_500, 4), (11_500, 5), (9_100, 9)).value("x_first", 12_000) == 9


def test_within_one_bucket_the_first_to_come_is_first() -> None:
    assert fed((10_500, 4), (11_500, 5), (10_100, 9)).value("x_first", 12_000) == 4


def test_an_older_value_never_becomes_the_last() -> None:
    story = fed((10_500, 4), (10_499, 9))
    assert story.value("x_last", 11_000) == 4
    story.tell(10_500, "measured", m=5)
    assert story.value("x_last", 11_000) == 5


def test_distinct_goes_by_the_time_a_value_was_seen_last() -> None:
    story = fed((10_000, 1), (20_000, 2), (30_000, 1), (15_000, 2), (5_000, 3))
    assert story.value("x_distinct", 30_000) == 3
    assert story.value("x_distinct", 173_001) == 2
    assert story.reading("x_distinct", 173_001)[1] == 188_001
    assert story.value("x_distinct", 188_001) == 1
    assert story.value("x_distinct", 198_001) == 0


def test_top_is_the_most_frequent_and_of_equals_the_first_in_the_alphabet() -> None:
    story = Story(config(TRAITS))
    for number, word in enumerate("cbbcab"):
        story.tell(number * 10 * S, "measured", s=word)
    assert story.value("x_top", 50 * S) == "b"
    assert story.value("x_top", 169 * S) == "b"
    assert story.value("x_top", 180 * S) == "b"
    assert story.value("x_top", 189 * S - 1) == "b"
    assert story.value("x_top", 189 * S) == "a"
    assert story.value("x_top", 199 * S) == "a"
    assert story.value("x_top", 209 * S) == "b"
    assert story.value("x_top", 219 * S) is None


def test_a_window_shorter_than_its_buckets_could_be_still_works() -> None:
    story = Story(config("x: {count: measured, within: 1s}\n"))
    story.tell(1_000, "measured")
    assert story.value("x", 2_000) == 1
    assert story.value("x", 2_004) == 1  # 1000 // 168 = 5 ms: the bucket from 1000 to 1004 ends
    assert story.value("x", 2_005) == 0


def test_a_window_of_years_keeps_no_more_than_its_buckets() -> None:
    story = Story(config("x: {count: measured, within: 365d}\n"))
    for day in range(0, 1_200, 1):
        story.tell(day * D, "measured")
    state = next(iter(story.profile().traits.values()))
    assert len(state.numbers) <= 170
    assert 365 <= story.value("x", 1_199 * D) <= 365 + 3


def test_edges_of_buckets_lie_elsewhere_for_every_user() -> None:
    definitions, leaving = config("x: {count: measured, within: 7d}\n", {"seen": "x >= 1"}), set()
    story = Story(definitions, spread=True)
    for number in range(40):
        story.hear(story.event(12 * 3_600_000, "measured", user=f"user {number}"))
    story.wait(20 * D)
    for outcome in story.outcomes:
        if outcome.change == "exited":
            assert 7 * D < outcome.at_ms - 12 * 3_600_000 <= 7 * D + 3_600_000
            leaving.add(outcome.at_ms)
    assert len(leaving) == 40


def test_without_spread_edges_fall_on_whole_hours_for_a_week() -> None:
    story = Story(config("x: {count: measured, within: 7d}\n", {"seen": "x >= 1"}))
    story.tell(12 * 3_600_000 + 1, "measured")
    assert [(o.change, o.at_ms) for o in story.wait(20 * D)] == [("exited", 7 * D + 13 * 3_600_000)]
