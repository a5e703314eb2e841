"""What is not the same in two configs, definition by definition."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from stream.definitions.durations import duration_text
from stream.definitions.journey_shapes import Journey
from stream.definitions.policy_shapes import Action
from stream.definitions.shapes import Definitions, Derived, Segment, Trait
from stream.model.plan import PlannedEvent
from stream.replay.compare.shapes import DefinitionChange, Kind
from stream.replay.review.places import condition_text

_Shape = TypeVar("_Shape")


def definition_changes(a: Definitions, b: Definitions) -> list[DefinitionChange]:
    """Return all definitions that are not the same; what only the description of is different is the same."""
    return [
        *_changes("event", a.plan.events, b.plan.events, _event),
        *_changes("trait", a.traits, b.traits, _trait),
        *_changes("segment", a.segments, b.segments, condition_text),
        *_changes("journey", a.journeys, b.journeys, _journey),
        *_changes("action", a.actions, b.actions, _action),
        *([DefinitionChange("policy", "policy.yaml", "changed")] if a.policy != b.policy else []),
    ]


def _changes(
    kind: Kind, a: Mapping[str, _Shape], b: Mapping[str, _Shape], told: Callable[[_Shape], str]
) -> Iterator[DefinitionChange]:
    for name in sorted(a.keys() | b.keys()):
        one, other = a.get(name), b.get(name)
        if one is None and other is not None:
            yield DefinitionChange(kind, name, "added", b=told(other))
        elif other is None and one is not None:
            yield DefinitionChange(kind, name, "removed", a=told(one))
        elif one is not None and other is not None and _decisive(one) != _decisive(other):
            yield DefinitionChange(kind, name, "changed", told(one), told(other))


def _decisive(shape: object) -> object:
    """Return a definition without its description; beside its text, the frozen tables it was read with are in it."""
    return msgspec.structs.replace(shape, describe="") if isinstance(shape, Segment | Journey) else shape


def _event(event: PlannedEvent) -> str:
    return ", ".join(f"{its.name}: {its.type}" for its in event.properties.values())


def _trait(trait: Trait) -> str:
    if isinstance(trait, Derived):
        return trait.value.text
    fed = f"{trait.event}.{trait.property}" if trait.property else trait.event
    parts = [f"{trait.op}: {fed}"]
    if trait.within_ms is not None:
        parts.append(f"within: {duration_text(trait.within_ms)}")
    if trait.where is not None:
        parts.append(f"where: {trait.where.text}")
    if trait.by is not None:
        parts.append(f"by: {trait.by}")
    return ", ".join(parts)


def _journey(journey: Journey) -> str:
    entered = journey.enter.segment or (journey.enter.event.event if journey.enter.event else "")
    return f"{len(journey.steps)} steps, entered by {entered}"


def _action(action: Action) -> str:
    return f"{action.channel}, {action.purpose}, {action.template}, valid for {duration_text(action.valid_for_ms)}"
