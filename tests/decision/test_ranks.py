import pytest

from stream.decision.ranks import rank, rank_by_age
from stream.model.profile import NEVER
from tests.decision.story import D, H, Story, config, shown

TRAITS = """\
orders: {count: order_completed}
orders_10d: {count: order_completed, within: 10d}
spend: {sum: order_completed.total}
last_order_at: {last: order_completed.at}
order_gap: {gap: order_completed}
recency: {value: score(last_order_at)}
loyal: {value: score(spend) * 10 + score(orders)}
"""
TABLES = {
    "orders": "scores: [1, 1, 2, 4]\n",
    "orders_10d": "scores: [0, 1, 2, 3]\n",
    "spend": "unit: USD\nscores: [10, 20.07, 20.07, 50.255]\n",
    "last_order_at": "unit: days\nscores: [1, 7.5, 30, 90]\n",
    "order_gap": "unit: days\nscores: [1, 2, 3, 4]\n",
}


def story(**segments: str) -> Story:
    return Story(config(TRAITS, segments, tables=TABLES))


def value(told: Story, trait: str, now_ms: int) -> object:
    return told.decider.program.readers[trait](told.profile(), now_ms)


def test_a_value_that_equals_a_cut_point_belongs_below_it() -> None:
    cuts = (10.0, 20.0, 20.0, 50.0)
    assert [rank(value, cuts, 1) for value in (0, 10, 10.5, 20, 20.1, 50, 51)] == [1, 1, 2, 2, 4, 4, 5]
    assert rank(None, cuts, 1) is None


def test_the_latest_time_has_the_highest_score_and_it_falls_once_a_cut_point_is_passed() -> None:
    told = story()
    told.tell(0, "order_completed", total=2007)
    assert value(told, "recency", 0) == (5, D + 1)
    assert value(told, "recency", D) == (5, D + 1)
    assert value(told, "recency", D + 1) == (4, 7 * D + 12 * H + 1)
    assert value(told, "recency", 90 * D) == (2, 90 * D + 1)
    assert value(told, "recency", 90 * D + 1) == (1, NEVER)


def test_a_time_to_come_is_the_latest() -> None:
    assert rank_by_age(0, 5 * D, (D, 2 * D), 1) == (3, 6 * D + 1)


def test_money_is_compared_to_the_cent_and_fractions_of_it() -> None:
    told = story()
    told.tell(0, "order_completed", total=2007)
    assert value(told, "loyal", 0) == (2 * 10 + 1, NEVER)
    told.tell(1, "order_completed", total=1)
    assert value(told, "loyal", 1) == (4 * 10 + 3, NEVER)
    told.tell(2, "order_completed", total=5025 - 2008)
    assert value(told, "loyal", 2) == (4 * 10 + 4, NEVER)
    told.tell(3, "order_completed", total=1)
    assert value(told, "loyal", 3) == (5 * 10 + 4, NEVER)


def test_a_score_of_what_is_unknown_is_unknown() -> None:
    told = story(fresh="score(last_order_at) >= 4", stale="score(last_order_at) < 4", slow="score(order_gap) == 5")
    told.tell(0, "viewed", product_id="p")
    assert value(told, "recency", 0) == (None, NEVER)
    assert told.outcomes == []


def test_a_segment_by_recency_is_left_when_the_score_falls_and_not_before() -> None:
    told = story(
        fresh="score(last_order_at) >= 4", middling="score(last_order_at) == 3", old="2 > score(last_order_at)"
    )
    told.tell(0, "order_completed", total=100)
    told.wait(100 * D)
    fell_ms = 7 * D + 12 * H + 1
    assert shown(told.outcomes) == [
        (0, "entered fresh"),
        (fell_ms, "exited fresh"),
        (fell_ms, "entered middling"),
        (30 * D + 1, "exited middling"),
        (90 * D + 1, "entered old"),
    ]


def test_a_score_of_a_rolling_count_falls_when_its_events_leave() -> None:
    told = story(busy="score(orders_10d) >= 3", idle="score(orders_10d) != 1 and not score(orders_10d) > 2")
    for day in range(3):
        told.tell(day * D, "order_completed", total=100)
    told.wait(40 * D)
    words = [word for _, word in shown(told.outcomes)]
    assert words == ["entered idle", "entered busy", "exited idle", "exited busy", "entered idle", "exited idle"]
    left_ms = next(at_ms for at_ms, word in shown(told.outcomes) if word == "exited busy")
    assert 11 * D < left_ms <= 11 * D + 10 * D // 168 + 1


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("score(spend) >= 1", True),
        ("score(spend) > 4", True),
        ("score(spend) <= 4", False),
        ("score(spend) == 5", True),
        ("score(spend) != 5", False),
        ("score(spend) == 4.5", False),
        ("4 < score(spend)", True),
        ("score(spend) > score(orders)", True),
        ("known(score(spend))", True),
        ("1 <= score(spend) <= 4", False),
    ],
)
def test_comparisons_of_the_score_of_a_great_spender(condition: str, is_met: bool) -> None:
    told = story(chosen=condition)
    told.tell(0, "order_completed", total=9_999)
    assert bool(told.outcomes) is is_met


def test_the_explanation_shows_the_score_beside_what_was_needed() -> None:
    told = story(best="score(spend) == 5 and score(last_order_at) >= 4")
    (entered,) = told.tell(0, "order_completed", total=9_999)
    leaves = [(leaf.condition, leaf.holds, leaf.value, leaf.threshold, leaf.events) for leaf in entered.why.leaves]
    assert leaves == [
        ("score(spend) == 5", True, 5, 5, ["e1"]),
        ("score(last_order_at) >= 4", True, 5, 4, ["e1"]),
    ]
