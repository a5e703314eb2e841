"""Whether a trigger is what its reasons say: derived again from the profile as it was, and from what came before.

Findings name what does not agree; nothing is right only because the decisions say so.
"""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID, uuid5

import msgspec

from stream.decision.learning.choosing import context_of, learning_key, propensities
from stream.decision.program import Program
from stream.definitions import journey_shapes as j
from stream.definitions.policy_shapes import Action
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import Decision, Leaf, Trigger
from stream.model.profile import NEVER, Profile, Run, decode_profile
from stream.model.reference import Posterior
from tests.checkers.asking import Asking
from tests.checkers.gates import Policing, bare, held_out_of, without_events
from tests.checkers.leading import Way, way_to
from tests.checkers.payloads import address_of, payload_of
from tests.checkers.witness import Account, Moment
from tests.checkers.worth import worth_of

_NAMESPACE = UUID("6f1d7a0e-53a2-5a43-9b7e-8a1f0d2c4b61")
_PLAIN = "personalisation", "personalization"


class Checker:
    """Checks what a replay came to, by definitions that nothing was decided with."""

    def __init__(self, definitions: Definitions, account: Account) -> None:
        self._program, self._account = Program(definitions), account

    def findings(self) -> list[str]:
        """Return what does not agree in any trigger, or in who was held out, each with the id it is about."""
        found = [f"{moment.trigger.id}: {said}" for moment in self._account.moments for said in self.of(moment)]
        return [*found, *self._fates()]

    def of(self, moment: Moment) -> list[str]:
        """Return what does not agree in one trigger."""
        trigger = moment.trigger
        profile = decode_profile(moment.profile)
        run = next((one for one in profile.runs if one.id == trigger.run_id), None)
        if run is None:
            return ["its run is not remembered"]
        profile.hand = {**run.context, "key": run.key, "entered_at": run.entered_ms}
        asking = Asking(self._program, profile, trigger.at_ms)
        before = self._account.decisions[trigger.user_id][: moment.decided]
        events = _known(self._account.events[trigger.user_id], trigger)
        return list(_Checking(asking, moment, run, before, events, self._account).findings())

    def _fates(self) -> Iterator[str]:
        """Check that each trigger has one decision that it was sent, and that whoever is held out truly is."""
        sent = [one.id for decisions in self._account.decisions.values() for one in decisions if one.verdict == "sent"]
        if sorted(sent) != sorted(moment.trigger.id for moment in self._account.moments):
            yield "the triggers are not those that were decided to be sent"
        definitions = self._program.definitions
        for decisions in self._account.decisions.values():
            for one in decisions:
                action = definitions.actions[one.action]
                if one.verdict == "held_out" and not held_out_of(definitions, one.journey, action, one.user_id):
                    yield f"{one.id}: nobody holds {one.user_id} out"


class _Checking(msgspec.Struct):
    """One trigger that is looked at."""

    asking: Asking
    moment: Moment
    run: Run
    before: Sequence[Decision]
    events: Sequence[Event]
    account: Account

    @property
    def trigger(self) -> Trigger:
        return self.moment.trigger

    @property
    def journey(self) -> j.Journey:
        return self.asking.program.definitions.journeys[self.trigger.journey]

    @property
    def _waited(self) -> bool:
        """Whether what is sent was proposed before, and waited for a gate or for rivals."""
        return self.run.asked_ms > -NEVER

    @property
    def action(self) -> Action:
        return self.asking.program.definitions.actions[self.trigger.action]

    def findings(self) -> Iterator[str]:
        way = None
        if not self.trigger.step.startswith("exit."):
            way = way_to(self.journey, self.trigger.step, self.asking.holds)
            if way is None:
                yield f"there is no step {self.trigger.step}"
                return
        yield from self._of_its_run(way)
        yield from self._of_its_leaves(way)
        yield from self._of_the_policy(way)
        yield from self._of_rivals()
        yield from self._of_a_choice(way)
        yield from self._of_what_it_carries(way)

    def _of_its_run(self, way: Way | None) -> Iterator[str]:
        trigger, run, lifetime = self.trigger, self.run, self.asking.profile.lifetime
        own = way.step.action if way is not None and isinstance(way.step, j.TriggerStep) else ""
        if way is None:
            own = next(each.action for each in self.journey.on_exit if each.step == trigger.step)
        other = [] if trigger.action == own else [trigger.action]
        visit = run.visited(trigger.step)
        parts = ["trigger", self.journey.hash, lifetime, run.key, run.ordinal, trigger.step, visit, *other]
        yield from _unlike("id", trigger.id, str(uuid5(_NAMESPACE, "\x1f".join(map(str, parts)))))
        hashes = {trigger.version, trigger.why.definition, run.definition}
        yield from _unlike("definition", hashes, {self.journey.hash})
        yield from _unlike("key", trigger.key, run.key)
        changes = [one for one in self.account.runs[trigger.user_id] if one.run_id == run.id]
        begun = [one for one in changes if one.change == "started" and one.at_ms <= trigger.at_ms]
        ended = [one for one in changes if one.change == "ended" and one.at_ms < trigger.at_ms]
        if len(begun) != 1 or ended:
            yield "its run is not under way"
        elif way is not None:
            exits = {each.event for each in self.journey.exit_on if each.where is None and each.match is None}
            since = [event for event in self.events if event.name in exits and event.time_ms > begun[0].at_ms]
            yield from (f"{event.name} at {event.time_ms} had ended its run" for event in since)

    def _of_its_leaves(self, way: Way | None) -> Iterator[str]:
        program, enter, why = self.asking.program, self.journey.enter, self.trigger.why
        name, _, tier = (enter.segment or "").partition(".")
        leading = program.definitions.segments[name].leading_to(tier) if name else ()
        entered = self.asking.leaves(*leading)
        rest = bare(why.leaves[len(entered) :])
        yield from _unlike("how its segment stands", bare(why.leaves[: len(entered)]), entered)
        asked = way.asked if way is not None else []
        since = way.since if way is not None else 0
        if self._waited:  # what led to a proposal is told where it was put off
            asked, since = [], 0
        told = [self.asking.leaves(*(each.condition for each in asked[first:])) for first in range(since + 1)]
        if rest not in told:
            yield f"the branches are {rest}, and not {told[-1]}"
        for each in asked[since:]:
            if each.holds is not None and (self.asking.value(each.condition) is True) is not each.holds:
                yield f"{each.condition.text} would have led elsewhere"
        yield from self._of_movers([*why.leaves, *(leaf for stage in why.stages for leaf in stage.leaves)])

    def _of_movers(self, leaves: Iterable[Leaf]) -> Iterator[str]:
        """Check that what moved a value is an event of the user's that had happened, or time."""
        known = {event.id for event in self.events} | {"time"}
        for leaf in leaves:
            yield from (f"{leaf.condition} moved by {one}" for one in leaf.events if one not in known)
        if self.trigger.why.cause not in known:
            yield f"caused by {self.trigger.why.cause}"

    def _of_the_policy(self, way: Way | None) -> Iterator[str]:
        why, policing = self.trigger.why, self._policing()
        score, scored = worth_of(self.asking, self.action, self._learnt(way))
        stages = policing.stages(scored)
        yield from (f"{stage.gate} is shut: {stage.said}" for stage in stages if not stage.passed)
        yield from _unlike("stages", without_events(why.stages), stages)
        yield from _unlike("caps", why.caps, policing.caps())
        consents = [stage.said for stage in stages if stage.gate == "consent"]
        yield from _unlike("consent", [why.consent], consents)
        yield from _unlike("tier", why.tier, self.action.tier)
        yield from _unlike("score", why.score, score)
        reference = self.moment.reference
        yield from _unlike("reference", why.reference, reference.version if reference is not None else "")

    def _policing(self) -> Policing:
        return Policing(self.asking, self.events, self.before, self.trigger.journey, self.action)

    def _policing_before_rivals(self, action: Action) -> Policing:
        """Return the policy as it stood when a choice was made, which is before any rival of the moment is decided."""
        now_ms, rivals = self.trigger.at_ms, {(one.action, one.journey) for one in self.trigger.why.rivals}
        before = [one for one in self.before if one.at_ms < now_ms or (one.action, one.journey) not in rivals]
        return Policing(self.asking, self.events, before, self.trigger.journey, action)

    def _of_rivals(self) -> Iterator[str]:
        """Check rivals against the decisions of the same moment; those before it are as important, or fell back."""
        all_of_it = self.account.decisions[self.trigger.user_id]
        moment = [one for one in all_of_it if one.at_ms == self.trigger.at_ms and one.id != self.trigger.id]
        own = (self.action.tier, -self.trigger.why.score)
        for rival in self.trigger.why.rivals:
            same = [one for one in moment if (one.action, one.journey) == (rival.action, rival.journey)]
            if not any(rival.verdict in (None, one.verdict) for one in same):
                yield f"{rival.action} of {rival.journey} was no rival"
                continue
            theirs = (rival.tier, -rival.score)
            is_after = rival.verdict is None or same[0] not in self.before
            fell_back = any(one.run_id == self.trigger.run_id and one.step == self.trigger.step for one in same)
            if not fell_back and (theirs < own if is_after else theirs > own) and not self._is_fallback(moment):
                yield f"{rival.action} of {rival.journey} should have gone {'first' if is_after else 'after'}"

    def _is_fallback(self, moment: list[Decision]) -> bool:
        step = self.trigger.run_id, self.trigger.step
        return any((one.run_id, one.step) == step and one.verdict != "not_chosen" for one in moment)

    def _of_a_choice(self, way: Way | None) -> Iterator[str]:
        """Check the chance of an arm among those that may be sent now, by the snapshot in force."""
        trigger = self.trigger
        if way is None or not isinstance(way.step, j.ChooseStep):
            yield from _unlike("arm", (trigger.arm, trigger.propensity), ("", None))
            return
        if self.run.asked:  # it was chosen before it waited
            made = [(one.arm, one.propensity) for one in self.run.chosen if one.trigger_id == trigger.id]
            yield from _unlike("arm", [(trigger.arm, trigger.propensity)], made)
            return
        step, definitions = way.step, self.asking.program.definitions
        policing = {name: self._policing_before_rivals(definitions.actions[name]) for name in step.actions}
        arms = [name for name, one in policing.items() if all(s.passed for s in one.stages() if s.gate != "holdout")]
        yield from _unlike("arm", trigger.arm, trigger.action)
        if trigger.action not in arms:
            yield f"{trigger.action} may not be chosen now"
        elif step.rule.policy != "best_channel":
            values = [self.asking.value(node) for node in step.features]
            numbers = [float(value) if isinstance(value, int | float) else None for value in values]
            context = context_of(step.rule.features, numbers) if step.rule.policy == "linucb" else ()
            chances = propensities(step.rule, self._arms(step), arms, context)
            yield from _unlike("propensity", trigger.propensity, chances[arms.index(trigger.action)])

    def _arms(self, step: j.ChooseStep) -> dict[str, Posterior]:
        """Return what was known of the arms of a choice, by the snapshot that was in force."""
        goal = self.journey.goal.event if self.journey.goal is not None else ""
        key = learning_key(self.journey.name, step.step, goal, step.rule)
        return self.moment.reference.arms.get(key, {}) if self.moment.reference is not None else {}

    def _learnt(self, way: Way | None) -> Posterior | None:
        if way is None or not isinstance(way.step, j.ChooseStep):
            return None
        return self._arms(way.step).get(self.trigger.action)

    def _of_what_it_carries(self, way: Way | None) -> Iterator[str]:
        trigger, run, action, profile = self.trigger, self.run, self.action, self.asking.profile
        further = way.step.payload if way is not None and isinstance(way.step, j.TriggerStep) else {}
        own = action.payload if action.plain_payload is None or not _is_plain(profile) else action.plain_payload
        payload = payload_of(self.asking, {**own, **further}, self.moment.reference)
        yield from _unlike("payload", trigger.payload, payload)
        yield from _unlike("address", trigger.to, address_of(profile))
        valid_until_ms = trigger.at_ms + action.valid_for_ms
        yield from _unlike("validity", trigger.valid_until_ms, valid_until_ms)
        due_ms = run.asked_ms if self._waited and run.deferrals else trigger.at_ms
        yield from _unlike("due", trigger.due_ms, due_ms)
        told = (trigger.channel, trigger.purpose, trigger.template)
        yield from _unlike("action", told, (action.channel, ", ".join(action.purposes), action.template))
        yield from _unlike("goal", trigger.goal, self.journey.goal.event if self.journey.goal is not None else "")


def _known(events: Sequence[Event], trigger: Trigger) -> list[Event]:
    """Return what had come in of a user's events, in total order: up to the one that caused it, or by its time."""
    known = [event for event in events if event.time_ms <= trigger.at_ms]
    causes = [place for place, event in enumerate(known) if event.id == trigger.why.cause]
    return known[: causes[-1] + 1] if causes else known


def _is_plain(profile: Profile) -> bool:
    return any(name in profile.consents and not profile.consents[name].granted for name in _PLAIN)


def _unlike(what: str, told: object, derived: object) -> Iterator[str]:
    if told != derived:
        yield f"{what} is {told}, and not {derived}"
