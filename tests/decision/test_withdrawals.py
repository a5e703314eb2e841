"""A purchase that was made before a trigger was sent, but is heard of after it."""

import pytest

from stream.model.outcomes import Decision, RunChange, Trigger, Withdrawal
from tests.decision.story import D, H, Story, assuming, config, words

JOURNEY = """\
enter: {event: viewed, again_after: 0s}
exit_on: [order_completed, closed]
goal: {event: order_completed, within: 14d}
steps:
  - trigger: mail
  - wait: 2h
  - trigger: ad
  - wait: 9d
  - trigger: ad
"""


def story_of() -> Story:
    story = Story(assuming(config(journeys={"j": JOURNEY}), "marketing", "advertising"))
    story.tell(10 * H, "viewed")
    return story


def withdrawn(story: Story) -> list[str]:
    return [o.action for o in story.outcomes if isinstance(o, Withdrawal)]


@pytest.mark.parametrize(
    ("order_ms", "actions"),
    [(12 * H + 1, []), (12 * H, ["ad"]), (10 * H + 1, ["ad"]), (10 * H, ["mail", "ad"]), (9 * H, ["mail", "ad"])],
)
def test_only_what_was_sent_at_or_after_the_purchase_is_withdrawn(order_ms: int, actions: list[str]) -> None:
    story = story_of()
    story.wait(13 * H)
    story.tell(order_ms, "order_completed")
    assert withdrawn(story) == actions
    assert words(story.outcomes)[-1] == "ended j: order_completed"


@pytest.mark.parametrize(("heard_ms", "actions"), [(34 * H - 1, ["mail", "ad"]), (34 * H, ["ad"]), (84 * H, [])])
def test_what_is_no_longer_valid_is_not_withdrawn(heard_ms: int, actions: list[str]) -> None:
    story = story_of()
    story.wait(heard_ms - 1)
    story.tell(heard_ms, "viewed")
    story.tell(9 * H, "order_completed")
    assert withdrawn(story) == actions


def test_a_trigger_is_withdrawn_once() -> None:
    story = story_of()
    story.tell(9 * H, "order_completed")
    story.tell(8 * H, "order_completed")
    story.tell(8 * H, "closed")
    assert withdrawn(story) == ["mail"]


def test_a_purchase_in_time_withdraws_nothing() -> None:
    story = story_of()
    story.tell(11 * H, "order_completed")
    assert withdrawn(story) == []


def test_a_run_that_has_ended_still_takes_back_what_it_sent() -> None:
    story = story_of()
    story.tell(11 * H, "closed")
    story.tell(9 * H, "order_completed")
    assert withdrawn(story) == ["mail"]
    assert sum(isinstance(o, RunChange) and o.change == "ended" for o in story.outcomes) == 1


def test_an_event_that_is_no_exit_withdraws_nothing() -> None:
    story = story_of()
    story.tell(9 * H, "product_added", product_id="a")
    assert withdrawn(story) == []


def test_a_withdrawal_names_its_trigger_its_reason_and_has_an_id_of_its_own() -> None:
    story = story_of()
    story.tell(9 * H, "order_completed")
    trigger = next(o for o in story.outcomes if isinstance(o, Trigger))
    (withdrawal,) = (o for o in story.outcomes if isinstance(o, Withdrawal))
    assert (withdrawal.trigger_id, withdrawal.reason) == (trigger.id, "order_completed")
    assert (withdrawal.run_id, withdrawal.action, withdrawal.at_ms) == (trigger.run_id, "mail", 10 * H)
    assert withdrawal.id != trigger.id


def test_a_withdrawal_is_on_record_among_the_decisions() -> None:
    story = story_of()
    story.tell(9 * H, "order_completed")
    sent, taken_back = (o for o in story.outcomes if isinstance(o, Decision))
    assert (sent.verdict, taken_back.verdict) == ("sent", "withdrawn")
    assert sent.id != taken_back.id
    assert (taken_back.action, taken_back.run_id, taken_back.step) == ("mail", sent.run_id, "0")


def test_a_late_purchase_is_no_goal_of_a_run_that_began_after_it() -> None:
    story = story_of()
    assert "goal order_completed" not in words(story.tell(9 * H, "order_completed"))


def test_nothing_is_sent_after_a_late_purchase() -> None:
    story = story_of()
    story.tell(9 * H, "order_completed")
    assert [o for o in story.wait(99 * D) if isinstance(o, Trigger)] == []
