"""Timers, duplicates, limits and erasure; many users side by side."""

import pytest

from stream.decision.decider import Decider
from stream.decision.repetitions import DIGEST_BYTES, IDS_REMEMBERED
from stream.model.events import Event
from stream.model.profile import NEVER
from tests.decision.story import D, H, Story, assuming, config, shown, words

TRAITS = "viewed_at: {last: viewed.at}\nviews: {count: viewed}\nn: {last: measured.n}\n"
SEGMENTS = {"gone": "since(viewed_at) >= 1h"}
JOURNEY = "enter: {segment: gone}\nsteps: [{wait: 1d}, {trigger: mail}]\n"


def story_of() -> Story:
    return Story(assuming(config(TRAITS, SEGMENTS, {"j": JOURNEY}), "marketing"))


def viewed(story: Story, at_ms: int, user: str = "u", limit_ms: int = NEVER) -> list[tuple[int, str]]:
    return shown(story.hear(story.event(at_ms, "viewed", user=user), limit_ms))


def test_a_users_own_timers_due_before_an_event_fire_first() -> None:
    story = story_of()
    viewed(story, 0)
    assert viewed(story, H + 1) == [(H, "entered gone"), (H, "started j: time"), (H + 1, "exited gone")]


def test_at_equal_time_the_event_comes_first() -> None:
    story = story_of()
    viewed(story, 0)
    assert viewed(story, H) == []
    assert story.wait(H) == []
    assert shown(story.wait(2 * H)) == [(2 * H, "entered gone"), (2 * H, "started j: time")]


def test_several_timers_fire_each_at_its_own_time_before_an_event() -> None:
    story = story_of()
    viewed(story, 0)
    told = viewed(story, 3 * D)
    assert [at_ms for at_ms, word in told if word in ("entered gone", "trigger mail", "exited gone")] == [
        H,
        H + D,
        3 * D,
    ]


def test_an_event_fires_the_timers_of_nobody_else() -> None:
    story = story_of()
    viewed(story, 0, "u")
    assert viewed(story, 9 * D, "v") == []
    assert shown(story.wait(H)) == [(H, "entered gone"), (H, "started j: time")]


def test_timers_of_all_users_fire_in_order_of_time_and_user() -> None:
    story = story_of()
    for at_ms, user in ((2, "a"), (1, "c"), (1, "b"), (0, "d")):
        viewed(story, at_ms, user)
    entered = [(o.at_ms - H, o.user_id) for o in story.wait(2 * H) if words([o]) == ["entered gone"]]
    assert entered == [(0, "d"), (1, "b"), (1, "c"), (2, "a")]


def test_time_may_pass_up_to_and_including_a_timer() -> None:
    story = story_of()
    viewed(story, 0)
    assert story.decider.next_due_ms == H
    assert story.wait(H - 1) == []
    assert len(story.wait(H)) == 2
    assert story.decider.next_due_ms == H + D
    story.wait(H + D)
    assert (story.decider.next_due_ms, story.decider.backlog) == (NEVER, 0)


def test_the_backlog_counts_users_with_a_timer() -> None:
    story = story_of()
    assert story.decider.backlog == 0
    for user in "ab":
        viewed(story, 0, user)
        viewed(story, 1, user)
    assert story.decider.backlog == 2


def test_an_event_beyond_the_limit_fires_no_timer_later_than_it() -> None:
    story = story_of()
    viewed(story, 0)
    assert viewed(story, 9 * D, limit_ms=H - 1) == []
    story = story_of()
    viewed(story, 0)
    assert viewed(story, 9 * D, limit_ms=H) == [(H, "entered gone"), (H, "started j: time"), (H, "exited gone")]


def test_one_users_timers_fire_alone_up_to_a_time_and_the_next_is_told() -> None:
    story = story_of()
    for user in ("u", "v"):
        viewed(story, 0, user)
    decider = story.decider
    assert (decider.fire_own("u", H - 1), decider.take().changed) == (H, set())
    assert decider.fire_own("u", H) == H + D
    taken = decider.take()
    assert (shown(taken.outcomes), taken.changed) == ([(H, "entered gone"), (H, "started j: time")], {"u"})
    assert decider.fire_own("nobody", H) == NEVER
    assert (decider.due_ms("nobody"), decider.due_ms("v")) == (NEVER, H)


def test_an_event_fires_no_own_timer_later_than_told() -> None:
    story = story_of()
    viewed(story, 0)
    story.decider.decide(story.event(H + 2, "viewed"), NEVER, H - 1)
    assert story.decider.take().outcomes == []
    assert shown(story.wait(2 * H + 1)) == []
    story.decider.decide(story.event(4 * H, "viewed"), NEVER, 2 * H + 2)
    assert shown(story.decider.take().outcomes)[0] == (2 * H + 2, "entered gone")


def test_an_event_beyond_the_limit_is_decided_at_the_limit_and_fires_nobody_elses_timer() -> None:
    story = story_of()
    viewed(story, 0, "v")
    viewed(story, 9 * D, "u", limit_ms=5)
    assert story.profile("u").now_ms == 5
    assert shown(story.wait(H - 1)) == []
    assert {o.user_id for o in story.wait(H)} == {"v"}


def test_time_of_a_profile_never_goes_back() -> None:
    story = story_of()
    viewed(story, 5 * H)
    viewed(story, 4 * H)
    assert story.profile().now_ms == 5 * H
    assert shown(story.wait(6 * H))[0] == (6 * H, "entered gone")


def repeated(story: Story, at_ms: int, message_id: str, *, repeatable: bool = True) -> None:
    story.hear(Event("u", "viewed", at_ms, message_id, {}, repeatable=repeatable))


def test_a_message_id_seen_before_is_counted_and_changes_nothing() -> None:
    story = story_of()
    repeated(story, 0, "m1")
    story.decider.take()
    before = story.profile().now_ms, story.value("views", 0)
    story.decider.decide(Event("u", "viewed", 9 * D, "m1", {}))
    taken = story.decider.take()
    assert (taken.outcomes, taken.changed, taken.duplicates) == ([], set(), 1)
    assert (story.profile().now_ms, story.value("views", 0)) == before
    assert story.decider.take().duplicates == 0


def test_the_same_id_of_another_user_is_no_duplicate() -> None:
    story = story_of()
    repeated(story, 0, "m1")
    story.hear(Event("v", "viewed", 0, "m1", {}))
    assert "v" in story.profiles


def test_an_id_made_from_a_records_place_recognises_no_duplicate() -> None:
    story = story_of()
    for _ in range(2):
        repeated(story, 0, "cart/0/17", repeatable=False)
    assert story.value("views", 0) == 2
    assert story.profile().seen == b""


@pytest.mark.parametrize(("between", "views"), [(IDS_REMEMBERED - 1, 64), (IDS_REMEMBERED, 66)])
def test_a_duplicate_is_recognised_among_the_last_64_ids(between: int, views: int) -> None:
    story = story_of()
    repeated(story, 0, "first")
    for number in range(between):
        repeated(story, 0, f"m{number}")
    repeated(story, 0, "first")
    assert story.value("views", 0) == views
    assert len(story.profile().seen) == IDS_REMEMBERED * DIGEST_BYTES


def test_taking_hands_over_once_and_names_who_changed() -> None:
    story = story_of()
    for user in "ab":
        story.decider.decide(story.event(0, "viewed", user=user))
    assert story.decider.take().changed == {"a", "b"}
    assert story.decider.take().changed == set()
    story.decider.advance(H)
    taken = story.decider.take()
    assert taken.changed == {"a", "b"}
    assert len(taken.outcomes) == 4


def test_an_erased_user_is_changed_without_a_profile_and_no_longer_counted() -> None:
    story = story_of()
    viewed(story, 0)
    story.wait(H)
    assert (story.decider.counts.segments["gone"], story.decider.counts.runs["j"]) == (1, 1)
    story.decider.decide(story.event(H + 1, "erasure_requested"))
    taken = story.decider.take()
    assert taken.changed == {"u", *story.profiles}
    assert "u" not in story.profiles
    assert (story.decider.counts.segments["gone"], story.decider.counts.runs["j"]) == (0, 0)
    assert story.wait(99 * D) == []
    assert story.decider.backlog == 0


def test_timers_due_before_an_erasure_fire_and_those_after_do_not() -> None:
    story = story_of()
    viewed(story, 0)
    assert words(story.tell(H + 1, "erasure_requested")) == ["entered gone", "started j: time"]
    story = story_of()
    viewed(story, 0)
    assert words(story.tell(H, "erasure_requested")) == []


def test_a_user_who_comes_back_after_an_erasure_begins_anew() -> None:
    story = story_of()
    viewed(story, 0)
    story.tell(1, "erasure_requested")
    viewed(story, 10)
    assert story.value("views", 10) == 1
    assert shown(story.wait(10 + H))[0] == (10 + H, "entered gone")


def test_erasing_an_unknown_user_leaves_nothing_behind() -> None:
    story = story_of()
    assert story.tell(0, "erasure_requested") == []
    assert story.profiles == {}
    assert story.decider.counts.segments == {}


def test_a_timer_known_from_recovery_fires_at_its_time() -> None:
    story = story_of()
    viewed(story, 0)
    decider = Decider(story.definitions, story.profiles, spread=False)
    decider.schedule("u", story.profile().due_ms)
    decider.advance(H - 1)
    assert decider.take().outcomes == []
    decider.advance(H)
    assert words(decider.take().outcomes) == ["entered gone", "started j: time"]


def test_a_timer_of_nobody_is_passed_over() -> None:
    story = story_of()
    story.decider.schedule("nobody", 5)
    assert story.wait(10) == []
    assert story.decider.backlog == 0


def test_a_user_without_a_timer_is_not_scheduled() -> None:
    story = story_of()
    story.decider.schedule("u", NEVER)
    assert (story.decider.backlog, story.decider.next_due_ms) == (0, NEVER)


def test_a_membership_of_a_segment_that_is_gone_keeps_no_timer_alive() -> None:
    story = story_of()
    viewed(story, 0)
    without = Story(config(TRAITS)).taking_over(story)
    assert without.wait(D) == []
    assert without.decider.backlog == 0


def test_a_timer_that_comes_sooner_than_the_one_known_is_not_missed() -> None:
    story = Story(
        config(TRAITS + "measured_at: {last: measured.at}\n", SEGMENTS | {"soon": "since(measured_at) >= 1s"})
    )
    story.tell(0, "viewed")
    story.tell(5, "measured")
    assert story.decider.next_due_ms == 1_005
    assert shown(story.wait(1_005)) == [(1_005, "entered soon")]
    assert shown(story.wait(H)) == [(H, "entered gone")]


def test_a_timer_that_was_put_off_fires_at_its_new_time_only() -> None:
    story = story_of()
    viewed(story, 0)
    viewed(story, H - 1)
    assert story.wait(2 * H - 2) == []
    assert len(story.wait(2 * H - 1)) == 2
