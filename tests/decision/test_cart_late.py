"""What arrives late is judged by its own time."""

from tests.decision.story import Story, config


def told(*events: tuple[int, str, str]) -> Story:
    """Events in order of arrival, as (time, `+` or `-` or `order`, product or cart id)."""
    story = Story(config())
    names = {"+": "product_added", "-": "product_removed"}
    for time_ms, kind, what in events:
        if kind == "order":
            story.tell(time_ms, "order_completed", **({"cart_id": what} if what else {}))
        else:
            product, _, cart_id = what.partition("@")
            story.tell(time_ms, names[kind], product_id=product, **({"cart_id": cart_id} if cart_id else {}))
    return story


def held(story: Story) -> list[str]:
    return sorted(item for cart in story.profile().carts.values() for item in cart.items)


def test_a_late_order_takes_out_what_was_put_in_up_to_it() -> None:
    assert held(told((10, "+", "a"), (20, "+", "b"), (30, "+", "c"), (20, "order", ""))) == ["c"]
    assert held(told((10, "+", "a"), (20, "+", "b"), (30, "+", "c"), (19, "order", ""))) == ["b", "c"]


def test_a_late_addition_from_before_an_order_no_longer_counts() -> None:
    for late_ms, left in ((19, []), (20, ["a"]), (21, ["a"])):
        story = told((10, "+", "x"), (20, "order", ""), (late_ms, "+", "a"))
        assert held(story) == left


def test_a_late_addition_to_a_cart_ordered_by_its_id_no_longer_counts() -> None:
    for late_ms, left in ((19, []), (20, ["a"])):
        story = told((10, "+", "x@c1"), (20, "order", "c1"), (late_ms, "+", "a@c1"))
        assert held(story) == left
    assert held(told((20, "order", "c1"), (19, "+", "a@c1"))) == []


def test_an_order_of_one_cart_says_nothing_of_late_additions_to_another() -> None:
    assert held(told((20, "order", "c1"), (19, "+", "a@c2"))) == ["a"]
    assert held(told((20, "order", ""), (19, "+", "a@c2"))) == []


def test_an_older_order_that_comes_last_does_not_bring_back_what_a_newer_one_ended() -> None:
    assert held(told((30, "order", ""), (10, "order", ""), (20, "+", "a"))) == []
    assert held(told((30, "order", "c"), (10, "order", "c"), (20, "+", "a@c"))) == []


def test_a_late_removal_from_before_an_order_leaves_the_new_cart_alone() -> None:
    assert held(told((10, "+", "a"), (20, "order", ""), (30, "+", "a"), (15, "-", "a"))) == ["a"]


def test_what_was_put_in_after_a_late_order_is_still_one_cart() -> None:
    story = told((10, "+", "a"), (5, "order", ""), (20, "+", "b"))
    assert story.value("cart.quantity", 20) == 2
    in_order = told((5, "order", ""), (10, "+", "a"), (20, "+", "b"))
    assert in_order.value("cart.quantity", 20) == 2


def test_a_late_order_of_an_empty_cart_changes_nothing_but_the_past() -> None:
    story = told((10, "+", "a"), (20, "order", ""), (5, "order", ""))
    assert held(story) == []
    story.tell(25, "product_added", product_id="b")
    assert story.value("cart.quantity", 25) == 1


def test_the_time_of_change_never_goes_back() -> None:
    story = told((10, "+", "a"), (5, "+", "b"))
    assert story.value("cart.changed_at", 10) == 10
    assert story.value("cart.quantity", 10) == 2
