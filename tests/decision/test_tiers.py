from stream.decision.decider import Decider
from stream.model.events import Event
from stream.model.outcomes import SegmentChange, Trigger
from stream.model.profile import Profile, decode_profile, encode_profile
from tests.decision.story import D, H, Story, assuming, config, shown, words

TRAITS = """\
orders: {count: order_completed}
views_w: {count: viewed, within: 7d}
last_at: {last: measured.at}
"""
STAGE = """\
tiers:
  retention: orders >= 2
  purchase: orders == 1
  consideration: views_w >= 2
  awareness: otherwise
"""
WARMTH = "tiers:\n  cold: since(last_at) >= 2d\n  cool: since(last_at) >= 1d\n  warm: otherwise\n"


def shop(**segments: str) -> Story:
    return Story(config(TRAITS, {"stage": STAGE, **segments}))


def test_everyone_is_in_the_last_tier_from_the_first_event_on() -> None:
    story = shop()
    assert words(story.tell(0, "settled", s="x")) == ["entered stage: awareness"]
    assert story.decider.counts.segments == {"stage.awareness": 1}


def test_a_move_is_one_record_that_says_from_where_and_to_where() -> None:
    story = shop()
    story.tell(0, "viewed")
    (moved,) = story.tell(H, "order_completed")
    assert isinstance(moved, SegmentChange)
    assert (moved.change, moved.from_, moved.to, moved.cause) == ("moved", "awareness", "purchase", "e2")
    assert words(story.tell(2 * H, "order_completed")) == ["moved stage: purchase -> retention"]
    membership = story.profile().memberships["stage"]
    assert (membership.inside, membership.tier, membership.since_ms, membership.entries) == (
        True,
        "retention",
        2 * H,
        3,
    )


def test_the_first_condition_that_is_true_decides() -> None:
    story = shop()
    story.tell(0, "order_completed")
    assert words(story.tell(1, "viewed")) == []
    assert words(story.tell(2, "viewed")) == []
    assert story.decider.counts.segments == {"stage.purchase": 1}


def test_a_window_that_empties_leads_back_by_time_alone() -> None:
    story = shop()
    story.tell(0, "viewed")
    story.tell(D, "viewed")
    assert shown(story.wait(9 * D)) == [(7 * D + H, "moved stage: consideration -> awareness")]
    assert story.outcomes[-1].cause == "time"


def test_tiers_are_crossed_one_by_one_as_time_passes() -> None:
    story = Story(config(TRAITS, {"warmth": WARMTH}))
    assert shown(story.tell(0, "measured")) == [(0, "entered warmth: warm")]
    assert shown(story.wait(9 * D)) == [(D, "moved warmth: warm -> cool"), (2 * D, "moved warmth: cool -> cold")]
    assert shown(story.tell(10 * D, "measured")) == [(10 * D, "moved warmth: cold -> warm")]


def test_a_condition_that_is_unknown_leads_on_to_the_next_tier() -> None:
    story = Story(config(TRAITS, {"warmth": WARMTH}))
    assert words(story.tell(0, "viewed")) == ["entered warmth: warm"]
    assert words(story.wait(99 * D)) == []


def test_other_conditions_read_which_tier_a_profile_is_in() -> None:
    story = shop(
        buyer='stage == "purchase" or stage.retention',
        new="stage != 'retention' and not stage.purchase",
        odd="stage.consideration",
    )
    assert words(story.tell(0, "viewed")) == ["entered stage: awareness", "entered new"]
    assert words(story.tell(1, "viewed")) == ["moved stage: awareness -> consideration", "entered odd"]
    assert words(story.tell(2, "order_completed")) == [
        "moved stage: consideration -> purchase",
        "entered buyer",
        "exited new",
        "exited odd",
    ]
    assert words(story.tell(3, "order_completed")) == ["moved stage: purchase -> retention"]


def test_who_reads_a_tier_follows_it_when_time_moves_it() -> None:
    story = Story(config(TRAITS, {"warmth": WARMTH, "lost": "warmth.cold"}))
    story.tell(0, "measured")
    assert shown(story.wait(9 * D))[1:] == [(2 * D, "moved warmth: cool -> cold"), (2 * D, "entered lost")]


def test_a_journey_is_entered_by_a_tier_and_not_by_another() -> None:
    journey = "enter: {segment: stage.retention}\nsteps:\n  - trigger: mail\n"
    story = Story(assuming(config(TRAITS, {"stage": STAGE}, {"thanks": journey}), "marketing"))
    story.tell(0, "order_completed")
    assert not [o for o in story.outcomes if isinstance(o, Trigger)]
    told = story.tell(1, "order_completed")
    (trigger,) = (o for o in told if isinstance(o, Trigger))
    assert words(told)[:2] == ["moved stage: purchase -> retention", "started thanks: e2"]
    assert [(leaf.condition, leaf.holds, leaf.value) for leaf in trigger.why.leaves] == [("orders >= 2", True, 2)]


def test_a_move_can_be_counted_and_ends_a_run() -> None:
    traits = f'{TRAITS}retained: {{count: segment_entered, where: tier == "retention"}}\n'
    traits += "left: {distinct: segment_exited.tier}\n"
    journey = "enter: {event: viewed}\nexit_on: [segment_exited]\nsteps:\n  - wait: 9d\n  - trigger: mail\n"
    story = Story(config(traits, {"stage": STAGE}, {"j": journey}))
    story.tell(0, "viewed")
    assert words(story.tell(1, "order_completed")) == ["moved stage: awareness -> purchase", "ended j: segment_exited"]
    story.tell(2, "order_completed")
    assert (story.value("retained", 2), story.value("left", 2)) == (1, 2)


def test_why_shows_the_tiers_before_and_the_one_that_is_reached() -> None:
    story = shop()
    story.tell(0, "viewed")
    (moved,) = story.tell(1, "order_completed")
    assert isinstance(moved, SegmentChange)
    assert [(leaf.condition, leaf.holds, leaf.value, leaf.threshold, leaf.events) for leaf in moved.why.leaves] == [
        ("orders >= 2", False, 1, 2, ["e2"]),
        ("orders == 1", True, 1, 1, ["e2"]),
    ]


def test_ids_of_moves_differ_and_are_the_same_in_a_second_telling() -> None:
    def ids() -> list[str]:
        story = shop()
        for day in range(3):
            story.tell(day * D, "viewed")
            story.tell(day * D + 1, "viewed")
        story.wait(40 * D)
        return [outcome.id for outcome in story.outcomes]

    assert ids() == ids()
    assert len(set(ids())) == len(ids()) == 3


def test_erasing_a_user_takes_them_out_of_the_count_of_their_tier() -> None:
    story = shop()
    story.tell(0, "viewed")
    story.tell(1, "erasure_requested")
    assert story.decider.counts.segments == {"stage.awareness": 0}


def test_a_tier_outlives_being_written_and_read_back() -> None:
    story = shop()
    story.tell(0, "order_completed")
    profiles: dict[str, Profile] = {"u": decode_profile(encode_profile(story.profile()))}
    decider = Decider(story.definitions, profiles)
    decider.decide(story.event(1, "order_completed"))
    assert words(decider.take().outcomes) == ["moved stage: purchase -> retention"]


def test_who_is_in_a_tier_that_is_gone_moves_on_from_it() -> None:
    before = shop()
    before.tell(0, "order_completed")
    changed = STAGE.replace("purchase: orders", "bought: orders")
    story = Story(config(TRAITS, {"stage": changed})).taking_over(before)
    story.decider.counts.segments = {"stage.purchase": 1}
    assert words(story.tell(1, "order_completed")) == ["moved stage: purchase -> retention"]
    assert story.decider.counts.segments == {"stage.purchase": 0, "stage.retention": 1}


def test_a_segment_gets_tiers_and_loses_them_again() -> None:
    plain = Story(config(TRAITS, {"stage": "orders >= 1"}))
    plain.tell(0, "order_completed")
    tiered = Story(config(TRAITS, {"stage": STAGE})).taking_over(plain)
    tiered.decider.counts.segments = dict(plain.decider.counts.segments)
    assert words(tiered.tell(1, "order_completed")) == ["entered stage: retention"]
    assert tiered.decider.counts.segments == {"stage": 0, "stage.retention": 1}
    again = Story(config(TRAITS, {"stage": "orders < 3"})).taking_over(tiered)
    again.decider.counts.segments = dict(tiered.decider.counts.segments)
    assert words(again.tell(2, "order_completed")) == ["exited stage"]
    assert again.decider.counts.segments == {"stage": 0, "stage.retention": 0}


def test_the_order_of_tiers_is_part_of_what_they_decide() -> None:
    one = config(TRAITS, {"stage": "tiers:\n  a: orders >= 1\n  b: views_w >= 1\n  c: otherwise\n"})
    other = config(TRAITS, {"stage": "tiers:\n  b: views_w >= 1\n  a: orders >= 1\n  c: otherwise\n"})
    assert one.segments["stage"].hash != other.segments["stage"].hash
    assert one.version != other.version


def test_a_tier_that_members_stay_in_is_decided_after_the_segment_it_reads_from_the_very_first_event_on() -> None:
    text = {
        "new": "views < 9",
        "stage": "tiers:\n  fresh: new\n  warm: views >= 1\n  rest: otherwise\nstay_at_least: 1h\n",
    }
    story = Story(config("views: {count: viewed}\n", text))
    assert shown(story.tell(0, "viewed")) == [(0, "entered new"), (0, "entered stage: fresh")]


def test_so_it_is_where_the_first_event_also_tells_the_time_zone() -> None:
    text = {
        "base": "tiers:\n  low: views < 9\n  rest: otherwise\n",
        "stage": "tiers:\n  low: in(base.low) and today < 9\n  rest: otherwise\nstay_at_least: 1h\n",
    }
    story = Story(config("views: {count: viewed}\ntoday: {count: viewed, this: day}\n", text))
    story.decider.decide(Event("u", "used", 0, "e1", {}, zone="America/New_York"))
    changes = [outcome for outcome in story.decider.take().outcomes if isinstance(outcome, SegmentChange)]
    assert [(change.segment, change.to) for change in changes] == [("base", "low"), ("stage", "low")]
