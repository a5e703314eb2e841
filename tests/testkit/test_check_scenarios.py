import pytest

from stream.definitions.problems import Problem
from stream.testkit.check_scenarios import check_scenarios, read_scenarios
from stream.testkit.offsets import START_MS
from tests.testkit.tiny import definitions


def problems_of(text: str, file: str = "segments/waiting.test.yaml") -> list[Problem]:
    return check_scenarios({file: text}, definitions())


def given(event: str, until: str = "1h") -> str:
    return f"- {{name: a, given: [{event}], until: {until}, expect: []}}"


def expecting(outcome: str) -> str:
    return f"- {{name: a, given: [], expect: [{outcome}]}}"


def test_what_is_right_has_no_problems_and_comes_in_total_order() -> None:
    text = given(
        "{at: 9m, event: product_added, with: {product_id: s1, price: 12.5, quantity: 2}}, "
        "{at: 5m, event: product_viewed, with: {rank: 3, promoted: true, listed_at: 1m}}, "
        "{at: 5m, identify: {country: DE}}, {at: 1m, arrives: 6m, event: product_viewed}"
    )
    (checked,), problems = read_scenarios({"segments/waiting.test.yaml": text}, definitions())
    assert problems == []
    arrivals = [((arrival_ms - START_MS) // 60_000, event.name) for arrival_ms, event in checked.arrivals]
    assert arrivals == [(5, "identify"), (5, "product_viewed"), (6, "product_viewed"), (9, "product_added")]
    events = {event.id: event for _, event in checked.arrivals}
    assert events["given-1"].props == {"product_id": "s1", "price": 1250, "quantity": 2}
    assert events["given-2"].props == {"rank": 3, "promoted": True, "listed_at": START_MS + 60_000}
    assert events["given-4"].time_ms == START_MS + 60_000


@pytest.mark.parametrize(
    ("text", "said", "suggestion"),
    [
        (given("{at: 0m, event: product_aded}"), "no event 'product_aded'", "product_added"),
        (
            given("{at: 0m, event: product_added, with: {produkt_id: s1}}"),
            "gives 'product_added' no property 'produkt_id'",
            "product_id",
        ),
        (given("{at: 0m, identify: {contry: DE}}"), "gives 'identify' no property 'contry'", "country"),
        (given("{at: 0m, event: product_added, with: {price: 2}}"), "missing_property: product_id", ""),
        (given("{at: 0m, event: product_added, with: {product_id: s1, price: dear}}"), "wrong_type: price", ""),
        (given("{at: 0m, event: product_added, with: {product_id: s1, price: -1}}"), "out_of_range: price", ""),
        (given("{at: 0m, event: product_viewed, with: {promoted: maybe}}"), "wrong_type: promoted", ""),
        (given("{at: 0m, event: product_viewed, with: {rank: [1]}}"), "plain word, number or text", ""),
        (expecting("{at: 1h, entered: waitin}"), "no segment 'waitin'", "waiting"),
        (expecting("{at: 1h, entered: curious}"), "only what enters and leaves 'waiting'", ""),
        (expecting("{at: 1h, triggered: nudge}"), "only what enters and leaves 'waiting'", ""),
        ("- {name: a, assume_consent: [marketting], given: [], expect: []}", "no action has the purpose", "marketing"),
    ],
)
def test_an_unknown_name_or_a_refused_event_is_a_problem(text: str, said: str, suggestion: str) -> None:
    (problem,) = problems_of(text)
    assert said in problem.message
    assert problem.suggestion == suggestion


def test_a_journey_s_file_lists_its_outcomes_and_no_segment_changes() -> None:
    file = "journeys/recovery.test.yaml"
    assert problems_of(expecting("{at: 1h, triggered: nudge}"), file) == []
    assert "only the outcomes of 'recovery'" in problems_of(expecting("{at: 1h, entered: waiting}"), file)[0].message
    assert (
        problems_of(expecting("{at: 1h, triggered: nudge}, {at: 1h, ended: recovry}"), file)[0].suggestion == "recovery"
    )
    assert problems_of(expecting("{at: 1h, goal: order_complete}"), file)[0].suggestion == "order_completed"


def test_watching_all_any_outcome_may_be_listed() -> None:
    text = "- {name: a, watch: all, given: [], expect: [{at: 1h, entered: curious}, {at: 1h, triggered: nudge}]}"
    assert problems_of(text) == []


def test_a_file_whose_definition_is_not_there_is_a_problem() -> None:
    (problem,) = problems_of(given(""), "segments/wating.test.yaml")
    assert "tests the segment 'wating'" in problem.message
    assert problem.suggestion == "waiting"


def test_a_file_elsewhere_watches_everything() -> None:
    assert problems_of(expecting("{at: 1h, entered: curious}"), "whole-days.test.yaml") == []


def test_all_problems_of_all_files_are_found_at_once() -> None:
    files = {
        "segments/waiting.test.yaml": given("{at: 0m, event: x}, {at: 1m, event: y}"),
        "journeys/recovery.test.yaml": expecting("{at: 1h, triggered: shout}"),
    }
    assert len(check_scenarios(files, definitions())) == 3


def test_a_product_is_what_was_told_of_it_last_and_what_is_not_told_anew_stays() -> None:
    text = given(
        "{at: 0m, product: p1, with: {price: 20, stock: 3, name: Shoe}}, {at: 5m, product: p1, with: {price: 15.5}}"
    )
    (checked,), problems = read_scenarios({"segments/waiting.test.yaml": text}, definitions())
    assert problems == []
    assert [(at_ms - START_MS, name) for at_ms, name, _ in checked.products] == [(0, "p1"), (300_000, "p1")]
    first, second = (product for *_, product in checked.products)
    assert (first.price_minor, second.price_minor, second.stock, second.name) == (20_00, 15_50, 3, "Shoe")


@pytest.mark.parametrize(
    ("event", "said", "suggestion"),
    [
        ("{at: 0m, product: p1, with: {prize: 20}}", "a product has no 'prize'", "price"),
        ("{at: 0m, product: p1, with: {price: much}}", "the product is refused: ", ""),
        ("{at: 0m, product: p1, with: {price: [1]}}", "'price' is a plain word, number or text", ""),
        ("{at: 0m, product: p1, with: {in_stock: maybe}}", "the product is refused: ", ""),
        ("{at: 0m, product: p1, user: u2}", "a product is the same for everyone: 'user' belongs to an event", ""),
        ("{at: 0m, product: p1, event: product_viewed}", "an event needs either `event` or `identify`, or a", ""),
        ("{at: 2h, product: p1}", "this event comes after `until`", ""),
    ],
)
def test_what_is_wrong_with_a_product_is_said(event: str, said: str, suggestion: str) -> None:
    (problem,) = problems_of(given(event))
    assert problem.message.startswith(said)
    assert problem.suggestion == suggestion
    assert problem.spot.line == 1
