"""What feeds a trait, as a plain list of entries, one for each occurrence that counts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stream.definitions import expressions as x
from stream.definitions.shapes import Aggregate, Fed
from stream.model.events import Scalar
from tests.oracle.facts import Fact

Holds = Callable[[x.Expr, Mapping[str, Scalar], Fact], bool]
"""Whether a condition on an occurrence is true."""


class Entry(NamedTuple):
    """What one occurrence brings: when, what, for which key, and what was known then."""

    time_ms: int
    value: Scalar
    key: str
    zone: str
    session: int


def entries(trait: Aggregate, facts: Sequence[Fact], holds: Holds) -> list[Entry]:
    """Return what feeds a trait, in the order in which it came."""
    if trait.steps:
        return sequences(trait, facts, holds)[0]
    own = Fed(trait.event, trait.property, trait.where)
    found = []
    for fact in facts:
        found += _fed(trait, own, fact, holds, 1)
        if trait.minus is not None:
            found += _fed(trait, trait.minus, fact, holds, -1)
    return found


def others(trait: Aggregate, facts: Sequence[Fact], holds: Holds) -> list[Entry]:
    """Return what a rate is per, or what closes what is open."""
    if trait.steps:
        return sequences(trait, facts, holds)[1]
    own = Fed(trait.other.event, None, None)
    return [entry for fact in facts for entry in _fed(trait, own, fact, holds, 1)]


def _fed(trait: Aggregate, by: Fed, fact: Fact, holds: Holds, sign: int) -> Iterator[Entry]:
    if fact.name != by.event:
        return
    prop = by.property or ""
    of, is_elements, _ = prop.partition("[]")
    for props in [{**fact.props, **each} for each in fact.lists.get(of, ())] if is_elements else [fact.props]:
        value = fact.time_ms if prop == "at" else 1 if not prop or prop.endswith("[]") else props.get(prop)
        key = props.get(trait.by) if trait.by is not None else ""
        if value is None or key is None or (by.where is not None and not holds(by.where, props, fact)):
            continue
        value = sign if trait.op == "count" else -value if sign < 0 else value
        yield Entry(fact.time_ms, value, str(key), fact.zone, fact.session)


class _Line:
    """The events of one key that sequences are made of, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[set[int], Fact]] = []  # the places an event may take; none where it breaks


def sequences(trait: Aggregate, facts: Sequence[Fact], holds: Holds) -> tuple[list[Entry], list[Entry]]:
    """Return the sequences that were done and those that began, found by searching all ways to put events together."""
    lines: dict[str, _Line] = {}
    done, begun = [], []
    for fact in facts:
        places = {at for at, step in enumerate(trait.steps) if _is(step, fact, holds)}
        breaks = any(_is(step, fact, holds) for step in trait.without)
        key = fact.props.get(trait.by) if trait.by is not None else ""
        for line in [*lines.values()] if key is None else [lines[str(key)]] if str(key) in lines else []:
            if breaks and line.events[-1][1].time_ms <= fact.time_ms:
                line.events.append((set(), fact))
        if not places or key is None or (0 not in places and str(key) not in lines):
            continue
        line = lines.setdefault(str(key), _Line())
        if line.events and fact.time_ms < line.events[-1][1].time_ms:
            continue
        made = Entry(fact.time_ms, 1, "", fact.zone, fact.session)
        span_ms = trait.span_ms or 1 << 61
        if len(trait.steps) - 1 in places and _ends(line.events, len(trait.steps) - 2, fact.time_ms - span_ms):
            done.append(made)
            line.events.append((set(), fact))  # what completes one takes part in no other
            continue
        waiting = _since_break(line.events)
        if 0 in places and not any(0 in its and one.time_ms >= fact.time_ms - span_ms for its, one in waiting):
            begun.append(made)
        line.events.append((places, fact))
    return done, begun


def _is(step: Fed, fact: Fact, holds: Holds) -> bool:
    return fact.name == step.event and (step.where is None or holds(step.where, fact.props, fact))


def _since_break(line: list[tuple[set[int], Fact]]) -> list[tuple[set[int], Fact]]:
    broken = [number for number, (places, _) in enumerate(line) if not places]
    return line[broken[-1] + 1 :] if broken else line


def _ends(line: list[tuple[set[int], Fact]], place: int, oldest_ms: int) -> bool:
    """Tell whether the line up to here holds all steps up to a place in their order, the first not too long ago."""
    line = _since_break(line)
    for at in range(len(line) - 1, -1, -1):
        places, fact = line[at]
        if place in places and (
            (place == 0 and fact.time_ms >= oldest_ms) or (place and _ends(line[:at], place - 1, oldest_ms))
        ):
            return True
    return False
