"""Entering and leaving segments."""

from collections.abc import Iterable
from typing import Literal

from stream.decision import tiers
from stream.decision.ids import decided_id
from stream.decision.program import SegmentCode
from stream.decision.turn import Turn
from stream.model.outcomes import SegmentChange, Why
from stream.model.profile import NEVER, Membership, Profile


def evaluate(turn: Turn, codes: Iterable[SegmentCode], cause: str) -> None:
    """Decide the memberships that may have changed, segments in order of dependence."""
    memberships = turn.profile.memberships
    for code in codes:
        decide(turn, code, memberships.get(code.name), cause)


def decide(turn: Turn, code: SegmentCode, membership: Membership | None, cause: str) -> None:
    """Decide one membership as it is now."""
    if code.tests:
        tiers.decide(turn, code, membership, cause)
        return
    if membership is None or not membership.inside:
        _enter_or_not(turn, code, membership, cause)
        return
    if code.stay_ms and turn.now_ms < membership.since_ms + code.stay_ms:
        turn.look_again(membership, membership.since_ms + code.stay_ms)  # nothing is asked of one who stays until then
        return
    if code.leave is None:
        holds, until_ms = code.enter(turn.profile, turn.now_ms)
        leaves = holds is not True
    else:
        holds, until_ms = code.leave(turn.profile, turn.now_ms)
        leaves = holds is True
    if leaves:
        _change(turn, code, membership, "exited", cause)
    else:
        turn.look_again(membership, until_ms)


def wait(turn: Turn, name: str, membership: Membership | None, until_ms: int) -> None:
    """Note that one who is outside stays there until a time, unless an event comes."""
    if membership is None:
        membership = turn.profile.memberships[name] = Membership(False, turn.now_ms, 0)
    turn.look_again(membership, until_ms)


def evaluate_due(turn: Turn, cause: str) -> None:
    """Decide the memberships whose time has come, and what depends on them."""
    segments, now_ms = turn.program.segments, turn.now_ms
    due = [segments[name] for name, m in turn.profile.memberships.items() if m.next_ms <= now_ms]
    dependents = {code.order: code for one in due for code in turn.program.dependents[one.name]}
    if dependents:
        dependents.update({code.order: code for code in due})
        due = [dependents[order] for order in sorted(dependents)]
    elif len(due) > 1:
        due.sort(key=_order)
    evaluate(turn, due, cause)
    note_due(turn.profile)


def note_due(profile: Profile) -> None:
    """Find out when the first membership is to be looked at again."""
    due_ms = NEVER
    for membership in profile.memberships.values():
        if membership.next_ms < due_ms:
            due_ms = membership.next_ms
    profile.memberships_due_ms = due_ms


def forget_removed(turn: Turn) -> None:
    """Drop what a profile keeps of segments and traits that are no longer defined, or defined otherwise."""
    profile, program = turn.profile, turn.program
    if profile.memberships.keys() <= program.segments.keys() and profile.traits.keys() <= program.state_keys:
        return
    for name in profile.memberships.keys() - program.segments.keys():
        turn.put_off = True
        turn.counts.count_member(name, profile.memberships.pop(name), -1)
    for key in profile.traits.keys() - program.state_keys:
        del profile.traits[key]


def _order(code: SegmentCode) -> int:
    return code.order


def _enter_or_not(turn: Turn, code: SegmentCode, membership: Membership | None, cause: str) -> None:
    """Enter where the condition is true (and the one to leave by is not); else note when that may change."""
    profile, now_ms = turn.profile, turn.now_ms
    holds, until_ms = code.enter(profile, now_ms)
    if holds is True and code.leave is not None:
        leaves, leave_until_ms = code.leave(profile, now_ms)
        holds, until_ms = leaves is not True, min(until_ms, leave_until_ms)
    if holds is True:
        _change(turn, code, membership or Membership(False, now_ms, 0), "entered", cause)
    elif membership is not None:
        turn.look_again(membership, until_ms)
    elif until_ms != NEVER:
        noted = profile.memberships[code.name] = Membership(False, now_ms, 0)
        turn.look_again(noted, until_ms)


def _change(
    turn: Turn, code: SegmentCode, membership: Membership, change: Literal["entered", "exited"], cause: str
) -> None:
    """Cross the border of a segment, say so, and find out when time alone leads back."""
    profile, segment = turn.profile, code.segment
    turn.crossed = turn.moved = True
    turn.counts.count_member(code.name, membership, -1)  # where it had tiers before it was redefined, out of its tier
    membership.inside, membership.since_ms, membership.tier = change == "entered", turn.now_ms, ""
    membership.entries += membership.inside
    profile.memberships[segment.name] = membership
    turn.look_only(membership, _may_change_ms(code, membership, profile, turn.now_ms))
    turn.counts.count_member(code.name, membership, 1)
    explained = segment.exit if segment.exit is not None and not membership.inside else segment.when
    turn.outcomes.append(
        SegmentChange(
            id=decided_id("segment", segment.hash, profile.lifetime, membership.entries, change),
            user_id=profile.user,
            at_ms=turn.now_ms,
            segment=segment.name,
            change=change,
            cause=cause,
            version=segment.hash,
            why=Why(cause, turn.program.explainer.leaves(explained, profile, turn.now_ms), definition=segment.hash),
        )
    )
    turn.add(f"segment_{change}", {"segment": segment.name}, cause)


def _may_change_ms(code: SegmentCode, membership: Membership, profile: Profile, now_ms: int) -> int:
    """Return when time alone may lead across the border again; outside, both conditions have a say."""
    if code.stay_ms and membership.inside:
        return membership.since_ms + code.stay_ms
    if code.leave is None:
        return code.enter(profile, now_ms)[1]
    leave_until_ms = code.leave(profile, now_ms)[1]
    return leave_until_ms if membership.inside else min(code.enter(profile, now_ms)[1], leave_until_ms)
