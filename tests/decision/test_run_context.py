"""What a run keeps: captured at entry, refreshed and set; splits, loops, and what it does on exit."""

from collections import Counter

import pytest

from stream.model.outcomes import Decision, RunChange, Trigger, Withdrawal
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import ACTIONS, D, H, Story, assuming, config, words

TRAITS = "n: {last: measured.n}\nspend: {sum: order_completed.total}\n"
MAIL = "  - trigger: mail\n"


def story_of(steps: str, actions: str = ACTIONS, **fields: str) -> Story:
    head = {"enter": "{event: viewed, again_after: 0d}", **fields}
    text = "".join(f"{name}: {value}\n" for name, value in head.items()) + f"steps:\n{steps}"
    return Story(assuming(config(TRAITS, journeys={"j": text}, actions=actions), "marketing", "advertising"))


def sent(story: Story) -> list[tuple[int, str]]:
    return [(o.at_ms, o.action) for o in story.outcomes if isinstance(o, Trigger)]


def last_trigger(story: Story) -> Trigger:
    return [o for o in story.outcomes if isinstance(o, Trigger)][-1]


def test_what_is_captured_stays_as_it_was_at_entry() -> None:
    steps = "  - wait: 1h\n  - {trigger: mail, with: {then: run.n, now: n, of: run.product, key: run.key}}\n"
    story = story_of(steps, capture="{n: n, product: event.product_id}")
    story.tell(0, "measured", n=1)
    story.tell(1, "viewed", product_id="p1")
    story.tell(2, "measured", n=2)
    story.wait(D)
    assert last_trigger(story).payload == {"then": 1, "now": 2, "of": "p1", "key": ""}


def test_named_events_refresh_it_and_what_they_do_not_say_stays() -> None:
    steps = "  - wait: 1h\n  - {trigger: mail, with: {then: run.n, of: run.product}}\n"
    story = story_of(steps, capture="{n: n, product: event.product_id}", refresh_on="[measured]")
    story.tell(0, "measured", n=1)
    story.tell(1, "viewed", product_id="p1")
    story.tell(2, "measured", n=2)
    story.wait(D)
    assert last_trigger(story).payload == {"then": 2, "of": "p1"}


def test_branches_read_what_was_set_and_a_payload_of_the_step_goes_over_the_actions_own() -> None:
    steps = "  - set: {big: n * 10}\n  - branch:\n      - {when: run.big >= 30, trigger: mail}\n"
    steps += "      - {otherwise: true, trigger: ad, with: {total: run.big, more: \"'x'\"}}\n"
    actions = ACTIONS + "unused: {channel: ads, purpose: advertising, template: t}\n"
    actions = actions.replace("template: banner,", "template: banner, payload: {total: cart.total, kept: n},")
    for n, action in ((3, "mail"), (2, "ad")):
        story = story_of(steps, actions)
        story.tell(0, "measured", n=n)
        story.tell(1, "viewed")
        assert last_trigger(story).action == action
    assert last_trigger(story).payload == {"total": 20, "kept": 2, "more": "x"}


def test_nothing_of_a_run_is_left_at_hand_after_its_turn() -> None:
    story = story_of("  - set: {a: n}\n  - wait: 1h\n" + MAIL)
    story.tell(0, "viewed")
    assert story.profile().hand is None
    assert decode_profile(encode_profile(story.profile())) == story.profile()


SPLIT = "  - split: [{weight: 3, trigger: mail}, {weight: 1, trigger: ad}]\n"


def split_of(users: int, salt: str = "") -> list[str]:
    steps = SPLIT + (f"    salt: {salt}\n" if salt else "")
    story = story_of(steps)
    for number in range(users):
        story.hear(story.event(0, "viewed", user=f"u{number}"))
    return [action for _, action in sent(story)]


def test_a_split_divides_users_in_proportion_to_the_weights() -> None:
    counts = Counter(split_of(4_000))
    assert 2_880 < counts["mail"] < 3_120  # 3,000 and four standard deviations of 27
    assert counts["mail"] + counts["ad"] == 4_000


def test_a_split_is_the_same_for_the_same_user_and_another_by_another_salt() -> None:
    assert split_of(50) == split_of(50)
    assert split_of(50) != split_of(50, "other")


LOOP = "  - {trigger: mail, name: again}\n  - wait: 1h\n  - {goto: again, at_most: 2}\n  - trigger: ad\n"


def test_a_loop_goes_round_as_often_as_it_may_and_every_trigger_has_an_id_of_its_own() -> None:
    story = story_of(LOOP)
    story.tell(0, "viewed")
    story.wait(D)
    assert sent(story) == [(0, "mail"), (H, "mail"), (2 * H, "mail"), (3 * H, "ad")]
    assert len({o.id for o in story.outcomes if isinstance(o, Trigger)}) == 4


PAST = "  - {wait_until: {date: 1970-01-01}, name: begin}\n  - set: {a: n}\n"


def test_a_loop_whose_wait_is_past_ends_when_it_may_go_round_no_more() -> None:
    story = story_of(PAST + "  - {goto: begin, at_most: 100}\n" + MAIL)
    assert words(story.tell(2 * D, "viewed"))[-1] == "ended j: completed"


def test_loops_within_loops_end_a_run_that_would_do_a_thousand_steps_in_one_go() -> None:
    story = story_of(PAST + "".join(f"  - {{goto: begin, at_most: {99 - i}}}\n" for i in range(5)) + MAIL)
    assert words(story.tell(2 * D, "viewed")) == ["started j: e1", "ended j: too_many_steps"]


AUDIENCE = ACTIONS + "leave_audience: {channel: ads, purpose: advertising, template: leave}\n"
ON_EXIT = "[{trigger: leave_audience, after: [ad]}]"


def test_an_exit_does_what_is_to_be_done_then_if_what_it_is_about_was_sent() -> None:
    for first, done in (("ad", ["leave_audience"]), ("mail", [])):
        story = story_of(
            f"  - trigger: {first}\n  - wait: 1d\n  - trigger: ad\n", AUDIENCE, exit_on="[closed]", on_exit=ON_EXIT
        )
        story.tell(0, "viewed")
        told = story.tell(5, "closed")
        assert words(told)[0] == "ended j: closed"
        assert [o.action for o in told if isinstance(o, Trigger)] == done
        assert story.wait(9 * D) == []


def test_a_run_that_comes_to_its_end_does_nothing_on_exit() -> None:
    story = story_of("  - trigger: ad\n", AUDIENCE, exit_on="[closed]", on_exit=ON_EXIT)
    story.tell(0, "viewed")
    assert [action for _, action in sent(story)] == ["ad"]


def test_an_exit_withdraws_what_says_so_while_it_is_valid() -> None:
    actions = ACTIONS.replace("valid_for: 3d", "valid_for: 3d, withdrawn_on_exit: true")
    for at_ms, withdrawn in ((3 * D - 1, ["ad"]), (3 * D, [])):
        story = story_of("  - trigger: ad\n  - trigger: mail\n  - wait: 9d\n" + MAIL, actions, exit_on="[closed]")
        story.tell(0, "viewed")
        told = story.tell(at_ms, "closed")
        assert [o.action for o in told if isinstance(o, Withdrawal)] == withdrawn


def test_a_condition_ends_a_run_at_the_event_that_makes_it_true() -> None:
    story = story_of("  - wait: 1d\n" + MAIL, exit_when="n >= 10")
    story.tell(0, "viewed")
    assert story.tell(1, "measured", n=9) == []
    assert words(story.tell(2, "measured", n=10)) == ["ended j: exit_when"]


def test_a_condition_ends_a_run_by_time_alone_and_before_it_goes_on_in_the_same_moment() -> None:
    traits = "seen: {last: viewed.at}\n"
    for size, said in (("24h", []), ("25h", ["mail"])):
        journey = (
            f"enter: {{event: viewed}}\nexit_when: since(seen) >= {size}\nsteps: [{{wait: 24h}}, {{trigger: mail}}]\n"
        )
        story = Story(assuming(config(traits, journeys={"j": journey}), "marketing"))
        story.tell(0, "viewed")
        story.wait(9 * D)
        assert [o.action for o in story.outcomes if isinstance(o, Trigger)] == said
    (ended,) = (o for o in story.outcomes if isinstance(o, RunChange) and o.change == "ended")
    assert ended.at_ms == D


def test_a_condition_that_holds_already_ends_a_run_before_it_does_anything() -> None:
    story = story_of(MAIL, exit_when="n >= 10")
    story.tell(0, "measured", n=10)
    assert words(story.tell(1, "viewed")) == ["started j: e2", "ended j: exit_when"]


def test_a_condition_over_what_a_step_has_set_ends_the_run_at_once() -> None:
    for n, said in ((9, ["started j: e2"]), (10, ["started j: e2", "ended j: exit_when"])):
        story = story_of("  - set: {big: n >= 10}\n  - wait: 1d\n" + MAIL, exit_when="run.big")
        story.tell(0, "measured", n=n)
        assert words(story.tell(1, "viewed")) == said


@pytest.mark.parametrize("condition", ["twice >= 20", "loud", "loud and twice > 0", "was(loud, 9d)"])
def test_a_condition_ends_a_run_through_other_traits_and_segments(condition: str) -> None:
    journey = f"enter: {{event: viewed}}\nexit_when: {condition}\nsteps: [{{wait: 1d}}, {{trigger: mail}}]\n"
    other = journey.replace(condition, "spend > 5")
    story = Story(
        config(
            TRAITS + "twice: {value: n * 2}\n", segments={"loud": "twice >= 20"}, journeys={"j": journey, "k": other}
        )
    )
    story.tell(0, "measured", n=9)
    story.tell(1, "viewed")
    assert words(story.tell(2, "measured", n=9)) == []
    told = [word for word in words(story.tell(3, "measured", n=10)) if word.startswith("ended")]
    assert told == ["ended j: exit_when"]


def test_a_withdrawn_consent_ends_the_runs_that_say_so_and_no_other() -> None:
    exits = "[{event: consent_withdrawn, where: purpose == 'marketing'}]"
    story = story_of("  - wait: 1d\n" + MAIL, exit_on=exits)
    story.consent("marketing", "advertising")
    story.tell(0, "viewed")
    assert story.tell(1, "consent_changed", purpose="advertising", granted=False) == []
    assert words(story.tell(2, "consent_changed", purpose="marketing", granted=False)) == ["ended j: consent_withdrawn"]


def test_consent_that_was_never_given_is_not_withdrawn_by_a_refusal() -> None:
    story = story_of("  - wait: 1d\n" + MAIL, exit_on="[consent_withdrawn]")
    story.tell(0, "viewed")
    assert story.tell(2, "consent_changed", purpose="marketing", granted=False) == []


@pytest.mark.parametrize("late_ms", [0, 1])
def test_a_trigger_is_asked_of_consent_when_it_is_sent_and_not_when_it_was_planned(late_ms: int) -> None:
    story = story_of("  - wait: 1d\n" + MAIL)
    story.consent("marketing")
    story.tell(0, "viewed")
    story.tell(D + late_ms, "consent_changed", purpose="marketing", granted=False)
    verdicts = [o.verdict for o in story.outcomes + story.wait(9 * D) if isinstance(o, Decision)]
    assert verdicts == ["sent" if late_ms else "no_consent"]


def test_an_event_that_would_have_ended_a_run_withdraws_what_says_so_after_its_end_too() -> None:
    actions = ACTIONS.replace("valid_for: 3d", "valid_for: 3d, withdrawn_on_exit: true")
    for at_ms, withdrawn in ((3 * D - 1, ["ad"]), (3 * D, [])):
        story = story_of("  - trigger: ad\n  - trigger: mail\n", actions, exit_on="[closed]")
        story.tell(0, "viewed")
        told = story.tell(at_ms, "closed")
        assert [o.action for o in told if isinstance(o, Withdrawal)] == withdrawn
        assert story.tell(at_ms, "closed") == []
