"""One user's history given to the product and to the oracle, and the first thing in which they differ."""

from math import isclose
from random import Random

from stream.decision.program import Program
from stream.definitions.expressions import names
from stream.definitions.shapes import Definitions
from stream.model.events import Event, Scalar
from stream.model.profile import NEVER, decode_profile, encode_profile
from tests.oracle.deciding import Deciding, spread_of
from tests.oracle.drawn_histories import D
from tests.oracle.following import CART_EVENTS, Endless, Following
from tests.oracle.instants import next_instant, next_of_trait

BEYOND_MS = 40 * D
EDGES = 4


def first_wrong(program: Program, events: list[Event], *, spread: bool) -> str:
    """Return the first difference between the product and the oracle; "" where there is none."""
    try:
        return _first_wrong(program, events, spread=spread)
    except Endless:
        return ""


def _first_wrong(program: Program, events: list[Event], *, spread: bool) -> str:
    deciding = Deciding(program, Random(len(events)), spread=spread)
    following = Following(program.definitions, spread_of(spread=spread))
    at_once: set[int] = set()
    for event in events:
        if is_late_in_cart(following, event) or is_doubtful(following, event, at_once):
            continue
        following.take(event)
        deciding.take(event)
        now_ms = following.facts.now_ms
        deciding.pass_until(now_ms - 1)
        if wrong := differing(deciding, following, f"after {event.id}"):
            return wrong
        if wrong := wrong_values(deciding, following, now_ms) or wrong_conditions(deciding, following, now_ms):
            return f"after {event.id} at {now_ms}: {wrong}"
    end_ms = following.facts.now_ms + BEYOND_MS
    following.pass_until(end_ms)
    deciding.pass_until(end_ms)
    return differing(deciding, following, "in the end")


def is_doubtful(following: Following, event: Event, at_once: set[int]) -> bool:
    """Tell whether an event comes in the very millisecond of a change by time, and it matters which is first.

    The event is first. Where others come in the same millisecond, or segments read each other, what is seen between
    them is of no interest.
    """
    following.pass_until(event.time_ms - 1)
    now_ms = max(event.time_ms, following.facts.now_ms)
    is_alone = now_ms not in at_once and not reads_segments(following.definitions)
    at_once.add(now_ms)
    return not is_alone and following.next_ms() == now_ms and following.changes_at(now_ms)


def is_late_in_cart(following: Following, event: Event) -> bool:
    """Tell whether an event changes a cart later than it should have, which other tests are about."""
    latest_ms = max((known.time_ms for known in following.facts.of_carts), default=0)
    return event.name in CART_EVENTS and event.time_ms < latest_ms


def reads_segments(definitions: Definitions) -> bool:
    """Tell whether any segment reads another."""
    return any(
        names(node) & definitions.segments.keys() for s in definitions.segments.values() for node in s.conditions()
    )


def differing(deciding: Deciding, following: Following, when: str) -> str:
    """Show the first difference of two lists of changes; which segment's are told first in one instant is all one."""
    made, said = (sorted(its, key=lambda change: change[:2]) for its in (deciding.changes, following.changes))
    pairs = zip([*made, None], [*said, None], strict=False)
    return next((f"{when}: product {one}, oracle {other}" for one, other in pairs if one != other), "")


def wrong_values(deciding: Deciding, following: Following, now_ms: int) -> str:
    """Compare all traits now, and at both sides of the next instant at which time alone might change them."""
    judge = following.judge
    for name, (value, until_ms) in deciding.values(now_ms).items():
        expected = judge.trait(name, now_ms)
        if not same(value, expected):
            return f"{name} product {value}, oracle {expected}"
        edge_ms = next_of_trait(judge, name, now_ms)
        for at_ms in (at_ms for at_ms in (edge_ms - 1, edge_ms, until_ms - 1) if now_ms < at_ms < NEVER - 1):
            read, expected = deciding.values(at_ms)[name][0], judge.trait(name, at_ms)
            if not same(read, expected):
                return f"{name} at {at_ms}: product {read}, oracle {expected}"
            if at_ms < until_ms and not same(value, expected):
                return f"{name} changes at {at_ms}, before {until_ms}: product {value}, oracle {expected}"
    for key in "ac":
        for name, value in deciding.held(now_ms, key).items():
            expected = judge.at_key(name, key, now_ms)
            if not same(value, expected):
                return f"{name}[{key!r}] product {value}, oracle {expected}"
    return ""


def wrong_conditions(deciding: Deciding, following: Following, now_ms: int) -> str:
    """Compare all conditions now, and as time goes by up to when the product promises that they stay as they are."""
    judge, profile = following.judge, encode_profile(deciding.profile)
    for node, read in deciding.conditions():
        value, until_ms = read(decode_profile(profile), now_ms)
        edges_ms = [now_ms]
        while len(edges_ms) < EDGES and edges_ms[-1] < NEVER:
            edges_ms.append(next_instant(judge, node, edges_ms[-1]))
        for at_ms in (at_ms for at_ms in edges_ms if at_ms < until_ms):
            expected = judge.value(node, at_ms) if at_ms < NEVER else value
            if value is not expected:
                return f"{node.text!r} at {at_ms}, before {until_ms}: product {value}, oracle {expected}"
    return ""


def same(one: Scalar | None, other: Scalar | None) -> bool:
    """Compare two values, to the rounding of what is added up in another order."""
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-8)
    return one == other and isinstance(one, bool) == isinstance(other, bool)
