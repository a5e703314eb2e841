"""Holdouts: who is in one, and what becomes of what they would have been sent."""

import msgspec

from stream.decision.buckets import bucket
from stream.model.outcomes import Decision, Goal, Trigger
from tests.decision.story import H, Story, assuming, config, words

MAIL = "mail: {channel: email, purpose: marketing, template: t%s}\n"
JOURNEY = "enter: {event: viewed, again_after: 0d}\n%ssteps: [{trigger: mail}]\n"
USERS = [f"u{number}" for number in range(400)]


def story_of(policy: str, journey: str = "", action: str = "") -> Story:
    definitions = config(journeys={"j": JOURNEY % journey}, actions=MAIL % action, policy=policy)
    return Story(assuming(definitions, "marketing"))


def held_out(story: Story) -> set[str]:
    for user in USERS:
        story.hear(story.event(0, "viewed", user=user))
    told = [o for o in story.outcomes if isinstance(o, Decision)]
    assert len(told) == len(USERS)
    assert {o.id for o in told if o.verdict == "sent"} == {o.id for o in story.outcomes if isinstance(o, Trigger)}
    return {o.user_id for o in told if o.verdict == "held_out"}


def test_the_bucket_is_the_hash_of_salt_and_user() -> None:
    # sha256 of "global", 0x1f, "u1", read as one number, modulo 10,000: computed with the sha256sum of coreutils and bc
    assert bucket("global", "u1") == 6_174


def test_held_out_are_those_whose_bucket_lies_below_the_share() -> None:
    expected = {user for user in USERS if bucket("global", user) < 2_000}
    assert held_out(story_of("holdout: {everything: 20%}\n")) == expected
    assert 50 < len(expected) < 110


def test_a_journey_has_a_salt_and_may_have_a_share_of_its_own() -> None:
    expected = {user for user in USERS if bucket("journey j", user) < 1_000}
    assert held_out(story_of("holdout: {journeys: 10%}\n")) == expected
    assert held_out(story_of("holdout: {journeys: 10%}\n", "holdout: 0%\n")) == set()
    more = held_out(story_of("holdout: {journeys: 10%}\n", "holdout: 30%\n"))
    assert more > expected


def test_without_a_holdout_nobody_is_held_out_nor_of_what_is_transactional() -> None:
    assert held_out(story_of("")) == set()
    assert held_out(story_of("holdout: {everything: 100%}\n", action=", transactional: true")) == set()


def test_a_ghost_takes_up_a_cap_reaches_goals_and_goes_on_like_a_trigger() -> None:
    policy = "caps: [{channel: email, at_most: 1, within: 1h}]\nholdout: {everything: 100%}\n"
    story = story_of(policy, "goal: {event: order_completed, value: total}\n")
    assert words(story.tell(0, "viewed")) == ["started j: e1", "held_out mail", "ended j: completed"]
    assert words(story.tell(H - 1, "viewed"))[1] == "capped mail"
    (goal, _) = story.tell(H - 1, "order_completed", total=500)
    assert isinstance(goal, Goal)
    assert goal.trigger_ids == []
    assert words(story.tell(H, "viewed"))[1] == "held_out mail"


def test_a_ghost_has_the_id_the_trigger_would_have_had() -> None:
    def ids(assumed: str) -> list[str]:
        story = story_of("holdout: {journeys: 50%}\n")
        definitions = msgspec.structs.replace(story.definitions, assumed_holdout=assumed)
        story = Story(definitions)
        story.tell(0, "viewed")
        return [o.id for o in story.outcomes if isinstance(o, Decision)]

    assert ids("everyone") == ids("nobody")
