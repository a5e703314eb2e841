from collections.abc import Iterable

import pytest

from stream.decision.sketches import different, with_values
from stream.decision.tallies import DISTINCT_KEPT
from stream.model.profile import NEVER, encode_profile
from stream.model.states import Tally
from tests.decision.story import D, H, M, Story, config, shown

TRAITS = "all: {distinct: viewed.product_id}\nweek: {distinct: viewed.product_id, within: 7d}\n"


def told(*seen: tuple[int, Iterable[int]]) -> Story:
    """A user who looked, at each time, at products of these numbers."""
    story = Story(config(TRAITS))
    for time_ms, products in seen:
        for product in products:
            story.tell(time_ms, "viewed", product_id=f"p{product}")
    return story


def states(story: Story) -> list[Tally]:
    return [state for state in story.profile().traits.values() if isinstance(state, Tally)]


def test_up_to_so_many_the_count_is_exact_and_nothing_is_sketched() -> None:
    story = told((0, range(DISTINCT_KEPT)), (1, range(DISTINCT_KEPT)))
    assert [story.value(name, 1) for name in ("all", "week")] == [DISTINCT_KEPT] * 2
    assert [state.sketches for state in states(story)] == [{}, {}]


@pytest.mark.parametrize("count", [DISTINCT_KEPT + 1, 400, 1_000, 5_000])
def test_beyond_it_is_off_by_less_than_five_percent(count: int) -> None:
    story = told((0, range(count)), (1, range(0, count, 3)))
    for name in ("all", "week"):
        assert abs(story.value(name, 1) / count - 1) < 0.05
    assert [len(state.last_ms) for state in states(story)] == [0, DISTINCT_KEPT]


def test_over_all_time_nothing_is_ever_forgotten_by_the_sketch() -> None:
    story = told(*((day * D, range(day * 30, day * 30 + 30)) for day in range(40)))
    assert abs(story.value("all", 99 * D) / 1_200 - 1) < 0.05
    assert story.reading("all", 99 * D)[1] == NEVER
    assert story.value("week", 40 * D) == 210


def test_a_value_leaves_a_window_at_most_a_24th_of_it_late() -> None:
    story = told((0, range(300)), (3 * D, range(300, 600)))
    assert abs(story.value("week", 3 * D) / 600 - 1) < 0.05
    assert abs(story.value("week", 7 * D) / 600 - 1) < 0.05
    assert abs(story.value("week", 7 * D + 7 * H) / 300 - 1) < 0.05
    assert story.value("week", 10 * D + 7 * H) == 0


def test_what_is_promised_leads_to_every_change() -> None:
    story = told((0, range(300)), (3 * D, range(300, 600)))
    value, until_ms = story.reading("week", 3 * D)
    seen = []
    while until_ms < NEVER:
        for at_ms in (until_ms - 1, until_ms - M):
            assert story.value("week", max(at_ms, 3 * D)) == value
        value, until_ms = story.reading("week", until_ms)
        seen.append((value, until_ms))
    assert value == 0
    assert len(seen) < 10


def test_once_all_that_was_forgotten_has_left_the_window_it_is_exact_again() -> None:
    story = told((0, range(300)), (6 * D, range(1_000, 1_100)))
    assert abs(story.value("week", 7 * D) / 400 - 1) < 0.05
    assert story.value("week", 7 * D + 1) == 100
    story.tell(7 * D + 1, "viewed", product_id="p1000")
    assert states(story)[1].sketches == {}
    assert story.value("week", 13 * D + 1) == 1


def test_values_that_left_the_window_take_nobodys_place() -> None:
    story = told((0, range(200)), (8 * D, range(200, 400)))
    assert states(story)[1].sketches == {}
    assert story.value("week", 8 * D) == 200


def test_what_comes_late_is_counted_where_it_belongs() -> None:
    story = told((6 * D, range(300)), (D, range(300, 310)), (-2 * D, range(310, 320)))
    assert abs(story.value("week", 6 * D) / 310 - 1) < 0.05
    assert abs(story.value("week", 9 * D) / 300 - 1) < 0.05


def test_the_same_values_in_the_same_order_make_the_same_profile() -> None:
    once, again = (told((0, range(2_000)), (D, range(1_000, 3_000))) for _ in range(2))
    assert encode_profile(once.profile()) == encode_profile(again.profile())


def test_the_sketches_of_a_trait_are_bounded() -> None:
    story = told(*((hour * H, range(hour * 400, hour * 400 + 400)) for hour in range(0, 9 * 24, 5)))
    for state in states(story):
        assert sum(map(len, state.sketches.values())) <= 28 * 1_024
    assert len(states(story)[1].sketches) <= 25


def test_a_segment_over_so_many_is_left_by_time_alone() -> None:
    story = Story(config(TRAITS, {"grazer": "week >= 280"}))
    for product in range(320):
        story.tell(0, "viewed", product_id=f"p{product}")
    (left,) = story.wait(99 * D)
    assert shown([left]) == [(left.at_ms, "exited grazer")]
    assert 7 * D < left.at_ms <= 7 * D + 7 * H + 1


def test_sketches_of_parts_together_count_each_value_once() -> None:
    parts = [with_values(None, (f"v{n}" for n in range(at, at + 2_000))) for at in (0, 1_000, 2_000)]
    assert abs(different(parts) / 4_000 - 1) < 0.05
    assert different(parts) == different([*parts, *parts])
    assert max(map(len, parts)) <= 1_100


def test_of_a_hundred_counts_ninety_five_are_off_by_less_than_five_percent() -> None:
    off = [abs(different([with_values(None, (f"{lot}-{n}" for n in range(3_000)))]) / 3_000 - 1) for lot in range(100)]
    assert sum(error < 0.05 for error in off) >= 95
