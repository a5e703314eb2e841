"""Several mistakes are all told, and none makes a further one in what refers to it."""

import pytest

from tests.definitions.config_text import SMALL, edited, problems, problems_of


def test_five_mistakes_in_five_files_are_all_told_each_at_its_line() -> None:
    assert problems(
        {
            **edited("events.yaml", "rating: integer", "rating: int"),
            **edited("traits.yaml", "within: 7d", "within: 7days"),
            **edited("segments/vip.yaml", "spend >= 200", "spent >= 200"),
            **edited("journeys/hello.yaml", "trigger: ad", "trigger: adz"),
            **edited("policy.yaml", "at_most: 1", "at_most: many"),
        }
    ) == [
        "events.yaml:5:50: there is no type 'int'; the types are string, integer, number, boolean, timestamp, money"
        " (did you mean 'integer'?)",
        "journeys/hello.yaml:10:18: there is no action 'adz' (did you mean 'ad'?)",
        "policy.yaml:1:34: at_most must be a whole number of at least 1, not 'many'",
        "segments/vip.yaml:2:7: there is no trait or segment 'spent' (did you mean 'spend'?)",
        "traits.yaml:1:43: '7days' is no duration: write 7d",
    ]


def test_several_mistakes_in_one_file_are_all_told() -> None:
    changed = {"segments/vip.yaml": "describe: [a]\nwhen: spent > 1\nexit: spend\nif: x\n"}
    assert [line.split(": ")[0] for line in problems(changed)] == [
        "segments/vip.yaml:1:11",
        "segments/vip.yaml:2:7",
        "segments/vip.yaml:3:7",
        "segments/vip.yaml:4:1",
    ]


@pytest.mark.parametrize("file", list(SMALL))
def test_a_file_that_cannot_be_read_makes_no_problem_in_another(file: str) -> None:
    assert problems({file: "a: [1\nb: 2\n"}) == [f"{file}:1:4: this '[' is not closed, or a comma is missing in it"]


@pytest.mark.parametrize("file", list(SMALL))
def test_a_file_that_is_a_list_makes_no_problem_in_another(file: str) -> None:
    found = problems({file: "- a\n"})
    assert len(found) == 1
    assert found[0].startswith(f"{file}:1:1: ")


def test_a_trait_of_unknown_type_keeps_those_who_read_it_quiet_and_no_one_else() -> None:
    changed = {**edited("traits.yaml", "sum: order_completed.total", "sum: order_completd.total")}
    changed |= edited("segments/looker.yaml", "views_7d >= 5", "views_7 >= 5")
    assert problems(changed) == [
        "segments/looker.yaml:1:7: there is no trait or segment 'views_7' (did you mean 'views_7d'?)",
        "traits.yaml:3:14: there is no event 'order_completd' (did you mean 'order_completed'?)",
    ]


def test_a_circle_of_segments_is_told_once() -> None:
    changed = edited("segments/vip.yaml", "spend >= 200", "looker or spend >= 200")
    assert problems(changed) == ["segments/looker.yaml:1:7: a circle: 'looker' reads 'vip', 'vip' reads 'looker'"]


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("segment/x.yaml", "segments/x.yaml"),
        ("segments/old/x.yaml", "segments/x.yaml"),
        ("journey/x.yaml", "journeys/x.yaml"),
        ("trait.yaml", "traits.yaml"),
        ("setting.yaml", "settings.yaml"),
        ("segments/x.yml", "segments/x.yaml"),
    ],
)
def test_a_file_that_nobody_reads_is_a_problem_with_the_nearest_place(file: str, place: str) -> None:
    assert problems({file: "a: b\n"}) == [f"{file}:1:1: no definitions are read from here (did you mean {place!r}?)"]


def test_a_definition_needs_a_name_that_expressions_can_use() -> None:
    when = "when: orders > 1\n"
    assert problems({"segments/big-spender.yaml": when, "segments/cart.yaml": when, "segments/aov.yaml": when}) == [
        "segments/aov.yaml:1:1: a trait is named 'aov' already",
        "segments/big-spender.yaml:1:1: 'big-spender' cannot name a segment: use lower-case letters, digits and _"
        " (did you mean 'big_spender'?)",
        "segments/cart.yaml:1:1: 'cart' cannot name a segment: it has a meaning in expressions",
    ]


def test_an_empty_definition_says_so() -> None:
    assert problems({"segments/x.yaml": "# soon\n"}) == ["segments/x.yaml:1:1: this file says nothing"]


def test_a_journey_without_a_trigger_does_nothing() -> None:
    changed = {"journeys/x.yaml": "enter: {segment: vip}\nsteps:\n  - wait: 1d\n  - end: done\n"}
    assert problems(changed) == [
        "journeys/x.yaml:3:3: a journey needs at least one step with a trigger: this one does nothing"
    ]


def test_a_branch_without_arms_and_a_journey_without_steps_are_refused() -> None:
    changed = {"journeys/x.yaml": "enter: {segment: vip}\nsteps: [{trigger: mail}, {branch: []}]\n"}
    changed |= {"journeys/y.yaml": "enter: {segment: vip}\nsteps: []\n", "journeys/z.yaml": "enter: {segment: vip}\n"}
    assert problems(changed) == [
        "journeys/x.yaml:2:35: a branch is an empty list",
        "journeys/y.yaml:2:8: steps is an empty list",
        "journeys/z.yaml:1:1: a journey needs the field 'steps'",
    ]


def test_an_empty_plan_lacks_its_fields_and_nothing_else_is_told() -> None:
    assert problems_of({**SMALL, "events.yaml": "{}"}) == [
        "events.yaml:1:1: events.yaml needs the field 'currency'",
        "events.yaml:1:1: events.yaml needs the field 'topics'",
    ]


def test_names_that_nothing_defines_are_told_beside_one_whose_own_definition_is_wrong() -> None:
    changed = {
        **edited("traits.yaml", "count: product_viewed", "count: product_viewd"),
        "segments/vip.yaml": "when: spent > 1 and views_7d > 3 and not vipp\n",
    }
    told = [line for line in problems(changed) if line.startswith("segments/vip.yaml")]
    assert [line.split(": ")[0] for line in told] == ["segments/vip.yaml:1:7", "segments/vip.yaml:1:42"]
