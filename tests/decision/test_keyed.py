import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.keyed import KEPT_IN_ALL
from stream.model.profile import NEVER
from stream.model.text import places
from tests.decision.story import D, H, S, Story, config, shown
from tests.properties.histories import modest

VIEWS = "views: {count: viewed, by: category, within: 168s}\npaid: {sum: viewed.price, by: category}\n"


def fed(*seen: tuple[int, str, int]) -> Story:
    """A user who looked, at these seconds, at things of a category and a price."""
    story = Story(config(VIEWS))
    for second, category, price in seen:
        story.tell(second * S, "viewed", category=category, price=price)
    return story


def test_each_key_has_a_value_of_its_own_and_an_unseen_one_is_zero() -> None:
    story = fed((0, "shoes", 500), (1, "hats", 900), (2, "shoes", 100))
    story.tell(2 * S, "viewed", price=7)
    assert [story.value(f"views[{key!r}]", 2 * S) for key in ("shoes", "hats", "bags")] == [2, 1, 0]
    assert story.value("paid['shoes'] == 6.00", 2 * S) is True
    assert story.value("top(views)", 2 * S) == "shoes"
    assert story.value("top(paid)", 2 * S) == "hats"


def test_a_key_is_among_the_first_few_by_what_is_held_of_it_and_of_equals_by_the_alphabet() -> None:
    story = fed((0, "shoes", 1), (1, "shoes", 1), (2, "hats", 9), (3, "bags", 1), (4, "ties", 1))
    among = [[story.value(f"{key!r} in top(views, {most})", 4 * S) for most in (1, 2, 3)] for key in ("shoes", "hats")]
    assert among == [[True, True, True], [False, False, True]]
    assert story.value("'bags' in top(views, 2)", 4 * S) is True
    assert story.value("'hats' in top(paid, 1)", 4 * S) is True
    assert story.value("'caps' not in top(views, 20)", 4 * S) is True
    assert story.value("cart.dearest_item in top(views, 3)", 4 * S) is None


def test_a_key_moves_up_as_those_before_it_leave_the_window() -> None:
    story = fed((0, "shoes", 1), (0, "shoes", 1), (10, "hats", 1))
    assert story.reading("'hats' in top(views, 1)", 10 * S) == (False, 169 * S)
    assert story.reading("'hats' in top(views, 1)", 169 * S - 1) == (False, 169 * S)
    assert story.reading("'hats' in top(views, 1)", 169 * S) == (True, 179 * S)
    assert story.value("'hats' in top(views, 1)", 179 * S) is False


def test_what_fades_keeps_its_order() -> None:
    story = Story(config("taste: {count: viewed, by: category, half_life: 60s}\n"))
    for second, category in ((0, "shoes"), (0, "shoes"), (0, "shoes"), (60, "hats"), (61, "hats"), (62, "bags")):
        story.tell(second * S, "viewed", category=category)
    assert story.reading("'hats' in top(taste, 1)", 62 * S) == (True, NEVER)
    assert story.value("'shoes' in top(taste, 2)", D) is True
    assert story.value("'bags' in top(taste, 2)", D) is False


def test_before_anything_was_fed_a_key_holds_zero_and_there_is_no_top() -> None:
    story = Story(config(VIEWS))
    story.tell(0, "measured")
    assert story.value("views['shoes']", 0) == 0
    assert story.value("top(views)", 0) is None
    assert story.value("views[top(views)]", 0) is None
    assert story.value("'shoes' in top(views, 3)", 0) is False


def test_a_key_leaves_the_window_by_its_own_buckets() -> None:
    story = fed((0, "shoes", 1), (10, "hats", 1), (20, "shoes", 1))
    assert story.reading("views['shoes']", 20 * S) == (2, 169 * S)
    assert story.reading("views['hats']", 20 * S) == (1, 179 * S)
    assert story.reading("views['bags']", 20 * S)[0] == 0
    assert story.value("views['shoes']", 169 * S) == 1
    assert story.value("views['hats']", 179 * S - 1) == 1
    assert story.value("views['hats']", 179 * S) == 0


def test_a_key_may_come_from_the_profile() -> None:
    story = Story(config(VIEWS, {"keen": "views[cart.dearest_item] >= 2"}))
    for second in (0, 1):
        story.tell(second * S, "viewed", category="p1")
    assert shown(story.tell(2 * S, "product_added", product_id="p1", price=5)) == [(2 * S, "entered keen")]
    assert shown(story.wait(D)) == [(169 * S, "exited keen")]


def test_whole_numbers_are_keys_as_their_digits() -> None:
    story = Story(config("x: {count: measured, by: i}\n"))
    story.tell(0, "measured", i=7)
    assert story.value("x['7']", 0) == 1


def test_only_occurrences_that_meet_the_condition_count() -> None:
    story = Story(config("x: {count: viewed, by: category, where: rating >= 4}\n"))
    for rating in (3, 4, 5):
        story.tell(0, "viewed", category="shoes", rating=rating)
    assert story.value("x['shoes']", 0) == 2


def test_a_window_that_ended_some_time_ago() -> None:
    story = Story(config("x: {count: viewed, by: category, within: 168s, ending: 100s}\n"))
    story.tell(10_500, "viewed", category="shoes")
    assert story.reading("x['shoes']", 10_500) == (0, 111 * S)
    assert story.reading("top(x)", 10_500) == (None, 111 * S)
    assert story.reading("x['shoes']", 111 * S) == (1, 279 * S)
    assert story.reading("'shoes' in top(x, 1)", 110 * S) == (False, 111 * S)
    assert story.reading("'shoes' in top(x, 1)", 111 * S) == (True, 279 * S)
    assert story.value("x['shoes']", 279 * S) == 0


@pytest.mark.parametrize(("others", "kept"), [(KEPT_IN_ALL - 1, 1), (KEPT_IN_ALL, 0)])
def test_as_many_keys_are_held_as_there_is_room_for_and_of_equals_the_oldest_goes(others: int, kept: int) -> None:
    story = fed((0, "shoes", 1))
    for number in range(others):
        story.tell(S, "viewed", category=f"other {number}")
    assert story.value("views['shoes']", S) == kept
    assert story.value(f"views['other {others - 1}']", S) == 1


@pytest.mark.parametrize(("others", "kept"), [(KEPT_IN_ALL // 2 - 1, 1), (KEPT_IN_ALL // 2, 0)])
def test_a_key_of_more_than_64_bytes_takes_the_room_of_two(others: int, kept: int) -> None:
    story = fed((0, "shoes", 1), (0, "hats", 1))
    for number in range(others):
        story.tell(S + number, "viewed", category=f"{number:065}", price=1)
    assert [story.value(f"views[{key!r}]", 2 * S) for key in ("shoes", "hats", f"{others - 1:065}")] == [kept, kept, 1]
    for key, state in story.profile().traits.items():
        assert state.kept == sum(places(name) for tally in state.tallies for name in tally) <= KEPT_IN_ALL, key
    story.tell(999 * S, "viewed", category="shoes")
    assert next(iter(story.profile().traits.values())).kept == 1


def test_heavy_keys_stay_however_many_others_come() -> None:
    story = fed((0, "shoes", 1), (1, "shoes", 1), (1, "shoes", 1))
    for number in range(3 * KEPT_IN_ALL):
        story.tell((2 + number % 100) * S, "viewed", category=f"other {number}", price=1)
    assert story.value("views['shoes']", 102 * S) == 2
    assert story.value("top(views)", 102 * S) == "shoes"
    for key, state in story.profile().traits.items():
        assert state.kept == sum(map(len, state.tallies)) <= KEPT_IN_ALL, key


def test_an_empty_bucket_is_not_kept() -> None:
    story = fed((0, "shoes", 1))
    for number in range(KEPT_IN_ALL):
        story.tell(5 * S, "viewed", category=f"other {number}")
    assert [len(state.numbers) for state in story.profile().traits.values()] == [1, 1]


@modest
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=60))
def test_what_is_held_of_a_key_is_never_too_much(seen: list[tuple[int, int]]) -> None:
    story = fed(*((0, f"filler {number}", 1) for number in range(KEPT_IN_ALL - 20)))
    for second, number in seen:
        story.tell(second * S, "viewed", category=f"c{number}", price=1)
    for number in {number for _, number in seen}:
        assert story.value(f"paid['c{number}']", 300 * S) <= sum(number == other for _, other in seen)


def test_a_segment_over_the_most_viewed_says_what_it_is() -> None:
    story = Story(config("views: {count: viewed, by: product_id, within: 7d}\n", {"torn": "views[top(views)] >= 3"}))
    for hour in range(3):
        story.tell(hour * H, "viewed", product_id="p1")
    (entered,) = story.outcomes
    (leaf,) = entered.why.leaves
    assert (leaf.value, leaf.threshold, leaf.events) == (3, 3, ["e3"])
    assert shown(story.wait(9 * D)) == [(7 * D + H, "exited torn")]


def test_below_a_limit_the_top_is_known_until_nothing_is_left_of_any_key() -> None:
    story = Story(config(VIEWS, {"calm": "views[top(views)] < 3", "quiet": "not views[top(views)] >= 3"}))
    story.tell(0, "viewed", category="shoes")
    story.tell(10 * S, "viewed", category="hats")
    assert story.reading("views[top(views)] < 3", 10 * S) == (True, 179 * S)
    assert story.reading("views[top(views)] >= 3", 179 * S) == (None, NEVER)
    assert shown(story.wait(D)) == [(179 * S, "exited calm"), (179 * S, "exited quiet")]


def test_of_periods_before_this_one_a_key_comes_to_count_by_time_alone() -> None:
    story = Story(config("x: {count: viewed, by: category, previous: 1 day}\n", {"came": "x['shoes'] >= 1"}))
    story.tell(H, "viewed", category="shoes")
    assert [change for _, change in shown(story.wait(3 * D))] == ["entered came", "exited came"]


def test_over_calendar_periods_a_key_is_among_the_first_few_of_those_that_count() -> None:
    story = Story(
        config("x: {count: viewed, by: category, previous: 1 day}\ny: {count: viewed, by: category, this: day}\n")
    )
    story.tell(H, "viewed", category="shoes")
    asked = ("'shoes' in top(x, 1)", "'shoes' in top(y, 1)")
    assert [story.value(text, H) for text in asked] == [False, True]
    assert [story.value(text, D + H) for text in asked] == [True, False]
