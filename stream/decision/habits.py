"""What users do with what was sent to them, remembered: the hour of the week, and the channel it went through."""

from typing import Final, Literal

from xxhash import xxh3_64_intdigest

from stream.decision.hours import hour_of_week
from stream.decision.ids import decided_id
from stream.decision.turn import Fact, Turn
from stream.definitions.responses import TRIGGER_ID
from stream.model.habits import Awaited, ChannelSeen, Contacts, Habits, HourSeen, growth
from stream.model.profile import Profile

AWAITED_KEPT: Final = 32
"""Triggers without a response that are remembered of a user: with caps like the shipped ones, two months of them."""

CHANNELS_KEPT: Final = 16
"""Channels remembered of a user: for a further one the least used is forgotten, of equals the first by name."""


def learn(turn: Turn, weight: int, fact: Fact) -> None:
    """Let a response of so much weight change what is known of the user's habits; what a mail program did changes none.

    A response counts at its own time, and if that is later than now, as of now. The hour is that of the zone the user
    is known to be in when it comes. A response to a trigger counts once, and as of when the trigger was sent: so no
    more are responded to than were sent, and the latest responses do not weigh more than what they answer.
    """
    if fact.props.get("machine_open") is True:
        return
    profile, at_ms = turn.profile, min(fact.time_ms, turn.now_ms)
    habits = _habits_of(profile)
    hour = hour_of_week(at_ms, turn.program.zone_of(profile))
    habits.hours[hour] = habits.hours.get(hour, 0.0) + weight * growth(at_ms)
    turn.contributions.append(
        HourSeen(profile.user, hour, weight, at_ms, decided_id("hour_seen", profile.user, fact.id), turn.now_ms)
    )
    answered = fact.props.get(TRIGGER_ID)
    if isinstance(answered, str):
        _note_answer(turn, habits, answered)


def _note_answer(turn: Turn, habits: Habits, trigger_id: str) -> None:
    awaited = habits.awaited.pop(_digest(trigger_id), None)
    if awaited is None:
        return
    if awaited.channel in habits.channels:
        habits.channels[awaited.channel].responded += growth(awaited.at_ms)
    turn.contributions.append(_seen(turn, awaited, trigger_id, "responded"))


def note_trigger(turn: Turn, trigger_id: str, channel: str) -> None:
    """Remember that a trigger is sent now through a channel, and await a response to it; for who learns habits."""
    habits, now_ms = _habits_of(turn.profile), turn.now_ms
    channels, awaited = habits.channels, habits.awaited
    if channel not in channels and len(channels) >= CHANNELS_KEPT:
        del channels[min(channels, key=lambda name: (channels[name].sent, name))]
    channels.setdefault(channel, Contacts()).sent += growth(now_ms)
    awaited[_digest(trigger_id)] = sent = Awaited(channel, now_ms)
    turn.contributions.append(_seen(turn, sent, trigger_id, "sent"))
    if len(awaited) > AWAITED_KEPT:
        del awaited[next(iter(awaited))]


def _seen(turn: Turn, trigger: Awaited, trigger_id: str, what: Literal["sent", "responded"]) -> ChannelSeen:
    contribution_id = decided_id(f"channel_{what}", trigger_id)
    user, responded = turn.profile.user, what == "responded"
    return ChannelSeen(user, trigger.channel, responded, trigger.at_ms, contribution_id, turn.now_ms)


def _habits_of(profile: Profile) -> Habits:
    if profile.habits is None:
        profile.habits = Habits()
    return profile.habits


def _digest(trigger_id: str) -> int:
    return xxh3_64_intdigest(trigger_id.encode())
