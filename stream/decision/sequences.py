"""Sequences: how often certain events came one after another, each time from the latest beginning there is.

Of each step is kept when the latest that has come so far began, for each key. What completes a sequence ends all that
is under way of its key, and takes part in no other: they are counted one after another, never interleaved. An event
from before the latest of its key comes too late to be put in its place, and is passed over.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from stream.decision.reading import Feed, Occurrence, Test, Update
from stream.decision.tallies import value_name
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Partials

KEYS_KEPT: Final = 64
"""Keys of which sequences are under way: for a further one, the one longest without an event is forgotten."""

UNLIMITED: Final = NEVER >> 1
"""A span, in milliseconds, within which everything lies."""

_NONE: Final = -NEVER


class Step(msgspec.Struct, frozen=True):
    """A step by its place, -1 for what must not come between, and the condition on its event."""

    place: int
    test: Test | None


class SequenceRule(msgspec.Struct, frozen=True):
    """Where a sequence keeps what is under way, how many steps it has, and what is told when one begins and is done."""

    key: str
    steps: int
    span_ms: int
    by: str | None
    done: Update
    begun: Update | None


def sequence_feeds(
    rule: SequenceRule, steps: Sequence[tuple[str, Test | None]], without: Sequence[tuple[str, Test | None]]
) -> tuple[tuple[str, Feed], ...]:
    """Return for each event what it does to a sequence: all its steps at once, the last one first."""
    by_event: dict[str, list[Step]] = {}
    for event, test in without:
        by_event.setdefault(event, []).append(Step(-1, test))
    for place in range(len(steps) - 1, -1, -1):
        event, test = steps[place]
        by_event.setdefault(event, []).append(Step(place, test))
    return tuple((event, _feed(rule, tuple(its))) for event, its in by_event.items())


def _feed(rule: SequenceRule, steps: tuple[Step, ...]) -> Feed:
    begins = any(step.place == 0 for step in steps)

    def feed(profile: Profile, occurrence: Occurrence) -> bool:
        partials = profile.traits.get(rule.key)
        if partials is None and not begins:
            return False
        props, time_ms = occurrence.props, occurrence.time_ms
        places = [step.place for step in steps if step.test is None or step.test(props, time_ms, profile)[0] is True]
        if not places:
            return False
        if not isinstance(partials, Partials):
            partials = profile.traits[rule.key] = Partials({}, {}, "")
        time_ms = min(time_ms, profile.now_ms)
        key = _key(rule, props)
        if -1 in places:
            _break(partials, key, time_ms)
        if key is None or places[-1] < 0 or partials.last_ms.get(key, time_ms) > time_ms:
            return False
        return _advance(rule, profile, partials, key, (places, time_ms, occurrence.id))

    return feed


def _key(rule: SequenceRule, props: Mapping[str, Scalar]) -> str | None:
    """Return the key of an event, None where it has none."""
    if rule.by is None:
        return ""
    value = props.get(rule.by)
    return None if value is None else value_name(value)


def _break(partials: Partials, key: str | None, time_ms: int) -> None:
    """End what is under way of a key; an event without a key breaks all."""
    for name in (key,) if key is not None else tuple(partials.began_ms):
        if name in partials.began_ms and partials.last_ms[name] <= time_ms:
            partials.began_ms[name] = [_NONE] * len(partials.began_ms[name])
            partials.last_ms[name] = time_ms


def _advance(
    rule: SequenceRule, profile: Profile, partials: Partials, key: str, moved: tuple[list[int], int, str]
) -> bool:
    """Let an event be each of the steps it may be, from the last to the first, unless it completes a sequence.

    Return whether what is counted of sequences has changed.
    """
    places, time_ms, event = moved
    began_ms = partials.began_ms.get(key)
    if began_ms is None and 0 not in places:
        return False
    oldest_ms = time_ms - rule.span_ms
    began_ms = began_ms or [_NONE] * (rule.steps - 1)
    is_under_way, done = max(began_ms) >= oldest_ms, False
    for place in places:
        if place > 0 and began_ms[place - 1] >= oldest_ms:
            done = place == rule.steps - 1
            if done:
                break
            began_ms[place] = max(began_ms[place], began_ms[place - 1])
        elif place == 0:
            began_ms[0] = time_ms
    _keep(partials, key, [_NONE] * len(began_ms) if done else began_ms, time_ms)
    partials.event = event
    if done:
        rule.done(profile, 1, time_ms, event)
        return True
    if 0 in places and not is_under_way and rule.begun is not None:
        rule.begun(profile, 1, time_ms, event)
        return True
    return False


def _keep(partials: Partials, key: str, began_ms: list[int], time_ms: int) -> None:
    partials.began_ms.pop(key, None)
    partials.last_ms.pop(key, None)
    partials.began_ms[key], partials.last_ms[key] = began_ms, time_ms
    if len(partials.began_ms) > KEYS_KEPT:
        forgotten = next(iter(partials.began_ms))
        del partials.began_ms[forgotten], partials.last_ms[forgotten]
