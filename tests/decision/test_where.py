import pytest

from tests.decision.story import D, M, Story, config


def fed(traits: str, name: str, *props: dict[str, object]) -> Story:
    story = Story(config(traits))
    for number, given in enumerate(props):
        story.tell(number * M, name, **given)
    return story


@pytest.mark.parametrize(("rating", "counted"), [(3.9, 0), (4, 1), (5, 1)])
def test_an_occurrence_counts_where_its_condition_is_true(rating: float, counted: int) -> None:
    assert fed("good: {count: viewed, where: rating >= 4}\n", "viewed", {"rating": rating}).value("good", M) == counted


@pytest.mark.parametrize("where", ["rating >= 4", "not (rating < 4)", "rating >= 4 or category == 'x'"])
def test_an_occurrence_of_which_the_condition_is_unknown_does_not_count(where: str) -> None:
    story = fed(f"good: {{count: viewed, where: {where}}}\n", "viewed", {"category": "shoes"}, {"rating": 4})
    assert story.value("good", M) == 1


def test_a_bare_number_beside_money_is_the_shops_currency() -> None:
    traits = "paid: {sum: order_completed.total, where: total >= 100, within: 7d}\n"
    assert fed(traits, "order_completed", {"total": 9_999}, {"total": 10_000}).value("paid", M) == 10_000


def test_a_condition_may_read_when_the_event_happened() -> None:
    traits = "slow: {count: measured, where: at - t >= 1h}\n"
    story = Story(config(traits))
    story.tell(2 * 60 * M, "measured", t=60 * M)
    story.tell(2 * 60 * M, "measured", t=60 * M + 1)
    assert story.value("slow", D) == 1


def test_a_condition_of_several_parts_and_a_missing_property() -> None:
    traits = "x: {avg: viewed.rating, where: \"category == 'shoes' and known(product_id) and not (price > 50)\"}\n"
    story = fed(
        traits,
        "viewed",
        {"rating": 2, "category": "shoes", "product_id": "p", "price": 5_000},
        {"rating": 5, "category": "shoes", "product_id": "p", "price": 5_001},
        {"rating": 5, "category": "hats", "product_id": "p", "price": 1},
        {"rating": 5, "category": "shoes", "price": 1},
        {"category": "shoes", "product_id": "p", "price": 1},
    )
    assert story.value("x", M) == 2


def test_a_segment_over_such_a_trait_says_which_event_moved_it() -> None:
    story = Story(config("good: {count: viewed, where: rating >= 4}\n", {"fond": "good >= 2"}))
    assert story.tell(0, "viewed", rating=5) == []
    assert story.tell(1, "viewed", rating=1) == []
    (entered,) = story.tell(2, "viewed", rating=4)
    (leaf,) = entered.why.leaves
    assert (leaf.value, leaf.threshold, leaf.events) == (2, 2, ["e3"])


def test_a_condition_on_what_the_decisions_made() -> None:
    mails, fell = "{count: trigger_sent, where: channel == 'email'}", "{count: segment_exited, where: segment == 'on'}"
    story = Story(config(f"mails: {mails}\nfell: {fell}\n", {"on": "cart.quantity > 0"}))
    story.tell(0, "product_added", product_id="a")
    story.tell(1, "product_removed", product_id="a")
    assert story.value("fell", 1) == 1
    assert story.value("mails", 1) == 0
