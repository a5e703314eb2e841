"""How runs start: who may enter a journey, and what a run keeps from then on."""

from typing import Final

from stream.decision.ids import decided_id
from stream.decision.journey_code import SENT, JourneyCode
from stream.decision.runs import is_under_way, keep, leave, say
from stream.decision.turn import Fact, Turn
from stream.definitions.journey_shapes import OfEvent, Source
from stream.model.events import Scalar
from stream.model.profile import NEVER, JourneyMemory, Run
from stream.model.text import kept_text

RUNS_KEPT: Final = 32
"""Runs remembered of one user; while there are so many, none starts."""


def enter(turn: Turn, code: JourneyCode, fact: Fact) -> None:
    """Start a run, unless something is against it."""
    profile, journey, now_ms = turn.profile, code.journey, turn.now_ms
    value = _value(turn, journey.enter.key, fact) if journey.enter.key is not None else None
    key = "" if value is None else kept_text(str(value))
    against = _against(turn, code, fact, key)
    if against:
        turn.note_refusal(journey.name, against, fact.id)
        return
    memory = profile.journeys.setdefault(journey.name, JourneyMemory())
    memory.entries += 1
    memory.entered_ms = now_ms
    run_id = decided_id("run", journey.hash, profile.lifetime, key, memory.entries)
    goal_until_ms = now_ms + journey.goal.within_ms if journey.goal else -NEVER
    run = Run(journey.name, journey.hash, run_id, key, memory.entries, now_ms, 0, now_ms, goal_until_ms, [], {})
    refresh(turn, code, run, fact)
    if code.exit_when is not None:
        run.exit_check_ms = now_ms
    profile.runs.append(run)
    turn.counts.count_run(journey.name, 1)
    turn.counts.count_use(run, 1)
    say(turn, run, "started", fact.id)


def refresh(turn: Turn, code: JourneyCode, run: Run, fact: Fact) -> None:
    """Put into a run's context what it captures, as it is now; what the event does not say stays as it was."""
    for name, source in code.journey.capture.items():
        value = _value(turn, source, fact)
        if value is not None or not isinstance(source, OfEvent):
            keep(run, name, value)


def note_unmet(turn: Turn, code: JourneyCode, fact: Fact) -> None:
    """Note that the condition of entry is not true of an event that would start a run, if somebody asks for that."""
    heard = code.journey.enter.event
    if heard is not None and heard.where is not None:
        turn.note_refusal(code.journey.name, f"not true of the event: {heard.where.text}", fact.id)


def _against(turn: Turn, code: JourneyCode, fact: Fact, key: str) -> str:
    """Return why no run may start now, "" where one may; one of the same key ends where it is to be restarted."""
    profile, journey, now_ms = turn.profile, code.journey, turn.now_ms
    policy, entering = turn.program.definitions.policy, journey.enter
    if now_ms <= profile.history_until_ms:
        return "all this is history"
    if fact.name == SENT and fact.props.get("journey") == journey.name:
        return "it is a trigger of its own"
    if fact.time_ms < now_ms - (journey.max_trigger_age_ms or policy.max_trigger_age_ms):
        return "the event came too late"
    own = [run for run in profile.runs if run.journey == journey.name and is_under_way(run)]
    same = [run for run in own if run.key == key]
    restarts = bool(same) and entering.same_key == "restart"
    if same and not restarts:
        return "a run of the same key is under way"
    against = "" if restarts else _too_soon(turn, code)
    if not against and entering.max_concurrent and len(own) - len(same) >= entering.max_concurrent:
        against = f"{entering.max_concurrent} of its runs are under way"
    if not against and len(profile.runs) >= RUNS_KEPT:
        against = f"{RUNS_KEPT} runs are remembered"
    if not against:
        for run in same:
            _restart(turn, run)
    return against


def _restart(turn: Turn, run: Run) -> None:
    """End a run because another of its key begins; it has not been left, so other keys need not wait on its account."""
    memory = turn.profile.journeys.setdefault(run.journey, JourneyMemory())
    ended_ms = memory.ended_ms
    leave(turn, turn.program.code_of(run), run, "restarted")
    memory.ended_ms = ended_ms


def _too_soon(turn: Turn, code: JourneyCode) -> str:
    memory, entering = turn.profile.journeys.get(code.journey.name), code.journey.enter
    if memory is None:
        return ""
    if entering.once:
        return "it was entered before" if memory.entries else ""
    since_ms = memory.ended_ms if entering.again_from == "exit" else memory.entered_ms
    if turn.now_ms - since_ms < entering.again_after_ms:
        return f"too soon after the last {entering.again_from}"
    return ""


def _value(turn: Turn, source: Source, fact: Fact) -> Scalar | None:
    if isinstance(source, OfEvent):
        return fact.time_ms if source.property == "at" else fact.props.get(source.property)
    return turn.program.explainer.value(source, turn.profile, turn.now_ms)
