"""Definitions made ready to run: for each event, just what it touches."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from stream.decision import cart, people
from stream.decision.conditions import Compiler
from stream.decision.explain import CART, IDENTITY, Explainer
from stream.decision.journey_code import JourneyCode, journey_code
from stream.decision.listening import Listeners, listeners
from stream.decision.local_time import zone_reader
from stream.decision.readers import CART_READERS, TraitCode, segment_reader, tier_reader
from stream.decision.reading import Reader
from stream.decision.traits import trait_code
from stream.definitions import expressions as x
from stream.definitions.expressions import ZONE, Expr
from stream.definitions.journey_shapes import ForEach, TriggerStep
from stream.definitions.learning import learns_choices
from stream.definitions.picks import Pick
from stream.definitions.reaching import all_steps
from stream.definitions.responses import learns_habits, response_weights
from stream.definitions.sessions import ENDED, LEFT, STARTED
from stream.definitions.shapes import ITEM_EVENTS, Aggregate, Definitions, Derived, Segment
from stream.model.profile import NEVER, Run, new_profile

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

    @property
    def reads(self) -> frozenset[str]:
        """The names that its conditions read."""
        return frozenset().union(*map(x.names, self.segment.conditions()))


class Handler(msgspec.Struct, frozen=True):
    """What one event touches: the traits it feeds, segments that may change by it, and journeys that listen to it.

    `changed` names all that conditions may read otherwise after it: traits, the cart, and what users say of themselves.
    `response_weight` is what it adds to the user's habits, 0 for what is no response and where nobody asks for them.
    """

    event: str
    traits: tuple[TraitCode, ...]
    segments: tuple[SegmentCode, ...]
    journeys: tuple[JourneyCode, ...]
    changed: frozenset[str]
    changes_cart: bool
    changes_person: bool
    response_weight: int = 0


class Program:
    """All definitions, compiled once at start.

    `reactions` are what each event does, as a function; made by the decider when an event of that name first comes.
    `followed` has of each event that a decision makes the segments of which it matters, None where it matters in any
    case; `concerned` of each event of products that anything names for whom, None for all who remember the product.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.definitions: Final = definitions
        self.zone_of: Final = zone_reader(definitions.plan.timezone)
        aggregates = [trait for trait in definitions.traits.values() if isinstance(trait, Aggregate)]
        self.traits: Final = [trait_code(trait, self.zone_of) for trait in aggregates]
        self.state_keys: Final = frozenset(key for code in self.traits for key in (code.key, *code.further_keys))
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
            name: journey_code(journey, self.compiled, compiler.occurrence)
            for name, journey in definitions.journeys.items()
        }
        self._by_hash: Final = {code.journey.hash: code for code in self.journeys.values()}
        self._by_hash.update(self._pinned(compiler))
        self._ends_by: Final = self._reads_of_exits()
        self.explainer: Final = Explainer(self.compiled, self._state_keys(), definitions.plan.currency)
        self.counts_deliveries: Final = any(cap.counts == "delivered" for cap in definitions.policy.caps)
        self.learns_habits: Final = learns_habits(definitions)
        self._response_weights: Final = response_weights(definitions.plan) if self.learns_habits else {}
        named = self._event_names()
        self.tells_sessions: Final = not named.isdisjoint((ENDED, LEFT))
        by_session = any(code.trait.sessions is not None for code in self.traits)
        follows_sessions = by_session or self.tells_sessions or STARTED in named
        self.local: Final = self.touched(self._local())
        self.dependents: Final = {name: self.touched({name}) for name in definitions.segments}
        self.handlers: Final = {name: self._handler(name) for name in named | {STARTED}}
        self.concerned: Final = {name: self._concerned(name) for name in sorted(ITEM_EVENTS & self.handlers.keys())}
        self.remembers_products: Final = bool(self.concerned) or _picks_products(definitions)
        self.reactions: Final[dict[str, Callable[..., None]]] = {}
        self.followed: Final = {name: self._followed(handler) for name, handler in self.handlers.items()}
        self.newcomers: Final = self._newcomers()
        self.activity: Final = self.definitions.plan.sessions.activity if follows_sessions else frozenset()

    @property
    def learns(self) -> bool:
        """Whether decisions contribute to the knowledge of everyone."""
        return self.learns_habits or self.remembers_products or learns_choices(self.definitions)

    def touched(self, names: Iterable[str]) -> tuple[SegmentCode, ...]:
        """Return the segments that read any of the names, also through other traits and segments, dependents last."""
        reached = set(names)
        for trait in self.definitions.traits.values():
            if isinstance(trait, Derived) and x.names(trait.value) & reached:
                reached.add(trait.name)
        found = []
        for code in self.segments.values():
            if code.reads & reached:
                reached.add(code.segment.name)
                found.append(code)
        return tuple(found)

    def code_of(self, run: Run) -> JourneyCode | None:
        """Return what a run goes by: its journey as it was when the run started or was moved; None if that is gone."""
        return self._by_hash.get(run.definition)

    def listening(self, event: str) -> Listeners:
        """Return the journeys that listen to an event."""
        return listeners(event, self._by_hash.values(), self._by_hash.__contains__)

    def may_end_runs(self, handler: Handler) -> bool:
        """Return whether an event may make the condition true that ends a run, other than by a segment it changes."""
        return bool(handler.changed & self._ends_by)

    def _reads_of_exits(self) -> frozenset[str]:
        """Return all names that conditions which end runs read, also through traits that are made of others."""
        found = {name for code in self._by_hash.values() for name in code.exit_reads}
        for trait in reversed(self.definitions.traits.values()):  # each stands after those it reads
            if isinstance(trait, Derived) and trait.name in found:
                found |= x.names(trait.value)
        return frozenset(found)

    def _pinned(self, compiler: Compiler) -> dict[str, JourneyCode]:
        """Return the older definitions of journeys, made ready for the runs that still go by them."""
        older = [one for one in self.definitions.pinned.values() if one.hash not in self._by_hash]
        return {one.hash: journey_code(one, self.compiled, compiler.occurrence, is_pinned=True) for one in older}

    def _segment(self, order: int, segment: Segment) -> SegmentCode:
        leave = self.compiled(segment.exit) if segment.exit is not None else None
        tests = tuple(self.compiled(tier.when) for tier in segment.tiers if tier.when is not None)
        return SegmentCode(segment.name, segment, order, self.compiled(segment.when), leave, tests, segment.stay_ms)

    def _followed(self, handler: Handler) -> frozenset[str] | None:
        """Return None, unless the event does nothing but let users enter journeys through segments."""
        asked = {code.journey.enter.segment for code in handler.journeys if handler.event not in code.named()}
        if handler.traits or handler.segments or any(handler.event in code.named() for code in handler.journeys):
            return None
        return frozenset(name.partition(".")[0] for name in asked if name is not None)

    def _newcomers(self) -> tuple[SegmentCode, ...]:
        """Return the segments that may hold, now or by time alone, of a profile that has fed no trait of theirs."""
        nobody = new_profile("", spread=False)
        asked = {name: code.enter(nobody, 0) for name, code in self.segments.items()}
        awake = {name for name, (holds, until_ms) in asked.items() if holds is True or until_ms != NEVER}
        awake |= {name for name, code in self.segments.items() if code.tests}
        awake |= {code.name for code in self.touched(awake)}
        return tuple(code for name, code in self.segments.items() if name in awake)

    def _compiler(self) -> Compiler:
        return Compiler(self.readers, {code.trait.name: code for code in self.traits}, self.zone_of)

    def _compile_traits(self) -> None:
        self.readers.update({code.trait.name: code.read for code in self.traits})
        for trait in self.definitions.traits.values():
            if isinstance(trait, Derived):
                self.readers[trait.name] = self._compiler().function(trait.value)

    def _concerned(self, event: str) -> frozenset[ForEach | None]:
        """Return whom an event of products may concern: those of entries, and everyone where it means more."""
        handler = self.handlers[event]
        enters = (code.enter for code in handler.journeys if code.enter is not None and code.enter.event == event)
        entries = [each.for_each for each in enters]
        is_wide = handler.traits or handler.segments or any(event in code.inside() for code in handler.journeys)
        return frozenset({*entries, None} if is_wide else entries)

    def _state_keys(self) -> Mapping[str, tuple[str, ...]]:
        """Return the keys of what each name rests on: states of traits, the cart, what the user said of themselves."""
        keys: dict[str, tuple[str, ...]] = {code.trait.name: (code.key, *code.further_keys) for code in self.traits}
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

    def _local(self) -> set[str]:
        """Return what a change of the user's time zone may change."""
        return {ZONE, *(code.trait.name for code in self.traits if code.trait.op == "streak" or code.trait.calendar)}

    def _event_names(self) -> set[str]:
        named = {event for code in self.traits for event in code.events()}
        named |= self.definitions.plan.events.keys()
        for code in self._by_hash.values():
            named |= code.heard()
        return named | cart.CHANGES | people.EVENTS | set(_CART_EVENTS)

    def _handler(self, event: str) -> Handler:
        changed = {code.trait.name for code in self.traits if code.hears(event)}
        if event in cart.CHANGES:
            changed.add("cart")
        if event == people.IDENTIFY and event in self.definitions.plan.events:
            changed |= self.definitions.plan.events[event].properties.keys()
            changed |= self._local()
        if event == STARTED:  # what was the session before is another one now, and this one will end
            changed |= {code.trait.name for code in self.traits if code.trait.sessions is not None}
        return Handler(
            event,
            tuple(code for code in self.traits if code.hears(event)),
            self.touched(changed) if changed else (),
            tuple(code for code in self._by_hash.values() if event in code.heard()),
            frozenset(changed),
            changes_cart=event in cart.CHANGES,
            changes_person=event in people.EVENTS,
            response_weight=self._response_weights.get(event, 0),
        )


def _picks_products(definitions: Definitions) -> bool:
    return any(isinstance(node, Pick) for node in _payload_values(definitions))


def _payload_values(definitions: Definitions) -> Iterator[Expr | Pick]:
    """Give the values of all payloads, of actions and of steps."""
    for action in definitions.actions.values():
        yield from action.payload.values()
        yield from (action.plain_payload or {}).values()
    for journey in (*definitions.journeys.values(), *definitions.pinned.values()):
        for step in all_steps(journey.steps):
            yield from step.payload.values() if isinstance(step, TriggerStep) else ()
