"""What journeys, actions and the policy come to once they are read, at both sides of each bound."""

from datetime import date

import pytest

from stream.definitions.acting import VISITS_MOST
from stream.definitions.entering import CONTEXT_KEPT
from stream.definitions.journey_shapes import (
    Heard,
    Journey,
    LocalTime,
    Moment,
    OfEvent,
    OnDate,
    Until,
    WaitForStep,
    WaitUntilStep,
)
from stream.definitions.policy_shapes import TIMES_KEPT, Of
from stream.definitions.steps import WEIGHT_MOST
from tests.definitions.config_text import SMALL, loaded, problems

H = 3_600_000
ENTER = "enter: {segment: vip}\n"


def journey(text: str) -> Journey:
    return loaded({"journeys/x.yaml": text}).journeys["x"]


def until(text: str) -> Until:
    step = journey(f"{ENTER}steps:\n  - wait_until: {text}\n  - trigger: mail\n").steps[0]
    assert isinstance(step, WaitUntilStep)
    return step.until


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("08:30", LocalTime(8 * 60 + 30)),
        ("friday", LocalTime(9 * 60, ("friday",))),
        ("{weekday: [saturday, sunday]}", LocalTime(9 * 60, ("saturday", "sunday"))),
        ("{weekday: monday, time: 00:00}", LocalTime(0, ("monday",))),
        ("{date: 1970-01-02, past: skip}", OnDate(1, 9 * 60, "skip")),
        ("{date: 2026-12-24, time: 23:59}", OnDate((date(2026, 12, 24) - date(1970, 1, 1)).days, 23 * 60 + 59)),
    ],
)
def test_a_time_to_wait_until_is_in_minutes_and_days(text: str, read: Until) -> None:
    assert until(text) == read


@pytest.mark.parametrize(
    ("further", "offset_ms", "minute"),
    [("", 0, None), (", before: 3h", -3 * H, None), (", after: 2h, time: 12:00", 2 * H, 720)],
)
def test_a_moment_is_before_or_after_a_time_that_is_known(further: str, offset_ms: int, minute: int | None) -> None:
    read = until(f"{{moment: last_order_at{further}}}")
    assert isinstance(read, Moment)
    assert (read.offset_ms, read.minute, read.past) == (offset_ms, minute, "run")


def test_one_event_or_several_can_be_waited_for() -> None:
    text = f"{ENTER}steps:\n  - {{wait_for: EVENTS, at_most: 2h}}\n  - trigger: mail\n"
    for events in ("product_viewed", "[product_viewed]", "{event: product_viewed}"):
        step = journey(text.replace("EVENTS", events)).steps[0]
        assert isinstance(step, WaitForStep)
        assert (step.events, step.at_most_ms) == ((Heard("product_viewed"),), 2 * H)


def test_a_run_keeps_values_of_its_event_and_of_the_profile() -> None:
    text = "enter: {event: order_completed, key: event.currency}\ncapture: {total: event.total, spent: spend}\n"
    read = journey(text + "steps: [{trigger: mail}]\n")
    assert read.enter.key == OfEvent("currency", "string")
    assert read.capture["total"] == OfEvent("total", "money")
    assert [source.type for source in read.capture.values()] == ["money", "money"]


def test_what_fades_is_kept_as_a_plain_number() -> None:
    text = f"{ENTER}capture: {{warm: interest}}\nsteps:\n  - set: {{warm: orders}}\n  - trigger: mail\n"
    traits = SMALL["traits.yaml"] + "interest: {count: product_viewed, half_life: 7d}\n"
    assert problems({"journeys/x.yaml": text, "traits.yaml": traits}) == []


@pytest.mark.parametrize(("values", "fits"), [(CONTEXT_KEPT, True), (CONTEXT_KEPT + 1, False)])
def test_a_run_keeps_so_many_values(values: int, fits: bool) -> None:
    capture = ", ".join(f"v{number}: spend" for number in range(values))
    text = f"{ENTER}capture: {{{capture}}}\nsteps: [{{trigger: mail}}]\n"
    assert (problems({"journeys/x.yaml": text}) == []) is fits


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ("[{name: a, trigger: mail}, {wait: 1d}, {goto: a, at_most: N}]", VISITS_MOST),
        ("[{split: [{weight: N, trigger: mail}, {weight: 1, trigger: ad}]}]", WEIGHT_MOST),
    ],
)
def test_rounds_and_weights_have_a_bound(steps: str, most: int) -> None:
    text = f"{ENTER}steps: {steps}\n"
    assert problems({"journeys/x.yaml": text.replace("N", str(most))}) == []
    assert len(problems({"journeys/x.yaml": text.replace("N", str(most + 1))})) == 1


def test_a_cap_allows_at_most_as_much_as_is_remembered() -> None:
    cap = "caps: [{channel: email, at_most: N, per: day, on_cap: defer}]\n"
    assert problems({"policy.yaml": cap.replace("N", str(TIMES_KEPT))}) == []
    assert len(problems({"policy.yaml": cap.replace("N", str(TIMES_KEPT + 1))})) == 1


@pytest.mark.parametrize(("share", "of_ten_thousand"), [("0%", 0), ("2.5%", 250), ("0.01%", 1), ("100%", 10_000)])
def test_a_share_is_of_ten_thousand(share: str, of_ten_thousand: int) -> None:
    assert journey(f"{ENTER}holdout: {share}\nsteps: [{{trigger: mail}}]\n").holdout == of_ten_thousand
    assert loaded({"policy.yaml": f"holdout: {{journeys: {share}}}\n"}).policy.holdout.journeys == of_ten_thousand


@pytest.mark.parametrize("share", ["100.01%", "101%", "-1%", "0.001%", "5"])
def test_what_is_no_share_is_refused(share: str) -> None:
    assert len(problems({"policy.yaml": f"holdout: {{journeys: {share}}}\n"})) == 1


def test_tiers_and_groups_are_read_by_name() -> None:
    actions = SMALL["actions.yaml"] + "x: {channel: sms, purpose: p, template: t, tier: low, tags: [promo]}\n"
    policy = "tiers: [high, low]\nexclusive: {one: {of: [{tag: promo}, {journey: hello}], within: 1h}}\n"
    read = loaded({"actions.yaml": actions, "policy.yaml": policy})
    assert (read.actions["x"].tier, read.actions["mail"].tier) == (1, 2)
    assert read.policy.exclusive[0].of == (Of("tag", "promo"), Of("journey", "hello"))


def test_on_exit_takes_an_action_or_one_that_follows_another() -> None:
    text = f"{ENTER}on_exit: [ad, {{trigger: ad, after: [mail]}}]\nsteps: [{{trigger: mail}}]\n"
    assert [(each.step, each.after) for each in journey(text).on_exit] == [("exit.0", set()), ("exit.1", {"mail"})]


def test_on_exit_may_follow_what_an_action_falls_back_on() -> None:
    text = f"{ENTER}on_exit: [{{trigger: ad, after: [y]}}]\nsteps: [{{trigger: x}}]\n"
    action = "{channel: email, purpose: marketing, template: t"
    actions = SMALL["actions.yaml"] + f"x: {action}, fallback: y}}\ny: {action}}}\n"
    assert problems({"journeys/x.yaml": text, "actions.yaml": actions}) == []
    assert len(problems({"journeys/x.yaml": text, "actions.yaml": actions.replace(", fallback: y", "")})) == 1
