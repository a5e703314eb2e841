"""`stay_at_least`: who is in stays so long, and is then asked again."""

from stream.model.outcomes import SegmentChange
from tests.decision.story import D, H, Story, config, shown, words

TRAITS = "last_n: {last: measured.n}\nlast_at: {last: viewed.at}\n"
HIGH = "when: last_n >= 10\nstay_at_least: 7d\n"
LEVEL = "tiers:\n  high: last_n >= 10\n  middle: last_n >= 5\n  low: otherwise\nstay_at_least: 7d\n"


def told(segment: str, *values: tuple[int, int], until_ms: int = 30 * D) -> list[tuple[int, str]]:
    story = Story(config(TRAITS, {"s": segment}))
    for at_ms, n in values:
        story.tell(at_ms, "measured", n=n)
    story.wait(until_ms)
    return shown(story.outcomes)


def test_a_member_stays_until_the_time_is_over_and_not_longer() -> None:
    assert told(HIGH, (0, 10), (D, 1)) == [(0, "entered s"), (7 * D, "exited s")]
    assert told(HIGH, (0, 10), (D, 1), until_ms=7 * D - 1) == [(0, "entered s")]


def test_who_meets_the_condition_again_in_time_stays_on() -> None:
    assert told(HIGH, (0, 10), (D, 1), (6 * D, 10), (9 * D, 1)) == [(0, "entered s"), (9 * D, "exited s")]


def test_after_that_time_the_condition_decides_at_once() -> None:
    assert told(HIGH, (0, 10), (7 * D, 1)) == [(0, "entered s"), (7 * D, "exited s")]
    assert told(HIGH, (0, 10), (8 * D, 1)) == [(0, "entered s"), (8 * D, "exited s")]


def test_each_entry_has_its_own_time() -> None:
    assert told(HIGH, (0, 10), (D, 1), (10 * D, 10), (11 * D, 1)) == [
        (0, "entered s"),
        (7 * D, "exited s"),
        (10 * D, "entered s"),
        (17 * D, "exited s"),
    ]


def test_what_time_alone_would_end_waits_too() -> None:
    story = Story(config(TRAITS, {"s": "when: since(last_at) < 1h\nstay_at_least: 2h\n"}))
    story.tell(0, "viewed")
    assert shown(story.wait(D)) == [(2 * H, "exited s")]
    assert story.outcomes[-1].cause == "time"


def test_an_exit_waits_as_well() -> None:
    leave = "when: last_n >= 10\nexit: last_n < 5\nstay_at_least: 7d\n"
    assert told(leave, (0, 10), (D, 1)) == [(0, "entered s"), (7 * D, "exited s")]
    assert told(leave, (0, 10), (D, 1), (2 * D, 6)) == [(0, "entered s")]


def test_who_is_outside_waits_for_nothing() -> None:
    assert told(HIGH, (0, 1), (1, 10)) == [(1, "entered s")]


def test_a_lower_tier_waits() -> None:
    assert told(LEVEL, (0, 10), (D, 1)) == [(0, "entered s: high"), (7 * D, "moved s: high -> low")]
    assert told(LEVEL, (0, 10), (D, 1), (2 * D, 6)) == [(0, "entered s: high"), (7 * D, "moved s: high -> middle")]


def test_a_higher_tier_does_not_wait() -> None:
    assert told(LEVEL, (0, 1), (1, 5), (2, 10)) == [
        (0, "entered s: low"),
        (1, "moved s: low -> middle"),
        (2, "moved s: middle -> high"),
    ]


def test_the_time_begins_anew_with_each_tier() -> None:
    moves = told(LEVEL, (0, 5), (6 * D, 10), (6 * D + 1, 1))
    assert moves == [(0, "entered s: middle"), (6 * D, "moved s: middle -> high"), (13 * D, "moved s: high -> low")]


def test_who_is_held_in_a_tier_rises_by_time_alone() -> None:
    tiers = (
        "tiers:\n  back: since(last_at) < 1h\n  gone: since(last_at) >= 2h\n  between: otherwise\nstay_at_least: 9h\n"
    )
    story = Story(config(TRAITS, {"s": tiers}))
    story.tell(0, "viewed")
    assert shown(story.wait(2 * D)) == [(9 * H, "moved s: back -> gone")]
    assert shown(story.tell(2 * D, "viewed")) == [(2 * D, "moved s: gone -> back")]


def test_why_shows_the_condition_as_it_stands_when_the_time_is_over() -> None:
    story = Story(config(TRAITS, {"s": HIGH}))
    story.tell(0, "measured", n=10)
    story.tell(D, "measured", n=1)
    (left,) = story.wait(9 * D)
    assert isinstance(left, SegmentChange)
    assert [(leaf.holds, leaf.value, leaf.events) for leaf in left.why.leaves] == [(False, 1, ["e2"])]


def test_a_shorter_time_in_a_new_definition_lets_a_member_go_at_the_next_event() -> None:
    before = Story(config(TRAITS, {"s": HIGH}))
    before.tell(0, "measured", n=10)
    after = Story(config(TRAITS, {"s": "when: last_n >= 10\n"})).taking_over(before)
    assert words(after.tell(1, "measured", n=1)) == ["exited s"]
