"""What a user's products tell of products together: once an outing, or once in thirty days for what is bought."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.cart import apply
from stream.decision.items import memory
from stream.decision.items.memory import take_in
from stream.model.events import Event, Scalar
from stream.model.items import CoOccurrence
from stream.model.profile import Profile, decode_profile, encode_profile, new_profile
from tests.decision.story import D, H, M

Told = list[tuple[str, tuple[str, ...]]]


def told(found: list[CoOccurrence]) -> Told:
    return [(each.product, each.beside) for each in found]


def view(profile: Profile, at_ms: int, product: str) -> Told:
    return told(take_in(profile, Event("u", "product_viewed", at_ms, "e", {"product_id": product})))


def order(profile: Profile, at_ms: int, *products: str, **props: Scalar) -> Told:
    lines: list[dict[str, Scalar]] = [{"products[].product_id": product} for product in products]
    event = Event("u", "order_completed", at_ms, "e", props, lists={"products": lines} if lines else None)
    return told(take_in(profile, event))


def add(profile: Profile, at_ms: int, product: str, **props: Scalar) -> Told:
    event = Event("u", "product_added", at_ms, "e", {"product_id": product, **props})
    found = told(take_in(profile, event))
    apply(profile, event)
    return found


def remembered(profile: Profile) -> memory.ProductMemory:
    assert profile.products is not None
    return profile.products


def test_a_view_is_told_with_the_others_of_the_outing_the_latest_first() -> None:
    profile = new_profile("u")
    assert view(profile, 0, "a") == [("a", ())]
    assert view(profile, 1, "b") == [("b", ("a",))]
    assert view(profile, 2, "c") == [("c", ("b", "a"))]


def test_a_product_is_told_once_an_outing_however_often_it_is_viewed() -> None:
    profile = new_profile("u")
    view(profile, 0, "a")
    assert view(profile, 1, "a") == []
    assert view(profile, 2, "b") == [("b", ("a",))]
    assert view(profile, 3, "a") == []


def test_an_outing_ends_with_a_pause_of_8_hours_not_with_one_a_moment_shorter() -> None:
    profile = new_profile("u")
    view(profile, 0, "a")
    assert view(profile, 8 * H - 1, "b") == [("b", ("a",))]
    assert view(profile, 16 * H - 1, "c") == [("c", ())]
    assert view(profile, 16 * H, "a") == [("a", ("c",))]


def test_an_outing_takes_in_nothing_from_24_hours_after_its_beginning() -> None:
    profile = new_profile("u")
    for at_ms in range(0, 24 * H, 6 * H):
        view(profile, at_ms, "a")
    assert view(profile, 24 * H - 1, "b") == [("b", ("a",))]
    assert view(profile, 24 * H, "c") == [("c", ())]


def test_a_view_that_comes_late_counts_in_its_outing_but_not_from_one_that_is_over() -> None:
    profile = new_profile("u")
    view(profile, 10 * H, "a")
    assert view(profile, 10 * H - 1, "b") == []
    view(profile, 11 * H, "c")
    assert view(profile, 10 * H + M, "d") == [("d", ("c", "a"))]


def test_no_more_than_the_latest_5_are_told_beside_a_product_that_is_viewed() -> None:
    profile = new_profile("u")
    for number in range(6):
        view(profile, number, str(number))
    assert view(profile, 30, "x") == [("x", ("5", "4", "3", "2", "1"))]


def test_after_50_products_an_outing_tells_no_more_and_the_next_one_does() -> None:
    profile = new_profile("u")
    found = [view(profile, number, str(number)) for number in range(60)]
    assert [bool(each) for each in found] == [True] * 50 + [False] * 10
    assert view(profile, 10 * H, "y") == [("y", ())]


def test_what_is_ordered_together_is_told_once_for_each_pair() -> None:
    profile = new_profile("u")
    assert order(profile, 0, "a", "b", "c", "a") == [("a", ()), ("b", ("a",)), ("c", ("b", "a"))]


def test_what_is_bought_within_30_days_goes_together_and_not_at_30_days() -> None:
    profile = new_profile("u")
    order(profile, 0, "shoes")
    assert order(profile, 30 * D - 1, "laces") == [("laces", ("shoes",))]
    assert order(profile, 30 * D, "polish") == [("polish", ("laces",))]


def test_what_is_bought_again_counts_again_from_30_days_after() -> None:
    profile = new_profile("u")
    order(profile, 0, "a", "b")
    assert order(profile, 30 * D - 1, "a") == []
    assert order(profile, 30 * D, "b") == [("b", ("a",))]


def test_an_order_that_comes_late_stands_beside_what_was_bought_near_it() -> None:
    profile = new_profile("u")
    order(profile, 100 * D, "a")
    assert order(profile, 70 * D, "b") == [("b", ())]
    assert order(profile, 70 * D + 1, "c") == [("c", ("b", "a"))]


def test_an_order_without_products_is_of_what_lies_in_the_cart() -> None:
    profile = new_profile("u")
    add(profile, 0, "a", cart_id="one")
    add(profile, 1, "b", cart_id="two")
    add(profile, 9, "c", cart_id="two")
    assert order(profile, 5, cart_id="two") == [("b", ())]
    assert order(profile, 5, cart_id="three") == []
    assert order(profile, 6, "") == [("a", ("b",))]


def test_what_is_put_into_a_cart_is_remembered_and_tells_nothing() -> None:
    profile = new_profile("u")
    assert add(profile, 5, "a") == []
    assert remembered(profile).carted == {"a": 5}


def test_a_product_is_named_as_the_cart_names_it() -> None:
    profile = new_profile("u")
    take_in(profile, Event("u", "product_viewed", 0, "e", {"product_id": "p", "sku": "s" * 200}))
    take_in(profile, Event("u", "product_viewed", 0, "e", {"category": "hats"}))
    add(profile, 0, "s" * 200)
    assert list(remembered(profile).viewed) == list(profile.carts["1"].items)


def test_ids_tell_apart_what_is_told_and_depend_on_nothing_but_the_user_and_what_was_told_before() -> None:
    one, other = new_profile("u"), new_profile("u")
    first = take_in(one, Event("u", "product_viewed", 0, "e1", {"product_id": "a"}))
    second = take_in(one, Event("u", "product_viewed", 1, "e2", {"product_id": "b"}))
    again = take_in(other, Event("u", "product_viewed", 7, "e9", {"product_id": "a"}))
    assert first[0].id == again[0].id != second[0].id


events = st.tuples(
    st.sampled_from(["product_viewed", "product_added", "order_completed"]), st.integers(0, 200), st.integers(0, 40 * D)
)


@given(st.lists(events, max_size=300))
def test_what_is_remembered_is_bounded_and_survives_being_kept(given_events: list[tuple[str, int, int]]) -> None:
    profile = new_profile("u")
    for name, product, at_ms in given_events:
        if name == "order_completed":
            order(profile, at_ms, *map(str, range(product)))
        else:
            take_in(profile, Event("u", name, at_ms, "e", {"product_id": str(product)}))
    found = profile.products or memory.ProductMemory()
    assert len(found.viewed) <= memory.VIEWED_KEPT
    assert len(found.carted) <= memory.CARTED_KEPT
    assert len(found.bought) <= memory.BOUGHT_KEPT
    assert decode_profile(encode_profile(profile)).products == profile.products


def test_a_profile_kept_before_there_was_a_memory_reads_back_without_one() -> None:
    encoded = msgspec.msgpack.encode(msgspec.msgpack.decode(msgspec.msgpack.encode(new_profile("u")))[:-1])
    assert decode_profile(encoded) == new_profile("u")


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30 * H)), max_size=60))
def test_of_two_products_none_is_told_twice_within_an_outing(views: list[tuple[int, int]]) -> None:
    profile, pairs = new_profile("u"), set[tuple[int, frozenset[str]]]()
    for product, at_ms in sorted(views, key=lambda each: each[1]):
        for name, beside in view(profile, at_ms, str(product)):
            outing = remembered(profile).began_ms
            for other in beside:
                pair = (outing, frozenset((name, other)))
                assert pair not in pairs
                pairs.add(pair)
