"""What the demo counts of the outcomes, and the one readable line it makes of each."""

import datetime as dt
import re
from collections import Counter
from typing import Final

import msgspec

from stream.model.events import Scalar
from stream.model.outcomes import AnyOutcome, Decision, Goal, Leaf, RunChange, SegmentChange, Trigger, Withdrawal
from stream.testkit.offsets import offset_text

_MINUTE_MS: Final = 60_000
_MILLISECONDS: Final = re.compile(r"(\d+)ms", re.ASCII)


class Tally(msgspec.Struct):
    """How things stand after the outcomes counted so far. `now_ms` is the latest of their times."""

    now_ms: int = 0
    members: Counter[str] = msgspec.field(default_factory=Counter)
    runs: Counter[str] = msgspec.field(default_factory=Counter)
    triggers: Counter[str] = msgspec.field(default_factory=Counter)
    refusals: Counter[str] = msgspec.field(default_factory=Counter)
    withdrawn: int = 0
    goals: int = 0
    goal_value: float = 0.0

    def count(self, outcome: AnyOutcome) -> None:
        """Add one outcome."""
        self.now_ms = max(self.now_ms, outcome.at_ms)
        match outcome:
            case SegmentChange():
                for place, change in outcome.crossed():
                    self.members[place] += 1 if change == "entered" else -1
            case RunChange():
                self.runs[outcome.journey] += 1 if outcome.change == "started" else -1
            case Trigger():
                self.triggers[outcome.action] += 1
            case Decision():
                if outcome.verdict not in ("sent", "withdrawn"):
                    self.refusals[outcome.verdict] += 1
            case Withdrawal():
                self.withdrawn += 1
            case Goal():
                self.goals += 1
                self.goal_value += outcome.value or 0.0


def line_of(outcome: AnyOutcome) -> str | None:
    """Return a trigger or a withdrawal as one line with its reason; None for what only counts."""
    match outcome:
        case Trigger():
            said = f"{outcome.action} to {outcome.user_id} by {outcome.channel}"
            return f"{clock_text(outcome.at_ms)}  {said}: {reason_text(outcome)}"
        case Withdrawal():
            said = f"{outcome.action} to {outcome.user_id} withdrawn"
            return f"{clock_text(outcome.at_ms)}  {said}: {outcome.reason}"
        case _:
            return None


def clock_text(at_ms: int) -> str:
    """Return a simulated moment, `Tue 3 Mar 14:02`."""
    moment = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)
    return f"{moment:%a} {moment.day:2} {moment:%b %H:%M}"


def reason_text(trigger: Trigger) -> str:
    """Return the comparisons that held, with the values found; where nothing was compared the journey and its key."""
    held = [_leaf_text(leaf) for leaf in trigger.why.leaves if leaf.holds]
    of_key = f" ({trigger.key})" if trigger.key else ""
    return ", ".join(held) or f"a step of {trigger.journey}{of_key}"


def _leaf_text(leaf: Leaf) -> str:
    return leaf.condition if leaf.value is None else f"{leaf.condition} ({_value_text(leaf.value)})"


def _value_text(value: Scalar) -> str:
    """Return a value for reading; a duration that no unit divides is cut to whole minutes."""
    match = _MILLISECONDS.fullmatch(value) if isinstance(value, str) else None
    return str(value) if match is None else offset_text(int(match[1]) // _MINUTE_MS * _MINUTE_MS)


def counts_text(counts: Counter[str]) -> str:
    """Return counts as `cart_abandoner 12, high_value 3`, the greatest first, without zeros."""
    shown = [f"{name} {count:,}" for name, count in counts.most_common() if count]
    return ", ".join(shown) or "none"
