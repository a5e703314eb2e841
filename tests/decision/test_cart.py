from stream.model.money import Money
from tests.decision.story import H, Story, config


def told(*events: tuple[int, str, dict[str, object]]) -> Story:
    story = Story(config(segments={"holder": "cart.quantity > 0"}))
    for time_ms, name, props in events:
        story.tell(time_ms, name, **props)
    return story


def added(at_ms: int, product: str, **props: object) -> tuple[int, str, dict[str, object]]:
    return at_ms, "product_added", {"product_id": product, **props}


def removed(at_ms: int, product: str, **props: object) -> tuple[int, str, dict[str, object]]:
    return at_ms, "product_removed", {"product_id": product, **props}


def ordered(at_ms: int, **props: object) -> tuple[int, str, dict[str, object]]:
    return at_ms, "order_completed", props


def cart(story: Story) -> tuple[object, ...]:
    """Return id, quantity, number of lines, total and last change of the current cart."""
    identity, quantity, total, changed_ms = (
        story.value(f"cart.{n}", H) for n in ("id", "quantity", "total", "changed_at")
    )
    return identity, quantity, len(lines(story)), total, changed_ms


def lines(story: Story) -> dict[str, int]:
    carts = [cart for cart in story.profile().carts.values() if cart.quantity]
    return {item.product: item.quantity for item in carts[-1].items.values()} if carts else {}


def test_without_events_the_cart_is_empty() -> None:
    assert cart(told((0, "viewed", {}))) == (None, 0, 0, 0, None)


def test_products_gather_in_one_cart_and_its_total_is_their_worth() -> None:
    story = told(added(1, "a", price=10_00), added(2, "b", price=2_50, quantity=3), added(3, "a", price=10_00))
    assert cart(story) == ("1", 5, 2, 27_50, 3)
    assert lines(story) == {"a": 2, "b": 3}


def test_sku_names_a_product_as_product_id_does() -> None:
    assert lines(told((1, "product_added", {"sku": "s"}), added(2, "s"))) == {"s": 2}


def test_the_total_is_unknown_while_a_price_is() -> None:
    story = told(added(1, "a", price=10_00), added(2, "b"))
    assert story.value("cart.total", 2) is None
    assert story.value("cart.total >= 1", 2) is None
    story.tell(3, "product_added", product_id="b", price=1_00)
    assert story.value("cart.total", 3) == 12_00


def test_the_latest_price_holds_and_an_addition_without_one_keeps_it() -> None:
    story = told(added(1, "a", price=10_00), added(2, "a", price=8_00))
    assert story.value("cart.total", 2) == 16_00
    story.tell(3, "product_added", product_id="a")
    assert story.value("cart.total", 3) == 24_00


def test_a_free_product_has_a_known_price() -> None:
    assert told(added(1, "a", price=0)).value("cart.total", 1) == 0


def test_removing_takes_the_whole_line_unless_told_how_many() -> None:
    story = told(added(1, "a", quantity=3), added(2, "b"), removed(3, "a", quantity=2))
    assert lines(story) == {"a": 1, "b": 1}
    story.tell(4, "product_removed", product_id="a")
    assert lines(story) == {"b": 1}


def test_removing_as_many_as_there_are_or_more_ends_the_line() -> None:
    for number, left in ((1, {"a": 1}), (2, {}), (3, {})):
        assert lines(told(added(1, "a", quantity=2), removed(2, "a", quantity=number))) == left


def test_removing_what_is_not_there_changes_nothing() -> None:
    story = told(added(1, "a"), removed(2, "b"))
    assert cart(story) == ("1", 1, 1, None, 1)


def test_an_order_empties_the_cart_and_the_next_cart_has_another_id() -> None:
    story = told(added(1, "a"), ordered(2))
    assert cart(story) == (None, 0, 0, 0, None)
    story.tell(3, "product_added", product_id="b")
    assert cart(story) == ("2", 1, 1, None, 3)


def test_carts_with_ids_are_kept_apart_and_the_one_changed_last_is_current() -> None:
    story = told(added(1, "a", cart_id="x"), added(2, "b", cart_id="y", quantity=2))
    assert cart(story)[:2] == ("y", 2)
    story.tell(3, "product_added", product_id="c", cart_id="x")
    assert cart(story)[:2] == ("x", 2)


def test_an_order_with_a_cart_id_empties_that_cart_only() -> None:
    story = told(added(1, "a", cart_id="x"), added(2, "b", cart_id="y"), ordered(3, cart_id="y"))
    assert cart(story) == ("x", 1, 1, None, 1)


def test_an_order_without_a_cart_id_empties_all() -> None:
    story = told(added(1, "a", cart_id="x"), added(2, "b"), added(3, "c", cart_id="y"), ordered(4))
    assert cart(story) == (None, 0, 0, 0, None)


def test_an_empty_cart_id_is_none() -> None:
    story = told(added(1, "a", cart_id=""), ordered(2, cart_id=""))
    assert cart(story) == (None, 0, 0, 0, None)
    story.tell(3, "product_added", product_id="b")
    assert story.value("cart.id", 3) == "2"


def test_an_emptied_cart_gives_way_to_another_that_holds_something() -> None:
    story = told(added(1, "a", cart_id="x"), added(2, "b", cart_id="y"), removed(3, "b", cart_id="y"))
    assert cart(story)[:2] == ("x", 1)


def test_the_dearest_item_is_the_one_with_the_highest_price_of_one_piece() -> None:
    story = told(added(1, "a", price=5_00), added(2, "b", price=4_00, quantity=9), added(3, "c"))
    assert story.value("cart.dearest_item", 3) == "a"


def test_of_equally_dear_items_the_one_added_last_counts() -> None:
    assert told(added(1, "a", price=5), added(2, "b", price=5)).value("cart.dearest_item", 2) == "b"
    assert told(added(1, "a"), added(2, "b"), added(3, "a")).value("cart.dearest_item", 3) == "a"
    assert told(added(1, "b"), added(1, "a")).value("cart.dearest_item", 3) == "b"


def test_at_most_5_carts_are_kept_and_the_one_longest_unchanged_is_forgotten() -> None:
    story = told(*(added(number, "a", cart_id=f"c{number}") for number in range(5)))
    story.tell(10, "product_added", product_id="b", cart_id="c0")
    assert list(story.profile().carts) == ["c1", "c2", "c3", "c4", "c0"]
    story.tell(11, "product_added", product_id="b", cart_id="c5")
    assert list(story.profile().carts) == ["c2", "c3", "c4", "c0", "c5"]


def test_orders_of_unknown_carts_do_not_pile_up() -> None:
    story = told(*(ordered(number, cart_id=f"c{number}") for number in range(30)))
    assert len(story.profile().carts) <= 5


def test_a_cart_takes_200_products_and_further_pieces_of_them_but_no_201st() -> None:
    story = told(*(added(number, f"p{number}") for number in range(200)))
    assert story.value("cart.quantity", 200) == 200
    story.tell(200, "product_added", product_id="one too many")
    assert story.value("cart.quantity", 200) == 200
    assert story.value("cart.changed_at", 200) == 199
    story.tell(201, "product_added", product_id="p0")
    assert story.value("cart.quantity", 201) == 201


def test_a_price_from_abroad_counts_converted_and_keeps_its_original() -> None:
    story = Story(config())
    story.tell_abroad(1, "product_added", Money(10_00, "EUR"), product_id="a", price=12_50)
    assert story.value("cart.total", 1) == 12_50
    assert story.profile().carts["1"].items["a"].original == Money(10_00, "EUR")
    story.tell(2, "product_added", product_id="a", price=13_00)
    assert story.profile().carts["1"].items["a"].original is None


def test_each_change_is_told_as_an_event_and_the_last_removal_as_an_emptying_too() -> None:
    story = Story(config("changed: {count: cart_changed}\nemptied: {count: cart_emptied}\n"))
    told_so_far = []
    for name in ("product_added", "product_added", "product_removed", "product_removed", "order_completed"):
        story.tell(0, name, product_id="a", quantity=1)
        told_so_far.append((story.value("changed", 0), story.value("emptied", 0)))
    assert told_so_far == [(1, 0), (2, 0), (3, 0), (4, 1), (4, 1)]
