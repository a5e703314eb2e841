"""Products are picked by what is known of them, and never what the user has; if none may be, the product itself is."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.items.picking import pick, shown
from stream.definitions.expressions import Name
from stream.definitions.picks import Pick, PickFunction
from stream.model.items import ItemReference, Neighbours, PickEvidence, ProductMemory
from stream.model.money import Money
from stream.model.products import Catalogue, Product
from stream.model.profile import Cart, Consent, Item, Profile, new_profile

OF = Name(type="string", text="cart.dearest_item", kind="cart", name="dearest_item")
ALIKE: Neighbours = {
    "a": (("b", 0.9), ("c", 0.5), ("d", 0.2)),
    "z": (("c", 0.5), ("a", 0.4)),
}
SHOP = [
    Product(id="a", category="hats", stock=1),
    Product(id="b", category="hats", rating=4.1, stock=1),
    Product(id="c", category="hats", rating=4.2, in_stock=True),
    Product(id="d", category="bags", rating=4.9, stock=1),
]


def rule(function: PickFunction = "similar_to", **asked: object) -> Pick:
    return Pick(function=function, of=OF, text="asked", **asked)  # type: ignore[arg-type]  # each test asks what it asks


def known(*products: Product, alike: Neighbours = ALIKE) -> ItemReference:
    return ItemReference("v7", Catalogue().changed({each.id: each for each in products}), similar=alike)


def picked(of: ItemReference, asked: Pick, *products: str, profile: Profile | None = None) -> PickEvidence:
    return pick(of, profile or new_profile("u"), products or ("a",), asked)


def with_cart(*products: str) -> Profile:
    profile = new_profile("u")
    profile.carts["1"] = Cart("1", {name: Item(name, 1, None, 0) for name in products}, 0, len(products))
    return profile


def test_the_nearest_product_is_picked_with_evidence() -> None:
    assert picked(known(*SHOP), rule()) == PickEvidence("asked", ("a",), ("b",), considered=1, reference="v7")


def test_a_product_is_picked_from_a_rating_and_not_below_it() -> None:
    found = picked(known(*SHOP), rule(min_rating=4.2))
    assert (found.picked, found.considered, found.passed_over) == (("c",), 2, {"rating": 1})
    assert picked(known(*SHOP), rule(min_rating=4.3)).picked == ("d",)


def test_what_is_sold_out_is_never_picked_and_what_is_not_known_to_be_in_stock_only_without_asking() -> None:
    shop = known(Product(id="b", stock=0), Product(id="c"), Product(id="d", stock=1))
    assert picked(shop, rule()).picked == ("c",)
    found = picked(shop, rule(in_stock=True))
    assert (found.picked, found.passed_over) == (("d",), {"sold_out": 1, "stock_unknown": 1})


def test_a_category_is_the_same_or_another_and_an_unknown_one_neither() -> None:
    assert picked(known(*SHOP), rule(same_category=True)).picked == ("b",)
    assert picked(known(*SHOP), rule(same_category=False)).picked == ("d",)
    nameless = known(Product(id="a", category="hats"), Product(id="b"), Product(id="c"), Product(id="d"))
    for same in (True, False):
        assert picked(nameless, rule(same_category=same)).passed_over == {"category": 3}
        assert picked(known(*SHOP[1:]), rule(same_category=same)).passed_over == {"category": 3}


def test_nothing_is_picked_that_lies_in_a_cart() -> None:
    found = picked(known(*SHOP), rule(), profile=with_cart("b"))
    assert (found.picked, found.passed_over) == (("c",), {"in_cart": 1})


def test_nothing_is_picked_that_was_bought_unless_it_may_be_bought_again() -> None:
    profile = new_profile("u")
    profile.products = ProductMemory(bought={"b": 0})
    found = picked(known(*SHOP), rule(), profile=profile)
    assert (found.picked, found.passed_over) == (("c",), {"bought": 1})
    assert picked(known(*SHOP), rule(bought=True), profile=profile).picked == ("b",)


def test_what_has_left_the_catalogue_is_not_picked() -> None:
    found = picked(known(*SHOP[2:]), rule())
    assert (found.picked, found.passed_over) == (("c",), {"not_in_catalogue": 1})


def test_as_many_are_picked_as_are_asked_for_or_as_there_are() -> None:
    assert picked(known(*SHOP), rule(n=2)).picked == ("b", "c")
    assert picked(known(*SHOP), rule(n=9)).picked == ("b", "c", "d")


def test_nearest_to_several_is_what_is_nearest_to_all_of_them_together() -> None:
    goes = ItemReference(goes_with=ALIKE)
    assert picked(goes, rule("goes_with", n=3), "z", "a").picked == ("c", "b", "d")


def test_what_goes_together_and_what_is_alike_are_two_things() -> None:
    assert picked(known(*SHOP), rule("goes_with")).fallback == "no_neighbours"


@pytest.mark.parametrize(
    ("reference", "asked", "fallback"),
    [
        (ItemReference(), rule(), "no_neighbours"),
        (ItemReference(), rule(min_rating=4.2), "no_catalogue"),
        (ItemReference(similar=ALIKE), rule(in_stock=True), "no_catalogue"),
        (ItemReference(similar=ALIKE), rule(same_category=False), "no_catalogue"),
        (known(*SHOP, alike={}), rule(min_rating=0), "no_neighbours"),
        (known(*SHOP), rule(min_rating=5), "all_passed_over"),
    ],
)
def test_without_anything_to_pick_it_is_the_product_itself_and_the_evidence_says_why(
    reference: ItemReference, asked: Pick, fallback: str
) -> None:
    found = picked(reference, asked)
    assert (found.picked, found.fallback) == (("a",), fallback)
    assert found.unchecked is (len(reference.catalogue) == 0)


def test_without_a_catalogue_what_is_asked_for_without_filters_is_picked_unchecked() -> None:
    found = picked(ItemReference(similar=ALIKE), rule())
    assert (found.picked, found.fallback, found.unchecked) == (("b",), "", True)


def test_of_no_product_nothing_is_picked() -> None:
    found = pick(known(*SHOP), new_profile("u"), (), rule())
    assert (found.picked, found.fallback) == ((), "no_product")


@pytest.mark.parametrize("purpose", ["personalisation", "personalization"])
def test_who_refused_personalisation_is_shown_the_product_itself(purpose: str) -> None:
    profile = new_profile("u")
    profile.consents[purpose] = Consent(True, 0)
    assert picked(known(*SHOP), rule(), profile=profile).picked == ("b",)
    profile.consents[purpose] = Consent(False, 1)
    found = picked(known(*SHOP), rule(), profile=profile)
    assert (found.picked, found.fallback) == (("a",), "personalisation_refused")


def test_a_product_is_shown_with_what_the_catalogue_knows() -> None:
    full = Product(id="a", name="Hat", price_minor=12_50, category="hats", rating=0.0, url="u", image="i")
    catalogue = Catalogue().changed({"a": full, "b": Product(id="b", price_minor=5, original=Money(500, "JPY"))})
    assert shown(catalogue, "a", "USD") == {
        "id": "a",
        "name": "Hat",
        "category": "hats",
        "rating": 0.0,
        "url": "u",
        "image": "i",
        "price": {"amount": "12.50", "currency": "USD"},
    }
    assert shown(catalogue, "b", "USD") == {"id": "b", "price": {"amount": "500", "currency": "JPY"}}
    assert shown(catalogue, "c", "USD") == {"id": "c"}


names = st.sampled_from("abcdef")
similar = st.dictionaries(names, st.lists(st.tuples(names, st.floats(0.01, 1)), max_size=4).map(tuple))
shops = st.dictionaries(
    names, st.tuples(st.none() | st.booleans(), st.none() | st.integers(0, 5), st.sampled_from(["", "x", "y"]))
)
rules = st.builds(
    rule,
    n=st.integers(1, 3),
    min_rating=st.none() | st.integers(0, 5),
    in_stock=st.booleans(),
    same_category=st.none() | st.booleans(),
    bought=st.booleans(),
)


@given(similar, shops, rules, st.lists(names, unique=True), st.lists(names, unique=True), st.lists(names, unique=True))
def test_whatever_is_known_nothing_is_picked_that_may_not_be(
    alike: Mapping[str, tuple[tuple[str, float], ...]],
    shop: Mapping[str, tuple[bool | None, int | None, str]],
    asked: Pick,
    of: list[str],
    in_cart: list[str],
    bought: list[str],
) -> None:
    products = [Product(id=n, in_stock=left, rating=stars, category=kind) for n, (left, stars, kind) in shop.items()]
    reference, profile = known(*products, alike=alike), with_cart(*in_cart)
    profile.products = ProductMemory(bought=dict.fromkeys(bought, 0))
    found = pick(reference, profile, of, asked)
    if found.fallback:
        assert found.picked == tuple(of[:1])
        return
    assert 0 < len(found.picked) <= asked.n
    assert not {*found.picked} & {*of, *in_cart, *(() if asked.bought else bought)}
    for name in found.picked:
        left, stars, kind = shop.get(name, (None, None, ""))
        assert name in shop or not (shop or asked.filters)
        assert left is not False
        assert left or not asked.in_stock
        assert asked.min_rating is None or (stars is not None and stars >= asked.min_rating)
        assert asked.same_category is None or kind != ""
