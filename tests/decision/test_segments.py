import pytest

from stream.decision.turn import GENERATIONS
from stream.model.outcomes import Leaf, SegmentChange
from tests.decision.story import D, H, M, S, Story, config, shown, words

TRAITS = """\
n: {last: measured.n}
views: {count: viewed, within: 168s}
viewed_at: {last: viewed.at}
orders: {count: order_completed}
spend: {sum: order_completed.total}
"""


def story_of(**segments: str) -> Story:
    return Story(config(TRAITS, segments))


def test_a_user_enters_by_the_event_that_makes_it_true_and_leaves_by_the_one_that_does_not() -> None:
    story = story_of(fan="n >= 10")
    assert words(story.tell(1, "measured", n=9)) == []
    assert words(story.tell(2, "measured", n=10)) == ["entered fan"]
    assert words(story.tell(3, "measured", n=11)) == []
    assert words(story.tell(4, "measured", n=9)) == ["exited fan"]
    assert words(story.tell(5, "measured", n=10)) == ["entered fan"]


def test_an_event_of_no_concern_changes_nothing() -> None:
    story = story_of(fan="n >= 10")
    story.tell(1, "measured", n=10)
    assert story.tell(2, "closed") == []
    assert story.tell(3, "not_planned_at_all") == []


def test_a_member_leaves_when_the_condition_becomes_unknown() -> None:
    story = story_of(share="10 / n >= 1")
    assert words(story.tell(1, "measured", n=5)) == ["entered share"]
    assert words(story.tell(2, "measured", n=0)) == ["exited share"]


def test_time_alone_lets_a_user_enter_at_the_millisecond() -> None:
    story = story_of(gone="since(viewed_at) >= 1h")
    story.tell(5, "viewed")
    assert story.wait(5 + H - 1) == []
    assert shown(story.wait(5 + H)) == [(5 + H, "entered gone")]
    assert story.wait(99 * D) == []


def test_another_event_puts_the_moment_off() -> None:
    story = story_of(gone="since(viewed_at) >= 1h")
    story.tell(0, "viewed")
    story.tell(H - 1, "viewed")
    assert story.wait(2 * H - 2) == []
    assert shown(story.wait(2 * H - 1)) == [(2 * H - 1, "entered gone")]


def test_a_user_leaves_a_count_by_time_alone_at_most_one_bucket_late() -> None:
    story = story_of(busy="views >= 2")
    story.tell(10_500, "viewed")
    assert shown(story.tell(20_500, "viewed")) == [(20_500, "entered busy")]
    assert story.wait(179 * S - 1) == []
    assert shown(story.wait(179 * S)) == [(179 * S, "exited busy")]


def test_a_view_in_time_keeps_a_member_inside() -> None:
    story = story_of(busy="views >= 2")
    for time_ms in (10_500, 20_500, 178 * S):
        story.tell(time_ms, "viewed")
    assert story.wait(189 * S - 1) == []
    assert shown(story.wait(189 * S)) == [(189 * S, "exited busy")]


def test_one_wait_over_many_changes_tells_each_at_its_time() -> None:
    story = story_of(fresh="since(viewed_at) < 1m", cold="since(viewed_at) > 1h")
    story.tell(0, "viewed")
    assert shown(story.wait(D)) == [(M, "exited fresh"), (H + 1, "entered cold")]


def test_with_an_exit_a_member_stays_until_that_is_true() -> None:
    story = story_of(vip="when: spend >= 200\nexit: since(viewed_at) >= 1h\n")
    assert words(story.tell(0, "order_completed", total=199_99)) == []
    assert words(story.tell(1, "order_completed", total=1)) == ["entered vip"]
    story.tell(2, "viewed")
    assert story.wait(2 + H - 1) == []
    assert shown(story.wait(2 + H)) == [(2 + H, "exited vip")]


def test_an_unknown_exit_lets_nobody_out() -> None:
    story = story_of(vip="when: n >= 10\nexit: since(viewed_at) >= 1h\n")
    assert words(story.tell(0, "measured", n=10)) == ["entered vip"]
    assert words(story.tell(1, "measured", n=0)) == []


def test_nobody_enters_while_the_exit_is_true() -> None:
    story = story_of(vip="when: n >= 10\nexit: n >= 20\n")
    assert words(story.tell(0, "measured", n=20)) == []
    assert words(story.tell(1, "measured", n=19)) == ["entered vip"]
    assert words(story.tell(2, "measured", n=20)) == ["exited vip"]


def test_between_the_thresholds_nothing_changes() -> None:
    story = story_of(warm="when: n >= 10\nexit: n < 5\n")
    told = [words(story.tell(number, "measured", n=n)) for number, n in enumerate((7, 10, 5, 4.9, 9.9, 10))]
    assert told == [[], ["entered warm"], [], ["exited warm"], [], ["entered warm"]]


def test_who_left_by_an_exit_comes_back_when_time_ends_it() -> None:
    story = story_of(buyer="when: orders >= 1\nexit: since(viewed_at) < 1h\n")
    assert words(story.tell(0, "order_completed")) == ["entered buyer"]
    assert words(story.tell(1, "viewed")) == ["exited buyer"]
    assert story.wait(1 + H - 1) == []
    assert shown(story.wait(1 + H)) == [(1 + H, "entered buyer")]


def test_a_segment_of_segments_follows_in_the_same_turn() -> None:
    story = story_of(fan="n >= 10", buyer="orders >= 1", best="fan and buyer", rest="not best")
    assert words(story.tell(0, "measured", n=10)) == ["entered fan", "entered rest"]
    assert words(story.tell(1, "order_completed")) == ["entered buyer", "entered best", "exited rest"]
    assert words(story.tell(2, "measured", n=1)) == ["exited fan", "exited best", "entered rest"]


def test_a_segment_of_segments_follows_what_time_does() -> None:
    story = story_of(gone="since(viewed_at) >= 1h", lost="gone and orders == 0")
    story.tell(0, "viewed")
    assert shown(story.wait(H)) == [(H, "entered gone"), (H, "entered lost")]
    assert [o.cause for o in story.outcomes if isinstance(o, SegmentChange)] == ["time", "time"]


def test_an_id_tells_every_entry_and_exit_apart_and_is_no_function_of_time() -> None:
    def ids(*times_ms: int) -> list[str]:
        story = story_of(fan="n >= 10")
        for number, time_ms in enumerate(times_ms):
            story.tell(time_ms, "measured", n=10 if number % 2 == 0 else 1)
        return [outcome.id for outcome in story.outcomes]

    assert len(set(ids(1, 2, 3, 4))) == 4
    assert ids(1, 2, 3, 4) == ids(10, 20, 30, 40)


def test_an_id_differs_by_user_segment_and_definition() -> None:
    def first_id(user: str, name: str, condition: str) -> str:
        story = story_of(**{name: condition})
        return story.hear(story.event(0, "measured", user=user, n=10))[0].id

    found = {
        first_id("u", "fan", "n >= 10"),
        first_id("v", "fan", "n >= 10"),
        first_id("u", "fun", "n >= 10"),
        first_id("u", "fan", "n >= 9"),
    }
    assert len(found) == 4
    assert first_id("u", "fan", "n >= 10") in found


def test_a_change_says_why() -> None:
    story = story_of(vip="spend >= 200 and (n > 1 or since(viewed_at) < 1h)")
    story.tell(0, "viewed")
    story.tell(1, "order_completed", total=150_00)
    (entered,) = story.tell(10 * M, "order_completed", total=62_50)
    assert isinstance(entered, SegmentChange)
    assert entered.cause == entered.why.cause == "e3"
    assert entered.why.definition == entered.version == story.definitions.segments["vip"].hash
    assert entered.why.leaves == [
        Leaf("spend >= 200", True, "212.50 USD", "200.00 USD", ["e3"]),
        Leaf("n > 1", None, None, 1, []),
        Leaf("since(viewed_at) < 1h", True, "10m", "1h", ["e1"]),
    ]


def test_leaving_by_an_exit_is_explained_by_the_exit() -> None:
    story = story_of(warm="when: n >= 10\nexit: n < 5\n")
    story.tell(0, "measured", n=10)
    (left,) = story.tell(1, "measured", n=4)
    assert isinstance(left, SegmentChange)
    assert left.why.leaves == [Leaf("n < 5", True, 4, 5, ["e2"])]


def test_time_is_the_cause_of_what_no_event_caused_and_the_events_behind_it_are_named() -> None:
    story = story_of(left="cart.quantity > 0 and since(cart.changed_at) >= 1h")
    story.tell(0, "product_added", product_id="a")
    (entered,) = story.wait(H)
    assert isinstance(entered, SegmentChange)
    assert entered.cause == "time"
    assert [leaf.events for leaf in entered.why.leaves] == [["e1"], ["e1"]]


@pytest.mark.parametrize("number", [70, 150])
def test_many_segments_may_change_by_one_event(number: int) -> None:
    story = story_of(**{f"s{place:03}": "n >= 1" for place in range(number)})
    assert len(story.tell(0, "measured", n=1)) == number


def test_every_segment_that_one_event_enters_starts_its_journey() -> None:
    segments = {f"s{place:03}": "n >= 1" for place in range(70)}
    journey = "enter: {segment: s069}\nsteps: [{trigger: mail}]\n"
    story = Story(config(TRAITS, segments, {"j": journey}))
    assert "started j: e1" in words(story.tell(0, "measured", n=1))


def test_definitions_that_feed_on_each_other_stop() -> None:
    traits = "ins: {count: segment_entered}\nouts: {count: segment_exited}\n"
    story = Story(config(traits + TRAITS, {"dizzy": "n > 0 and ins <= outs"}))
    told = words(story.tell(0, "measured", n=1))
    assert told[:3] == ["entered dizzy", "exited dizzy", "entered dizzy"]
    assert len(told) <= 2 * GENERATIONS
    assert story.profile().memberships["dizzy"].inside is (len(told) % 2 == 1)


def test_what_holds_of_a_new_user_is_entered_with_the_first_event() -> None:
    story = story_of(never_bought="orders == 0", unseen="not known(viewed_at)")
    assert words(story.tell(0, "measured", n=1)) == ["entered never_bought", "entered unseen"]
    assert words(story.tell(1, "order_completed")) == ["exited never_bought"]


def test_a_membership_counts_its_entries_and_keeps_when_it_changed() -> None:
    story = story_of(fan="n >= 10")
    for time_ms, n in enumerate((10, 1, 10, 1)):
        story.tell(time_ms, "measured", n=n)
    membership = story.profile().memberships["fan"]
    assert (membership.entries, membership.since_ms, membership.inside) == (2, 3, False)
