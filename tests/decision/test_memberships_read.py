"""`in(segment)`, `was(segment, 30d)`: memberships as conditions read them."""

from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import D, H, Story, config, shown, words

TRAITS = "last_n: {last: measured.n}\nlast_at: {last: viewed.at}\n"
LEVEL = "tiers:\n  high: last_n >= 10\n  middle: last_n >= 5\n  low: otherwise\n"


def shop(**segments: str) -> Story:
    return Story(config(TRAITS, {"high": "last_n >= 10", **segments}))


def test_being_in_a_segment_can_be_asked_in_two_ways() -> None:
    story = shop(same="in(high)", other="not in(high) and known(last_n)")
    assert words(story.tell(0, "measured", n=10)) == ["entered high", "entered same"]
    assert words(story.tell(1, "measured", n=1)) == ["exited high", "entered other", "exited same"]


def test_who_left_was_inside_until_the_length_of_time_is_over() -> None:
    story = shop(lately="was(high, 30d)")
    assert words(story.tell(0, "measured", n=10)) == ["entered high", "entered lately"]
    story.tell(5 * D, "measured", n=1)
    assert shown(story.wait(99 * D)) == [(35 * D, "exited lately")]


def test_both_edges_of_the_length_of_time() -> None:
    story = shop()
    story.tell(0, "measured", n=10)
    story.tell(D, "measured", n=1)
    assert [story.value("was(high, 2d)", at_ms) for at_ms in (D, 3 * D - 1, 3 * D)] == [True, True, False]
    assert story.reading("was(high, 2d)", D) == (True, 3 * D)
    assert story.reading("was(high, 2d)", 3 * D)[0] is False


def test_who_is_inside_was_for_as_long_as_they_stay() -> None:
    story = shop(lately="was(high, 1h)")
    story.tell(0, "measured", n=10)
    assert shown(story.wait(99 * D)) == []
    assert story.value("was(high, 1h)", 99 * D) is True


def test_who_never_was_was_not() -> None:
    story = shop(idle="since(last_at) >= 1h")
    story.tell(0, "viewed")
    assert story.value("was(high, 30d) or was(idle, 30d)", 0) is False


def test_coming_back_counts_anew() -> None:
    story = shop(won_back="high and was(high, 30d)", lapsed="not high and was(high, 2d)")
    story.tell(0, "measured", n=10)
    assert words(story.tell(D, "measured", n=1)) == ["exited high", "entered lapsed", "exited won_back"]
    assert words(story.tell(2 * D, "measured", n=10)) == ["entered high", "exited lapsed", "entered won_back"]
    story.tell(3 * D, "measured", n=1)
    assert shown(story.wait(9 * D)) == [(5 * D, "exited lapsed")]


def test_a_tier_that_was_left_is_remembered_apart() -> None:
    story = Story(config(TRAITS, {"level": LEVEL, "fallen": "level.low and was(level.high, 10d)"}))
    story.tell(0, "measured", n=10)
    story.tell(D, "measured", n=5)
    assert words(story.tell(2 * D, "measured", n=1)) == ["moved level: middle -> low", "entered fallen"]
    assert story.value("was(level.middle, 1d)", 2 * D) is True
    assert story.value("was(level.middle, 1d)", 3 * D) is False
    assert story.value("in(level.low) and not in(level.high)", 3 * D) is True
    assert shown(story.wait(99 * D)) == [(11 * D, "exited fallen")]


def test_who_reads_what_was_follows_a_change_by_time() -> None:
    story = shop(idle="since(last_at) < 1h", lately="was(idle, 1h) and not idle")
    story.tell(0, "viewed")
    assert shown(story.wait(D)) == [(H, "exited idle"), (H, "entered lately"), (2 * H, "exited lately")]


def test_what_was_outlives_being_written_and_read_back() -> None:
    story = Story(config(TRAITS, {"level": LEVEL}))
    story.tell(0, "measured", n=10)
    story.tell(1, "measured", n=1)
    profile = decode_profile(encode_profile(story.profile()))
    assert profile.memberships["level"].left_ms == {"high": 1}


def test_only_tiers_that_there_are_are_remembered() -> None:
    before = Story(config(TRAITS, {"level": LEVEL}))
    before.tell(0, "measured", n=10)
    before.tell(1, "measured", n=5)
    renamed = Story(config(TRAITS, {"level": LEVEL.replace("high", "top_most")})).taking_over(before)
    renamed.tell(2, "measured", n=1)
    assert renamed.profile().memberships["level"].left_ms == {"middle": 2}


def test_why_says_what_was() -> None:
    story = shop(lately="was(high, 30d) and last_n < 5")
    story.tell(0, "measured", n=10)
    (_, entered) = story.tell(D, "measured", n=1)
    assert [leaf.condition for leaf in entered.why.leaves] == ["was(high, 30d)", "last_n < 5"]
