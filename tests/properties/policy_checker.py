"""What no policy may ever let through, looked for in what was sent, or would have been to those held out."""

from collections.abc import Iterator
from hashlib import sha256
from zoneinfo import ZoneInfo

from stream.definitions.policy_shapes import Action, Cap, Of
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Decision
from tests.properties.journeys_told import Life, Told, period_begins_ms


class PolicyChecking:
    """The checking of one life; `room` are the outcomes so far that took up room, and how many events came before."""

    def __init__(self, definitions: Definitions, life: Life) -> None:
        self.definitions, self.life = definitions, life
        self.room: list[tuple[Decision, int]] = []

    def wrong(self, sent: Decision, places: tuple[int, int]) -> Iterator[str]:
        """Look at one that took up room; where it may have been decided at several places, one must be right."""
        action = self.definitions.actions.get(sent.action)
        if action is not None:
            found = [list(self._gates(sent, action, place)) for place in range(places[0], places[1] + 1)]
            yield from min(found, key=len)
            yield from self._holdout(sent, action)
            yield from self._exclusive(sent, action) if not action.is_transactional else ()
        self.room.append((sent, places[0]))

    def _gates(self, sent: Decision, action: Action, place: int) -> Iterator[str]:
        told, definitions = self.life.told(place), self.definitions
        for purpose in action.purposes:
            said = told.consent(purpose)
            assumed = said is None and purpose in definitions.assumed_consents
            if not said and not assumed and purpose not in definitions.policy.free:
                yield f"{sent.id} has no consent to {purpose}"
        if told.is_suppressed(action.channel) or Told(self.life.before).is_suppressed(action.channel):
            yield f"{sent.id} goes over {action.channel}, which is suppressed"
        if not told.identity().keys() >= set(action.needs):
            yield f"{sent.id} needs {action.needs}, and not all is known"
        if action.is_transactional:
            return
        for rule in definitions.policy.quiet_hours:
            if action.channel in rule.channels and told.is_quiet(sent.at_ms, rule):
                yield f"{sent.id} goes out in quiet hours"
        for cap in definitions.policy.caps:
            if _means(cap.of, action, sent.journey) and self._counted(cap, sent.at_ms, place) >= cap.at_most:
                yield f"{sent.id} is over the cap of {cap.at_most} of {cap.key}"

    def _counted(self, cap: Cap, now_ms: int, place: int) -> int:
        """Count what a cap has counted, of what was sent so far."""
        since_ms = now_ms - cap.within_ms + 1
        if cap.per:
            zone = self.life.told(place).zone() or ZoneInfo(self.definitions.plan.timezone)
            since_ms = period_begins_ms(now_ms, zone, cap.per)
        return sum(since_ms <= at_ms for at_ms in self._times(cap, place))

    def _times(self, cap: Cap, place: int) -> Iterator[int]:
        for sent, at in self.room:
            action = self.definitions.actions.get(sent.action)
            if action is None or not _means(cap.of, action, sent.journey):
                continue
            if action.is_transactional and not action.counts:
                continue
            if cap.counts == "emitted":
                yield sent.at_ms
                continue
            heard = (event for event in self.life.events[at:place] if event.name == "email_delivered")
            yield from [event.time_ms for event in heard if event.props.get("trigger_id") == sent.id][:1]

    def _holdout(self, sent: Decision, action: Action) -> Iterator[str]:
        """Who is held out gets nothing but what is transactional; who is not is no ghost."""
        definitions, journey = self.definitions, self.definitions.journeys[sent.journey]
        policy, assumed = definitions.policy.holdout, definitions.assumed_holdout
        share = policy.journeys if journey.holdout is None else journey.holdout
        is_out = _bucket(policy.salt, sent.user_id) < policy.everything
        is_out = is_out or _bucket(f"journey {journey.name}", sent.user_id) < share
        is_out = is_out if assumed == "by hash" else assumed == "everyone"
        if (is_out and not action.is_transactional) != (sent.verdict == "held_out"):
            yield f"{sent.id} is {sent.verdict}, which is wrong of this user"

    def _exclusive(self, sent: Decision, action: Action) -> Iterator[str]:
        actions = self.definitions.actions
        for group in self.definitions.policy.exclusive:
            if not any(_means(of, action, sent.journey) for of in group.of):
                continue
            for other, _ in self.room:
                counts = not actions[other.action].is_transactional or actions[other.action].counts
                is_of = counts and any(_means(of, actions[other.action], other.journey) for of in group.of)
                if is_of and other.at_ms > sent.at_ms - group.within_ms:
                    yield f"{sent.id} comes too soon after {other.id}, which excludes it by {group.name}"


def _bucket(salt: str, user: str) -> int:
    return int(sha256(salt.encode() + b"\x1f" + user.encode()).hexdigest(), 16) % 10_000


def _means(of: Of, action: Action, journey: str) -> bool:
    kinds = {"channel": (action.channel,), "tag": action.tags, "journey": (journey,), "action": (action.name,)}
    return of.name in kinds[of.kind]
