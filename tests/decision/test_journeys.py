"""The steps of a run: trigger, wait, branch, exit; and what ends it early."""

import pytest

from stream.model.outcomes import Goal, RunChange, Trigger
from tests.decision.story import D, H, M, Story, assuming, config, shown, words

TRAITS = "n: {last: measured.n}\nf: {last: measured.f}\n"


def story_of(steps: str, **fields: str) -> Story:
    """One journey that every view starts, with consent to all it does."""
    head = {"enter": "{event: viewed}", **fields}
    text = "".join(f"{name}: {value}\n" for name, value in head.items()) + f"steps:\n{steps}"
    return Story(assuming(config(TRAITS, journeys={"j": text}), "marketing", "advertising"))


MAIL = "  - trigger: mail\n"
WAIT = "  - wait: 1h\n"
BROKEN_WAIT = "  - {wait: 1h, if_none: [closed, cart_changed]}\n"


def test_steps_without_a_wait_happen_at_once_and_complete_the_run() -> None:
    story = story_of(MAIL + "  - trigger: ad\n")
    assert words(story.tell(5, "viewed")) == [
        "started j: e1", "sent mail", "trigger mail", "sent ad", "trigger ad", "ended j: completed",
    ]  # fmt: skip
    assert {outcome.at_ms for outcome in story.outcomes} == {5}


def test_a_wait_is_over_at_its_millisecond() -> None:
    story = story_of(WAIT + MAIL)
    assert words(story.tell(5, "viewed")) == ["started j: e1"]
    assert story.wait(5 + H - 1) == []
    assert shown(story.wait(5 + H)) == [(5 + H, word) for word in ("sent mail", "trigger mail", "ended j: completed")]


def test_waits_in_a_row_add_up_even_when_time_passes_in_one_go() -> None:
    story = story_of(WAIT + MAIL + "  - wait: 30m\n  - trigger: ad\n")
    story.tell(0, "viewed")
    triggers = [(o.at_ms, o.action) for o in story.wait(9 * D) if isinstance(o, Trigger)]
    assert triggers == [(H, "mail"), (H + 30 * M, "ad")]


@pytest.mark.parametrize("name", ["closed", "product_added"])
def test_an_event_that_must_not_come_ends_the_run_at_once(name: str) -> None:
    story = story_of(BROKEN_WAIT + MAIL)
    story.tell(0, "viewed")
    reason = "cart_changed" if name == "product_added" else name
    assert shown(story.tell(H - 1, name, product_id="a")) == [(H - 1, f"ended j: {reason}")]
    assert story.wait(9 * D) == []


def test_an_event_at_the_very_end_of_a_wait_still_counts_and_one_after_it_does_not() -> None:
    story = story_of(BROKEN_WAIT + MAIL)
    story.tell(0, "viewed")
    assert words(story.tell(H, "closed")) == ["ended j: closed"]
    story = story_of(BROKEN_WAIT + MAIL)
    story.tell(0, "viewed")
    assert words(story.tell(H + 1, "closed"))[:2] == ["sent mail", "trigger mail"]


def test_another_event_leaves_a_wait_alone() -> None:
    story = story_of(BROKEN_WAIT + MAIL)
    story.tell(0, "viewed")
    assert story.tell(1, "measured", n=1) == []
    assert "trigger mail" in words(story.wait(H))


def test_an_event_breaks_only_the_wait_that_names_it() -> None:
    story = story_of(WAIT + BROKEN_WAIT + MAIL)
    story.tell(0, "viewed")
    assert story.tell(30 * M, "closed") == []
    assert story.wait(H) == []
    assert words(story.tell(90 * M, "closed")) == ["ended j: closed"]


BRANCH = """\
  - branch:
      - when: n >= 10
        trigger: mail
      - when: n >= 5 or f
        steps:
          - trigger: ad
          - wait: 1h
          - trigger: mail
      - {arm}
"""


@pytest.mark.parametrize(
    ("n", "said"),
    [(10, ["mail"]), (9, ["ad", "mail"]), (5, ["ad", "mail"]), (4, ["ad"]), (None, ["ad"])],
)
def test_the_first_arm_that_holds_is_taken_and_otherwise_the_last(n: float | None, said: list[str]) -> None:
    story = story_of(BRANCH.replace("{arm}", "{otherwise: true, trigger: ad}"))
    if n is not None:
        story.tell(0, "measured", n=n)
    story.tell(1, "viewed")
    story.wait(D)
    assert [o.action for o in story.outcomes if isinstance(o, Trigger)] == said
    assert words(story.outcomes)[-1] == "ended j: completed"


def test_where_no_arm_holds_the_run_goes_on_after_the_branch() -> None:
    story = story_of(BRANCH.replace("      - {arm}\n", "") + "  - trigger: ad\n")
    story.tell(0, "measured", n=4)
    told = story.tell(1, "viewed")
    assert [(o.action, o.step) for o in told if isinstance(o, Trigger)] == [("ad", "1")]


def test_a_branch_asks_at_the_time_it_is_reached() -> None:
    story = story_of(WAIT + BRANCH.replace("{arm}", "{otherwise: true, end: nothing to say}"))
    story.tell(0, "measured", n=10)
    story.tell(1, "viewed")
    story.tell(2, "measured", n=1)
    assert words(story.wait(D)) == ["ended j: nothing to say"]


def test_steps_are_named_by_their_place() -> None:
    story = story_of(MAIL + BRANCH.replace("{arm}", "{otherwise: true, trigger: ad}"))
    story.tell(0, "measured", n=5)
    story.tell(1, "viewed")
    story.wait(D)
    assert [o.step for o in story.outcomes if isinstance(o, Trigger)] == ["0", "1.1.0", "1.1.2"]


def test_an_exit_step_ends_the_run_with_its_reason() -> None:
    story = story_of(
        "  - branch:\n      - {when: n >= 10, end: rich enough}\n      - {otherwise: true, trigger: ad}\n" + MAIL
    )
    story.tell(0, "measured", n=10)
    assert words(story.tell(1, "viewed")) == ["started j: e2", "ended j: rich enough"]


@pytest.mark.parametrize("at_ms", [1, H - 1, H])
def test_an_exit_event_ends_the_run_at_once_inside_a_wait(at_ms: int) -> None:
    story = story_of(WAIT + MAIL, exit_on="[order_completed]")
    story.tell(0, "viewed")
    assert shown(story.tell(at_ms, "order_completed")) == [(at_ms, "ended j: order_completed")]
    assert story.wait(9 * D) == []


def test_an_exit_event_after_the_end_ends_nothing_again() -> None:
    story = story_of(MAIL, exit_on="[order_completed]")
    story.tell(0, "viewed")
    assert "ended j: order_completed" not in words(story.tell(2 * D, "order_completed"))


GOAL = "{event: order_completed, within: 14d, value: total}"


@pytest.mark.parametrize(("at_ms", "reached"), [(0, True), (14 * D, True), (14 * D + 1, False)])
def test_the_goal_counts_within_its_window_from_entry(at_ms: int, reached: bool) -> None:
    story = story_of(MAIL, goal=GOAL)
    story.tell(0, "viewed")
    assert ("goal order_completed" in words(story.tell(at_ms, "order_completed", total=79_50))) is reached


def test_the_goal_is_reached_once_with_its_worth_and_the_triggers_before_it() -> None:
    story = story_of(MAIL, goal=GOAL)
    story.tell(0, "viewed")
    trigger = next(o for o in story.outcomes if isinstance(o, Trigger))
    (goal,) = story.tell(D, "order_completed", total=79_50)
    assert isinstance(goal, Goal)
    assert (goal.value, goal.trigger_ids, goal.run_id) == (79.5, [trigger.id], trigger.run_id)
    assert story.tell(2 * D, "order_completed", total=1_00) == []


def test_a_goals_worth_is_unknown_where_the_event_does_not_say_and_a_plain_number_where_it_is_one() -> None:
    story = story_of(MAIL, goal=GOAL)
    story.tell(0, "viewed")
    assert [o.value for o in story.tell(D, "order_completed") if isinstance(o, Goal)] == [None]
    story = story_of(MAIL, goal="{event: order_completed, value: points}")
    story.tell(0, "viewed")
    assert [o.value for o in story.tell(D, "order_completed", points=7) if isinstance(o, Goal)] == [7]


def test_an_order_from_before_the_entry_is_no_goal() -> None:
    story = story_of(MAIL, goal=GOAL)
    story.tell(10, "viewed")
    assert "goal order_completed" not in words(story.tell(9, "order_completed"))


def test_a_goal_that_is_an_exit_too_is_told_before_the_end() -> None:
    story = story_of(WAIT + MAIL, goal=GOAL, exit_on="[order_completed]")
    story.tell(0, "viewed")
    assert words(story.tell(1, "order_completed")) == ["goal order_completed", "ended j: order_completed"]


def test_a_run_whose_definition_has_changed_ends_when_it_would_go_on() -> None:
    story = story_of(WAIT + MAIL)
    story.tell(0, "viewed")
    changed = story_of(WAIT + "  - trigger: ad\n").taking_over(story)
    assert shown(changed.wait(D)) == [(H, "ended j: definition_changed")]


def test_a_run_whose_journey_is_gone_ends_too() -> None:
    story = story_of(WAIT + MAIL)
    story.tell(0, "viewed")
    without = Story(config(TRAITS)).taking_over(story)
    assert words(without.wait(D)) == ["ended j: journey_removed"]


def test_counts_follow_the_runs_under_way() -> None:
    story = story_of(WAIT + MAIL)
    assert story.decider.counts.runs.get("j", 0) == 0
    story.tell(0, "viewed")
    assert story.decider.counts.runs["j"] == 1
    story.wait(H)
    assert story.decider.counts.runs["j"] == 0


def test_start_and_end_of_a_run_tell_which_and_why() -> None:
    story = story_of(MAIL)
    story.tell(0, "viewed")
    started, ended = (o for o in story.outcomes if isinstance(o, RunChange))
    trigger = next(o for o in story.outcomes if isinstance(o, Trigger))
    assert started.run_id == ended.run_id == trigger.run_id
    assert started.id != ended.id
    assert started.version == story.definitions.journeys["j"].hash


def test_a_run_of_an_older_definition_no_longer_minds_waits_but_still_exits() -> None:
    for name, told in (("closed", []), ("order_completed", ["ended j: order_completed"])):
        story = story_of(WAIT + MAIL)
        story.tell(0, "viewed")
        changed = story_of(BROKEN_WAIT + MAIL, exit_on="[order_completed]").taking_over(story)
        assert words(changed.tell(1, name)) == told


def test_a_segment_left_by_time_ends_a_run_before_it_goes_on_in_the_same_instant() -> None:
    def triggers(wait: str) -> int:
        journey = f"enter: {{event: viewed}}\nexit_on: [segment_exited]\nsteps:\n  - wait: {wait}\n  - trigger: mail\n"
        definitions = config("seen_at: {last: viewed.at}\n", {"recent": "since(seen_at) < 2h"}, {"j": journey})
        story = Story(assuming(definitions, "marketing"))
        story.tell(0, "viewed")
        story.wait(3 * H)
        return sum(isinstance(outcome, Trigger) for outcome in story.outcomes)

    assert triggers("119m") == 1
    assert triggers("2h") == 0
