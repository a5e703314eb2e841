"""Who starts a run, how often, and who does not."""

import msgspec
import pytest

from stream.decision.entries import RUNS_KEPT
from stream.model.outcomes import RunChange, Trigger
from tests.decision.story import D, H, Story, assuming, config, words

SEGMENTS = {"fan": "n >= 10"}
TRAITS = "n: {last: measured.n}\ns: {last: viewed.product_id}\n"


def story_of(enter: str, steps: str = "[{trigger: ad}]", policy: str = "") -> Story:
    journeys = {"j": f"enter: {enter}\nexit_on: [closed]\nsteps: {steps}\n"}
    return Story(assuming(config(TRAITS, SEGMENTS, journeys, policy=policy), "advertising"))


def starts(story: Story) -> list[int]:
    return [o.at_ms for o in story.outcomes if isinstance(o, RunChange) and o.change == "started"]


def keys(story: Story) -> list[str]:
    return [o.key for o in story.outcomes if isinstance(o, RunChange) and o.change == "started"]


WAITING = "[{wait: 30d}, {trigger: ad}]"


def test_entering_a_segment_starts_a_run_and_being_in_it_does_not() -> None:
    story = story_of("{segment: fan, again_after: 0s}")
    for time_ms, n in ((1, 9), (2, 10), (3, 11), (4, 1), (5, 10)):
        story.tell(time_ms, "measured", n=n)
    assert starts(story) == [2, 5]


def test_an_event_starts_a_run_and_no_other_does() -> None:
    story = story_of("{event: viewed, again_after: 0s}")
    story.tell(1, "measured", n=10)
    story.tell(2, "viewed")
    assert starts(story) == [2]


def test_a_derived_event_starts_a_run() -> None:
    story = story_of("{event: cart_emptied, key: cart.id}")
    story.tell(1, "product_added", product_id="a")
    assert starts(story) == []
    story.tell(2, "product_removed", product_id="a")
    assert starts(story) == [2]
    assert keys(story) == [""]


@pytest.mark.parametrize(("later_ms", "again"), [(7 * D - 1, False), (7 * D, True)])
def test_a_run_starts_again_only_so_long_after_the_last_one_ended(later_ms: int, again: bool) -> None:
    story = story_of("{event: viewed, again_after: 7d}", "[{wait: 1h}, {trigger: ad}]")
    story.tell(0, "viewed")
    story.wait(H)
    story.tell(H + later_ms, "viewed")
    assert starts(story) == ([0, H + later_ms] if again else [0])


def test_a_run_that_ended_early_counts_from_its_end() -> None:
    story = story_of("{event: viewed, again_after: 1h}", WAITING)
    story.tell(0, "viewed")
    story.tell(D, "closed")
    story.tell(D + H - 1, "viewed")
    story.tell(D + H, "viewed")
    assert starts(story) == [0, D + H]


def test_while_a_run_is_under_way_no_other_of_the_same_key_starts() -> None:
    story = story_of("{event: viewed, again_after: 0s}", WAITING)
    story.tell(0, "viewed")
    story.tell(D, "viewed")
    assert starts(story) == [0]
    story.tell(2 * D, "closed")
    story.tell(2 * D, "viewed")
    assert starts(story) == [0, 2 * D]


def test_runs_of_different_keys_stand_side_by_side() -> None:
    story = story_of("{event: viewed, key: s, again_after: 0s}", WAITING)
    for time_ms, product in enumerate("aba"):
        story.tell(time_ms, "viewed", product_id=product)
    assert keys(story) == ["a", "b"]
    assert story.decider.counts.runs["j"] == 2


def test_an_event_ends_the_runs_of_all_keys() -> None:
    story = story_of("{event: viewed, key: s, again_after: 0s}", WAITING)
    for time_ms, product in enumerate("ab"):
        story.tell(time_ms, "viewed", product_id=product)
    assert words(story.tell(5, "closed")) == ["ended j: closed", "ended j: closed"]


def test_an_unknown_key_is_the_empty_one() -> None:
    story = story_of("{event: viewed, key: s}")
    story.tell(0, "viewed")
    assert keys(story) == [""]


def test_entries_and_keys_tell_ids_apart() -> None:
    story = story_of("{event: viewed, key: s, again_after: 0s}")
    for time_ms, product in enumerate("aab"):
        story.tell(time_ms, "viewed", product_id=product)
    triggers = [o for o in story.outcomes if isinstance(o, Trigger)]
    assert len({t.id for t in triggers}) == len({t.run_id for t in triggers}) == 3


@pytest.mark.parametrize(("age_ms", "started"), [(4 * H, True), (4 * H + 1, False)])
def test_an_event_older_than_the_policy_allows_starts_nothing(age_ms: int, started: bool) -> None:
    story = story_of("{event: viewed}")
    story.tell(D, "closed")
    story.tell(D - age_ms, "viewed")
    assert starts(story) == ([D] if started else [])


@pytest.mark.parametrize(("age_ms", "started"), [(H, True), (H + 1, False)])
def test_the_policy_says_how_old_is_too_old(age_ms: int, started: bool) -> None:
    story = story_of("{event: viewed}", policy="max_trigger_age: 1h\n")
    story.tell(D, "closed")
    story.tell(D - age_ms, "viewed")
    assert bool(starts(story)) is started


def history(story: Story, at_ms: int, until_ms: int, **props: float) -> None:
    event = story.event(at_ms, "measured", **props)
    story.hear(msgspec.structs.replace(event, history_until_ms=until_ms))


def test_history_builds_memberships_and_starts_no_run() -> None:
    story = story_of("{segment: fan, again_after: 0s}")
    history(story, H, until_ms=D, n=10)
    assert words(story.outcomes) == ["entered fan"]
    story.tell(2 * D, "measured", n=10)
    assert words(story.outcomes) == ["entered fan"]


@pytest.mark.parametrize(("at_ms", "started"), [(D - 1, False), (D, False), (D + 1, True)])
def test_history_ends_with_its_last_millisecond_for_whatever_event(at_ms: int, started: bool) -> None:
    story = story_of("{segment: fan, again_after: 0s}")
    history(story, H, until_ms=D, n=1)
    story.tell(at_ms, "measured", n=10)
    assert bool(starts(story)) is started


def test_no_run_starts_while_as_many_are_remembered_as_may_be() -> None:
    story = story_of("{event: viewed, key: s, again_after: 0s}", WAITING)
    for number in range(RUNS_KEPT + 1):
        story.tell(number, "viewed", product_id=str(number))
    assert keys(story) == [str(number) for number in range(RUNS_KEPT)]
    assert len(story.profile().runs) == RUNS_KEPT
    story.tell(100, "closed")
    story.tell(101, "viewed", product_id="again")
    assert keys(story)[-1] == "again"


def test_ended_runs_are_forgotten_once_nothing_can_come_of_them() -> None:
    story = story_of("{event: viewed, again_after: 0s}")
    for day in range(0, 300, 3):
        story.tell(day * D, "viewed")
    assert len(starts(story)) == 100
    assert len(story.profile().runs) <= 2


def test_a_run_that_is_restarted_does_not_keep_other_keys_waiting() -> None:
    story = story_of("{event: viewed, key: event.product_id, same_key: restart}", WAITING)
    for time_ms, product in ((0, "a"), (H, "a"), (H, "b")):
        story.tell(time_ms, "viewed", product_id=product)
    assert list(zip(starts(story), keys(story), strict=True)) == [(0, "a"), (H, "a"), (H, "b")]
