"""Explanations as text, for people."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from stream.model.events import Scalar
from stream.model.outcomes import Rival
from stream.replay.explaining.shapes import (
    DecisionExplanation,
    Explanation,
    Fate,
    Gate,
    JourneyExplanation,
    Mover,
    Reason,
    RunStory,
    Standing,
    Told,
    Waiting,
    WayIn,
)

_HELD: Final = {True: "yes", False: "no", None: "unknown"}
_LITERAL: Final = re.compile(
    r"""([<>=]|, )\s*("[^"]*"|'[^']*'|-?\d[\d.]*[smhdw]?)\)?$|^("[^"]*"|'[^']*'|-?\d[\d.]*[smhdw]?)\s*[<>=]""", re.ASCII
)
"""A condition that says itself what it compares with."""

_COMPARED: Final = re.compile("[<>=]")
_DURATION: Final = re.compile(r"-?\d+(?:ms|[dhms])", re.ASCII)
_DURATIONS: Final = re.compile(rf"(?:{_DURATION.pattern})+", re.ASCII)

_STATES: Final = {
    "never": "never in it",
    "refused": "never in it, though something asked",
    "inside": "in it",
    "ended": "not in it any more",
}

REFUSALS_SHOWN: Final = 10
"""Times that a journey was not entered which people are shown."""


def segments_text(found: Explanation) -> str:
    """Return how a user stands to segments."""
    return "\n".join(_segments(found))


def journey_text(found: JourneyExplanation) -> str:
    """Return how a user stands to a journey: its runs and what came of each, who was refused, and how one gets in."""
    return "\n".join(_journey(found))


def decision_text(found: DecisionExplanation) -> str:
    """Return why one decision was made, what a trigger told, and the run it belongs to."""
    return "\n".join(_decision(found))


def _segments(found: Explanation) -> Iterator[str]:
    yield f"{found.user} at {found.at}, after {_events(found.events)}"
    for standing in found.segments:
        yield ""
        yield _head(standing)
        yield from _reasons(standing.reasons)


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"


def _head(standing: Standing) -> str:
    by = f", {_mover(standing.cause)}" if standing.cause is not None else ""
    name = f"{standing.segment}.{standing.tier}" if standing.tier else standing.segment
    if standing.inside:
        stays = f"; stays at least until {standing.stays_until}" if standing.stays_until else ""
        asked = "; leaves when" if standing.asked == "exit" else ""
        return f"in   {name} since {standing.since}{by}{stays}{asked}"
    return f"out  {name} since {standing.since}{by}" if standing.since else f"out  {name}, never in it"


def _reasons(reasons: Sequence[Reason], indent: int = 4) -> Iterator[str]:
    width = max((len(reason.condition) for reason in reasons), default=0)
    yield from (f"{'':<{indent}}{reason_line(reason, width)}".rstrip() for reason in reasons)


def reason_line(reason: Reason, width: int) -> str:
    """Return one comparison: `spend_90d >= 200  yes  it is 212.50 USD   order_completed at 2024-...`."""
    value = "" if reason.value is None else f"it is {_shown(reason.value)}"
    if reason.threshold is not None and _COMPARED.search(reason.condition) and not _LITERAL.search(reason.condition):
        value = f"{value}, against {_shown(reason.threshold)}".removeprefix(", ")
    moved = ", ".join(map(_mover, reason.events))
    return f"{reason.condition:<{width}}  {_HELD[reason.holds]:<7}  {value:<24}  {moved}"


def _shown(value: Scalar) -> str:
    """Return a value for reading: a number to six digits, a duration to its two greatest units."""
    if isinstance(value, float):
        return f"{value:.6g}"
    parts = _DURATION.findall(value) if isinstance(value, str) and _DURATIONS.fullmatch(value) else []
    return "".join(parts[:2]) or str(value)


def _mover(mover: Mover) -> str:
    if not mover.event:
        return f"by {mover.id}"
    return f"by {mover.event} at {mover.at} ({mover.id})"


def _journey(found: JourneyExplanation) -> Iterator[str]:
    yield f"{found.user} and {found.journey} at {found.at}, after {_events(found.events)}: {_STATES[found.state]}"
    if found.held_out_of:
        yield f"held out of {found.held_out_of}: what would be sent is recorded, and not sent"
    for run in found.runs:
        yield ""
        yield from _run(run)
        for fate in run.fates:
            yield from _fate(fate)
    if found.not_entered:
        yield ""
        yield "not entered"
        shown = found.not_entered[-REFUSALS_SHOWN:]
        if len(found.not_entered) > len(shown):
            yield f"    {len(found.not_entered) - len(shown)} times before, and"
        yield from (f"    at {one.at} {_mover(one.cause)}: {one.because}" for one in shown)
    yield ""
    yield from _way_in(found.way_in, is_new=found.state == "never")


def _way_in(way: WayIn, *, is_new: bool) -> Iterator[str]:
    again = f"; not again before {way.again_from}" if way.again_from else ""
    if way.event:
        came = ", which did not come" if is_new else ""
        yield f"the way in is {way.event}{f' where {way.where}' if way.where else ''}{came}{again}"
        return
    since = f" since {way.since}" if way.since else "" if way.inside else ", never in it"
    yield f"the way in is {way.segment}: {'in' if way.inside else 'out'}{since}{again}"
    yield from _reasons(way.reasons)


def _run(run: RunStory) -> Iterator[str]:
    key = f" of {run.key}" if run.key else ""
    ended = f", ended at {run.ended}: {run.ended_because}" if run.ended else ""
    yield f"run{key} since {run.since}, {_mover(run.cause)}{ended} ({run.run_id}, definition {run.definition})"
    if run.waiting is not None:
        yield f"    {_waits(run.waiting)}"
    if run.goal is not None:
        worth = "" if run.goal.value is None else f", worth {_shown(run.goal.value)}"
        yield f"    goal {run.goal.event} reached at {run.goal.at}{worth}"


def _waits(waiting: Waiting) -> str:
    what = {
        "time": f"waits until {waiting.until}",
        "event": f"waits for {' or '.join(waiting.events)} until {waiting.until}",
        "gate": f"put off until {waiting.until}",
        "rivals": f"waits for rivals until {waiting.until}",
    }[waiting.how]
    ends = f", and ends at {' or '.join(waiting.ends_at)}" if waiting.ends_at else ""
    return f"step {waiting.step}: {what}, since {waiting.since}{ends}"


def _fate(fate: Fate) -> Iterator[str]:
    """Return what became of one proposal; of what was not sent, the gate that was shut and why."""
    yield f"    {_fate_line(fate)}"
    if fate.verdict not in ("sent", "withdrawn"):
        for gate in fate.gates:
            if not gate.passed:
                yield f"        {_gate_line(gate, 0)}".rstrip()
                yield from _reasons(gate.reasons, 12)


def _fate_line(fate: Fate) -> str:
    until = f" until {fate.until}" if fate.until else ""
    because = f" by {fate.because}" if fate.because else ""
    return f"{fate.at}  step {fate.step}  {fate.action}  {_verdict(fate)}{until}{because}  ({fate.id})"


def _verdict(fate: Fate) -> str:
    return fate.verdict.replace("_", " ")


def _gate_line(gate: Gate, width: int) -> str:
    return f"{gate.gate:<{width}}  {'open' if gate.passed else 'shut':<4}  {gate.said}"


def _decision(found: DecisionExplanation) -> Iterator[str]:
    fate = found.fate
    yield f"{fate.action} to {found.user} at {fate.at}: {_verdict(fate)} ({fate.id})"
    yield f"step {fate.step} of {found.journey}, definition {fate.definition}, {_mover(fate.cause)}"
    if fate.withdraws:
        yield f"it takes back {fate.withdraws}" + (f", because of {fate.because}" if fate.because else "")
    if fate.reference:
        yield f"as of reference {fate.reference}"
    if fate.reasons:
        yield "\nproposed because"
        yield from _reasons(fate.reasons)
    if fate.gates:
        yield "\ngates"
        width = max(len(gate.gate) for gate in fate.gates)
        for gate in fate.gates:
            yield f"    {_gate_line(gate, width)}".rstrip()
            yield from _reasons(gate.reasons, 8)
    yield from _ranked(fate)
    if found.trigger is not None:
        yield from _told(found.trigger)
        yield from (f"    picked by {msgspec.json.encode(pick).decode()}" for pick in fate.picks)
    yield ""
    yield from _run(found.run)
    yield from (f"    {_fate_line(other)}" for other in found.run.fates)


def _ranked(fate: Fate) -> Iterator[str]:
    if not fate.gates:
        return
    tier = f"tier {fate.tier}, " if fate.tier else ""
    yield f"\n{tier}score {fate.score:.6g}" + ("" if fate.rivals else ", without rivals")
    yield from (f"    {_rival(rival)}" for rival in fate.rivals)
    if fate.propensity is not None:
        yield f"chosen among several with a chance of {fate.propensity:.6g}"


def _rival(rival: Rival) -> str:
    verdict = rival.verdict.replace("_", " ") if rival.verdict is not None else "came after"
    return f"{rival.action} of {rival.journey}, tier {rival.tier}, score {rival.score:.6g}: {verdict}"


def _told(told: Told) -> Iterator[str]:
    yield f"\nby {told.channel} for {told.purpose}, template {told.template}, valid until {told.valid_until}"
    if told.goal:
        yield f"    for the goal {told.goal}"
    yield from (f"    to {name}: {value}" for name, value in told.to.items())
    yield from (f"    {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told.payload.items())
