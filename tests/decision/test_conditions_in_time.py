import pytest

from stream.model.profile import NEVER
from tests.decision.story import D, H, S, Story, config

TRAITS = """\
t: {last: measured.t}
n: {last: measured.n}
f: {last: measured.f}
viewed_at: {last: viewed.at}
views: {count: viewed, within: 168s}
all_views: {count: viewed}
"""
AT = 10 * H
"""The moment that conditions are asked about."""


@pytest.fixture
def story() -> Story:
    story = Story(config(TRAITS))
    story.tell(0, "measured", t=AT, n=1.5)
    return story


@pytest.mark.parametrize(
    ("text", "flip_ms", "before"),
    [
        ("since(t) >= 1h", AT + H, False),
        ("since(t) > 1h", AT + H + 1, False),
        ("since(t) < 1h", AT + H, True),
        ("since(t) <= 1h", AT + H + 1, True),
        ("until(t) >= 1h", AT - H + 1, True),
        ("until(t) > 1h", AT - H, True),
        ("until(t) < 1h", AT - H + 1, False),
        ("until(t) <= 1h", AT - H, False),
        ("1h <= since(t)", AT + H, False),
        ("1h < since(t)", AT + H + 1, False),
        ("1h > since(t)", AT + H, True),
        ("1h >= since(t)", AT + H + 1, True),
        ("1h >= until(t)", AT - H, False),
        ("1h < until(t)", AT - H, True),
        ("since(t + 30m) >= 30m", AT + H, False),
        ("since(t) >= 1h * n", AT + 3 * H // 2, False),
        ("since(t) > 1s / 7", AT + 143, False),
        ("since(t) >= 1s / 7", AT + 143, False),
        ("since(t) >= 0s", AT, False),
        ("until(t) > 0s", AT, True),
        ("not since(t) >= 1h", AT + H, True),
        ("default(since(t) >= 1h, true)", AT + H, False),
    ],
)
def test_a_moment_flips_a_comparison_at_its_millisecond(story: Story, text: str, flip_ms: int, before: bool) -> None:
    for now_ms in (0, flip_ms - 1):
        assert story.reading(text, now_ms) == (before, flip_ms)
    for now_ms in (flip_ms, flip_ms + 1, flip_ms + D):
        assert story.reading(text, now_ms) == (not before, NEVER)


@pytest.mark.parametrize("text", ["since(viewed_at) >= 1h", "until(viewed_at) < 1h", "since(t) >= 1h * (n / 0)"])
def test_of_an_unknown_moment_nothing_will_be_known_by_time_alone(story: Story, text: str) -> None:
    assert story.reading(text, AT) == (None, NEVER)


@pytest.mark.parametrize(
    ("text", "value", "until_ms"),
    [
        ("since(t) >= 1h and since(t) >= 2h", False, AT + 2 * H),
        ("since(t) >= 1h or since(t) >= 2h", False, AT + H),
        ("n > 100 and since(t) >= 1h", False, NEVER),
        ("n > 1 or since(t) >= 1h", True, NEVER),
        ("n > 1 and since(t) >= 1h", False, AT + H),
        ("f and since(t) >= 1h", False, AT + H),
        ("f or since(t) >= 1h", None, AT + H),
        ("since(t) < 1h or since(t) < 2h", True, AT + 2 * H),
    ],
)
def test_a_part_that_decides_alone_says_when_the_whole_may_change(
    story: Story, text: str, value: bool | None, until_ms: int
) -> None:
    found, next_ms = story.reading(text, AT)
    assert found is value
    assert next_ms <= until_ms, "a change would be missed"
    assert next_ms > AT
    if next_ms < until_ms:  # asking too early is allowed, as long as nothing has changed by then
        assert story.value(text, until_ms - 1) is value


def views(*times_ms: int) -> Story:
    story = Story(config(TRAITS))
    for time_ms in times_ms:
        story.tell(time_ms, "viewed")
    return story


# The window of 168 s has buckets of one second: a view at 10.5 s counts up to the bucket's end at 11 s, plus 168 s.
@pytest.mark.parametrize(
    ("text", "last_true_ms"),
    [
        ("views >= 3", 179 * S - 1),
        ("views > 2", 179 * S - 1),
        ("views >= 2.5", 179 * S - 1),
        ("views >= 2", 189 * S - 1),
        ("views >= 1", 199 * S - 1),
        ("views > 0", 199 * S - 1),
        ("3 <= views", 179 * S - 1),
        ("views == 3", 179 * S - 1),
        ("views != 2", 179 * S - 1),
        ("views * 1 >= 3", 179 * S - 1),
    ],
)
def test_a_rolling_count_falls_below_its_threshold_when_the_bucket_leaves(text: str, last_true_ms: int) -> None:
    story = views(10_500, 20_500, 30_500)
    assert story.value(text, 30_500) is True
    assert story.value(text, last_true_ms) is True
    assert story.value(text, last_true_ms + 1) is False
    assert story.reading(text, 30_500)[1] <= last_true_ms + 1


@pytest.mark.parametrize(
    ("text", "last_false_ms"), [("views < 3", 179 * S - 1), ("views <= 1", 189 * S - 1), ("views < 1", 199 * S - 1)]
)
def test_below_a_threshold_is_the_other_side_of_the_same_moment(text: str, last_false_ms: int) -> None:
    story = views(10_500, 20_500, 30_500)
    assert story.reading(text, 30_500) == (False, last_false_ms + 1)
    assert story.value(text, last_false_ms) is False
    assert story.value(text, last_false_ms + 1) is True


@pytest.mark.parametrize(("text", "holds"), [("views >= 0", True), ("views > -1", True), ("views < 0", False)])
def test_a_threshold_that_every_count_passes_never_changes(text: str, holds: bool) -> None:
    story = views(10_500)
    for now_ms in (10_500, 100 * S, 400 * S):
        assert story.value(text, now_ms) is holds


def test_a_count_below_its_threshold_waits_for_events_only() -> None:
    story = views(10_500, 20_500)
    assert story.reading("views >= 3", 20_500) == (False, NEVER)


def test_a_count_over_all_time_never_changes_by_time() -> None:
    assert views(1, 2).reading("all_views >= 2", 99 * D) == (True, NEVER)


def test_several_views_in_one_bucket_leave_together() -> None:
    story = views(10_000, 10_999, 11_000)
    assert story.reading("views >= 2", 11_000) == (True, 179 * S)
    assert story.value("views", 179 * S - 1) == 3
    assert story.value("views", 179 * S) == 1
    assert story.value("views", 180 * S - 1) == 1
    assert story.value("views", 180 * S) == 0
