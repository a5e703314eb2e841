"""Which steps a run can come to, whatever its conditions turn out to be."""

import pytest

from tests.definitions.config_text import problems

HEAD = "enter: {segment: vip}\nsteps:\n"
STEP = "this step is never reached: "
ENDED = STEP + "the run has ended at the step before"
ALL_END = STEP + "all ways end before it"
ROUND = "nothing waits between 'back' and this goto: all rounds would be at one moment"


def said(steps: str) -> list[str]:
    """Return what is wrong with a journey of these steps, each with its line among them."""
    found = problems({"journeys/x.yaml": HEAD + steps})
    return [f"{int(line.split(':')[1]) - 2}: {line.split(': ', maxsplit=1)[1]}" for line in found]


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ("- trigger: mail\n- end: done\n", []),
        ("- trigger: mail\n- end: done\n- wait: 1d\n- trigger: ad\n", [f"3: {ENDED}"]),
        (
            "- branch:\n  - {when: orders > 1, end: one}\n  - {otherwise: true, end: two}\n- trigger: mail\n",
            [f"4: {ALL_END}"],
        ),
        ("- branch:\n  - {when: orders > 1, end: one}\n- trigger: mail\n", []),
        ("- branch:\n  - {when: orders > 1, end: one}\n  - {otherwise: true, trigger: ad}\n- trigger: mail\n", []),
        ("- split:\n  - {weight: 1, end: one}\n  - {weight: 1, end: two}\n- trigger: mail\n", [f"4: {ALL_END}"]),
        ("- split:\n  - {weight: 1, end: one}\n  - {weight: 1, trigger: ad}\n- trigger: mail\n", []),
        (
            "- wait_for: product_viewed\n  at_most: 1d\n  then: [{end: seen}]\n  otherwise: [{end: not}]\n"
            "- trigger: mail\n",
            [f"5: {ALL_END}"],
        ),
        ("- wait_for: product_viewed\n  at_most: 1d\n  then: [{end: seen}]\n- trigger: mail\n", []),
    ],
)
def test_a_step_after_which_nothing_goes_on_is_the_last(steps: str, wrong: list[str]) -> None:
    assert said(steps) == wrong


def test_a_goto_reaches_what_stands_after_an_end() -> None:
    reached = "- branch:\n  - {when: orders > 1, goto: late, at_most: 1}\n- end: early\n- {name: late, trigger: mail}\n"
    assert said(reached) == []
    assert said(reached.replace("goto: late, at_most: 1", "trigger: ad")) == [f"4: {ENDED}"]


def test_a_goto_that_is_never_reached_reaches_nothing() -> None:
    steps = "- trigger: ad\n- end: early\n- {name: late, trigger: mail}\n- wait: 1d\n- {goto: late, at_most: 1}\n"
    assert said(steps) == [f"3: {ENDED}"]


def test_a_wait_that_skips_an_end_goes_on_after_it() -> None:
    steps = "- wait_until: {date: 2026-12-24, past: skip}\n- end: in time\n- trigger: mail\n"
    assert said(steps) == []
    assert said(steps.replace(", past: skip", "")) == [f"3: {ENDED}"]


@pytest.mark.parametrize(
    ("between", "is_round"),
    [
        ("- trigger: ad\n", True),
        ("- branch: [{when: orders > 1, trigger: ad}]\n", True),
        ("- wait: 1h\n", False),
        ("- wait_until: 09:00\n", False),
        ("- {wait_for: product_viewed, at_most: 1d}\n", False),
        ("- {trigger: ad, at: best_time within 24h}\n", False),
        ("- branch: [{when: orders > 1, steps: [{wait: 1h}]}]\n", False),
    ],
)
def test_rounds_need_a_wait(between: str, is_round: bool) -> None:
    steps = f"- {{name: back, trigger: mail}}\n{between}- {{goto: back, at_most: 2}}\n"
    assert said(steps) == ([f"3: {ROUND}"] if is_round else [])


def test_a_goto_that_leads_forward_is_no_round() -> None:
    assert said("- {goto: on, at_most: 1}\n- trigger: ad\n- {name: on, trigger: mail}\n") == []
