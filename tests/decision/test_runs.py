"""How runs end, and journeys that would start themselves or each other without end."""

import msgspec

from stream.decision.entries import RUNS_KEPT
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Decision, RunChange, Trigger, Withdrawal
from tests.decision.story import D, H, M, Story, assuming, config, words

ACTIONS = """\
mail: {channel: email, purpose: marketing, template: hello}
ad: {channel: ads, purpose: advertising, template: banner, valid_for: 3d}
leave: {channel: ads, purpose: advertising, template: leave, valid_for: 3d}
"""


def story_of(journeys: dict[str, str], actions: str = ACTIONS, policy: str = "") -> Story:
    definitions = config("n: {last: measured.n}\n", journeys=journeys, actions=actions, policy=policy)
    return Story(assuming(definitions, "marketing", "advertising"))


def sent(story: Story) -> list[tuple[int, str]]:
    return [(o.at_ms, o.action) for o in story.outcomes if isinstance(o, Trigger)]


LEAVING = """\
enter: {event: viewed, again_after: 0s}
exit_on: [order_completed]
on_exit: [{trigger: leave, after: [ad]}]
steps: [{trigger: ad}, {wait: 9d}, {trigger: mail}]
"""


def test_what_a_run_did_on_exit_is_not_withdrawn_by_an_exit_that_comes_late() -> None:
    story = story_of({"j": LEAVING})
    story.tell(0, "viewed")
    story.tell(D, "order_completed")
    assert sent(story) == [(0, "ad"), (D, "leave")]
    assert story.tell(D, "order_completed") == []
    assert story.tell(D - 1, "order_completed") == []


def test_a_trigger_that_a_late_exit_withdraws_may_have_been_acted_on_so_there_is_something_to_do_on_exit() -> None:
    story = story_of({"j": LEAVING})
    story.tell(H, "viewed")
    told = story.tell(H - 1, "order_completed")
    assert [o.action for o in told if isinstance(o, Withdrawal)] == ["ad"]
    assert [o.action for o in told if isinstance(o, Trigger)] == ["leave"]


def test_an_exit_by_the_runs_own_trigger_does_not_take_that_back() -> None:
    exits = "[{event: trigger_sent, where: action == 'ad'}]"
    text = f"enter: {{event: viewed}}\nexit_on: {exits}\nsteps: [{{trigger: ad}}, {{wait: 1h}}, {{trigger: mail}}]\n"
    story = story_of({"j": text})
    assert words(story.tell(5, "viewed")) == ["started j: e1", "sent ad", "trigger ad", "ended j: trigger_sent"]
    assert story.wait(D) == []


ECHO = "enter: {event: trigger_sent, again_after: 0s, same_key: restart}\nsteps: [{wait: 1d}, {trigger: ad}]\n"


def test_a_journey_is_not_started_by_its_own_triggers() -> None:
    first = "enter: {event: viewed}\nsteps: [{trigger: mail}]\n"
    story = story_of({"echo": ECHO, "first": first})
    story.tell(0, "viewed")
    story.wait(30 * D)
    assert sent(story) == [(0, "mail"), (D, "ad")]
    story.decider._turn.refusals = []
    story.tell(30 * D, "viewed")
    story.wait(60 * D)
    assert [(refusal.journey, refusal.reason) for refusal in story.decider._turn.refusals][-1] == (
        "echo",
        "it is a trigger of its own",
    )


def test_journeys_that_start_each_other_in_one_moment_come_to_an_end() -> None:
    actions = ACTIONS.replace("valid_for: 3d", "valid_for: 3d, withdrawn_on_exit: true")
    text = "enter: {{event: {}, again_after: 0s}}\nexit_on: [trigger_sent]\nsteps: [{{trigger: ad}}, {{wait: 1h}}]\n"
    story = story_of(
        {"ping": text.format("viewed"), "pong": text.format("trigger_sent"), "pung": text.format("trigger_sent")},
        actions,
    )
    story.tell(5, "viewed")
    story.wait(5 + M)
    started = [o for o in story.outcomes if isinstance(o, RunChange) and o.change == "started"]
    assert len(started) == RUNS_KEPT


def test_counts_forget_a_user_whose_run_has_ended_and_still_has_something_to_do() -> None:
    policy = "quiet_hours: [{channels: [ads], between: '02:00-09:00', zones: [UTC]}]\n"
    story = story_of({"j": LEAVING}, policy=policy)
    story.tell(0, "viewed")
    story.tell(3 * H, "order_completed")
    assert [o.verdict for o in story.outcomes if isinstance(o, Decision)] == ["sent", "deferred"]
    assert story.decider.counts.runs["j"] == 0
    story.tell(4 * H, "erasure_requested")
    assert story.decider.counts.runs["j"] == 0


def taking_over(story: Story, definitions: Definitions) -> Story:
    """Go on under other definitions, as a worker does with a changed config."""
    other = Story(definitions).taking_over(story)
    other.decider.restore(story.decider.counts)
    return other


def test_a_run_that_has_ended_and_still_has_something_to_do_does_not_end_again_with_its_definition() -> None:
    policy = "quiet_hours: [{channels: [ads], between: '02:00-09:00', zones: [UTC]}]\n"
    for is_there in (False, True):
        story = story_of({"j": LEAVING}, policy=policy)
        story.tell(0, "viewed")
        story.tell(3 * H, "order_completed")
        journeys = story.definitions.journeys if is_there else {}
        other = taking_over(story, msgspec.structs.replace(story.definitions, journeys=journeys, actions={}))
        assert other.wait(D) == []
        assert other.decider.counts.runs["j"] == 0
        assert other.decider.next_due_ms > D


def test_a_run_whose_journey_is_gone_ends_at_the_time_at_which_its_condition_was_to_be_looked_at() -> None:
    text = "enter: {event: viewed}\nexit_when: since(seen) >= 5h\nsteps: [{wait: 1d}, {trigger: mail}]\n"
    definitions = config("seen: {last: viewed.at}\n", journeys={"j": text}, actions=ACTIONS)
    story = Story(definitions)
    story.tell(0, "viewed")
    other = taking_over(story, config(actions=ACTIONS))
    assert [(o.at_ms, o.reason) for o in other.wait(9 * D) if isinstance(o, RunChange)] == [(5 * H, "journey_removed")]


def test_of_a_choice_whose_actions_are_partly_gone_the_others_are_left() -> None:
    text = "enter: {event: viewed}\nsteps: [{wait: 1h}, {choose: [mail, ad]}]\n"
    story = story_of({"j": text})
    story.tell(0, "viewed")
    left = {name: action for name, action in story.definitions.actions.items() if name != "mail"}
    other = taking_over(story, msgspec.structs.replace(story.definitions, actions=left))
    other.wait(D)
    assert sent(other) == [(H, "ad")]
