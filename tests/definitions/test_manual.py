"""The manual names every word that the readers know, no other, and what its examples say is so."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from stream.definitions import load
from stream.definitions.aggregates import OPERATORS, OPTIONS, OPTIONS_OF
from stream.definitions.expressions import Comparator, Operator
from stream.definitions.manual import conditions, operators, options, picks, values
from stream.definitions.manual.entries import EXAMPLE_ACTIONS, EXAMPLE_PLAN
from stream.definitions.manual.sections import BY_NAME, PAGE, entries_with_examples
from stream.definitions.pick_typing import ASKED
from stream.definitions.picks import PICKS
from stream.definitions.reading import Reader
from stream.definitions.scopes import CART
from stream.definitions.shapes import DERIVED_EVENTS
from stream.definitions.source import YamlNode
from stream.definitions.typing import CONSTANTS, FUNCTIONS
from stream.testkit import scenarios
from stream.testkit.files import read_config
from tests.definitions.config_text import SMALL
from tests.definitions.manual_story import failures

ROOT = Path(__file__).parents[2]
EXAMPLES = entries_with_examples()

Taken = dict[str, list[tuple[set[str], set[str]]]]
"""By what the reader calls it: the fields it needed and those it knew, each time it read one."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_says_is_so(name: str) -> None:
    example = EXAMPLES[name].example
    assert example is not None
    assert failures(example) == []


def words(entries: Iterable[str]) -> set[str]:
    return {word for entry in entries for word in entry.split(", ")}


def test_every_operator_and_option_of_traits_has_an_entry_with_an_example() -> None:
    assert operators.OPERATORS.names() == (*OPERATORS, "value")
    assert set(options.OPTIONS.names()) == {option for known in OPTIONS_OF.values() for option in known}
    assert set(OPTIONS) <= set(options.OPTIONS.names())


def test_every_function_and_operator_of_conditions_has_an_entry_with_an_example() -> None:
    assert set(conditions.FUNCTIONS.names()) == set(FUNCTIONS)
    known = {*get_args(Comparator), *get_args(Operator), "and", "or", "not", "in", "not in", "[ ]"}
    assert words(conditions.OPERATORS.names()) == known
    assert set(values.CART.names()) == {f"cart.{field}" for field in CART}
    assert set(CONSTANTS) <= words(values.VALUES.names())


def test_every_function_of_payloads_has_an_entry_with_an_example_and_every_argument_is_told_of() -> None:
    assert picks.FUNCTIONS.names() == PICKS
    assert set(re.findall(r"^- `(\w+)=", picks.FUNCTIONS.intro, re.MULTILINE)) == set(ASKED)


def test_every_event_that_is_made_here_has_an_entry_with_an_example() -> None:
    section = BY_NAME["derived events"]
    assert set(section.names()) == DERIVED_EVENTS
    assert all(entry.example is not None for entry in section.entries)


def test_a_section_of_words_has_an_example_for_each() -> None:
    for section in (
        operators.OPERATORS,
        options.OPTIONS,
        conditions.FUNCTIONS,
        conditions.OPERATORS,
        values.CART,
        picks.FUNCTIONS,
    ):
        assert [entry.name for entry in section.entries if entry.example is None] == []


def test_every_field_stands_in_an_example() -> None:
    shown = [text for entry in EXAMPLES.values() if entry.example for text in entry.example.files.values()]
    for section in PAGE:
        for entry in section.entries:
            is_shown = any(re.search(rf"(?<!\w){re.escape(entry.name)}:", text) for text in shown)
            assert entry.example is not None or is_shown, f"{entry.name} of {section.name}"


def test_every_operator_says_what_it_keeps_of_a_user_and_how_exact_it_is() -> None:
    assert [entry.name for entry in operators.OPERATORS.entries if not entry.bound] == []


@pytest.fixture(scope="module")
def taken() -> Taken:
    """Return all fields that were asked for while many configs were read."""
    found: Taken = defaultdict(list)
    original = Reader.fields

    def recording(
        self: Reader, node: YamlNode | None, of: str, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, YamlNode]:
        required, optional = tuple(required), tuple(optional)
        found[of].append((set(required), {*required, *optional}))
        return original(self, node, of, required, optional)

    configs = [SMALL, read_config(ROOT / "config"), read_config(ROOT / "tests" / "language")]
    own = {"events.yaml": EXAMPLE_PLAN, "actions.yaml": EXAMPLE_ACTIONS}
    configs += [{**own, **entry.example.files} for entry in EXAMPLES.values() if entry.example is not None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "fields", recording)
        for config in configs:
            load(config)
    return found


def test_the_manual_has_every_field_that_the_readers_know_and_no_other(taken: Taken) -> None:
    known = {of: set[str]().union(*(fields for _, fields in calls)) for of, calls in taken.items()}
    assert {of: known[of] ^ set(BY_NAME[of].names()) for of in known if of in BY_NAME} == {of: set() for of in known}


def test_the_manual_says_which_fields_are_needed(taken: Taken) -> None:
    for of, calls in taken.items():
        needed = set.intersection(*(required for required, _ in calls))
        assert (of, {entry.name for entry in BY_NAME[of].entries if entry.required}) == (of, needed)


def test_the_manual_has_the_fields_of_scenarios() -> None:
    assert BY_NAME["a scenario"].names() == scenarios._SCENARIO_FIELDS
    assert BY_NAME["given"].names() == scenarios._GIVEN_FIELDS
    assert BY_NAME["expect"].names() == scenarios._EXPECT_FIELDS


def test_headings_are_told_apart() -> None:
    assert len({section.title for section in PAGE}) == len(PAGE) == len({section.name for section in PAGE})


def test_an_example_that_says_what_is_not_so_is_told() -> None:
    entry = EXAMPLES["operators: count"]
    assert entry.example is not None
    wrong = type(entry.example)(entry.example.files, entry.example.story.replace("views_7d == 2", "views_7d == 3"))
    assert failures(wrong) == ["6d: views_7d == 3 is not true"]
