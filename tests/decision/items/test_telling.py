"""Users are told of what changes of products: each before what they do later, all by the clock, and nobody twice."""

from random import Random

import msgspec
import pytest

from stream.decision.decider import TOLD_AT_ONCE, Decider
from stream.decision.items import news
from stream.decision.items.changes import Change, ItemEvent
from stream.decision.items.news import News
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Trigger
from stream.model.plan import PlannedEvent, Property
from stream.model.profile import decode_products, decode_profile, encode_profile
from tests.decision.story import D, H, M, Story, assuming, config, words

DROPPED = "enter: {event: price_dropped, for_each: seen, within: 30d, again_after: 0d}\nsteps: [{trigger: mail}]\n"


def shop(journey: str = DROPPED) -> Definitions:
    return planning(assuming(config(journeys={"j": journey}), "marketing"))


def planning(definitions: Definitions) -> Definitions:
    """Plan the event by which products are seen."""
    seen = PlannedEvent("product_viewed", "clickstream", {"product_id": Property("product_id", "string")})
    plan = msgspec.structs.replace(definitions.plan, events={**definitions.plan.events, "product_viewed": seen})
    return msgspec.structs.replace(definitions, plan=plan)


def change(at_ms: int, product: str = "p", offset: int = 0, partition: int = 0) -> Change:
    props = {"product_id": product, "old_price": 20_00, "new_price": 10_00}
    return Change(partition, offset, product, at_ms, (ItemEvent("price_dropped", props, at_ms, f"c{offset}"),))


def adopt(decider: Decider, *changes: Change) -> None:
    assert decider.news is not None
    read = {each.partition: each.offset + 1 for each in changes}
    decider.news.adopt(changes, read)


def viewing(users: int, definitions: Definitions) -> Story:
    story = Story(definitions)
    for number in range(users):
        story.hear(viewed(f"u{number:04}", number))
    return story


def viewed(user: str, at_ms: int, product: str = "p") -> Event:
    return Event(user, "product_viewed", at_ms, f"{user}-{at_ms}", {"product_id": product})


def told(outcomes: list[AnyOutcome]) -> list[tuple[int, str]]:
    return [(each.at_ms, each.user_id) for each in outcomes if isinstance(each, Trigger)]


def test_everyone_who_saw_it_is_told_in_order_of_their_names_however_many() -> None:
    story = viewing(1_500, shop())
    story.hear(viewed("other", 0, "q"))
    adopt(story.decider, change(D))
    assert told(story.wait(D - 1)) == []
    assert told(story.wait(D)) == [(D, f"u{number:04}") for number in range(1_500)]
    assert story.wait(9 * D) == []


def test_a_step_tells_no_more_than_some_and_the_place_says_how_far_it_came() -> None:
    story = viewing(TOLD_AT_ONCE + 1, shop())
    adopt(story.decider, change(D, offset=7))
    assert story.decider.news is not None
    assert (story.decider.next_due_ms, story.decider.news.places()) == (D, {0: (7, "")})
    story.decider.step()
    assert len(told(story.decider.take().outcomes)) == TOLD_AT_ONCE
    assert story.decider.news.places() == {0: (7, f"u{TOLD_AT_ONCE - 1:04}")}
    story.decider.step()
    assert len(told(story.decider.take().outcomes)) == 1
    story.decider.step()
    assert (story.decider.news.places(), story.decider.news.next_ms) == ({0: (8, "")}, 1 << 62)


def test_a_user_is_told_before_what_they_do_later_and_not_again_with_all_others() -> None:
    story = viewing(3, shop())
    adopt(story.decider, change(D))
    assert told(story.hear(viewed("u0001", D, "q"))) == []  # at the same time the event comes first
    assert told(story.hear(viewed("u0002", D + 1, "q"))) == [(D, "u0002")]
    assert told(story.wait(2 * D)) == [(D, "u0000"), (D, "u0001")]


def test_who_sees_a_product_after_its_price_dropped_was_not_concerned() -> None:
    story = viewing(1, shop())
    adopt(story.decider, change(D))
    story.hear(viewed("late", D + 1))
    assert told(story.wait(2 * D)) == [(D, "u0000")]


@pytest.mark.parametrize(("ago_ms", "is_told"), [(30 * D, True), (30 * D + 1, False)])
def test_only_who_saw_it_within_the_time_is_told(ago_ms: int, is_told: bool) -> None:
    story = Story(shop())
    story.hear(viewed("u", 100 * D - ago_ms))
    adopt(story.decider, change(100 * D))
    assert bool(told(story.wait(100 * D))) is is_told
    assert bool(story.profile().heard) is is_told  # who is not concerned needs no note


@pytest.mark.parametrize(("whom", "expected"), [("seen", ["a", "b"]), ("carted", ["b"]), ("bought", ["c"])])
def test_whom_it_is_for(whom: str, expected: list[str]) -> None:
    story = Story(shop(DROPPED.replace("seen", whom)))
    story.hear(viewed("a", 0))
    story.hear(Event("b", "product_added", 0, "e2", {"product_id": "p"}))
    story.hear(Event("c", "product_added", 0, "e3", {"product_id": "q"}))
    bought: list[dict[str, str | int | float | bool]] = [{"products[].product_id": "p"}]
    story.hear(Event("c", "order_completed", 1, "e4", {}, lists={"products": bought}))
    adopt(story.decider, change(H))
    assert [user for _, user in told(story.wait(H))] == expected


def test_timers_and_changes_come_in_order_of_time_and_the_change_first_at_the_same() -> None:
    journey = "enter: {event: viewed}\nexit_on: [price_dropped]\nsteps: [{wait: 1h}, {trigger: mail}]\n"
    left, done = ["ended j: price_dropped"], ["ended j: completed"]
    for due_ms, expected in ((2 * H + 1, left), (2 * H, left), (2 * H - 1, done)):
        story = Story(shop(journey))
        story.hear(viewed("u", 0))
        story.tell(due_ms - H, "viewed")
        adopt(story.decider, change(2 * H))
        assert [word for word in words(story.wait(3 * H)) if word.startswith("ended")] == expected


def test_traits_count_what_they_are_told_and_conditions_read_it() -> None:
    traits = "drops: {count: price_dropped, where: new_price <= 10}\n"
    story = Story(planning(config(traits, {"tempted": "drops >= 2"})))
    story.hear(viewed("u", 0))
    adopt(story.decider, change(H, offset=1), change(2 * H, offset=2))
    assert words(story.wait(2 * H)) == ["entered tempted"]


def test_who_is_erased_is_told_nothing_even_while_others_are() -> None:
    story = viewing(3, shop())
    adopt(story.decider, change(D))
    story.hear(Event("u0001", "erasure_requested", D - 1, "e", {}))
    assert told(story.wait(D)) == [(D, "u0000"), (D, "u0002")]


def test_without_a_journey_that_asks_nothing_is_kept() -> None:
    story = Story(shop("enter: {event: viewed}\nsteps: [{trigger: mail}]\n"))
    story.hear(viewed("u", 0))
    assert (story.decider.news, story.profile().products) == (None, None)


def test_a_trigger_knows_the_prices_and_why_it_was_sent() -> None:
    journey = DROPPED.replace("for_each: seen,", "for_each: seen, key: event.product_id,")
    journey = journey.replace("steps", "capture: {before: event.old_price}\nsteps").replace(
        "trigger: mail", "trigger: mail, with: {item: run.key, before: run.before}"
    )
    story = Story(shop(journey))
    story.hear(viewed("u", 0))
    adopt(story.decider, change(H, offset=5))
    (trigger,) = (each for each in story.wait(H) if isinstance(each, Trigger))
    assert trigger.payload == {"item": "p", "before": {"amount": "20.00", "currency": "USD"}}
    assert trigger.key == "p"


def test_what_one_record_makes_known_competes_whatever_comes_first() -> None:
    mail = "{channel: email, purpose: marketing, template: t, tier: %s}\n"
    definitions = config(
        journeys={
            "cheaper": DROPPED,
            "back": DROPPED.replace("price_dropped", "back_in_stock").replace("mail", "good"),
        },
        actions=f"mail: {mail % 'low'}good: {mail % 'high'}",
        policy="tiers: [high, low]\ncaps: [{channel: email, at_most: 1, within: 1d}]\n",
    )
    story = Story(planning(assuming(definitions, "marketing")))
    story.hear(viewed("u", 0))
    both = change(D)
    adopt(
        story.decider,
        msgspec.structs.replace(both, events=(*both.events, ItemEvent("back_in_stock", {"product_id": "p"}, D, "c0b"))),
    )
    said = words(story.wait(D))
    assert "trigger good" in said
    assert "trigger mail" not in said
    assert "capped mail" in said


def again(story: Story, changes: list[Change]) -> Story:
    """What a successor makes of a state: profiles as they are kept, and how far was told."""
    assert story.decider.news is not None
    other = Story(story.definitions)
    for user, profile in story.profiles.items():
        kept = encode_profile(profile)
        other.profiles[user] = decode_profile(kept)
        assert other.decider.news is not None
        other.decider.news.index.restore(*decode_products(kept))
        other.decider.schedule(user, profile.due_ms)
    assert other.decider.news is not None
    other.decider.news.restore(story.decider.news.places())
    read = {each.partition: each.offset + 1 for each in changes}
    other.decider.news.adopt(changes, read)
    return other


@pytest.mark.parametrize("seed", range(4))
def test_restarts_in_the_middle_change_nothing_of_what_is_told(seed: int) -> None:
    chance = Random(seed)
    users, changes = 200, [change(D, "p", 1), change(D, "q", 2), change(D + H, "p", 3), change(D, "p", 0, partition=1)]
    journey = DROPPED.replace("steps: [", "steps: [{wait: 30m}, ")
    doing = [(D + M * chance.randrange(-30, 200), f"u{chance.randrange(users):04}") for _ in range(60)]

    def lived(*, restarts: bool) -> list[tuple[int, str, str]]:
        story = viewing(users, shop(journey))
        for number in range(0, users, 3):
            story.hear(viewed(f"u{number:04}", H, "q"))
        adopt(story.decider, *changes)
        outcomes = list[AnyOutcome]()
        for at_ms, user in sorted(doing):
            while story.decider.next_due_ms < at_ms:
                story.decider.step()
                outcomes += story.decider.take().outcomes
                if restarts and chance.random() < 0.3:
                    story = again(story, changes)
            outcomes += story.hear(viewed(user, at_ms, "r"))
            story = again(story, changes) if restarts else story
        outcomes += story.wait(3 * D)
        return sorted((each.at_ms, each.user_id, each.id) for each in outcomes if isinstance(each, Trigger))

    assert lived(restarts=True) == lived(restarts=False)


def test_many_users_are_looked_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "CHUNK", 10)
    story = viewing(35, shop())
    adopt(story.decider, change(D))
    assert len(told(story.wait(D))) == 35


def test_what_is_known_already_is_not_adopted_again_and_what_has_gone_leaves_nothing() -> None:
    found = News()
    found.adopt([change(5, offset=3)], {0: 4})
    found.adopt([change(5, offset=3), change(6, offset=9)], {0: 10, 1: 2})
    assert found.take(9) == (change(5, offset=3), [])
    assert found.take(9) == (change(6, offset=9), [])
    assert found.take(9) is None
    assert found.places() == {0: (10, ""), 1: (2, "")}
