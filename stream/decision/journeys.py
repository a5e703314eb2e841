"""What events and time do to the runs of a user."""

from stream.decision import runs
from stream.decision.ids import decided_id
from stream.decision.program import JourneyCode
from stream.decision.proposals import withdraw_overtaken
from stream.decision.turn import Fact, Turn
from stream.definitions.shapes import GoalRule
from stream.model.money import major_text
from stream.model.outcomes import Goal
from stream.model.profile import NEVER, Run


def hear(turn: Turn, codes: tuple[JourneyCode, ...], fact: Fact) -> None:
    """Let an event reach goals, then exits and broken waits, then entries."""
    profile = turn.profile
    if profile.runs:
        profile.runs = [run for run in profile.runs if not runs.is_over(run, turn.now_ms)]
    for code in codes:
        own = [run for run in profile.runs if run.journey == code.journey.name]
        for run in own:
            _reach_goal(turn, code, run, fact)
            _leave(turn, code, run, fact)
        entry = code.journey.enter
        if entry.event == fact.name or (entry.segment is not None and entry.segment == _entered(fact)):
            runs.enter(turn, code, fact)


def go_on_due(turn: Turn, cause: str) -> None:
    """Carry on the runs whose wait is over; one whose definition has changed meanwhile ends."""
    for run in [run for run in turn.profile.runs if run.wait_ms <= turn.now_ms]:
        code = turn.program.journeys.get(run.journey)
        if code is None or code.journey.hash != run.definition:
            runs.end(turn, run, "definition_changed")
        else:
            runs.go_on(turn, code, run, cause)


def next_wait_ms(waiting: list[Run]) -> int:
    """Return when the first of the runs goes on."""
    next_ms = NEVER
    for run in waiting:
        if run.wait_ms < next_ms:
            next_ms = run.wait_ms
    return next_ms


def _entered(fact: Fact) -> object:
    """Return the segment that was entered, with its tier if it has tiers."""
    if fact.name != "segment_entered":
        return None
    tier = fact.props.get("tier")
    return f"{fact.props.get('segment')}.{tier}" if tier else fact.props.get("segment")


def _leave(turn: Turn, code: JourneyCode, run: Run, fact: Fact) -> None:
    """End a run at an event that exits it or breaks its wait, and withdraw what the event overtook."""
    exits = fact.name in code.journey.exit_on
    if exits:
        withdraw_overtaken(turn, run, fact)
    if run.pc == runs.ENDED:
        return
    if exits or (run.definition == code.journey.hash and fact.name in runs.waits_for_none_of(code, run)):
        runs.end(turn, run, fact.name)


def _reach_goal(turn: Turn, code: JourneyCode, run: Run, fact: Fact) -> None:
    """Note the goal once, if its event happened within the window from entry."""
    goal = code.journey.goal
    if goal is None or goal.event != fact.name or not run.entered_ms <= fact.time_ms <= run.goal_until_ms:
        return
    run.goal_until_ms = -NEVER
    turn.outcomes.append(
        Goal(
            id=decided_id("goal", run.id),
            user_id=turn.profile.user,
            at_ms=turn.now_ms,
            journey=run.journey,
            run_id=run.id,
            event=fact.name,
            value=_worth(turn, goal, fact),
            trigger_ids=[sent.id for sent in run.sent],
            key=run.key,
        )
    )


def _worth(turn: Turn, goal: GoalRule, fact: Fact) -> float | None:
    value = fact.props.get(goal.value) if goal.value else None
    if not isinstance(value, int | float):
        return None
    plan = turn.program.definitions.plan
    planned = plan.events.get(fact.name)
    if planned is not None and goal.value in planned.properties and planned.properties[goal.value].type == "money":
        return float(major_text(int(value), plan.currency))
    return float(value)
