"""Moving between the tiers of a segment: everyone is in one, the first whose condition is true."""

from typing import Literal

from stream.decision.ids import decided_id
from stream.decision.program import SegmentCode
from stream.decision.reading import Reader
from stream.decision.turn import Turn
from stream.model.outcomes import SegmentChange, Why
from stream.model.profile import NEVER, Membership, Profile


def decide(turn: Turn, code: SegmentCode, membership: Membership | None, cause: str) -> None:
    """Decide which tier a profile is in now."""
    profile, now_ms = turn.profile, turn.now_ms
    if membership is None:
        membership = profile.memberships[code.name] = Membership(False, now_ms, 0)
    held = _held(code, membership, now_ms)
    place, until_ms = first_true(code.tests[:held], profile, now_ms)
    tier = code.segment.tiers[place].name
    if membership.tier != tier or not membership.inside:
        _move(turn, code, membership, tier, cause)
        held = _held(code, membership, now_ms)
        until_ms = first_true(code.tests[:held], profile, now_ms)[1]
    if held < len(code.tests):
        until_ms = min(until_ms, membership.since_ms + code.stay_ms)
    turn.look_again(membership, until_ms)


def _held(code: SegmentCode, membership: Membership, now_ms: int) -> int:
    """Return the place of the tier a profile stays in at least for now: of the tests, only those before it are asked.

    Where nothing holds it, or nothing is left to fall to, that is the place after all tests.
    """
    if code.stay_ms and membership.inside and now_ms < membership.since_ms + code.stay_ms:
        for place, tier in enumerate(code.segment.tiers):
            if tier.name == membership.tier:
                return place
    return len(code.tests)


def first_true(tests: tuple[Reader, ...], profile: Profile, now_ms: int) -> tuple[int, int]:
    """Return the place of the first test that is true (one past the last where none is), and when that may change."""
    until_ms = NEVER
    for place, test in enumerate(tests):
        holds, changes_ms = test(profile, now_ms)
        if changes_ms < until_ms:
            until_ms = changes_ms
        if holds is True:
            return place, until_ms
    return len(tests), until_ms


def _move(turn: Turn, code: SegmentCode, membership: Membership, tier: str, cause: str) -> None:
    """Cross the border between two tiers, and say so."""
    profile, segment = turn.profile, code.segment
    turn.crossed = turn.moved = True
    before = membership.tier if membership.inside else ""
    if before:
        names = {tier.name for tier in segment.tiers}  # those that were removed are forgotten
        left_ms = {name: at_ms for name, at_ms in (membership.left_ms or {}).items() if name in names}
        membership.left_ms = left_ms | ({before: turn.now_ms} if before in names else {})
    turn.counts.count_member(code.name, membership, -1)
    membership.inside, membership.since_ms, membership.tier = True, turn.now_ms, tier
    membership.entries += 1
    turn.counts.count_member(code.name, membership, 1)
    leaves = turn.program.explainer.leaves_of(segment.leading_to(tier), profile, turn.now_ms)
    change: Literal["entered", "moved"] = "moved" if before else "entered"
    turn.outcomes.append(
        SegmentChange(
            id=decided_id("segment", segment.hash, profile.lifetime, membership.entries, change),
            user_id=profile.user,
            at_ms=turn.now_ms,
            segment=code.name,
            change=change,
            from_=before,
            to=tier,
            cause=cause,
            version=segment.hash,
            why=Why(cause, leaves, definition=segment.hash),
        )
    )
    if before:
        turn.add("segment_exited", {"segment": code.name, "tier": before}, cause)
    turn.add("segment_entered", {"segment": code.name, "tier": tier}, cause)
