"""The runs of a user, told from what was decided: what began each, what became of what it proposed, where it is."""

from collections.abc import Sequence

from stream.decision.ids import decided_id
from stream.decision.runs import is_under_way
from stream.decision.steps import Wait, WaitFor
from stream.model.outcomes import Decision, Goal, RunChange, Stage, Trigger, Withdrawal
from stream.model.profile import NEVER, Run
from stream.model.times import shown_time
from stream.replay.explaining.retelling import Retold
from stream.replay.explaining.shapes import Fate, Gate, Reached, RunStory, Waiting


def stories_of(retold: Retold, journey: str) -> list[RunStory]:
    """Return the runs of a journey in order of their beginnings."""
    started = [one for one in retold.outcomes if isinstance(one, RunChange) and one.change == "started"]
    return [story_of(retold, one.run_id) for one in started if one.journey == journey]


def story_of(retold: Retold, run_id: str) -> RunStory:
    """Return one run that began by then."""
    changes = [one for one in retold.outcomes if isinstance(one, RunChange) and one.run_id == run_id]
    goals = [one for one in retold.outcomes if isinstance(one, Goal) and one.run_id == run_id]
    begun = next(one for one in changes if one.change == "started")
    ended = next((one for one in changes if one.change == "ended"), None)
    runs = retold.profile.runs if retold.profile is not None else []
    run = next((one for one in runs if one.id == run_id and is_under_way(one)), None)
    return RunStory(
        run_id=run_id,
        key=begun.key,
        definition=begun.version,
        since=shown_time(begun.at_ms),
        cause=retold.mover(begun.reason),
        waiting=_waiting(retold, run) if run is not None else None,
        ended=shown_time(ended.at_ms) if ended is not None else "",
        ended_because=ended.reason if ended is not None else "",
        goal=Reached(shown_time(goals[0].at_ms), goals[0].event, goals[0].value) if goals else None,
        fates=_fates(retold, run_id, run),
    )


def _fates(retold: Retold, run_id: str, run: Run | None) -> list[Fate]:
    decisions = [one for one in retold.outcomes if isinstance(one, Decision) and one.run_id == run_id]
    withdrawals = {one.id: one for one in retold.outcomes if isinstance(one, Withdrawal)}
    triggers = {one.id: one for one in retold.outcomes if isinstance(one, Trigger)}
    taken_back = {decided_id("withdrawal", one.id): one.id for one in decisions if one.verdict in ("sent", "held_out")}
    fates = []
    for one in decisions:
        fate, trigger, withdrawal = _fate(retold, one), triggers.get(one.id), withdrawals.get(one.id)
        fate.picks = trigger.why.picks if trigger is not None else []
        fate.withdraws = taken_back.get(one.id, "")
        fate.because = withdrawal.reason if withdrawal is not None else ""
        fates.append(fate)
    put_off = [fate for fate in fates if fate.verdict == "deferred"]
    if run is not None and run.deferrals and put_off:
        put_off[-1].until = shown_time(run.wait_ms)
    return fates


def _fate(retold: Retold, decision: Decision) -> Fate:
    why, tiers = decision.why, retold.program.definitions.policy.tiers
    return Fate(
        id=decision.id,
        at=shown_time(decision.at_ms),
        verdict=decision.verdict,
        action=decision.action,
        step=decision.step,
        cause=retold.mover(why.cause),
        reasons=retold.reasons(why.leaves),
        gates=_gates(retold, why.stages),
        consent=why.consent,
        caps=why.caps,
        tier=tiers[why.tier] if why.stages and why.tier < len(tiers) else "",
        score=why.score,
        rivals=why.rivals,
        arm=decision.arm,
        propensity=decision.propensity,
        definition=why.definition,
        reference=why.reference,
    )


def _gates(retold: Retold, stages: Sequence[Stage]) -> list[Gate]:
    return [Gate(stage.gate, stage.passed, stage.said, retold.reasons(stage.leaves)) for stage in stages]


def _waiting(retold: Retold, run: Run) -> Waiting | None:
    """Return where a run that is under way stands still."""
    code = retold.program.code_of(run)
    if code is None:
        return None
    exits = [each.event for each in code.exit_on]
    if run.asked_ms > -NEVER:
        return Waiting(
            step=code.layout.line[run.pc].step,
            how="gate" if run.deferrals else "rivals",
            since=shown_time(run.asked_ms),
            until=shown_time(run.wait_ms),
            ends_at=exits,
        )
    wait = code.layout.line[run.pc - 1] if run.pc > 0 else None
    if not isinstance(wait, Wait | WaitFor):
        return None
    return Waiting(
        step=wait.step,
        how="event" if isinstance(wait, WaitFor) else "time",
        since=shown_time(run.waits_since_ms),
        until=shown_time(run.wait_ms),
        events=[each.event for each in wait.events] if isinstance(wait, WaitFor) else [],
        ends_at=list(dict.fromkeys([*(each.event for each in wait.if_none), *exits])),
    )
