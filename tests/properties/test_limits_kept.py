"""What a profile keeps of each kind, on both sides of the limit, and the fate of what goes beyond."""

import pytest

from stream.decision import explain
from stream.decision.cart import CARTS_KEPT, LINES_KEPT, PIECES_KEPT
from stream.decision.people import PURPOSES_KEPT
from stream.decision.tallies import KEYS_KEPT, KEYS_KEPT_IN_ALL
from stream.model.outcomes import SegmentChange
from stream.model.states import KeyedBuckets
from tests.decision.story import D, Story, config


@pytest.mark.parametrize(("carts", "first_is_kept"), [(CARTS_KEPT, True), (CARTS_KEPT + 1, False)])
def test_of_too_many_carts_the_one_longest_unchanged_is_forgotten(carts: int, first_is_kept: bool):
    story = Story(config())
    for number in range(carts):
        story.tell(number, "product_added", product_id="p", cart_id=f"c{number}")
    assert len(story.profile().carts) == CARTS_KEPT
    assert ("c0" in story.profile().carts) is first_is_kept


def test_a_further_product_is_not_taken_into_a_full_cart_but_those_in_it_still_count():
    story = Story(config())
    for number in range(LINES_KEPT + 1):
        story.tell(number, "product_added", product_id=f"p{number}")
    assert story.value("cart.quantity", LINES_KEPT) == LINES_KEPT
    story.tell(LINES_KEPT + 1, "product_added", product_id="p0")
    assert story.value("cart.quantity", LINES_KEPT + 1) == LINES_KEPT + 1
    story.tell(LINES_KEPT + 2, "product_removed", product_id="p1")
    story.tell(LINES_KEPT + 3, "product_added", product_id="further")
    assert "further" in story.profile().carts["1"].items


@pytest.mark.parametrize(("pieces", "counted"), [(PIECES_KEPT - 1, PIECES_KEPT), (PIECES_KEPT, PIECES_KEPT)])
def test_pieces_of_a_product_count_up_to_a_million(pieces: int, counted: int):
    story = Story(config())
    story.tell(0, "product_added", product_id="p", quantity=pieces)
    story.tell(1, "product_added", product_id="p", quantity=1)
    assert story.value("cart.quantity", 1) == counted


@pytest.mark.parametrize("window", ["", ", within: 7d"])
@pytest.mark.parametrize(("others", "best"), [(KEYS_KEPT - 1, "shoes"), (KEYS_KEPT, "v0")])
def test_a_top_value_that_comes_after_too_many_others_is_not_counted(others: int, best: str, window: str):
    story = Story(config(f"favourite: {{top: viewed.category{window}}}"))
    for number in range(others):
        story.tell(number, "viewed", category=f"v{number}")
    story.tell(1_000, "viewed", category="shoes")
    story.tell(1_001, "viewed", category="shoes")
    assert story.value("favourite", 1_001) == best


def test_a_top_counts_so_many_values_in_all_its_buckets_and_no_more():
    story = Story(config("favourite: {top: viewed.category, within: 7d}"))
    buckets = KEYS_KEPT_IN_ALL // KEYS_KEPT + 2
    for number in range(buckets * KEYS_KEPT):
        story.tell(number // KEYS_KEPT * D // 12, "viewed", category=f"c{number}")
    (state,) = (kept for key, kept in story.profile().traits.items() if key.startswith("favourite"))
    assert isinstance(state, KeyedBuckets)
    assert sum(map(len, state.tallies)) == state.kept == KEYS_KEPT_IN_ALL


@pytest.mark.parametrize(("purposes", "is_known"), [(PURPOSES_KEPT - 1, True), (PURPOSES_KEPT, False)])
def test_a_consent_to_one_purpose_too_many_is_not_kept(purposes: int, is_known: bool):
    story = Story(config())
    story.consent(*(f"p{number}" for number in range(purposes)), "marketing")
    assert ("marketing" in story.profile().consents) is is_known
    assert len(story.profile().consents) == PURPOSES_KEPT


@pytest.mark.parametrize("parts", [explain.LEAVES_KEPT, explain.LEAVES_KEPT + 1])
def test_the_reason_of_a_change_lists_the_first_comparisons_of_a_long_condition(parts: int):
    condition = " or ".join(f"views >= {number + 1}" for number in range(parts))
    story = Story(config("views: {count: viewed, within: 7d}", {"active": condition}))
    change = next(outcome for outcome in story.tell(D, "viewed") if isinstance(outcome, SegmentChange))
    assert len(change.why.leaves) == explain.LEAVES_KEPT
