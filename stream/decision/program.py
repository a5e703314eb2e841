"""Definitions made ready to run: for each event, just what it touches."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from stream.decision import cart, people
from stream.decision.conditions import Compiler
from stream.decision.explain import CART, IDENTITY, Explainer
from stream.decision.readers import CART_READERS, segment_reader, tier_reader
from stream.decision.reading import Feed, Reader, Update
from stream.decision.steps import Instruction, instructions
from stream.decision.traits import trait_code
from stream.definitions import expressions as x
from stream.definitions.shapes import Aggregate, Definitions, Derived, Journey, Segment

_CART_EVENTS: Final = ("cart_changed", "cart_emptied")


class SegmentCode(msgspec.Struct, frozen=True):
    """One segment, ready to run; `order` is its place among all, after those it reads.

    `tests` are the conditions of its tiers, if it has any: the last tier has none. Members stay at least `stay_ms`.
    """

    name: str
    segment: Segment
    order: int
    enter: Reader
    leave: Reader | None
    tests: tuple[Reader, ...] = ()
    stay_ms: int = 0


class JourneyCode(msgspec.Struct, frozen=True):
    """One journey, ready to run."""

    journey: Journey
    instructions: tuple[Instruction, ...]


class Handler(msgspec.Struct, frozen=True):
    """What one event touches: trait updates, segments that may change by it, and journeys that listen to it.

    Each update goes with the property it is fed, or with nothing where it is fed the event's time; `feeds` take what
    they need of the occurrence.
    """

    updates: tuple[tuple[str, Update], ...]
    feeds: tuple[Feed, ...]
    segments: tuple[SegmentCode, ...]
    journeys: tuple[JourneyCode, ...]
    changes_cart: bool
    changes_person: bool


IDLE: Final = Handler((), (), (), (), changes_cart=False, changes_person=False)
"""What an event touches that no definition names."""


class Program:
    """All definitions, compiled once at start."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions: Final = definitions
        self._traits = [trait_code(t) for t in definitions.traits.values() if isinstance(t, Aggregate)]
        self.state_keys: Final = frozenset(key for code in self._traits for key in (code.key, code.further_key) if key)
        self.readers: Final[dict[str, Reader]] = {f"cart.{name}": read for name, read in CART_READERS.items()}
        self._compile_traits()
        for name, segment in definitions.segments.items():
            self.readers[name] = tier_reader(name) if segment.tiers else segment_reader(name)
        compiler = self._compiler()
        self.compiled = compiler.function
        self.segments: Final = {
            segment.name: self._segment(order, segment) for order, segment in enumerate(definitions.segments.values())
        }
        self.journeys: Final = {
            name: JourneyCode(journey, instructions(journey, self.compiled))
            for name, journey in definitions.journeys.items()
        }
        self.explainer: Final = Explainer(self.compiled, self._state_keys(), definitions.plan.currency)
        self.dependents: Final = {name: self.touched({name}) for name in definitions.segments}
        self.handlers: Final = {name: self._handler(name) for name in self._event_names()}

    def touched(self, names: Iterable[str]) -> tuple[SegmentCode, ...]:
        """Return the segments that read any of the names, also through other traits and segments, dependents last."""
        reached = set(names)
        for trait in self.definitions.traits.values():
            if isinstance(trait, Derived) and x.names(trait.value) & reached:
                reached.add(trait.name)
        found = []
        for code in self.segments.values():
            if reached & frozenset().union(*map(x.names, code.segment.conditions())):
                reached.add(code.segment.name)
                found.append(code)
        return tuple(found)

    def _segment(self, order: int, segment: Segment) -> SegmentCode:
        leave = self.compiled(segment.exit) if segment.exit is not None else None
        tests = tuple(self.compiled(tier.when) for tier in segment.tiers if tier.when is not None)
        return SegmentCode(segment.name, segment, order, self.compiled(segment.when), leave, tests, segment.stay_ms)

    def _compiler(self) -> Compiler:
        return Compiler(self.readers, {code.trait.name: code for code in self._traits})

    def _compile_traits(self) -> None:
        self.readers.update({code.trait.name: code.read for code in self._traits})
        for trait in self.definitions.traits.values():
            if isinstance(trait, Derived):
                self.readers[trait.name] = self._compiler().function(trait.value)

    def _state_keys(self) -> Mapping[str, tuple[str, ...]]:
        """Return the keys of what each name rests on: states of traits, the cart, what the user said of themselves."""
        keys: dict[str, tuple[str, ...]] = {
            code.trait.name: (code.key, code.further_key) if code.further_key else (code.key,) for code in self._traits
        }
        planned = self.definitions.plan.events.get(people.IDENTIFY)
        said = planned.properties.keys() if planned is not None else ()
        keys = {**dict.fromkeys((*said, x.ZONE), (IDENTITY,)), CART: (CART,), **keys}

        def rest_on(*read: x.Expr) -> tuple[str, ...]:
            return tuple(sorted({key for node in read for name in x.names(node) for key in keys.get(name, ())}))

        for trait in self.definitions.traits.values():
            if isinstance(trait, Derived):
                keys[trait.name] = rest_on(trait.value)
        for segment in self.definitions.segments.values():
            keys[segment.name] = rest_on(*segment.conditions())
        return keys

    def _event_names(self) -> set[str]:
        named = {event for code in self._traits for event in code.events()}
        named |= self.definitions.plan.events.keys()
        for code in self.journeys.values():
            named |= _heard(code)
        return named | cart.CHANGES | people.EVENTS | set(_CART_EVENTS)

    def _handler(self, event: str) -> Handler:
        changed = {code.trait.name for code in self._traits if code.hears(event)}
        if event in cart.CHANGES:
            changed.add("cart")
        if event == people.IDENTIFY and event in self.definitions.plan.events:
            changed |= self.definitions.plan.events[event].properties.keys()
            changed |= {code.trait.name for code in self._traits if code.trait.op == "streak"}  # by local days
        return Handler(
            tuple((fed, update) for code in self._traits for name, fed, update in code.updates if name == event),
            tuple(feed for code in self._traits for name, feed in code.feeds if name == event),
            self.touched(changed) if changed else (),
            tuple(code for code in self.journeys.values() if event in _heard(code)),
            changes_cart=event in cart.CHANGES,
            changes_person=event in people.EVENTS,
        )


def _heard(code: JourneyCode) -> set[str]:
    """Return the events a journey listens to."""
    journey = code.journey
    heard = set(journey.exit_on) | {name for step in code.instructions for name in step.if_none}
    heard |= {journey.enter.event} if journey.enter.event else {"segment_entered"}
    return heard | ({journey.goal.event} if journey.goal else set())
