"""The places a config has for its users: segments by name, with what each reads, and what of it a history feeds."""

from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from stream.definitions import expressions as x
from stream.definitions.durations import duration_text
from stream.definitions.shapes import Aggregate, Definitions, Derived, Segment, Trait
from stream.model.outcomes import SegmentChange
from stream.replay.review.census_shapes import EventFill
from stream.replay.review.shapes import Relation

_CART_EVENTS: Final = ("product_added", "product_removed", "order_completed")


class Place(msgspec.Struct, frozen=True):
    """A segment, or a tier of one (`stage.retention`).

    Its condition is told as text and in parts; `reads` are all names it rests on, also through traits and segments.
    """

    name: str
    describe: str
    condition: str
    reads: frozenset[str]
    parts: tuple[x.Expr, ...]


def places_of(definitions: Definitions) -> list[Place]:
    """Return the places of a config, segments in order of name, tiers in their own."""
    return [place for _, segment in sorted(definitions.segments.items()) for place in _places(segment, definitions)]


def crossings(change: SegmentChange) -> Iterator[tuple[str, bool]]:
    """Yield the places a change leads out of and into."""
    for place, crossed in change.crossed():
        yield place, crossed == "entered"


def conditions_of(definitions: Definitions, place: str) -> tuple[x.Expr, ...]:
    """Return the conditions that decide about entering a place."""
    name, _, tier = place.partition(".")
    return definitions.segments[name].leading_to(tier)


def condition_text(segment: Segment) -> str:
    """Return how members of a segment, or of its tiers, come and go."""
    tiers = (f"{tier.name}: {tier.when.text if tier.when is not None else 'otherwise'}" for tier in segment.tiers)
    text = "; ".join(tiers) or segment.when.text
    text += f"; leaves when {segment.exit.text}" if segment.exit is not None else ""
    return text + (f"; stays at least {duration_text(segment.stay_ms)}" if segment.stay_ms else "")


def _places(segment: Segment, definitions: Definitions) -> Iterator[Place]:
    reads = rests_on(segment.conditions(), definitions)
    for tier in segment.tiers:
        condition = tier.when.text if tier.when is not None else "otherwise"
        parts = tuple(_parts(tier.when)) if tier.when is not None else ()
        yield Place(f"{segment.name}.{tier.name}", segment.describe, condition, reads, parts)
    if not segment.tiers:
        yield Place(segment.name, segment.describe, condition_text(segment), reads, tuple(_parts(segment.when)))


def _parts(node: x.Expr) -> Iterator[x.Expr]:
    """Yield the comparisons of a condition."""
    if isinstance(node, x.Logic | x.Not):
        for part in x.children(node):
            yield from _parts(part)
    else:
        yield node


def rests_on(conditions: Collection[x.Expr], definitions: Definitions) -> frozenset[str]:
    """Return every name that expressions read, also through traits and segments."""
    found: set[str] = set()
    waiting = [name for condition in conditions for name in x.names(condition)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        trait, segment = definitions.traits.get(name), definitions.segments.get(name)
        if isinstance(trait, Derived):
            waiting += x.names(trait.value)
        if segment is not None:
            waiting += [read for condition in segment.conditions() for read in x.names(condition)]
    return frozenset(found)


def relations(place: Place, definitions: Definitions) -> dict[str, Relation]:
    """Return how traits that are not foreign to a place's condition relate to it."""
    found: dict[str, Relation] = dict.fromkeys(place.reads, "own")
    feeding = {name: _events(trait, definitions) for name, trait in definitions.traits.items()}
    events = frozenset().union(*(feeding[name] for name in place.reads & feeding.keys()))
    for name, fed in feeding.items():
        if name not in found and fed and fed <= events:
            found[name] = "same_event"
    return found


def _events(trait: Trait, definitions: Definitions) -> frozenset[str]:
    """Return the events that feed a trait, also through others."""
    names = rests_on([trait.value], definitions) if isinstance(trait, Derived) else {trait.name}
    read = (definitions.traits.get(name) for name in names)
    return frozenset(its.event for its in read if isinstance(its, Aggregate))


def unfed_names(definitions: Definitions, fills: Collection[EventFill]) -> frozenset[str]:
    """Return the traits, the properties of `identify` and, as `cart`, the cart that a history never fed."""
    filled = {(event.name, its.name) for event in fills for its in event.properties if its.rows}
    seen = {event.name for event in fills if event.rows}
    seen |= {"segment_entered", "segment_exited", "trigger_sent", "consent_withdrawn"}
    carts = seen.intersection(_CART_EVENTS)
    seen |= {"cart_changed", "cart_emptied"} if carts else set()
    unfed = {"cart"} if not carts else set()
    identify = definitions.plan.events.get("identify")
    unfed |= {name for name in (identify.properties if identify else ()) if ("identify", name) not in filled}
    for trait in definitions.traits.values():  # each comes after those it reads
        if isinstance(trait, Derived):
            is_fed = not x.names(trait.value) & unfed
        elif isinstance(trait, Aggregate):
            named = trait.property if trait.property != "at" else None
            is_fed = trait.event in seen and (
                named is None or trait.event not in definitions.plan.events or (trait.event, named) in filled
            )
        if not is_fed:
            unfed.add(trait.name)
    return frozenset(unfed)
