"""The policy once more: what each gate must have said of a trigger, from the events and the decisions before it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from stream.decision.plausible_zones import plausible_zones
from stream.definitions.policy_shapes import Action, Cap, Exclusion, Of
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import Decision, Leaf, Stage
from stream.model.text import kept_text
from tests.checkers.asking import Asking

_NO_EMAIL = {"unsubscribed": "unsubscribed", "email_bounced": "bounced", "email_marked_as_spam": "complained"}
_EVIDENCE = ("best time", "best channel")
"""Stages that tell of a choice, and shut nothing."""


class Policing:
    """Goes through the gates for one trigger again: `events` and `before` are all of its user that came before it."""

    def __init__(
        self, asking: Asking, events: Sequence[Event], before: Sequence[Decision], journey: str, action: Action
    ) -> None:
        self.definitions: Definitions = asking.program.definitions
        self.asking, self.events, self.before = asking, events, before
        self.journey, self.action, self.user = journey, action, asking.profile.user

    def stages(self, scored: str = "") -> list[Stage]:
        """Return the stages, without the events behind leaves; each as it truly stands, passed or not.

        `scored` is what a score is made of that is more than the weight.
        """
        stages = [*self._conditions(), *self._address(), self._consent(), *self._suppression()]
        stages += [*self._caps(), *self._quiet(), *self._exclusive()]
        return [*stages, *([Stage("score", True, scored)] if scored else []), *self._holdout()]

    def _conditions(self) -> Iterator[Stage]:
        asked = [("eligible", self.action.eligible), ("applicable", self.action.applicable)]
        for gate, condition in [*asked, ("suitable", self.action.suitable)]:
            if condition is not None:
                yield Stage(gate, self.asking.value(condition) is True, leaves=self.asking.leaves(condition))

    def _address(self) -> Iterator[Stage]:
        if self.action.needs:
            told = {name for event in self.events if event.name == "identify" for name in event.props}
            missing = [name for name in self.action.needs if name not in told]
            yield Stage("address", not missing, f"unknown: {', '.join(missing)}" if missing else "")

    def _consent(self) -> Stage:
        answers = [self._answer(purpose) for purpose in self.action.purposes]
        return Stage("consent", all(granted for granted, _ in answers), "; ".join(said for _, said in answers))

    def _answer(self, purpose: str) -> tuple[bool, str]:
        """Return the latest word on a purpose; of two at one time, the refusal."""
        if purpose in self.definitions.policy.free:
            return True, f"{purpose} needs none"
        told = [event for event in self.events if event.name == "consent_changed" and _is_about(event, purpose)]
        if told:
            latest_ms = max(event.time_ms for event in told)
            granted = all(event.props.get("granted") is True for event in told if event.time_ms == latest_ms)
            return granted, f"{purpose} {'granted' if granted else 'refused'} at {latest_ms}"
        if purpose in self.definitions.assumed_consents:
            return True, f"{purpose} assumed"
        return False, f"{purpose} never granted"

    def _suppression(self) -> Iterator[Stage]:
        against = [event for event in self.events if event.name in _NO_EMAIL]
        against = [event for event in against if event.props.get("bounce_type", "hard") == "hard"]
        if against and self.action.channel == "email":
            yield Stage("suppression", False, f"email suppressed: {_NO_EMAIL[against[0].name]}")

    def caps(self) -> list[str]:
        """Return how the caps stand, counted from the decisions before."""
        return [said for said, _ in self._cap_states()]

    def _cap_states(self) -> Iterator[tuple[str, bool]]:
        for cap in self.definitions.policy.caps:
            if _is_of(cap.of, self.action, self.journey):
                counted = self._count(cap)
                span = f"this {cap.per}" if cap.per else f"in {cap.within_ms // 1000} s"
                is_open = counted < cap.at_most or self.action.is_transactional
                yield f"{counted} of {cap.at_most} {cap.key} {span}", is_open

    def _caps(self) -> Iterator[Stage]:
        states = list(self._cap_states())
        if states:
            yield Stage("caps", all(is_open for _, is_open in states), "; ".join(said for said, _ in states))

    def _count(self, cap: Cap) -> int:
        since_ms = self._period_began_ms(cap.per) - 1 if cap.per else self.asking.now_ms - cap.within_ms
        sent = [one for one in self._sent() if _is_of(cap.of, self.definitions.actions[one.action], one.journey)]
        if cap.counts == "emitted":
            return sum(one.at_ms > since_ms for one in sent)
        ids = {one.id for one in sent}
        delivered = [event for event in self.events if event.name == "email_delivered"]
        return sum(event.time_ms > since_ms for event in delivered if event.props.get("trigger_id") in ids)

    def _sent(self) -> list[Decision]:
        """Return what was sent before, or would have been to whoever is held out, as far as it takes up room."""
        actions = self.definitions.actions
        sent = [one for one in self.before if one.verdict in ("sent", "held_out")]
        return [one for one in sent if not actions[one.action].is_transactional or actions[one.action].counts]

    def _period_began_ms(self, per: str) -> int:
        zone = self.asking.program.zone_of(self.asking.profile)
        local = datetime.fromtimestamp(self.asking.now_ms / 1000, UTC).astimezone(zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if per == "week":
            day -= timedelta(days=day.weekday())
        if per == "month":
            day = day.replace(day=1)
        return round(day.timestamp() * 1000)

    def _quiet(self) -> Iterator[Stage]:
        if self.action.is_transactional:
            return
        for rule in self.definitions.policy.quiet_hours:
            if self.action.channel in rule.channels:
                zones = plausible_zones(self.asking.profile, self.asking.now_ms, rule.zones)
                is_quiet = any(_is_between(self.asking.now_ms, zone, rule.starts, rule.ends) for zone in zones)
                named = ", ".join(zone.key for zone in zones[:3]) + (" and others" if len(zones) > 3 else "")
                yield Stage("quiet hours", not is_quiet, named)

    def _exclusive(self) -> Iterator[Stage]:
        if self.action.is_transactional:
            return
        for group in self.definitions.policy.exclusive:
            if self._is_in(group, self.action, self.journey):
                actions = self.definitions.actions
                others = [one for one in self._sent() if self._is_in(group, actions[one.action], one.journey)]
                is_taken = any(one.at_ms > self.asking.now_ms - group.within_ms for one in others)
                yield Stage("exclusion", not is_taken, group.name)

    def _is_in(self, group: Exclusion, action: Action, journey: str) -> bool:
        return any(_is_of(of, action, journey) for of in group.of)

    def _holdout(self) -> Iterator[Stage]:
        holdout, own = self.definitions.policy.holdout, self.definitions.journeys[self.journey].holdout
        if self.action.is_transactional or not (holdout.everything or (holdout.journeys if own is None else own)):
            return
        held_out = held_out_of(self.definitions, self.journey, self.action, self.user)
        yield Stage("holdout", not held_out, held_out)


def held_out_of(definitions: Definitions, journey: str, action: Action, user: str) -> str:
    """Return what a user is held out of, by the bucket that the design fixes: sha256(salt, 0x1f, user) mod 10,000."""
    holdout = definitions.policy.holdout
    if action.is_transactional:
        return ""
    if _bucket(holdout.salt, user) < holdout.everything:
        return "everything"
    own = definitions.journeys[journey].holdout
    share = holdout.journeys if own is None else own
    return journey if _bucket(f"journey {journey}", user) < share else ""


def without_events(stages: Iterable[Stage]) -> list[Stage]:
    """Return stages without the events behind their leaves, and without those that only tell of a choice."""
    return [
        Stage(stage.gate, stage.passed, stage.said, bare(stage.leaves))
        for stage in stages
        if stage.gate not in _EVIDENCE
    ]


def bare(leaves: Iterable[Leaf]) -> list[Leaf]:
    """Return leaves without the events behind them."""
    return [Leaf(leaf.condition, leaf.holds, leaf.value, leaf.threshold) for leaf in leaves]


def _bucket(salt: str, user: str) -> int:
    return int(sha256(salt.encode() + b"\x1f" + user.encode()).hexdigest(), 16) % 10_000


def _is_about(event: Event, purpose: str) -> bool:
    return kept_text(str(event.props.get("purpose", ""))) == kept_text(purpose)


def _is_of(of: Of, action: Action, journey: str) -> bool:
    meant = {"channel": [action.channel], "tag": action.tags, "journey": [journey], "action": [action.name]}
    return of.name in meant[of.kind]


def _is_between(now_ms: int, zone: ZoneInfo, starts: int, ends: int) -> bool:
    """Say whether the clock on the wall shows a time from `starts` to before `ends`, over midnight if that is less."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    return starts <= minute < ends if starts < ends else starts != ends and (minute >= starts or minute < ends)
