import pytest

from tests.definitions.config_text import edited, loaded, problems

LINES = "products: [{sku: string, quantity: integer, price: money}]"

CASES = [
    ("products: |[]", "a list is written with what each element has, as in [{product_id: string}]"),
    ("products: |[string]", "a list is written with what each element has, as in [{product_id: string}]"),
    ("products: |[{}]", "a list is written with what each element has, as in [{product_id: string}]"),
    (
        "products: |[{sku: string}, {price: money}]",
        "a list is written with what each element has, as in [{product_id: string}]",
    ),
    (
        "products: [{sku: |strng}]",
        "there is no type 'strng'; the types are string, integer, number, boolean, timestamp, money"
        " (did you mean 'string'?)",
    ),
    ("products: [{sku: string, tags: |[{tag: string}]}]", "an element of a list has no lists"),
    ("products: [{|at: timestamp}]", "'at' cannot name a property: it names the event's time"),
    (
        "products: [{price: {type: money, currency: |curency}}]",
        "there is no property 'curency' in this event (did you mean 'currency'?)",
    ),
    ("products: [{price: {type: money, |mini: 1}}]", "a property has no field 'mini' (did you mean 'min'?)"),
]


@pytest.mark.parametrize(("line", "problem"), CASES)
def test_each_mistake_in_a_list_is_one_line_at_its_place(line: str, problem: str) -> None:
    changes = edited("events.yaml", LINES, line.replace("|", ""))
    assert problems(changes) == [f"events.yaml:13:{line.index('|') + 7}: {problem}"]


def test_what_users_say_of_themselves_has_no_lists() -> None:
    people = "    consent_changed:"
    changes = edited("events.yaml", people, f"    identify: {{pets: [{{name: string}}]}}\n{people}")
    assert problems(changes) == [
        "events.yaml:15:22: identify has no lists: of what users say of themselves, each is one value"
    ]


def test_the_elements_properties_are_named_by_their_list() -> None:
    planned = loaded().plan.events["order_completed"].properties["products"]
    assert planned.type == "list"
    assert planned.of is not None
    assert [(key, its.name, its.type) for key, its in planned.of.items()] == [
        ("sku", "products[].sku", "string"),
        ("quantity", "products[].quantity", "integer"),
        ("price", "products[].price", "money"),
    ]
