"""Journeys that events of products start say for whom; what is said wrongly is told with its place."""

import pytest

from stream.definitions import load
from stream.definitions.journey_shapes import ForEach, Heard
from stream.definitions.problems import ConfigRefused
from tests.decision.story import D, config


def journey(enter: str, rest: str = "") -> str:
    return f"enter: {enter}\n{rest}steps: [{{trigger: mail}}]\n"


def heard(enter: str) -> Heard | None:
    return config(journeys={"j": journey(enter)}).journeys["j"].enter.event


def refusals(enter: str, rest: str = "") -> list[str]:
    with pytest.raises(ConfigRefused) as refused:
        config(journeys={"j": journey(enter, rest)})
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("event", ["price_dropped", "back_in_stock"])
@pytest.mark.parametrize("whom", ["seen", "carted", "bought"])
def test_events_of_products_start_journeys_for_each_who_saw_carted_or_bought_them(event: str, whom: str) -> None:
    found = heard(f"{{event: {event}, for_each: {whom}}}")
    assert found is not None
    assert (found.event, found.for_each) == (event, ForEach(whom, None))  # type: ignore[arg-type]  # one of the words


def test_how_long_ago_that_was_at_most_can_be_said() -> None:
    found = heard("{event: price_dropped, for_each: seen, within: 30d}")
    assert found is not None
    assert found.for_each == ForEach("seen", 30 * D)


def test_their_properties_have_types() -> None:
    enter = "{event: price_dropped, for_each: seen, where: new_price < 20 and old_price > 20, key: event.product_id}"
    assert config(journeys={"j": journey(enter, "capture: {before: event.old_price}\n")})
    (wrong,) = refusals("{event: price_dropped, for_each: seen, where: new_prize < 20}")
    assert wrong == "journeys/j.yaml:1:54: price_dropped has no property 'new_prize' (did you mean 'new_price'?)"
    (wrong,) = refusals("{event: back_in_stock, for_each: seen}", "capture: {before: event.old_price}\n")
    assert wrong.startswith("journeys/j.yaml:2:19: back_in_stock has no property 'old_price'")
    (wrong,) = refusals("{event: price_dropped, for_each: seen, where: product_id < 20}")
    assert "product_id" in wrong


def test_without_for_each_it_is_refused_since_a_product_is_nobody() -> None:
    assert refusals("{event: price_dropped}") == [
        "journeys/j.yaml:1:16: price_dropped happens to a product, not to a user:"
        " say for whom, with for_each: seen, carted or bought"
    ]


def test_events_of_one_user_have_no_for_each() -> None:
    assert refusals("{event: viewed, for_each: seen}") == [
        "journeys/j.yaml:1:24: viewed is of one user already:"
        " `for_each` goes with the events of products, back_in_stock and price_dropped"
    ]


def test_an_event_that_is_misspelt_is_said_to_be_that_and_no_more() -> None:
    (wrong,) = refusals("{event: price_droped, for_each: seen}")
    assert wrong.endswith("(did you mean 'price_dropped'?)")


@pytest.mark.parametrize(("said", "meant"), [("views", "seen"), ("order_completed", "bought"), ("cartd", "carted")])
def test_what_is_probably_meant_is_said(said: str, meant: str) -> None:
    assert refusals(f"{{event: price_dropped, for_each: {said}}}") == [
        f"journeys/j.yaml:1:41: for_each can be seen, carted or bought, not {said!r} (did you mean {meant!r}?)"
    ]


def test_within_alone_is_refused() -> None:
    (wrong,) = refusals("{event: viewed, within: 3d}")
    assert wrong == (
        "journeys/j.yaml:1:24: 'within' is how long ago the user saw, carted or bought the product: it needs `for_each`"
    )


def test_a_segment_is_entered_by_one_user() -> None:
    with pytest.raises(ConfigRefused) as refused:
        config("n: {count: viewed}", {"s": "n > 1"}, {"j": journey("{segment: s, for_each: seen}")})
    (wrong,) = map(str, refused.value.problems)
    assert wrong.startswith("journeys/j.yaml:1:21: a segment is entered by one user: `for_each` goes with")


def test_events_of_products_cannot_be_planned() -> None:
    with pytest.raises(ConfigRefused, match="'price_dropped' is made by the decisions themselves"):
        load({"events.yaml": "currency: USD\ntopics: {clickstream: {price_dropped: }}\n"})
