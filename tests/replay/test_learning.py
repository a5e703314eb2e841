"""What is decided, and what is learnt of it, is the same however it is batched and whoever decides for whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.model.events import Event, Scalar
from stream.model.outcomes import Decision, Trigger, encode_outcome
from stream.model.reference import encode_neighbourhoods, encode_reference
from stream.replay import driving
from tests.properties.histories import modest
from tests.replay.learning_shop import H, learnt, shop

NAMES = ("visited", "visited", "product_viewed", "product_added", "order_completed", "email_opened")
STEP_MS = 10 * 60_000
"""Every third step is a barrier."""


def event(number: int, step: int, user: str, name: str, product: str) -> Event:
    props: dict[str, Scalar] = {"product_id": product} if name.startswith("product") else {}
    return Event(user, name, step * STEP_MS, f"e{number}", props)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw some hours of a few users, or some days of them."""
    longest = draw(st.sampled_from((20, 400)))
    each = st.tuples(st.integers(0, longest), st.sampled_from("uvwxyz"), st.sampled_from(NAMES), st.sampled_from("abc"))
    rows = sorted(draw(st.lists(each, max_size=60)), key=lambda row: row[0])
    return [event(number, *row) for number, row in enumerate(rows)]


def all_bytes(events: list[Event], deciders: int, batch: int) -> tuple[list[bytes], list[bytes]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driving, "BATCH", batch)
        outcomes, published = learnt(shop(), events, "drained", deciders)
    snapshots = [encode_reference(each) + encode_neighbourhoods(each.items) for each in published]
    return [encode_outcome(outcome) for outcome in outcomes], snapshots


@modest
@given(histories(), st.sampled_from((1, 2, 5)), st.integers(1, 61))
def test_the_outcomes_and_the_snapshots_are_the_same_whatever_the_batches_and_the_deciders(
    events: list[Event], deciders: int, batch: int
) -> None:
    assert all_bytes(events, deciders, batch) == all_bytes(events, 1, 61)


def visits(step: int, first: int, count: int) -> list[Event]:
    return [event(1_000 * step + n, step, f"u{first + n}", "visited", "") for n in range(count)]


def test_what_is_told_before_a_barrier_decides_from_one_period_after_it() -> None:
    events = [*visits(1, 0, 5), *visits(2, 10, 5), *visits(3, 20, 5), *visits(5, 30, 5), *visits(6, 40, 5)]
    outcomes, published = learnt(shop(), events)
    versions = {o.at_ms // STEP_MS: o.why.reference for o in outcomes if isinstance(o, Trigger) and o.arm}
    assert [one.as_of_ms // STEP_MS for one in published] == [3, 6]
    assert [one.effective_ms // STEP_MS for one in published] == [6, 9]
    assert versions == {1: "", 2: "", 3: "", 5: "", 6: published[0].version}


def test_an_arm_that_brings_orders_is_chosen_more_often_once_that_is_known() -> None:
    first, _ = learnt(shop(), visits(1, 0, 300))
    chosen = {o.user_id: o.arm for o in first if isinstance(o, Decision) and o.verdict == "sent" and o.arm}
    orders = [event(n, 2, user, "order_completed", "") for n, (user, arm) in enumerate(chosen.items()) if arm == "ad"]
    events = [*visits(1, 0, 300), *orders, *visits(7, 300, 100)]
    outcomes, _ = learnt(shop(), events)
    later = [o for o in outcomes if isinstance(o, Trigger) and o.arm and o.at_ms == 7 * STEP_MS]
    assert {round(o.propensity or 0, 6) for o in later if o.arm == "ad"} == {0.933333}
    assert sum(o.arm == "ad" for o in later) > 80


def test_everyones_habits_and_neighbours_are_published_too() -> None:
    day = 144
    events = [event(n, 60, f"u{n}", "email_opened", "") for n in range(9)]
    for n in range(9):
        events += [event(100 + 2 * n + k, 61, f"u{n}", "product_viewed", "ab"[k]) for k in range(2)]
    events += [event(200, day + 7, "new", "product_viewed", "a"), event(201, day + 7, "new", "visited", "")]
    outcomes, published = learnt(shop(), events, 7 * H + day * STEP_MS)
    assert published[0].hours[(3 * 24) + 10] > 8  # the first of January 1970 was a Thursday
    picks = [pick for o in outcomes if isinstance(o, Trigger) for pick in o.why.picks if pick.picked == ("b",)]
    assert picks
    assert {pick.reference for pick in picks} <= {one.items.version for one in published}
