"""The gates that depend on what else is sent to a user, and when: caps, quiet hours, mutual exclusion."""

from collections.abc import Iterable
from typing import Final

import msgspec

from stream.decision.local_time import period_begins_ms, period_number
from stream.decision.plausible_zones import plausible_zones
from stream.decision.quiet_hours import quiet_until_ms
from stream.decision.turn import Turn
from stream.definitions.policy_shapes import TIMES_KEPT, Action, Cap, Exclusion, Of, Policy
from stream.model.outcomes import Stage, Verdict
from stream.model.profile import NEVER

DELIVERED: Final = "delivered "
"""How the places begin where a cap counts what was delivered."""

UNDELIVERED_KEPT: Final = 64
"""Triggers of a user of which the delivery is awaited, where a cap counts that."""

_DAYS: Final = {"day": 1, "week": 7, "month": 31}
_DAY_MS: Final = 86_400_000


class Shut(msgspec.Struct, frozen=True):
    """A gate that is shut: the verdict where nothing is done about it; or until when to wait, or that the run ends."""

    verdict: Verdict
    until_ms: int = NEVER
    waits: bool = False
    ends: bool = False


def concerns(of: Of, action: Action, journey: str) -> bool:
    """Return whether an action of a journey is among the triggers meant."""
    match of.kind:
        case "channel":
            return action.channel == of.name
        case "tag":
            return of.name in action.tags
        case "journey":
            return journey == of.name
        case "action":
            return action.name == of.name


def look_for_room(turn: Turn, action: Action, journey: str, stages: list[Stage]) -> tuple[Shut | None, list[str]]:
    """Return the first gate that is shut, None where all are open, and how the caps stand."""
    states, shut = _caps(turn, action, journey)
    if states:
        stages.append(Stage("caps", shut is None, "; ".join(states)))
    if shut is None:
        shut = _quiet(turn, action, stages)
    if shut is None:
        shut = _exclusive(turn, action, journey, stages)
    return shut, states


def note_sent(turn: Turn, action: Action, journey: str, trigger_id: str) -> None:
    """Remember a trigger for caps and exclusions, as long as the longest of them looks back."""
    policy, profile, now_ms = turn.program.definitions.policy, turn.profile, turn.now_ms
    longest = _longest(policy, action, journey)
    for key, longest_ms in longest.items():
        if not key.startswith(DELIVERED):
            _note(turn, key, longest_ms, now_ms)
    awaited = [key for key in longest if key.startswith(DELIVERED)]
    if awaited:
        undelivered = profile.undelivered = profile.undelivered or {}
        undelivered[trigger_id] = awaited
        while len(undelivered) > UNDELIVERED_KEPT:
            del undelivered[next(iter(undelivered))]


def note_delivered(turn: Turn, trigger_id: str, at_ms: int) -> None:
    """Remember that a trigger was delivered, for the caps that count this; a clock that is ahead tells of now."""
    policy = turn.program.definitions.policy
    undelivered = turn.profile.undelivered or {}
    awaited = undelivered.pop(trigger_id, ())
    turn.profile.undelivered = undelivered or None
    for key in awaited:
        longest_ms = max((_looks_back_ms(cap) for cap in policy.caps if cap.key == key), default=0)
        _note(turn, key, longest_ms, min(at_ms, turn.now_ms))


def _longest(policy: Policy, action: Action, journey: str) -> dict[str, int]:
    """Return where an action is remembered, each with how far back that is looked at."""
    longest: dict[str, int] = {}
    if action.is_transactional and not action.counts:
        return longest
    for cap in policy.caps:
        if concerns(cap.of, action, journey):
            longest[cap.key] = max(longest.get(cap.key, 0), _looks_back_ms(cap))
    for group in policy.exclusive:
        if any(concerns(of, action, journey) for of in group.of):
            longest[group.key] = group.within_ms
    return longest


def _looks_back_ms(cap: Cap) -> int:
    return (_DAYS[cap.per] + 1) * _DAY_MS if cap.per else cap.within_ms


def _note(turn: Turn, key: str, longest_ms: int, at_ms: int) -> None:
    sent, now_ms = turn.profile.sent_ms, turn.now_ms
    kept = [each for each in sent.get(key, ()) if each > now_ms - longest_ms]
    sent[key] = sorted([*kept, at_ms])[-TIMES_KEPT:] if at_ms > now_ms - longest_ms else kept


def _caps(turn: Turn, action: Action, journey: str) -> tuple[list[str], Shut | None]:
    """Count what was sent within each window `(now - within, now]`, or since the local period began."""
    states, shut = list[str](), None
    for cap in turn.program.definitions.policy.caps:
        if not concerns(cap.of, action, journey):
            continue
        counted, free_ms = _counted(turn, cap)
        span = f"this {cap.per}" if cap.per else f"in {cap.within_ms // 1000} s"
        states.append(f"{counted} of {cap.at_most} {cap.key} {span}")
        if counted >= cap.at_most and shut is None and not action.is_transactional:
            shut = Shut("capped", free_ms, waits=cap.then == "defer", ends=cap.then == "exit")
    return states, shut


def _counted(turn: Turn, cap: Cap) -> tuple[int, int]:
    """Return how much a cap has counted, and when it has room again if nothing more comes."""
    sent, now_ms = turn.profile.sent_ms.get(cap.key, []), turn.now_ms
    if not cap.per:
        within = [at_ms for at_ms in sent if at_ms > now_ms - cap.within_ms]
        room_at = len(within) - cap.at_most
        return len(within), within[room_at] + cap.within_ms if room_at >= 0 else now_ms
    zone = turn.program.zone_of(turn.profile)
    number = period_number(now_ms, zone, cap.per)
    begins_ms = period_begins_ms(number, zone, cap.per)
    counted = sum(at_ms >= begins_ms for at_ms in sent)
    return counted, period_begins_ms(number + 1, zone, cap.per)


def _quiet(turn: Turn, action: Action, stages: list[Stage]) -> Shut | None:
    """Return until when it is quiet over the action's channel, as far as any rule knows."""
    if action.is_transactional:
        return None
    for rule in turn.program.definitions.policy.quiet_hours:
        if action.channel not in rule.channels:
            continue
        zones = plausible_zones(turn.profile, turn.now_ms, rule.zones)
        until_ms = quiet_until_ms(turn.now_ms, zones, rule.starts, rule.ends)
        named = ", ".join(zone.key for zone in zones[:3]) + (" and others" if len(zones) > 3 else "")
        stages.append(Stage("quiet hours", until_ms is None, named))
        if until_ms is not None:
            return Shut("quiet_hours", until_ms, waits=rule.then == "defer")
    return None


def _exclusive(turn: Turn, action: Action, journey: str, stages: list[Stage]) -> Shut | None:
    groups: Iterable[Exclusion] = turn.program.definitions.policy.exclusive
    if action.is_transactional:
        return None
    for group in groups:
        if not any(concerns(of, action, journey) for of in group.of):
            continue
        sent = turn.profile.sent_ms.get(group.key, [])
        latest_ms = max((at_ms for at_ms in sent if at_ms > turn.now_ms - group.within_ms), default=-NEVER)
        stages.append(Stage("exclusion", latest_ms == -NEVER, group.name))
        if latest_ms > -NEVER:
            return Shut("lost_arbitration" if latest_ms == turn.now_ms else "excluded")
    return None
