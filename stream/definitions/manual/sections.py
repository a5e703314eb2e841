"""All sections of the manual, in the order of the reference page."""

from typing import Final

from stream.definitions.manual import (
    actions,
    conditions,
    customers,
    derived,
    entering,
    journeys,
    operators,
    options,
    parting,
    picks,
    policy,
    scenarios,
    segments,
    steps,
    tables,
    values,
    waiting,
)
from stream.definitions.manual.entries import Entry, Section

TRAIT: Final = Section("a trait", "", "", (*operators.OPERATORS.entries, *options.OPTIONS.entries))
"""All that a line of `traits.yaml` may hold; a word that is an operator and an option stands here twice."""

PAGE: Final[tuple[Section, ...]] = (
    operators.OPERATORS,
    options.OPTIONS,
    conditions.FUNCTIONS,
    conditions.OPERATORS,
    values.VALUES,
    values.CART,
    segments.SEGMENT,
    journeys.JOURNEY,
    entering.ENTER,
    journeys.EVENT,
    journeys.GOAL,
    journeys.ON_EXIT,
    steps.TRIGGER,
    waiting.WAIT,
    waiting.WAIT_UNTIL,
    waiting.UNTIL,
    waiting.WAIT_FOR,
    parting.BRANCH,
    parting.ARM,
    parting.SPLIT,
    parting.SHARE,
    parting.CHOICE,
    steps.SET,
    steps.GOTO,
    steps.END,
    actions.ACTION,
    picks.FUNCTIONS,
    policy.POLICY,
    policy.CAP,
    policy.QUIET_HOURS,
    policy.GROUP,
    policy.ENTRY,
    policy.HOLDOUT,
    segments.PLAN,
    segments.PROPERTY,
    segments.SESSIONS,
    segments.SEQUENCE_STEP,
    segments.SEASON,
    derived.DERIVED,
    tables.TABLE,
    tables.FITTED,
    customers.MODEL,
    customers.READS,
    customers.PURCHASES,
    customers.ORDER_VALUE,
    scenarios.SCENARIO,
    scenarios.GIVEN,
    scenarios.EXPECT,
)

BY_NAME: Final = {section.name: section for section in (TRAIT, *PAGE)}


def entries_with_examples() -> dict[str, Entry | Section]:
    """Return all that has an example, by a name that tells them apart."""
    found: dict[str, Entry | Section] = {}
    for section in PAGE:
        if section.example is not None:
            found[section.name] = section
        found |= {f"{section.name}: {entry.name}": entry for entry in section.entries if entry.example is not None}
    return found
