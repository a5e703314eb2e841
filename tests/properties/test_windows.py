"""Traits against a plain list of events that come in any order: the rule of windows, to the bucket."""

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.definitions.shapes import Aggregate
from stream.model.events import Event
from stream.model.profile import Profile, decode_profile, encode_profile
from tests.properties.histories import WITHIN_MS, modest, wide_config
from tests.properties.oracle import Oracle

DEFINITIONS = wide_config()
WIDTH_MS = WITHIN_MS // 168
AGGREGATES = [trait for trait in DEFINITIONS.traits.values() if isinstance(trait, Aggregate)]
# Of several values within one bucket, the first to come counts as first: the oracle knows times only.
ANY_ORDER = [trait for trait in AGGREGATES if not (trait.op == "first" and trait.within_ms)]

TIMES = st.one_of(
    st.integers(0, 4 * WITHIN_MS), st.sampled_from((0, WIDTH_MS - 1, WIDTH_MS, WITHIN_MS, WITHIN_MS + WIDTH_MS))
)
MEASURES = st.fixed_dictionaries(
    {},
    optional={
        "n": st.sampled_from((0, 1, -2.5, 3, 0.5)),
        "i": st.integers(-3, 5),
        "m": st.integers(0, 900),
        "s": st.sampled_from(("a", "b", "c")),
        "f": st.booleans(),
        "t": st.integers(0, 40_000),
    },
)
SCATTERED = st.lists(st.tuples(TIMES, MEASURES), min_size=1, max_size=15)
LATER = st.sampled_from((0, 1, WIDTH_MS - 1, WIDTH_MS, WITHIN_MS - 1, WITHIN_MS, WITHIN_MS + 1, WITHIN_MS + WIDTH_MS))


def fed(events: list[Event], *, spread: bool) -> tuple[Decider, Profile]:
    profiles: dict[str, Profile] = {}
    decider = Decider(DEFINITIONS, profiles, spread=spread)
    for event in events:
        decider.decide(event)
    return decider, profiles["u"]


def measures(scattered: list[tuple[int, dict[str, object]]]) -> list[Event]:
    return [Event("u", "measured", at_ms, f"e{number}", props) for number, (at_ms, props) in enumerate(scattered)]


@modest
@given(SCATTERED, LATER, st.booleans())
def test_every_trait_counts_what_its_window_holds_in_whatever_order_it_came(
    scattered: list[tuple[int, dict[str, object]]], later_ms: int, spread: bool
) -> None:
    events = measures(scattered)
    decider, profile = fed(events, spread=spread)
    now_ms = profile.now_ms + later_ms
    oracle = Oracle(DEFINITIONS, events, profile.spread)
    for trait in ANY_ORDER:
        if trait.op == "last" and len({e.time_ms for e in events}) < len(events):
            continue  # at equal time the latest to come is last, which a list in order of time cannot say
        found = decider.program.readers[trait.name](decode_profile(encode_profile(profile)), now_ms)[0]
        assert found == oracle.trait(trait, now_ms), trait.name


@modest
@given(SCATTERED, st.booleans())
def test_an_event_counts_for_its_window_and_at_most_one_bucket_longer(
    scattered: list[tuple[int, dict[str, object]]], spread: bool
) -> None:
    events = measures(scattered)
    decider, profile = fed(events, spread=spread)
    read, encoded = decider.program.readers["count_w"], encode_profile(profile)
    for late_ms in range(0, WITHIN_MS + 3 * WIDTH_MS, WIDTH_MS // 3):
        now_ms = profile.now_ms + late_ms
        least = sum(now_ms - event.time_ms <= WITHIN_MS for event in events)
        most = sum(now_ms - event.time_ms < WITHIN_MS + WIDTH_MS for event in events)
        assert least <= read(decode_profile(encoded), now_ms)[0] <= most


@modest
@given(SCATTERED, LATER, st.booleans())
def test_a_window_and_the_one_before_it_hold_each_event_once(
    scattered: list[tuple[int, dict[str, object]]], later_ms: int, spread: bool
) -> None:
    events = measures(scattered)
    decider, profile = fed(events, spread=spread)
    now_ms, encoded = profile.now_ms + later_ms, encode_profile(profile)
    readers = decider.program.readers
    both = sum(readers[name](decode_profile(encoded), now_ms)[0] for name in ("count_w", "count_all_ended"))
    ends_ms = [((e.time_ms + profile.spread) // WIDTH_MS + 1) * WIDTH_MS - profile.spread for e in events]
    assert both == sum(now_ms < end_ms + 2 * WITHIN_MS for end_ms in ends_ms)


@modest
@given(SCATTERED, st.booleans(), LATER)
def test_a_trait_read_often_says_what_one_read_once_does(
    scattered: list[tuple[int, dict[str, object]]], spread: bool, later_ms: int
) -> None:
    events = measures(scattered)
    decider, profile = fed(events, spread=spread)
    encoded, end_ms = encode_profile(profile), profile.now_ms + later_ms
    for trait in AGGREGATES:
        read = decider.program.readers[trait.name]
        often = decode_profile(encoded)
        for now_ms in range(profile.now_ms, end_ms, 997):
            read(often, now_ms)
        assert read(often, end_ms) == read(decode_profile(encoded), end_ms), trait.name
