import pytest

from tests.decision.story import D, H, S, Story, config, shown


def test_a_value_is_in_a_set_once_it_was_seen() -> None:
    story = Story(config("used: {set: viewed.category}\n"))
    story.tell(0, "viewed")
    assert story.value("'a' in used", 0) is False
    assert story.value("'a' not in used", 0) is True
    story.tell(1, "viewed", category="a")
    assert story.value("'a' in used and 'b' not in used", D) is True
    assert story.value("cart.id in used", D) is None


def test_a_value_leaves_a_set_to_the_millisecond_after_it_was_last_seen() -> None:
    story = Story(config("used: {set: viewed.category, within: 7d}\n", {"user": "when: \"'a' in used\""}))
    story.tell(0, "viewed", category="a")
    story.tell(1, "viewed", category="b")
    assert story.reading("'a' in used", 1) == (True, 7 * D + 1)
    assert story.reading("'c' in used", 1)[0] is False
    assert shown(story.tell(D, "viewed", category="a")) == []
    assert shown(story.wait(99 * D)) == [(8 * D + 1, "exited user")]


@pytest.mark.parametrize(("length", "most"), [(64, 256), (65, 128)])
def test_a_set_keeps_so_many_values_and_forgets_the_one_longest_unseen(length: int, most: int) -> None:
    story = Story(config("used: {set: viewed.category}\n"))
    values = [f"{number:0{length}}" for number in range(most + 1)]
    for at_ms, value in enumerate((*values[:most], values[0], values[most])):
        story.tell(at_ms, "viewed", category=value)
    held = [story.value(f"{value!r} in used", D) for value in values]
    assert held == [True, False, *([True] * (most - 1))]


def test_who_uses_one_feature_and_never_tried_another() -> None:
    story = Story(config("used: {set: viewed.category}\n", {"target": "not ('a' not in used) and 'b' not in used"}))
    assert shown(story.tell(0, "viewed", category="a")) == [(0, "entered target")]
    assert shown(story.tell(1, "viewed", category="b")) == [(1, "exited target")]


RATE = "opens: {rate: viewed, per: measured, within: 7d, min: 2}\n"


def test_a_rate_is_unknown_below_its_minimum() -> None:
    story = Story(config(RATE))
    story.tell(0, "viewed")
    story.tell(0, "measured")
    assert story.value("opens", 0) is None
    story.tell(H, "measured")
    assert story.value("opens", H) == 0.5
    assert story.reading("opens", H) == (0.5, 7 * D + H)
    assert story.value("opens", 7 * D + H) is None


def test_a_rate_of_none_is_zero_and_per_none_unknown() -> None:
    story = Story(config("opens: {rate: viewed, per: measured}\n"))
    story.tell(0, "viewed")
    assert story.value("opens", 0) is None
    story = Story(config("opens: {rate: viewed, per: measured}\n"))
    story.tell(0, "measured")
    assert story.value("opens", 0) == 0


def test_the_condition_of_a_rate_is_one_on_the_hits() -> None:
    story = Story(
        config("opens: {rate: viewed, per: measured, where: category != 'machine'}\n", {"fan": "opens >= 0.5"})
    )
    story.tell(0, "measured")
    story.tell(0, "measured")
    assert story.tell(1, "viewed", category="machine") == []
    (entered,) = story.tell(2, "viewed", category="person")
    assert entered.why.leaves[0].value == 0.5
    assert entered.why.leaves[0].events == ["e2", "e4"]
    assert shown(story.tell(3, "measured")) == [(3, "exited fan")]


def test_a_rate_leaves_by_time_alone() -> None:
    story = Story(config("opens: {rate: viewed, per: measured, within: 168s}\n", {"fan": "opens >= 1"}))
    story.tell(0, "viewed")
    story.tell(10 * S, "measured")
    assert shown(story.outcomes) == [(10 * S, "entered fan")]
    assert shown(story.wait(D)) == [(169 * S, "exited fan")]
