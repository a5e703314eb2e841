"""The `choose` step: which action is proposed, how likely that was, and what is told of it."""

from collections import Counter

import msgspec
import pytest

from stream.model.outcomes import AnyOutcome, Decision, Trigger
from stream.model.reference import BetaPosterior, Reference, Reward
from tests.decision.story import ACTIONS, D, H, Story, assuming, config, words

JOURNEY = """\
enter: {event: viewed, again_after: 0d}
goal: {event: order_completed, within: 1d}
steps:
  - choose: [mail, ad]
"""
TRAITS = "n: {last: measured.n}\n"


def story_of(rule: str = "", policy: str = "", actions: str = ACTIONS, *assumed: str) -> Story:
    definitions = config(TRAITS, journeys={"j": JOURNEY + rule}, actions=actions, policy=policy)
    return Story(assuming(definitions, *(assumed or ("marketing", "advertising"))))


def fates(outcomes: list[AnyOutcome]) -> dict[str, str]:
    return {o.action: o.verdict for o in outcomes if isinstance(o, Decision)}


def rewards(story: Story) -> list[Reward]:
    return [one for one in story.contributions if isinstance(one, Reward)]


def key_of(story: Story) -> str:
    return rewards(story)[0].choice_key


def test_without_a_policy_the_first_action_is_proposed_for_sure() -> None:
    story = story_of()
    assert words(story.tell(0, "viewed")) == [
        "started j: e1",
        "not_chosen ad",
        "sent mail",
        "trigger mail",
        "ended j: completed",
    ]
    (trigger,) = (o for o in story.outcomes if isinstance(o, Trigger))
    assert (trigger.arm, trigger.propensity) == ("mail", 1.0)
    assert rewards(story) == []


def test_only_what_may_be_sent_is_chosen_among_and_each_refusal_is_on_record() -> None:
    story = story_of("", "", ACTIONS, "advertising")
    assert fates(story.tell(0, "viewed")) == {"mail": "no_consent", "ad": "sent"}
    story = story_of("", "caps: [{channel: email, at_most: 1, within: 1h}]\n")
    story.tell(0, "viewed")
    assert fates(story.tell(H - 1, "viewed")) == {"mail": "capped", "ad": "sent"}
    assert fates(story.tell(H, "viewed")) == {"mail": "sent", "ad": "not_chosen"}


def test_where_nothing_may_be_sent_the_run_goes_on() -> None:
    story = story_of("  - wait: 1h\n", "", ACTIONS, "nothing")
    assert words(story.tell(0, "viewed")) == ["started j: e1", "no_consent mail", "no_consent ad"]
    assert words(story.wait(D)) == ["ended j: completed"]


def test_where_something_may_be_sent_later_the_choice_waits_and_is_made_then() -> None:
    quiet = 'quiet_hours: [{channels: [email], between: "20:00-09:00"}]\n'
    story = story_of("", quiet, ACTIONS, "marketing")
    story.tell(0, "identify", timezone="UTC")
    assert fates(story.tell(1, "viewed")) == {"mail": "deferred"}
    story.consent("advertising", at_ms=5)
    assert fates(story.wait(D)) == {"mail": "sent", "ad": "not_chosen"}
    ids = [o.id for o in story.outcomes if isinstance(o, Decision)]
    assert len(set(ids)) == len(ids)


THOMPSON = "    policy: thompson\n    explore: 10%\n"


def learnt(story: Story, **arms: tuple[float, float]) -> Reference:
    posteriors = {arm: BetaPosterior(*counts) for arm, counts in arms.items()}
    return Reference("v1", 0, arms={key_of(story): posteriors})


def test_a_choice_that_learns_tells_of_each_trial_and_of_the_goal() -> None:
    story = story_of(THOMPSON)
    story.tell(0, "viewed")
    (trigger,) = (o for o in story.outcomes if isinstance(o, Trigger))
    (trial,) = rewards(story)
    assert (trial.arm, trial.trials, trial.value, trial.trigger_id) == (trigger.arm, 1, 0.0, trigger.id)
    assert trial.propensity == trigger.propensity == 0.5
    story.tell(5, "order_completed")
    story.tell(6, "order_completed")
    assert [(one.trials, one.value) for one in rewards(story)] == [(1, 0.0), (0, 1.0)]


@pytest.mark.parametrize(("at_ms", "told"), [(D, 2), (D + 1, 1)])
def test_a_goal_after_its_window_teaches_nothing(at_ms: int, told: int) -> None:
    story = story_of(THOMPSON)
    story.tell(0, "viewed")
    story.tell(at_ms, "order_completed")
    assert len(rewards(story)) == told


def test_a_ghost_teaches_nothing() -> None:
    story = story_of(THOMPSON, "holdout: {everything: 100%}\n")
    story.tell(0, "viewed")
    story.tell(5, "order_completed")
    assert rewards(story) == []


def test_what_is_known_of_the_arms_decides_and_its_version_is_in_the_reason() -> None:
    story = story_of(THOMPSON)
    story.tell(0, "viewed")
    story.decider.adopt(learnt(story, mail=(1, 1_000), ad=(900, 100)))
    before = len(story.outcomes)
    for number in range(400):
        story.hear(story.event(2, "viewed", user=f"u{number}"))
    triggers = [o for o in story.outcomes[before:] if isinstance(o, Trigger)]
    counts = Counter(o.action for o in triggers)
    assert {o.propensity for o in triggers} == {0.05, 0.95}
    assert 5 <= counts["mail"] <= 38  # 20 expected, and four standard deviations of 4.4
    assert {o.why.reference for o in triggers} == {"v1"}


def test_a_snapshot_is_in_force_from_its_time_on() -> None:
    story = story_of(THOMPSON)
    story.tell(0, "viewed")
    story.decider.adopt(msgspec.structs.replace(learnt(story, ad=(900, 100)), effective_ms=10))
    versions = []
    for at_ms in (9, 10):
        told = story.tell(at_ms, "viewed")
        versions += [o.why.reference for o in told if isinstance(o, Trigger)]
    assert versions == ["", "v1"]


def test_linucb_tells_what_it_looked_at() -> None:
    story = story_of("    policy: linucb\n    features: {n: n / 10}\n")
    story.tell(0, "viewed")
    story.tell(1, "measured", n=5)
    story.tell(2, "viewed")
    assert [one.context for one in rewards(story)] == [(1.0, 0.0, 1.0), (1.0, 0.5, 0.0)]


def test_the_same_run_draws_the_same_whatever_else_happens() -> None:
    def arm(*before: int) -> str:
        story = story_of(THOMPSON)
        for at_ms in before:
            story.hear(story.event(at_ms, "viewed", user="other"))
        story.tell(50, "viewed")
        return next(o.arm for o in story.outcomes if isinstance(o, Trigger) and o.user_id == "u")

    assert arm() == arm(1, 2) == arm(3)


def test_the_best_channel_is_the_one_that_the_user_answers_by_and_at_first_the_one_written_first() -> None:
    story = story_of("    policy: best_channel\n")
    for at_ms in range(0, 40 * H, H):
        story.tell(at_ms, "viewed")
    assert {o.action for o in story.outcomes if isinstance(o, Trigger)} == {"mail", "ad"}  # whom nobody answers waits
    answering = story_of("    policy: best_channel\n")
    for at_ms in range(0, 40 * H, H):
        (sent,) = (o for o in answering.tell(at_ms, "viewed") if isinstance(o, Trigger))
        if sent.channel == "email":
            answering.tell(at_ms + 1, "email_opened", trigger_id=sent.id)
    assert [o.action for o in answering.outcomes if isinstance(o, Trigger)] == ["mail"] * 40
    last = [o for o in answering.outcomes if isinstance(o, Trigger)][-1]
    assert (last.why.stages[0].gate, last.why.stages[0].said) == ("best channel", "email")
    assert "responded to 38.6 of 38.6 sent by email" in last.why.stages[0].leaves[0].condition


FALLING_BACK = """\
mail: {channel: email, purpose: marketing, template: a, fallback: ad}
ad: {channel: ads, purpose: advertising, template: b, fallback: sms}
sms: {channel: sms, purpose: marketing, template: c}
rival: {channel: email, purpose: marketing, template: d, tier: high}
"""


@pytest.mark.parametrize(
    ("choice", "fates"),
    [
        ("[mail, ad]", [("ad", "not_chosen", None), ("mail", "capped", 1.0)]),
        ("[mail, sms]", [("sms", "not_chosen", None), ("mail", "capped", 1.0), ("ad", "sent", None)]),
    ],
)
def test_a_choice_falls_back_on_none_of_its_own_and_what_it_falls_back_on_was_not_chosen(
    choice: str, fates: list[tuple[str, str, float | None]]
) -> None:
    policy = "tiers: [high]\ncaps: [{channel: email, at_most: 1, within: 1h}]\n"
    each = "enter: {event: viewed}\nsteps: [{%s}]\n"
    journeys = {"j": each % f"choose: {choice}", "rival": each % "trigger: rival"}
    story = Story(assuming(config(journeys=journeys, actions=FALLING_BACK, policy=policy), "marketing", "advertising"))
    decided = [o for o in story.tell(0, "viewed") if isinstance(o, Decision) and o.journey == "j"]
    assert [(o.action, o.verdict, o.propensity) for o in decided] == fates
    assert len({o.id for o in decided}) == len(decided)
