import pytest

from stream.decision.moments import OPEN_KEPT
from tests.decision.story import D, H, Story, config, shown


def ordered(traits: str, *at_ms: int) -> Story:
    story = Story(config(traits))
    for number, time_ms in enumerate(at_ms, 1):
        story.tell(time_ms, "order_completed", total=number * 100)
    return story


def test_the_nth_is_unknown_before_there_are_n() -> None:
    traits = "second_at: {nth: order_completed.at, n: 2}\n"
    assert ordered(traits, D).value("second_at", 9 * D) is None
    assert ordered(traits, D, 3 * D).value("second_at", 9 * D) == 3 * D
    assert ordered(traits, D, 3 * D, 5 * D).value("second_at", 9 * D) == 3 * D


def test_the_nth_goes_by_time_however_late_one_comes() -> None:
    story = ordered("x: {nth: order_completed.total, n: 2}\n", D, 3 * D, 2 * D)
    assert story.value("x == 3.00", 9 * D) is True
    story.tell(H, "order_completed", total=400)
    assert story.value("x == 1.00", 9 * D) is True


def test_an_occurrence_without_the_property_is_none_of_them() -> None:
    story = Story(config("x: {nth: viewed.rating, n: 2}\n"))
    story.tell(0, "viewed", rating=1)
    story.tell(1, "viewed")
    assert story.value("x", 1) is None
    story.tell(2, "viewed", rating=3)
    assert story.value("x", 2) == 3


def test_a_gap_is_the_mean_time_between_the_latest_few() -> None:
    traits = "rhythm: {gap: order_completed, last: 3}\n"
    assert ordered(traits, D).value("rhythm", 9 * D) is None
    assert ordered(traits, D, 3 * D).value("rhythm == 2d", 9 * D) is True
    assert ordered(traits, D, 3 * D, 4 * D).value("rhythm == 36h", 9 * D) is True
    assert ordered(traits, D, 3 * D, 4 * D, 8 * D).value("rhythm", 9 * D) == 2.5 * D


def test_a_gap_takes_late_occurrences_in_where_they_are_among_the_latest() -> None:
    traits = "rhythm: {gap: order_completed, last: 2}\n"
    assert ordered(traits, D, 5 * D, 4 * D).value("rhythm", 9 * D) == D
    assert ordered(traits, D, 5 * D, H).value("rhythm", 9 * D) == 4 * D


def test_without_a_number_a_gap_is_over_the_latest_ten() -> None:
    story = ordered("rhythm: {gap: order_completed}\n", 0, *(10 * D + number * D for number in range(10)))
    assert story.value("rhythm", 99 * D) == D


def test_a_gap_beside_the_last_says_who_is_late() -> None:
    traits = "rhythm: {gap: order_completed}\nlast_at: {last: order_completed.at}\n"
    story = Story(config(traits, {"late": "since(last_at) > rhythm * 2"}))
    for day in (0, 10, 20):
        story.tell(day * D, "order_completed")
    assert shown(story.wait(99 * D)) == [(40 * D + 1, "entered late")]


OPEN = "tickets: {open: measured, until: settled, by: s}\n"


def opened(*told: tuple[int, str, str]) -> int:
    story = Story(config(OPEN))
    story.tell(0, "viewed")
    for time_ms, name, ticket in told:
        story.tell(time_ms, name, s=ticket)
    value = story.value("tickets", 1_000)
    assert isinstance(value, int)
    return value


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ([], 0),
        ([(1, "measured", "a")], 1),
        ([(1, "measured", "a"), (2, "measured", "a")], 1),
        ([(1, "measured", "a"), (2, "measured", "b")], 2),
        ([(1, "measured", "a"), (2, "settled", "a")], 0),
        ([(1, "measured", "a"), (2, "settled", "b")], 1),
        ([(2, "settled", "a"), (1, "measured", "a")], 0),
        ([(2, "settled", "a"), (2, "measured", "a")], 0),
        ([(2, "settled", "a"), (3, "measured", "a")], 1),
        ([(1, "measured", "a"), (2, "settled", "a"), (3, "measured", "a")], 1),
        ([(3, "measured", "a"), (2, "settled", "a"), (1, "measured", "a")], 1),
        ([(1, "measured", "a"), (4, "settled", "a"), (3, "measured", "a"), (2, "settled", "a")], 0),
    ],
)
def test_what_is_open_was_opened_after_it_was_last_closed(told: list[tuple[int, str, str]], count: int) -> None:
    assert opened(*told) == count


@pytest.mark.parametrize(("ids", "count"), [(OPEN_KEPT, OPEN_KEPT), (OPEN_KEPT + 1, OPEN_KEPT)])
def test_so_many_are_known_to_be_open_and_no_more(ids: int, count: int) -> None:
    assert opened(*((number, "measured", f"t{number}") for number in range(ids))) == count


def test_only_openings_that_meet_the_condition_count_but_any_closing() -> None:
    story = Story(config("x: {open: measured, until: settled, by: s, where: n > 1}\n", {"waiting": "x >= 1"}))
    assert story.tell(0, "measured", s="a", n=1) == []
    assert shown(story.tell(1, "measured", s="b", n=2)) == [(1, "entered waiting")]
    assert shown(story.tell(2, "settled", s="b")) == [(2, "exited waiting")]
