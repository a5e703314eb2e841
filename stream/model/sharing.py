"""One object for what is held alike, where decoding makes one for each: the process's own, or one a profile.

A number of a bucket stands in every profile of the time, a trait's key in every profile, and the time of a first event
in most of what it has moved. As objects of their own these would take a third of what a profile takes.
"""

from collections.abc import Iterable
from math import copysign
from sys import intern
from typing import TYPE_CHECKING, Final

from stream.model.events import Scalar
from stream.model.states import Buckets, Cell, KeyedBuckets, Moments, TraitState

if TYPE_CHECKING:
    from stream.model.profile import Cart, Profile, Run, Session

NUMBERS_SHARED: Final = 1 << 16
"""Numbers of buckets that are known at once; then they are learnt anew."""

_numbers: Final[dict[int, int]] = {}

_wholes: Final[dict[Scalar, float]] = {float(whole): float(whole) for whole in range(257)}
"""What averages mostly sum up to in a bucket."""


def share_in(profile: "Profile", known_ms: dict[int, int]) -> None:
    """Let a profile hold each time once, those that are known from elsewhere, and likewise the rest it has often."""
    ids, known = dict[str, str](), known_ms.setdefault
    profile.traits = {intern(key): state for key, state in profile.traits.items()}
    _share_states(profile.traits.values(), known_ms, ids)
    profile.due_ms, profile.now_ms = known(profile.due_ms, profile.due_ms), known(profile.now_ms, profile.now_ms)
    profile.ordered_ms = known(profile.ordered_ms, profile.ordered_ms)
    profile.history_until_ms = known(profile.history_until_ms, profile.history_until_ms)
    for membership in profile.memberships.values():
        membership.since_ms = known(membership.since_ms, membership.since_ms)
        membership.next_ms = known(membership.next_ms, membership.next_ms)
        membership.tier = intern(membership.tier)
    for memory in profile.journeys.values():
        memory.ended_ms = known(memory.ended_ms, memory.ended_ms)
        memory.entered_ms = known(memory.entered_ms, memory.entered_ms)
    for cart in profile.carts.values():
        _share_cart(cart, known_ms, ids)
    if profile.session is not None:
        _share_session(profile.session, known_ms, ids)
    for run in profile.runs:
        _share_run(run, known_ms)
    profile.version = intern(profile.version)


def _share_states(states: Iterable[TraitState], known_ms: dict[int, int], ids: dict[str, str]) -> None:
    if len(_numbers) > NUMBERS_SHARED:
        _numbers.clear()
    known = known_ms.setdefault
    for state in states:
        state.event = ids.setdefault(state.event, state.event)
        # A struct's class is found in half the time that `isinstance` takes to say no.
        if type(state) is Buckets:
            state.numbers[:] = map(_numbers.setdefault, state.numbers, state.numbers)
            if state.counts:
                state.values[:] = map(_shared_whole, state.values)
        elif type(state) is KeyedBuckets:
            state.numbers[:] = map(_numbers.setdefault, state.numbers, state.numbers)
        elif type(state) is Cell:
            state.at_ms = known(state.at_ms, state.at_ms)
            # A number that is no time finds no other; True or 1.0 must not be taken for 1.
            if type(state.value) is int:
                state.value = known(state.value, state.value)
        elif type(state) is Moments:
            state.times_ms[:] = map(known, state.times_ms, state.times_ms)


def _shared_whole(value: Scalar) -> Scalar:
    """Return a float as the process holds it; 1 and True equal 1.0, and -0.0 equals 0.0, but are not the same."""
    return _wholes.get(value, value) if type(value) is float and copysign(1, value) > 0 else value


def _share_cart(cart: "Cart", known_ms: dict[int, int], ids: dict[str, str]) -> None:
    known = known_ms.setdefault
    cart.changed_ms = known(cart.changed_ms, cart.changed_ms)
    cart.emptied_ms = known(cart.emptied_ms, cart.emptied_ms)
    cart.event = ids.setdefault(cart.event, cart.event)
    for product, item in cart.items.items():
        item.at_ms = known(item.at_ms, item.at_ms)
        item.product = product


def _share_session(session: "Session", known_ms: dict[int, int], ids: dict[str, str]) -> None:
    known = known_ms.setdefault
    session.event, session.last_event = ids.setdefault(session.event, session.event), intern(session.last_event)
    session.started_ms = known(session.started_ms, session.started_ms)
    session.last_ms = known(session.last_ms, session.last_ms)
    session.page_ms = known(session.page_ms, session.page_ms)
    session.check_ms = known(session.check_ms, session.check_ms)
    session.before_started_ms = known(session.before_started_ms, session.before_started_ms)
    session.before_last_ms = known(session.before_last_ms, session.before_last_ms)


def _share_run(run: "Run", known_ms: dict[int, int]) -> None:
    known = known_ms.setdefault
    run.journey, run.definition, run.step = intern(run.journey), intern(run.definition), intern(run.step)
    run.entered_ms = known(run.entered_ms, run.entered_ms)
    run.wait_ms = known(run.wait_ms, run.wait_ms)
    run.goal_until_ms = known(run.goal_until_ms, run.goal_until_ms)
    run.exit_check_ms = known(run.exit_check_ms, run.exit_check_ms)
    run.waits_since_ms = known(run.waits_since_ms, run.waits_since_ms)
    run.asked_ms = known(run.asked_ms, run.asked_ms)
    run.goal_at_ms = known(run.goal_at_ms, run.goal_at_ms)
    for sent in run.sent:
        sent.action, sent.step = intern(sent.action), intern(sent.step)
        sent.at_ms = known(sent.at_ms, sent.at_ms)
