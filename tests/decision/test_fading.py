import pytest

from stream.decision.fading import KEYS_KEPT
from stream.definitions.shapes import Definitions
from stream.model.profile import NEVER
from tests.decision.story import D, H, M, S, Story, config, shown

FADING = """\
interest: {count: viewed, half_life: 7d}
paid: {sum: order_completed.total, half_life: 7d}
net: {sum: measured.n, minus: measured.i, half_life: 7d}
rated: {avg: viewed.rating, half_life: 7d}
taste: {count: viewed, by: category, half_life: 7d}
liked: {count: viewed, where: rating >= 4, half_life: 7d}
share: {rate: viewed, per: measured, half_life: 7d, min: 2}
any_share: {rate: viewed, per: measured, half_life: 7d}
orders: {count: order_completed}
"""


def fading(segments: dict[str, str] | None = None) -> Definitions:
    return config(FADING, segments)


def viewed(*at_ms: int) -> Story:
    story = Story(fading())
    for time_ms in at_ms:
        story.tell(time_ms, "viewed")
    return story


def test_a_count_halves_with_every_half_life() -> None:
    story = viewed(0, 7 * D)
    assert [story.value("interest", 7 * D * weeks) for weeks in (1, 2, 3)] == [1.5, 0.75, 0.375]


def test_nothing_has_come_is_zero_and_stays_so() -> None:
    story = Story(fading())
    story.tell(0, "closed")
    assert story.reading("interest >= 1", 0) == (False, NEVER)
    assert story.value("interest <= 0", 0) is True


@pytest.mark.parametrize(
    ("text", "flips_ms", "before"),
    [
        ("interest >= 1", 7 * D + 1, True),
        ("interest > 1", 7 * D, True),
        ("interest < 1", 7 * D + 1, False),
        ("interest <= 1", 7 * D, False),
        ("interest >= 0.5", 14 * D + 1, True),
        ("1 <= interest", 7 * D + 1, True),
        ("1 > interest", 7 * D + 1, False),
        ("interest >= orders + 1", 7 * D + 1, True),
    ],
)
def test_a_comparison_flips_at_the_very_millisecond(text: str, flips_ms: int, before: bool) -> None:
    story = viewed(0, 0)
    assert story.reading(text, 0) == (before, flips_ms)
    assert story.value(text, flips_ms - 1) is before
    assert story.reading(text, flips_ms) == (not before, NEVER)


@pytest.mark.parametrize(
    ("text", "holds"), [("interest >= 0", True), ("interest >= -1", True), ("interest < 0", False)]
)
def test_what_holds_of_anything_and_of_nothing_never_changes(text: str, holds: bool) -> None:
    assert viewed(0).reading(text, 0) == (holds, NEVER)


def test_thirty_half_lives_after_the_last_nothing_is_left() -> None:
    story = viewed(0)
    holds, until_ms = story.reading("interest > 0", 0)
    assert holds
    assert 29 * 7 * D < until_ms < 30 * 7 * D
    assert story.value("interest", until_ms - 1) >= 1e-9
    assert story.value("interest", until_ms) == 0


def test_of_another_unknown_nothing_is_known() -> None:
    story = viewed(0)
    assert story.reading("interest >= rated", 0) == (None, NEVER)


def test_late_events_count_as_if_they_had_come_in_time() -> None:
    assert viewed(0, 7 * D, 14 * D).value("interest", 21 * D) == viewed(14 * D, 0, 7 * D).value("interest", 21 * D)


def test_what_comes_from_the_future_counts_as_of_now() -> None:
    story = viewed(0)
    story.hear(story.event(999 * D, "viewed"), limit_ms=7 * D)
    assert story.value("interest", 7 * D) == 1.5
    assert story.value("interest", 14 * D) == 0.75


def test_money_fades_and_is_compared_and_shown_as_money() -> None:
    story = Story(fading({"spender": "paid >= 50"}))
    (entered,) = story.tell(0, "order_completed", total=100_00)
    assert (entered.why.leaves[0].value, entered.why.leaves[0].threshold) == ("100.00 USD", "50.00 USD")
    (left,) = story.wait(99 * D)
    assert shown([left]) == [(7 * D + 1, "exited spender")]
    assert left.why.leaves[0].value == "50.00 USD"


def test_what_is_taken_off_fades_like_the_rest_and_a_value_below_zero_rises() -> None:
    story = Story(fading())
    story.tell(0, "measured", n=1, i=3)
    assert story.value("net", 0) == -2
    assert story.reading("net >= -1", 0) == (False, 7 * D)
    assert story.reading("net < -1", 0) == (True, 7 * D)
    assert story.reading("net > -1", 0) == (False, 7 * D + 1)
    assert story.value("net >= -1", 7 * D) is True
    assert story.reading("net <= 0", 0)[0] is True
    assert story.reading("net < 5", 0) == (True, NEVER)


def test_an_average_weighs_the_latest_most_and_does_not_change_by_time() -> None:
    story = Story(fading())
    story.tell(0, "viewed", rating=5)
    story.tell(7 * D, "viewed", rating=2)
    assert story.reading("rated", 7 * D) == (3, NEVER)
    assert story.value("rated", 999 * D) == 3


def test_only_what_meets_the_condition_counts() -> None:
    story = Story(fading())
    for rating in (3, 4, 5):
        story.tell(0, "viewed", rating=rating)
    assert story.value("liked", 0) == 2


def test_each_key_fades_for_itself_and_the_top_stays_until_another_event() -> None:
    story = Story(fading())
    for time_ms, category in ((0, "a"), (0, "a"), (0, "a"), (7 * D, "b")):
        story.tell(time_ms, "viewed", category=category)
    assert story.value("taste['a']", 7 * D) == 1.5
    assert story.value("taste['b']", 7 * D) == 1
    assert story.value("taste['c']", 7 * D) == 0
    assert story.reading("top(taste)", 7 * D) == ("a", NEVER)
    assert story.reading("taste[top(taste)] >= 0.75", 7 * D) == (True, 14 * D + 1)
    assert story.reading("taste[cart.id] >= 1", 7 * D) == (None, NEVER)
    story.tell(7 * D, "viewed", category="b")
    assert story.value("top(taste)", 99 * D) == "b"


def test_of_many_keys_the_lightest_is_forgotten() -> None:
    story = Story(fading())
    story.tell(0, "viewed", category="heavy")
    story.tell(0, "viewed", category="heavy")
    story.tell(0, "viewed", category="light")
    for number in range(KEYS_KEPT - 1):
        story.tell(M, "viewed", category=f"c{number}")
    assert story.value("taste['light']", M) == 0
    assert story.value("taste['heavy']", M) > 1.9
    (state,) = [state for key, state in story.profile().traits.items() if key.startswith("taste")]
    assert len(state.held) == len(state.at_ms) == KEYS_KEPT


def test_a_rate_stays_as_it_is_until_too_little_is_left_to_say() -> None:
    story = Story(fading())
    story.tell(0, "viewed")
    for _ in range(4):
        story.tell(0, "measured")
    assert story.reading("share", 0) == (0.25, 7 * D + 1)
    assert story.value("share", 7 * D) == 0.25
    assert story.reading("share", 7 * D + 1) == (None, NEVER)
    assert story.reading("any_share", 99 * D) == (0.25, NEVER)
    story.tell(7 * D, "viewed")
    assert story.value("any_share", 7 * D) == 1.5 / 4 * 2


def test_a_rate_per_nothing_is_unknown() -> None:
    assert viewed(0).reading("any_share", 0) == (None, NEVER)


def test_a_segment_is_left_by_time_alone_and_an_event_puts_it_off() -> None:
    story = Story(fading({"keen": "interest >= 1.5"}))
    assert shown(story.tell(0, "viewed") + story.tell(H, "viewed")) == [(H, "entered keen")]
    story.tell(2 * D, "viewed")
    (left,) = story.wait(99 * D)
    assert left.cause == "time"
    value = lambda at_ms: sum(2 ** (-(at_ms - seen) / (7 * D)) for seen in (0, H, 2 * D))  # noqa: E731 - said once
    assert value(left.at_ms) < 1.5 <= value(left.at_ms - 1)


@pytest.mark.parametrize("half_life", ["1s", "1m", "3650d"])
def test_any_half_life_has_its_moment(half_life: str) -> None:
    story = Story(config(f"x: {{sum: measured.n, half_life: {half_life}}}\n"))
    story.tell(5 * S, "measured", n=7.3)
    for limit in ("7", "7.2999", "0.001", "0"):
        holds, until_ms = story.reading(f"x > {limit}", 5 * S)
        assert holds is story.value(f"x > {limit}", until_ms - 1) is True
        assert story.value(f"x > {limit}", until_ms) is False
