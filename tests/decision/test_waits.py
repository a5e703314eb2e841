"""Waits: until a moment of the user's own time, and for an event."""

import pytest

from stream.model.outcomes import Trigger
from tests.decision.story import D, H, M, Story, assuming, config, shown, words

TRAITS = "t: {last: measured.t}\n"
MAIL = "  - trigger: mail\n"


def story_of(steps: str, **fields: str) -> Story:
    head = {"enter": "{event: viewed, key: event.product_id, again_after: 0d}", **fields}
    text = "".join(f"{name}: {value}\n" for name, value in head.items()) + f"steps:\n{steps}"
    return Story(assuming(config(TRAITS, journeys={"j": text}), "marketing", "advertising"))


def sent(story: Story) -> list[tuple[int, str]]:
    return [(o.at_ms, o.action) for o in story.outcomes if isinstance(o, Trigger)]


@pytest.mark.parametrize(("enters_ms", "goes_on_ms"), [(8 * H, 9 * H), (9 * H, 9 * H), (9 * H + 1, D + 9 * H)])
def test_a_wait_until_a_time_of_day_is_over_when_the_clock_shows_it_next_or_now(
    enters_ms: int, goes_on_ms: int
) -> None:
    story = story_of('  - wait_until: "09:00"\n' + MAIL)
    story.tell(enters_ms, "viewed")
    story.wait(3 * D)
    assert sent(story) == [(goes_on_ms, "mail")]


def test_the_time_of_day_is_the_users() -> None:
    story = story_of('  - wait_until: "09:00"\n' + MAIL)
    story.tell(0, "identify", timezone="America/New_York")
    story.tell(0, "viewed")
    story.wait(D)
    assert sent(story) == [(14 * H, "mail")]


@pytest.mark.parametrize(("enters_ms", "goes_on_ms"), [(0, 4 * D + 9 * H), (4 * D + 10 * H, 11 * D + 9 * H)])
def test_a_wait_until_a_weekday_is_over_that_morning(enters_ms: int, goes_on_ms: int) -> None:
    story = story_of("  - wait_until: monday\n" + MAIL)  # 1 January 1970 was a Thursday
    story.tell(enters_ms, "viewed")
    story.wait(30 * D)
    assert sent(story) == [(goes_on_ms, "mail")]


@pytest.mark.parametrize(
    ("past", "said"),
    [("run", ["mail", "ad"]), ("skip", ["ad"]), ("exit", [])],
)
def test_a_date_that_is_past_goes_on_leaves_out_the_next_step_or_ends_the_run(past: str, said: list[str]) -> None:
    story = story_of(f"  - wait_until: {{date: 1970-01-02, past: {past}}}\n{MAIL}  - trigger: ad\n")
    story.tell(2 * D, "viewed")
    assert [action for _, action in sent(story)] == said
    ended = "past" if past == "exit" else "completed"
    assert words(story.outcomes)[-1] == f"ended j: {ended}"


@pytest.mark.parametrize("past", ["run", "skip", "exit"])
def test_a_date_to_come_is_waited_for_whatever_is_to_become_of_past_ones(past: str) -> None:
    story = story_of(f"  - wait_until: {{date: 1970-01-02, past: {past}}}\n{MAIL}")
    story.tell(0, "viewed")
    story.wait(9 * D)
    assert sent(story) == [(D + 9 * H, "mail")]


@pytest.mark.parametrize(("moment_ms", "goes_on_ms"), [(5 * D, 2 * D), (3 * D + H, H), (3 * D, 5), (D, 5)])
def test_a_wait_until_so_long_before_a_moment(moment_ms: int, goes_on_ms: int) -> None:
    story = story_of("  - wait_until: {moment: t, before: 3d}\n" + MAIL)
    story.tell(0, "measured", t=moment_ms)
    story.tell(5, "viewed")
    story.wait(30 * D)
    assert sent(story) == [(goes_on_ms, "mail")]


def test_a_moment_that_nobody_knows_counts_as_past() -> None:
    story = story_of("  - wait_until: {moment: t, past: exit}\n" + MAIL)
    assert words(story.tell(5, "viewed")) == ["started j: e1", "ended j: past"]


def test_a_moment_that_the_run_keeps_is_that_of_this_run() -> None:
    steps = f"  - wait_until: {{moment: run.seen_at, after: 2d}}\n{MAIL}"
    story = story_of(steps, capture="{seen_at: event.at}")
    story.tell(0, "viewed", product_id="p1")
    story.tell(6 * H, "viewed", product_id="p2")
    story.wait(5 * D)
    assert sent(story) == [(2 * D, "mail"), (2 * D + 6 * H, "mail")]


def test_a_moment_with_a_time_of_day_is_on_that_local_day() -> None:
    story = story_of('  - wait_until: {moment: t, after: 1d, time: "18:30"}\n' + MAIL)
    story.tell(0, "measured", t=2 * D + 7 * H)
    story.tell(5, "viewed")
    story.wait(30 * D)
    assert sent(story) == [(3 * D + 18 * H + 30 * M, "mail")]


FOR_CLOSED = """\
  - wait_for: closed
    at_most: 2h
    reset_on: [measured]
    then: [{trigger: mail}]
    otherwise: [{trigger: ad}]
"""


@pytest.mark.parametrize(("at_ms", "action"), [(5, "mail"), (2 * H, "mail"), (2 * H + 1, "ad")])
def test_an_event_that_is_waited_for_counts_up_to_the_last_moment(at_ms: int, action: str) -> None:
    story = story_of(FOR_CLOSED)
    story.tell(0, "viewed")
    story.tell(at_ms, "closed")
    assert sent(story) == [(min(at_ms, 2 * H), action)]
    story.wait(9 * D)
    assert len(sent(story)) == 1


def test_a_repetition_starts_the_time_anew() -> None:
    story = story_of(FOR_CLOSED)
    story.tell(0, "viewed")
    story.tell(90 * M, "measured", n=1)
    assert story.wait(3 * H + 30 * M - 1) == []
    story.wait(3 * H + 30 * M)
    assert sent(story) == [(3 * H + 30 * M, "ad")]


def test_an_event_from_before_the_wait_that_comes_late_is_not_the_one_waited_for() -> None:
    story = story_of("  - wait: 1h\n" + FOR_CLOSED)
    story.tell(0, "viewed")
    story.wait(90 * M)
    assert story.tell(30 * M, "closed") == []
    story.wait(9 * D)
    assert sent(story) == [(3 * H, "ad")]


def test_an_event_is_waited_for_only_where_its_condition_is_true_and_it_matches_the_runs_key() -> None:
    steps = "  - wait_for: {event: product_added, where: quantity >= 2, match: product_id}\n    at_most: 1d\n"
    story = story_of(steps + MAIL)
    story.tell(0, "viewed", product_id="a")
    assert story.tell(1, "product_added", product_id="b", quantity=2) == []
    assert story.tell(2, "product_added", product_id="a", quantity=1) == []
    assert words(story.tell(3, "product_added", product_id="a", quantity=2))[:2] == ["sent mail", "trigger mail"]


def test_an_event_without_the_property_concerns_every_run() -> None:
    story = story_of("  - wait: 1d\n" + MAIL, exit_on="[{event: order_completed, match: order_id}]")
    story.tell(0, "viewed", product_id="a")
    story.tell(0, "viewed", product_id="b")
    assert words(story.tell(1, "order_completed", order_id="a")) == ["ended j: order_completed"]
    story.tell(2, "viewed", product_id="c")
    assert shown(story.tell(3, "order_completed")) == [(3, "ended j: order_completed")] * 2


def test_what_is_in_the_arms_of_a_wait_for_an_event_may_wait_too() -> None:
    steps = "  - wait_for: closed\n    at_most: 1h\n    otherwise: [{wait: 1h}, {trigger: ad}]\n  - trigger: mail\n"
    story = story_of(steps)
    story.tell(0, "viewed")
    story.wait(D)
    assert sent(story) == [(2 * H, "ad"), (2 * H, "mail")]
    story = story_of(steps)
    story.tell(0, "viewed")
    story.tell(1, "closed")
    assert sent(story) == [(1, "mail")]


BEST = "  - {trigger: mail, at: best_time within %s}\n"


@pytest.mark.parametrize(("within", "goes_ms"), [("18h", 21 * D + 18 * H), ("17h", 21 * D), ("24h", 21 * D + 18 * H)])
def test_the_best_time_is_the_hour_in_which_the_user_answers_if_it_comes_in_time(within: str, goes_ms: int) -> None:
    story = story_of(BEST % within)
    for week in range(3):
        for _ in range(40):
            story.tell(week * 7 * D + 18 * H + 5, "email_opened")
    story.tell(21 * D, "viewed")
    story.wait(30 * D)
    assert sent(story) == [(goes_ms, "mail")]
    (trigger,) = (o for o in story.outcomes if isinstance(o, Trigger))
    assert "best time" in [stage.gate for stage in trigger.why.stages]


def test_without_evidence_the_best_time_is_now() -> None:
    story = story_of(BEST % "24h")
    story.tell(5, "viewed")
    assert sent(story) == [(5, "mail")]
