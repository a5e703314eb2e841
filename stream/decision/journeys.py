"""What events and time do to the runs of a user.

Events only mark what they mean for runs: a goal reached, a run left, a wait over, a run begun. Runs go on at the end of
the turn, all together, so that what they propose competes, and nothing is sent that the same turn makes untrue.
"""

from stream.decision import entries, runs
from stream.decision.arbitration import arbitrate
from stream.decision.choices import tell_rewards
from stream.decision.heard import any_concerns
from stream.decision.ids import decided_id
from stream.decision.journey_code import ENTERED, JourneyCode
from stream.decision.listening import Listeners
from stream.decision.proposals import Proposal
from stream.decision.steps import Wait, WaitFor
from stream.decision.turn import Fact, Turn
from stream.definitions.journey_shapes import GoalRule
from stream.model.money import major_text
from stream.model.outcomes import Goal
from stream.model.profile import NEVER, Run


def hear(turn: Turn, listening: Listeners, fact: Fact) -> None:
    """Let an event reach goals, then exits and waits, then entries."""
    profile = turn.profile
    if profile.runs:
        profile.runs = [run for run in profile.runs if not runs.is_over(run, turn.now_ms)]
        for run in profile.runs:
            code = listening.code_of(run)
            if code is not None:
                turn.moved = True
                _reach_goal(turn, code, run, fact)
                _leave_or_wait(turn, code, run, fact)
    for code in _entered_by(listening, fact):
        if code.enter is None or code.enter.concerns(profile, fact, ""):
            turn.moved = True
            entries.enter(turn, code, fact)
        else:
            entries.note_unmet(turn, code, fact)


def advance(turn: Turn) -> bool:
    """Let all runs that are due go on to their next wait, and decide what they propose; say whether any did.

    What follows from that (an event that a trigger was sent) is to be heard before the next call.
    """
    profile, moved, proposals = turn.profile, False, list[Proposal]()
    _leave_by_condition(turn)
    for run in list(profile.runs):
        if run.wait_ms > turn.now_ms:
            continue
        moved = True
        code = turn.program.code_of(run)
        if code is None:
            runs.give_up(turn, run)
            continue
        proposal = runs.go_on(turn, code, run)
        if proposal is not None:
            proposals.append(proposal)
    if proposals:
        arbitrate(turn, _settled(turn, proposals))
    profile.hand = None
    return moved


def next_wait_ms(waiting: list[Run]) -> int:
    """Return when the first of the runs goes on, or may be left by time."""
    next_ms = NEVER
    for run in waiting:
        if run.wait_ms < next_ms:
            next_ms = run.wait_ms
        if run.exit_check_ms < next_ms:
            next_ms = run.exit_check_ms
    return next_ms


def _entered_by(listening: Listeners, fact: Fact) -> tuple[JourneyCode, ...]:
    """Return the journeys of which an occurrence may start a run, as far as its name and segment tell."""
    if fact.name != ENTERED:
        return listening.entering
    segment, tier = fact.props.get("segment"), fact.props.get("tier")
    return listening.entering + listening.by_segment.get(f"{segment}.{tier}" if tier else str(segment), ())


def _settled(turn: Turn, proposals: list[Proposal]) -> list[Proposal]:
    """Return the proposals that are decided now; others wait for what may compete with them.

    The window opens with the first proposal; all that come while it is open are decided together, at its end.
    """
    settle_ms, now_ms = turn.program.definitions.policy.settle_ms, turn.now_ms
    asked = [proposal for proposal in proposals if proposal.run.asked_ms > -NEVER]
    if not settle_ms or any(not proposal.run.deferrals for proposal in asked):
        return proposals
    open_until = [run.wait_ms for run in turn.profile.runs if run.asked_ms > -NEVER and not run.deferrals]
    for proposal in proposals:
        if proposal not in asked:
            proposal.run.asked_ms, proposal.run.wait_ms = now_ms, min(open_until, default=now_ms + settle_ms)
    return asked


def _leave_by_condition(turn: Turn) -> None:
    """Leave the runs whose exit condition holds, and note when time alone may make the others' hold."""
    for run in turn.profile.runs:
        code = turn.program.code_of(run) if runs.is_under_way(run) else None
        if code is None or code.exit_when is None:
            run.exit_check_ms = NEVER  # the condition is gone with the definition
            continue
        runs.take_in_hand(turn, run)
        holds, run.exit_check_ms = code.exit_when(turn.profile, turn.now_ms)
        if holds is True:
            runs.leave(turn, code, run, "exit_when")


def _leave_or_wait(turn: Turn, code: JourneyCode, run: Run, fact: Fact) -> None:
    """End a run at an event that exits it or breaks its wait, or let it go on, if it waits for the event."""
    profile = turn.profile
    if any_concerns(code.exit_on, fact.name, profile, fact, run.key):
        runs.withdraw_overtaken(turn, run, fact)
        if runs.is_under_way(run):
            runs.leave(turn, turn.program.code_of(run), run, fact.name)
        else:
            runs.withdraw_standing(turn, run, fact.name)
        return
    if not runs.is_under_way(run) or run.definition != code.journey.hash:
        return
    if any_concerns(code.refresh_on, fact.name, profile, fact, run.key):
        entries.refresh(turn, code, run, fact)
    waiting = code.layout.line[run.pc - 1] if run.pc > 0 and run.asked_ms == -NEVER else None
    if not isinstance(waiting, Wait | WaitFor) or run.wait_ms == NEVER:
        return
    if any_concerns(waiting.if_none, fact.name, profile, fact, run.key):
        runs.leave(turn, code, run, fact.name)
    elif isinstance(waiting, WaitFor) and fact.time_ms >= run.waits_since_ms:
        if any_concerns(waiting.events, fact.name, profile, fact, run.key):
            run.pc, run.wait_ms = waiting.target, turn.now_ms
        elif any_concerns(waiting.reset_on, fact.name, profile, fact, run.key):
            run.wait_ms = max(run.wait_ms, fact.time_ms + waiting.at_most_ms)


def _reach_goal(turn: Turn, code: JourneyCode, run: Run, fact: Fact) -> None:
    """Note the goal once, if its event happened within the window from entry."""
    goal = code.journey.goal
    if goal is None or code.goal is None or code.goal.event != fact.name:
        return
    in_time = run.entered_ms <= fact.time_ms <= run.goal_until_ms
    if not in_time or not code.goal.concerns(turn.profile, fact, run.key):
        return
    run.goal_until_ms, run.goal_at_ms = -NEVER, fact.time_ms
    tell_rewards(turn, run)
    turn.outcomes.append(
        Goal(
            id=decided_id("goal", run.id),
            user_id=turn.profile.user,
            at_ms=turn.now_ms,
            journey=run.journey,
            run_id=run.id,
            event=fact.name,
            value=_worth(turn, goal, fact),
            trigger_ids=[sent.id for sent in run.sent if sent.valid_until_ms > -NEVER and not sent.is_ghost],
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
