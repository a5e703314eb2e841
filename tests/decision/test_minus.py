import pytest

from tests.decision.story import D, H, Story, config, shown

NET = "net: {sum: order_completed.total, minus: viewed.price, within: 7d}\n"


def test_what_was_taken_back_is_taken_off() -> None:
    story = Story(config("net: {sum: order_completed.total, minus: viewed.price}\n"))
    story.tell(0, "order_completed", total=5_000)
    story.tell(1, "viewed", price=1_550)
    story.tell(2, "viewed")
    assert story.value("net == 34.50", 2) is True


@pytest.mark.parametrize("within", ["", ", within: 7d"])
def test_a_count_less_another_is_a_whole_number(within: str) -> None:
    story = Story(config(f"kept: {{count: order_completed, minus: viewed{within}}}\n"))
    assert story.tell(0, "viewed") == []
    assert story.value("kept", 0) == -1
    for number in range(3):
        story.tell(number, "order_completed")
    value = story.value("kept", 3)
    assert (value, type(value)) == (2, int)


def test_what_is_taken_off_leaves_the_window_by_itself() -> None:
    story = Story(config(NET, {"rich": "net >= 50"}))
    assert shown(story.tell(0, "order_completed", total=5_000)) == [(0, "entered rich")]
    assert shown(story.tell(D, "viewed", price=1_000)) == [(D, "exited rich")]
    assert story.reading("net", D) == (4_000, 7 * D + H)
    story.tell(2 * D, "order_completed", total=5_500)
    assert shown(story.wait(7 * D + H)) == [(2 * D, "entered rich"), (7 * D + H, "exited rich")][1:]
    assert shown(story.wait(8 * D + H)) == [(8 * D + H, "entered rich")]


def test_a_condition_is_one_on_both_events() -> None:
    traits = "net: {sum: product_added.price, minus: viewed.price, where: product_id == 'a'}\n"
    story = Story(config(traits))
    for product, price in (("a", 700), ("b", 90)):
        story.tell(0, "product_added", product_id=product, price=price)
        story.tell(1, "viewed", product_id=product, price=price // 10)
    assert story.value("net", 1) == 630


def test_both_may_be_properties_of_one_event() -> None:
    story = Story(config("net: {sum: measured.n, minus: measured.i}\n"))
    story.tell(0, "measured", n=5, i=2)
    story.tell(0, "measured", i=1)
    assert story.value("net", 0) == 2


def test_the_event_that_took_off_is_named_as_the_one_that_moved_it() -> None:
    story = Story(config(NET, {"poor": "net < 10"}))
    story.tell(0, "order_completed", total=5_000)
    (entered,) = story.tell(D, "viewed", price=4_500)
    assert entered.why.leaves[0].events == ["e2"]
    assert entered.why.leaves[0].value == "5.00 USD"
