"""What a trigger carries, and why it was sent."""

from stream.model.money import Money
from stream.model.outcomes import Decision, Leaf, SegmentChange, Trigger
from tests.decision.story import H, Story, assuming, config

ACTIONS = """\
mail:
  channel: email
  purpose: marketing
  template: hello
  payload:
    item: cart.dearest_item
    items: cart.items
    total: cart.total
    half: cart.total / 2
    offer: "'FREESHIP'"
    size: n
    many: n > 3
    average: spend / orders
    changed: cart.changed_at
"""
TRAITS = """\
n: {last: measured.n}
orders: {count: order_completed}
spend: {sum: order_completed.total}
"""
JOURNEY = """\
enter: {segment: left, key: cart.id}
goal: {event: order_completed}
steps:
  - branch:
      - when: n >= 100
        trigger: mail
      - when: cart.total >= 5 or n < 3
        trigger: mail
"""


def story_of() -> Story:
    segments = {"left": "cart.quantity > 0 and since(cart.changed_at) >= 1h"}
    return Story(assuming(config(TRAITS, segments, {"j": JOURNEY}, ACTIONS), "marketing"))


def trigger_of(story: Story) -> Trigger:
    story.wait(2 * H)
    (trigger,) = (o for o in story.outcomes if isinstance(o, Trigger))
    return trigger


def test_a_payload_is_resolved_from_the_profile() -> None:
    story = story_of()
    story.tell(0, "measured", n=4)
    story.tell(1, "product_added", product_id="a", price=10_50, quantity=2)
    story.tell(2, "product_added", product_id="b", price=4_55)
    assert trigger_of(story).payload == {
        "item": "a",
        "items": [
            {"product": "a", "quantity": 2, "price": {"amount": "10.50", "currency": "USD"}},
            {"product": "b", "quantity": 1, "price": {"amount": "4.55", "currency": "USD"}},
        ],
        "total": {"amount": "25.55", "currency": "USD"},
        "half": {"amount": "12.78", "currency": "USD"},
        "offer": "FREESHIP",
        "size": 4,
        "many": True,
        "average": None,
        "changed": 2,
    }


def test_the_unknown_is_null_and_a_line_without_a_price_has_none() -> None:
    story = story_of()
    story.tell(0, "measured", n=2)
    story.tell(1, "product_added", product_id="a")
    payload = trigger_of(story).payload
    assert payload["total"] is None
    assert payload["half"] is None
    assert payload["items"] == [{"product": "a", "quantity": 1}]
    assert payload["many"] is False


def test_a_price_from_abroad_is_shown_as_it_was_paid_and_totals_in_the_shops_currency() -> None:
    story = story_of()
    story.tell_abroad(0, "product_added", Money(10_00, "EUR"), product_id="a", price=12_50)
    payload = trigger_of(story).payload
    assert payload["items"] == [{"product": "a", "quantity": 1, "price": {"amount": "10.00", "currency": "EUR"}}]
    assert payload["total"] == {"amount": "12.50", "currency": "USD"}


def test_a_trigger_says_how_to_reach_the_user_as_far_as_known() -> None:
    story = story_of()
    story.tell(0, "identify", email="a@b.example", timezone="Asia/Tokyo", country="JP")
    story.tell(1, "identify", email="new@b.example")
    story.tell(2, "product_added", product_id="a", price=10_00)
    assert trigger_of(story).to == {"email": "new@b.example", "timezone": "Asia/Tokyo"}


def test_a_trigger_names_its_journey_run_key_step_and_goal() -> None:
    story = story_of()
    story.tell(0, "product_added", product_id="a", price=10_00, cart_id="c7")
    trigger = trigger_of(story)
    journey = story.definitions.journeys["j"]
    assert (trigger.journey, trigger.version, trigger.key, trigger.step) == ("j", journey.hash, "c7", "0.1.0")
    assert (trigger.user_id, trigger.goal, trigger.template) == ("u", "order_completed", "hello")
    assert (trigger.channel, trigger.purpose, trigger.at_ms) == ("email", "marketing", H)


def test_why_holds_the_segment_as_it_stands_and_the_branches_asked() -> None:
    story = story_of()
    story.tell(0, "measured", n=4)
    story.tell(1, "product_added", product_id="a", price=10_00)
    why = trigger_of(story).why
    assert why.cause == "time"
    assert why.definition == story.definitions.journeys["j"].hash
    assert why.consent == "marketing assumed"
    assert why.leaves == [
        Leaf("cart.quantity > 0", True, 1, 0, ["e2"]),
        Leaf("since(cart.changed_at) >= 1h", True, "1h", "1h", ["e2"]),
        Leaf("n >= 100", False, 4, 100, ["e1"]),
        Leaf("cart.total >= 5", True, "10.00 USD", "5.00 USD", ["e2"]),
        Leaf("n < 3", False, 4, 3, ["e1"]),
    ]


def test_a_refused_trigger_has_the_same_reasons_on_record() -> None:
    story = story_of()
    story.tell(0, "consent_changed", purpose="marketing", granted=False)
    story.tell(1, "product_added", product_id="a", price=10_00)
    story.wait(H + 1)
    (decision,) = (o for o in story.outcomes if isinstance(o, Decision))
    assert decision.verdict == "no_consent"
    assert [leaf.holds for leaf in decision.why.leaves] == [True, True, None, True, None]


def test_a_comparison_is_shown_as_it_was_written() -> None:
    segments = {"x": "(n) < (30 * 2) and not (spend / orders) > 7"}
    story = Story(config(TRAITS, segments))
    story.tell(0, "measured", n=3)
    story.tell(1, "order_completed", total=7_00)
    (entered,) = (o for o in story.outcomes if isinstance(o, SegmentChange))
    assert [leaf.condition for leaf in entered.why.leaves] == ["(n) < (30 * 2)", "(spend / orders) > 7"]
    assert [(leaf.value, leaf.threshold) for leaf in entered.why.leaves] == [(3, 60), ("7.00 USD", "7.00 USD")]
