"""Leaves of every operator: the value found, what it is compared with, and the events that moved it."""

import pytest

from stream.model.outcomes import Leaf, SegmentChange
from tests.decision.story import D, H, Story, config

TRAITS = """\
views: {count: viewed}
views_w: {count: viewed, within: 7d}
spend: {sum: order_completed.total}
net: {sum: order_completed.total, minus: measured.m}
average: {avg: measured.n}
least: {min: measured.n}
most: {max: measured.n, within: 7d}
first_s: {first: measured.s}
last_at: {last: measured.at}
kinds: {distinct: measured.s}
kind: {top: measured.s}
kinds_set: {set: measured.s}
second_at: {nth: viewed.at, n: 2}
pause: {gap: viewed}
open: {open: measured, until: settled, by: s}
rate: {rate: measured, per: viewed}
days: {streak: viewed}
by_kind: {count: measured, by: s}
before: {count: viewed, within: 1d, ending: 1d}
good: {count: viewed, where: rating >= 4}
fading: {count: viewed, half_life: 7d}
aov: {value: spend / views}
doubled: {value: cart.quantity * 2}
"""
SEGMENTS = {
    "high": "spend >= 10",
    "level": "tiers:\n  upper: average >= 5\n  lower: otherwise\n",
    "filled": "cart.quantity > 0",
}
EVENTS = (
    (0, "viewed", {"rating": 5}),
    (H, "viewed", {"rating": 1}),
    (2 * H, "measured", {"n": 4, "s": "a", "m": 100}),
    (3 * H, "measured", {"n": 8, "s": "b"}),
    (4 * H, "order_completed", {"total": 3_000}),
    (5 * H, "product_added", {"product_id": "p", "quantity": 2, "price": 500}),
    (6 * H, "identify", {"country": "DE", "birthday": "1990-01-03"}),
)


def told() -> Story:
    story = Story(config(TRAITS, SEGMENTS))
    for at_ms, name, props in EVENTS:
        story.tell(at_ms, name, **props)
    return story


def leaves(text: str, now_ms: int = 7 * H) -> list[Leaf]:
    story = told()
    story.wait(now_ms)
    return story.decider.program.explainer.leaves(story.parsed(text), story.profile(), now_ms)


@pytest.mark.parametrize(
    ("text", "holds", "value", "threshold", "events"),
    [
        ("views >= 2", True, 2, 2, ["e2"]),
        ("views_w < 2", False, 2, 2, ["e2"]),
        ("1 <= views", True, 2, 1, ["e2"]),
        ("50 > spend", True, "30.00 USD", "50.00 USD", ["e5"]),
        ("spend >= 50", False, "30.00 USD", "50.00 USD", ["e5"]),
        ("net > 20", True, "29.00 USD", "20.00 USD", ["e5"]),
        ("average == 6", True, 6, 6, ["e4"]),
        ("least <= 4", True, 4, 4, ["e3"]),
        ("most > 8", False, 8, 8, ["e4"]),
        ("first_s == 'a'", True, "a", "a", ["e3"]),
        ("since(last_at) >= 1d", False, "4h", "1d", ["e4"]),
        ("until(last_at + 1d) > 2h", True, "20h", "2h", ["e4"]),
        ("kinds >= 2", True, 2, 2, ["e4"]),
        ("kind != 'a'", False, "a", "a", ["e4"]),
        ("'b' in kinds_set", True, "b", None, ["e4"]),
        ("second_at - last_at < 1h", True, "-2h", "1h", ["e2", "e4"]),
        ("pause <= 1h", True, "1h", "1h", ["e2"]),
        ("open > 1", True, 2, 1, ["e4"]),
        ("rate > 0.5", True, 1.0, 0.5, ["e2", "e4"]),
        ("days >= 2", False, 1, 2, ["e2"]),
        ("by_kind['a'] >= 1", True, 1, 1, ["e4"]),
        ("by_kind[first_s] > 5", False, 1, 5, ["e3", "e4"]),
        ("top(by_kind) == 'b'", False, "a", "b", ["e4"]),
        ("before == 0", True, 0, 0, ["e2"]),
        ("good == 1", True, 1, 1, ["e1"]),
        ("aov > 10", True, "15.00 USD", "10.00 USD", ["e2", "e5"]),
        ("doubled > 3", True, 4, 3, ["e6"]),
        ("cart.total > 5", True, "10.00 USD", "5.00 USD", ["e6"]),
        ("known(first_s)", True, "a", None, ["e3"]),
        ("default(most, 0) > 5", True, 8, 5, ["e4"]),
        ("views > kinds", False, 2, 2, ["e2", "e4"]),
        ("country == 'DE'", True, "DE", "DE", ["e7"]),
        ("days_to(birthday) <= 7", True, 2, 7, ["e7"]),
        ("age > 3", None, None, 3, ["e7"]),
        ("high", True, None, None, ["e5"]),
        ("in(high)", True, None, None, ["e5"]),
        ("filled", True, None, None, ["e6"]),
        ("level == 'lower'", False, "upper", "lower", ["e4"]),
        ("level.upper", True, "upper", "upper", ["e4"]),
        ("was(high, 30d)", True, "0s", "30d", ["e5"]),
        ("was(level.lower, 30d)", True, "4h", "30d", ["e4"]),
        ("was(level.lower, 1h)", False, "4h", "1h", ["e4"]),
    ],
)
def test_a_leaf_says_what_was_found_and_which_events_moved_it(
    text: str, holds: bool | None, value: object, threshold: object, events: list[str]
) -> None:
    assert leaves(text) == [Leaf(text, holds, value, threshold, events)]


def test_a_fading_count_has_a_leaf_too() -> None:
    (leaf,) = leaves("fading > 1")
    assert (leaf.holds, leaf.events) == (True, ["e2"])
    assert leaf.value == pytest.approx(2, abs=0.2)


def test_a_chain_and_a_negation_have_the_leaves_of_their_comparisons() -> None:
    found = leaves("not (1 < views < 5) or (kinds > 2 and not known(age))")
    assert [(leaf.condition, leaf.holds) for leaf in found] == [
        ("1 < views", True),
        ("views < 5", True),
        ("kinds > 2", False),
        ("known(age)", False),
    ]


def test_what_is_said_not_to_be_in_a_set_has_the_leaf_of_its_being_in_it() -> None:
    assert [(leaf.condition, leaf.holds) for leaf in leaves("'z' not in kinds_set")] == [("'z' in kinds_set", False)]


def test_a_segment_of_a_segment_says_what_moved_the_other() -> None:
    story = Story(config("orders: {count: order_completed}\n", {"buyer": "orders > 0", "thanked": "buyer"}))
    (_, entered) = story.tell(0, "order_completed")
    assert isinstance(entered, SegmentChange)
    assert entered.why.leaves == [Leaf("buyer", holds=True, events=["e1"])]


def test_who_never_was_has_no_time_since() -> None:
    story = Story(config("orders: {count: order_completed}\n", {"buyer": "orders > 0"}))
    story.tell(0, "viewed")
    explainer = story.decider.program.explainer
    (leaf,) = explainer.leaves(story.parsed("was(buyer, 1d)"), story.profile(), D)
    assert (leaf.holds, leaf.value, leaf.threshold) == (False, None, "1d")
