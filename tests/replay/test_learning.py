"""What is decided, and what is learnt of it, is the same however it is batched and whoever decides for whom."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.knowledge.knowledge import Knowledge
from stream.model.events import Event, Scalar
from stream.model.items import NOTHING_NEAR
from stream.model.outcomes import AnyOutcome, Decision, Trigger, encode_outcome
from stream.model.reference import Reference, encode_neighbourhoods, encode_reference
from stream.model.snapshots import read_snapshots, snapshot_lines
from stream.replay import driving
from stream.replay.explaining.retelling import retell
from stream.replay.explaining.snapshots import snapshots_learnt, snapshots_written
from stream.replay.reading import Place
from tests.properties.histories import modest
from tests.replay.learning_shop import H, Several, learnt, shop

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


def days() -> list[Event]:
    """Two days of some users, of whom each does several things a day."""
    rows = [
        (step, "uvwxyz"[(step * 7 + number) % 6], NAMES[(step + 5 * number) % 6], "abc"[(step + number) % 3])
        for step in range(2 * 144)
        for number in range(2)
    ]
    return [event(number, *row) for number, row in enumerate(rows)]


@pytest.mark.parametrize("source", ["learnt again", "written"])
def test_one_users_history_is_retold_as_it_was_decided_among_all(source: str, tmp_path: Path) -> None:
    events, until_ms = days(), 2 * 24 * H
    outcomes, published = learnt(shop(), events, until_ms)
    if source == "written":
        (tmp_path / "references.jsonl").write_bytes(b"\n".join(written(published)))
        snapshots = snapshots_written(tmp_path / "references.jsonl")
    else:
        snapshots = snapshots_learnt(shop(), [(Place(each.time_ms, 1, 0), each) for each in events], until_ms)
    retold = retell(shop(), [each for each in events if each.user == "u"], until_ms, snapshots)
    own = [encode_outcome(outcome) for outcome in outcomes if outcome.user_id == "u"]
    assert [encode_outcome(outcome) for outcome in retold.outcomes] == own
    assert len({one.why.reference for one in outcomes if isinstance(one, Trigger) and one.user_id == "u"}) > 5


def test_a_replay_writes_the_snapshots_by_whose_version_a_reason_can_be_looked_up() -> None:
    outcomes, published = learnt(shop(), days(), 2 * 24 * H)
    read = list(read_snapshots(written(published)))
    assert read == published
    by_version = {each.version: each for each in read}
    for outcome in outcomes:
        if isinstance(outcome, Trigger) and outcome.why.reference:
            found = by_version[outcome.why.reference]
            assert found.effective_ms <= outcome.at_ms < found.effective_ms + H
            assert {pick.reference for pick in outcome.why.picks} <= {found.items.version}


def written(published: list[Reference]) -> list[bytes]:
    lines, before = list[bytes](), NOTHING_NEAR
    for reference in published:
        lines += snapshot_lines(reference, before)
        before = reference.items
    return lines


@modest
@given(histories(), st.sampled_from((1, 2, 5)))
def test_who_is_ahead_by_a_period_decides_the_same_as_who_waits_at_each_barrier(
    events: list[Event], count: int
) -> None:
    """Each snapshot is made only when all have decided what lies before it comes into force."""
    deciders, every_ms = Several(shop(), count), shop().policy.learn_every_ms
    knowledge, found, rest = Knowledge(every_ms), list[AnyOutcome](), list(events)
    until_ms = 3 * 24 * H + 10 * every_ms
    for barrier_ms in range(0, until_ms, every_ms):
        now = [each for each in rest if each.time_ms < barrier_ms + every_ms]
        rest = rest[len(now) :]
        for each in now:
            deciders.decide(each)
        deciders.advance(barrier_ms + every_ms - 1)
        taken = deciders.take()
        found += taken.outcomes
        knowledge.take_in(taken.contributions)
        reference = knowledge.publish(barrier_ms)
        if reference is not None:
            deciders.adopt(reference)
    expected, _ = learnt(shop(), events, until_ms - 1)
    assert sorted(map(encode_outcome, found)) == sorted(map(encode_outcome, expected))
