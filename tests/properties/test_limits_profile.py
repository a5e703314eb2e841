"""One hostile user: fifty thousand of the worst events that the door lets in must not make a profile a broker refuses.

A profile or an outcome of more than about 1 MiB could not be written; the worker that holds it would stop, and every
worker after it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from stream.decision.decider import Decider
from stream.decision.people import SUPPRESSING
from stream.definitions import load
from stream.definitions.shapes import Aggregate, Definitions
from stream.model.calls import Call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.outcomes import encode_outcome
from stream.model.plan import Property
from stream.model.profile import Profile
from stream.testkit.files import read_config
from tests.decision.story import config
from tests.properties.histories import wide_config

KIB: Final = 1 << 10
OUTCOME_BYTES_MAX: Final = 512 * KIB
SHIPPED: Final = load(read_config(Path(__file__).parents[2] / "config"))
HOUR_MS: Final = 3_600_000
USER: Final = "𝄞" * 64
ALPHABETS: Final = {"longest in UTF-8": "𝄞", "longest in JSON": "\x01"}


def longest_text(definitions: Definitions, filler: str) -> int:
    """Return how many of these characters the door lets into a text property, by trying."""
    planned = next(
        p for p in definitions.plan.events.values() if any(s.type == "string" for s in p.properties.values())
    )
    name = next(spec.name for spec in planned.properties.values() if spec.type == "string")
    codec, length = Codec(definitions.plan), 4_096
    while True:
        call = Call("track", USER, planned.name, 0, {name: filler * length})
        try:
            codec.accept(call, "t/0/0")
        except Rejected as rejected:
            if rejected.reason != "out_of_range":
                return length
            length -= 64
        else:
            return length


class Hostile:
    """A user who fills every property of every event with the longest text that is accepted, each time another."""

    def __init__(self, definitions: Definitions, filler: str, step_ms: int) -> None:
        self._codec = Codec(definitions.plan)
        events = definitions.plan.events
        # What feeds traits and carts comes more often than the rest.
        fed = [trait.event for trait in definitions.traits.values() if isinstance(trait, Aggregate)]
        # Without what would make the profile smaller, or keep the triggers back.
        names = [*(events.keys() - {"erasure_requested", *SUPPRESSING}), *(8 * fed), *(6 * ["product_added"])]
        self._planned = [events[name] for name in sorted(names) if name in events]
        self._purposes = sorted({action.purpose for action in definitions.actions.values()})
        self._filler, self._step_ms = filler, step_ms
        self._longest = longest_text(definitions, filler)
        self._time_ms = 1_700_000_000_000
        self._added = 0

    def events(self, count: int) -> Iterator[Event]:
        """Yield events in order of time, after consents that let triggers through."""
        for purpose in self._purposes:
            yield self._accepted("consent_changed", {"purpose": purpose, "granted": True}, purpose)
        for number in range(count):
            # Now and then a pause, in which a cart is abandoned.
            self._time_ms += self._step_ms if number % 500 else 2 * HOUR_MS
            planned = self._planned[number * 7 % len(self._planned)]
            properties = {name: self._worst(spec, number) for name, spec in planned.properties.items()}
            if planned.name == "product_added":
                # Full carts, one after the other; an order names none of them, and so empties none.
                self._added += 1
                properties["cart_id"] = self._text(1_000_000 + self._added // 250, self._longest)
            yield self._accepted(planned.name, properties, self._text(number, 7 + 249 // len(self._filler.encode())))

    def _accepted(self, name: str, properties: dict[str, object], message_id: str) -> Event:
        given = {"traits" if name == "identify" else "properties": properties}
        event = self._codec.accept(Call("track", USER, name, self._time_ms, message_id=message_id, **given), "cart/0/0")
        assert event is not None
        return event

    def _worst(self, spec: Property, number: int) -> object:
        match spec.type:
            case "list":
                of = (spec.of or {}).items()
                return [{name: self._worst(own, 8 * number + place) for name, own in of} for place in range(8)]
            case "string":
                return None if spec.name == "currency" else self._text(number, self._longest)
            case "integer" | "number":
                return 1_000_000
            case "money":
                return 99_999_999
            case "boolean":
                return True
            case "timestamp":
                return self._time_ms

    def _text(self, number: int, length: int) -> str:
        return f"{number:07d}".ljust(length, self._filler)


def sizes(definitions: Definitions, hostile: Hostile, count: int) -> tuple[int, int]:
    """Return the most bytes that the profile, and that any outcome of it, came to."""
    profiles: dict[str, Profile] = {}
    decider = Decider(definitions, profiles)
    largest_profile = largest_outcome = 0
    for number, event in enumerate(hostile.events(count), 1):
        decider.advance(event.time_ms)
        decider.decide(event)
        for outcome in decider.take().outcomes:
            largest_outcome = max(largest_outcome, len(encode_outcome(outcome)))
        if number % 2_500 == 0:
            largest_profile = max(largest_profile, len(msgspec.msgpack.encode(profiles[USER])))
    return largest_profile, largest_outcome


@pytest.mark.parametrize("filler", ALPHABETS.values(), ids=ALPHABETS)
def test_the_profile_of_a_hostile_user_stays_below_256_kib_with_the_shipped_config(filler: str):
    profile, outcome = sizes(SHIPPED, Hostile(SHIPPED, filler, 30 * 24 * HOUR_MS // 50_000), 50_000)
    assert outcome < OUTCOME_BYTES_MAX
    assert profile < 256 * KIB


def test_traits_of_every_kind_in_windows_of_every_length_stay_bounded_together():
    definitions = wide_config()
    profile, outcome = sizes(definitions, Hostile(definitions, "𝄞", 7), 20_000)
    assert outcome < OUTCOME_BYTES_MAX
    assert profile < 640 * KIB


@pytest.mark.parametrize("trait", ["count: measured, by: s", "sum: measured.m, by: s"])
@pytest.mark.parametrize("window", ["", ", within: 30d", ", within: 1d, ending: 13d"])
def test_no_trait_by_key_keeps_more_than_64_kib_of_one_user(trait: str, window: str):
    assert kept_by(f"one: {{{trait}{window}}}") < 64 * KIB


@pytest.mark.parametrize(
    "trait", ["set: measured.s", "open: measured, until: settled, by: s", "nth: measured.s, n: 100"]
)
def test_no_trait_over_occurrences_keeps_more_than_64_kib_of_one_user(trait: str):
    assert kept_by(f"one: {{{trait}}}") < 64 * KIB


@pytest.mark.parametrize("op", ["first", "last", "distinct", "top", "count", "sum", "avg", "min", "max"])
@pytest.mark.parametrize("window", ["", ", within: 30d"])
def test_no_trait_keeps_more_than_64_kib_of_one_user(op: str, window: str):
    source = {"count": "measured", "first": "measured.s", "last": "measured.s", "distinct": "measured.s"}
    numeric = "measured.s" if op == "top" else "measured.m"
    assert kept_by(f"one: {{{op}: {source.get(op, numeric)}{window}}}") < 64 * KIB


def kept_by(trait: str) -> int:
    """Return how many bytes a trait of the worst user comes to."""
    definitions = config(trait)
    empty = len(msgspec.msgpack.encode(Profile(0, USER, 0)))
    # Carts, consents and identity are judged with the shipped config; here only the trait has something to keep.
    hostile = Hostile(definitions, "𝄞", 30 * 24 * HOUR_MS // 12_000)
    hostile._planned = [definitions.plan.events["measured"]]
    profile, _ = sizes(definitions, hostile, 12_000)
    return profile - empty
