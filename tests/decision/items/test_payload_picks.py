"""Payloads carry products picked by what is known of them, and `why` says how they were picked."""

import msgspec

from stream.decision.items.counts import CoCounts
from stream.decision.items.similarity import publish
from stream.model.items import CoOccurrence, Neighbourhoods
from stream.model.outcomes import Trigger, encode_outcome
from stream.model.products import Catalogue, CatalogueSnapshot, Product
from stream.model.reference import Reference
from tests.decision.story import ACTIONS, D, H, Story, assuming, config

PICKING = """\
mail:
  channel: email
  purpose: marketing
  template: hello
  payload:
    item: similar_to(cart.dearest_item, min_rating=4.2, in_stock=True)
    also: goes_with(cart.items, n=2)
    total: cart.total
"""
LEFT = {"left": "cart.quantity > 0 and since(cart.changed_at) >= 1h"}
JOURNEY = {"j": "enter: {segment: left, again_after: 1h}\nsteps: [{trigger: mail}]\n"}
SHOP = {
    "b": Product(id="b", name="Better", price_minor=59_90, rating=4.2, stock=2),
    "c": Product(id="c", rating=4.1, stock=2),
}
NEAR = Neighbourhoods(
    "v7",
    similar={"a": (("c", 0.9), ("b", 0.5))},
    goes_with={"a": (("b", 0.9), ("c", 0.5))},
)


def story_of(actions: str = PICKING) -> Story:
    return Story(assuming(config("", LEFT, JOURNEY, actions), "marketing"))


def knowing_story() -> Story:
    story = story_of()
    story.decider.adopt(Reference("r1", 0, items=NEAR))
    story.decider.adopt(CatalogueSnapshot("c1", 0, Catalogue().changed(SHOP)))
    return story


def triggered(story: Story, at_ms: int = 0, product: str = "a") -> Trigger:
    story.tell(at_ms, "product_added", product_id=product, price=10_00)
    (trigger,) = (o for o in story.wait(at_ms + 2 * H) if isinstance(o, Trigger))
    return trigger


def test_a_payload_carries_the_products_that_are_picked_and_why_says_how() -> None:
    story = knowing_story()
    trigger = triggered(story)
    better = {"id": "b", "name": "Better", "rating": 4.2, "price": {"amount": "59.90", "currency": "USD"}}
    assert trigger.payload == {
        "item": better,
        "also": [better, {"id": "c", "rating": 4.1}],
        "total": {"amount": "10.00", "currency": "USD"},
    }
    similar, goes_with = trigger.why.picks
    assert similar.asked == "similar_to(cart.dearest_item, min_rating=4.2, in_stock=True)"
    assert (similar.of, similar.picked, similar.passed_over, similar.reference) == (("a",), ("b",), {"rating": 1}, "v7")
    assert (goes_with.picked, goes_with.fallback) == (("b", "c"), "")
    shown = msgspec.json.decode(encode_outcome(trigger))["why"]["picks"][1]
    assert shown == {"asked": "goes_with(cart.items, n=2)", "of": ["a"], "picked": ["b", "c"], "considered": 2} | {
        "reference": "v7",
        "catalogue": "c1",
    }
    assert trigger.why.reference == "r1"


def test_before_anything_is_known_it_is_the_product_itself() -> None:
    trigger = triggered(story_of())
    assert (trigger.payload["item"], trigger.payload["also"]) == ({"id": "a"}, [{"id": "a"}])
    assert [pick.fallback for pick in trigger.why.picks] == ["no_catalogue", "no_neighbours"]


def test_without_a_product_there_is_nothing() -> None:
    actions = PICKING.replace("cart.dearest_item", "s")
    story = Story(assuming(config("s: {last: measured.s}", LEFT, JOURNEY, actions), "marketing"))
    assert triggered(story).payload["item"] is None


def test_what_was_bought_before_is_not_picked() -> None:
    story = knowing_story()
    story.tell(0, "product_added", product_id="b", price=1)
    story.tell(1, "order_completed")
    trigger = triggered(story, D)
    assert trigger.payload["item"] == {"id": "a"}
    assert trigger.why.picks[0].passed_over == {"rating": 1, "bought": 1}


def test_the_dearest_comes_first_of_a_cart() -> None:
    story = story_of()
    story.tell(0, "product_added", product_id="x", price=1_00)
    assert triggered(story, 1, "y").why.picks[1].of == ("y", "x")


def test_what_users_do_with_products_is_handed_over_where_products_are_picked_and_nowhere_else() -> None:
    picking, plain = story_of(), story_of(ACTIONS)
    for story in (picking, plain):
        for at_ms, product in enumerate("ab"):
            story.decider.decide(story.event(at_ms, "viewed", product_id=product))
            story.decider.decide(story.event(at_ms, "product_added", product_id=product))
        story.decider.decide(story.event(5, "order_completed"))
    told = [each for each in picking.decider.take().contributions if isinstance(each, CoOccurrence)]
    assert [(each.how, each.product, each.beside) for each in told] == [("bought", "a", ()), ("bought", "b", ("a",))]
    assert picking.profile().products is not None
    assert plain.decider.take().contributions == []
    assert plain.profile().products is None


def test_what_many_users_bought_together_is_picked_in_the_end() -> None:
    story, counts = story_of(), CoCounts(90 * D)
    for user in range(3):
        for product in ("a", "b"):
            story.decider.decide(story.event(user, "product_added", user=f"u{user}", product_id=product))
        story.decider.decide(story.event(user, "order_completed", user=f"u{user}"))
    counts.add_all(each for each in story.decider.take().contributions if isinstance(each, CoOccurrence))
    story.decider.adopt(Reference("r1", 0, items=Neighbourhoods("v1", goes_with=publish(counts, H))))
    assert triggered(story, D).payload["also"] == [{"id": "b"}]
