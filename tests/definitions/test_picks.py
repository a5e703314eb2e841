"""Products that payloads pick: what can be asked, and what is refused with what was probably meant."""

import pytest

from stream.definitions.parsing import ExpressionError, parse_expression, parse_payload
from stream.definitions.picks import Pick
from stream.definitions.scopes import Scope
from tests.definitions.config_text import edited, loaded, problems

SCOPE = Scope({"favourite": "string", "spend": "money", "n": "number"}, frozenset({"vip"}))


def picked(text: str) -> Pick:
    found = parse_payload(text, SCOPE)
    assert isinstance(found, Pick)
    return found


def wrong(text: str) -> tuple[int, str, str]:
    with pytest.raises(ExpressionError) as caught:
        parse_payload(text, SCOPE)
    return caught.value.offset, caught.value.message, caught.value.suggestion


def test_a_pick_is_read_with_all_that_it_asks() -> None:
    found = picked(
        "similar_to(cart.dearest_item, min_rating=4.2, in_stock=True, same_category=false, n=3, bought=true)"
    )
    assert (found.function, found.of.text) == ("similar_to", "cart.dearest_item")
    assert (found.min_rating, found.in_stock, found.same_category, found.n, found.bought) == (4.2, True, False, 3, True)
    assert found.text.endswith("bought=true)")


def test_what_is_not_asked_is_not_filtered_by() -> None:
    found = picked("goes_with(favourite)")
    assert (found.min_rating, found.in_stock, found.same_category, found.n, found.bought) == (
        None,
        False,
        None,
        1,
        False,
    )
    assert not found.filters


@pytest.mark.parametrize("asked", ["min_rating=0", "in_stock=True", "same_category=True", "same_category=False"])
def test_a_filter_needs_a_catalogue(asked: str) -> None:
    assert picked(f"similar_to(favourite, {asked})").filters


def test_what_goes_with_a_cart_goes_with_all_that_lies_in_it() -> None:
    assert picked("goes_with(cart.items)").of.type == "items"
    assert wrong("similar_to(cart.items)") == (
        11,
        "similar_to(...) takes the id of a product, a string; cart.items is items",
        "cart.dearest_item",
    )


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("similar_to()", (0, "similar_to(...) takes a product, as in similar_to(cart.dearest_item)", "")),
        ("goes_with('p', 3)", (15, "all but the product is named, as in goes_with(cart.dearest_item, n=3)", "")),
        (
            "similar_to(spend)",
            (11, "similar_to(...) takes the id of a product, a string; spend is money", ""),
        ),
        ("similar_to('p', n=0)", (18, "n goes from 1 to 20", "")),
        ("similar_to('p', n=21)", (18, "n goes from 1 to 20", "")),
        ("similar_to('p', n=1.5)", (18, "n goes from 1 to 20", "")),
        ("similar_to('p', min_rating=-1)", (27, "ratings go from 0 to 5", "")),
        ("similar_to('p', min_rating=5.1)", (27, "ratings go from 0 to 5", "0.51")),
        ("similar_to('p', min_rating=84)", (27, "ratings go from 0 to 5", "4.2")),
        ("similar_to('p', min_rating=4200)", (27, "ratings go from 0 to 5", "")),
        ("similar_to('p', min_rating='4')", (27, "min_rating is a number, written out, not '4'", "")),
        ("similar_to('p', min_rating=n)", (27, "min_rating is a number, written out, not n", "")),
        ("similar_to('p', in_stock=1)", (25, "in_stock is true or false, written out, not 1", "")),
        (
            "similar_to('p', in_stock=False)",
            (
                25,
                "what is sold out is never picked: leave in_stock out, where it need not be known to be in stock",
                "",
            ),
        ),
        (
            "similar_to('p', stock=True)",
            (
                16,
                "similar_to(...) takes no 'stock'; it takes n, min_rating, in_stock, same_category, bought",
                "in_stock",
            ),
        ),
        ("similar_to('p', n=1, n=2)", (21, "'n' stands twice in similar_to(...)", "")),
        ("similar_to('p', n=1", (10, "this '(' is never closed", "")),
        ("similar_to('p', n=)", (0, "", "")),
        (
            "default(similar_to('p'), 'q')",
            (
                8,
                "similar_to(...) picks products: it stands alone, as the value of a field of a payload in actions.yaml",
                "",
            ),
        ),
    ],
)
def test_a_pick_that_has_no_meaning_is_refused_at_its_place(text: str, refusal: tuple[int, str, str]) -> None:
    found = wrong(text)
    assert found == refusal if refusal[1] else found[1]


def test_a_pick_has_no_meaning_in_a_condition() -> None:
    with pytest.raises(ExpressionError, match="stands alone"):
        parse_expression("similar_to('p') == 'q'", SCOPE)


def test_a_single_equals_sign_still_compares_nothing_where_no_product_is_picked() -> None:
    with pytest.raises(ExpressionError, match="write '==' to compare"):
        parse_expression("(n = 1)", SCOPE)


def test_all_other_values_of_payloads_are_read_as_ever() -> None:
    assert parse_payload("cart.total / 2", SCOPE) == parse_expression("cart.total / 2", SCOPE)


def test_a_payload_with_a_pick_loads_and_one_in_a_flow_map_needs_quotes() -> None:
    changes = edited("actions.yaml", "\"'X'\"", '"similar_to(cart.dearest_item, n=2)"')
    assert isinstance(loaded(changes).actions["mail"].payload["code"], Pick)
    unquoted = edited("actions.yaml", "\"'X'\"", "similar_to(cart.dearest_item, n=2)")
    assert problems(unquoted) == ["actions.yaml:1:92: a comma ends a value inside { }: quote the expression"]


def test_no_trait_is_named_like_what_picks_products() -> None:
    (problem,) = problems(edited("traits.yaml", "favourite:", "goes_with:"))
    assert problem == "traits.yaml:5:1: 'goes_with' cannot name a trait: it has a meaning in expressions"


def test_a_name_that_is_nowhere_is_told_within_a_pick() -> None:
    (problem,) = problems(edited("actions.yaml", "\"'X'\"", '"similar_to(favorite)"'))
    assert "there is no trait or segment 'favorite' (did you mean 'favourite'?)" in problem
