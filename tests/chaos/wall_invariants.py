"""What must hold of a run on the wall clock, whatever was done to the workers.

The checkpoints of each task are gone through from the first to the last, and every one is decided again: its state and
the outcomes seen must be just what comes of the state before, the events between its position and the one before, and
the timers up to its clock. So no outcome is without its state, none is lost or comes twice, and nothing is decided
twice or left out. On top of that: no timer fires over an event of its user that lay in the log in time; who was never
late ends as the pure core says for all their events in order of time; and at the end no due timer is left.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Final

import msgspec

from stream.definitions.shapes import Definitions
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER, decode_profile
from stream.runtime.settings import Settings
from tests.chaos.wall_again import UNCHANGED, Again, Kept, Step, Subscriber, Way, way_to
from tests.chaos.wall_log import DECIDED_TOPICS, Checkpoint, TaskLog, Told, read_logs
from tests.kafka.workers import KEY

SLACK_MS: Final = 500
"""The broker stamps a record a little before it can be fetched."""

APART_MS: Final = 300
"""Events of one user that lie so far apart are decided in their order, whatever their topics."""

OVERDUE_MS: Final = 10_000
"""A worker that is asked to end leaves what is due just then to whoever comes next."""

SHOWN: Final = 5


async def violations(
    settings: Settings, definitions: Definitions, *, ended: bool = True
) -> tuple[list[str], dict[str, str | float]]:
    """Return what does not hold, and figures of the run; `ended` where all workers stopped orderly with nothing due."""
    logs = await read_logs(settings, definitions)
    said: list[str] = []
    figures: Counter[str] = Counter()
    again = Again(definitions, KEY)
    for log in logs:
        lineage = Lineage(log, again, settings.lateness_ms)
        lineage.follow()
        if ended:
            lineage.check_the_end()
        said += lineage.said
        figures.update(lineage.figures())
    said += _ids_twice(logs)
    shown = [*said[:SHOWN], *([f"and {len(said) - SHOWN} more"] if len(said) > SHOWN else [])]
    return shown, dict(figures)


class Lineage:
    """One task's checkpoints, one after the other."""

    def __init__(self, log: TaskLog, again: Again, lateness_ms: int) -> None:
        self.said: Final[list[str]] = []
        self._log: Final = log
        self._again: Final = again
        self._in_time_ms: Final = lateness_ms - SLACK_MS
        self._kept: Final[dict[str, Kept]] = {}
        self._next: dict[str, int] = {}
        self._clock_ms = -NEVER
        self._by_user: Final[dict[str, list[Told]]] = {}
        self._decided: Final[set[tuple[int, int]]] = set()
        self._lost_track: Final[set[str]] = set()
        self._timers = 0
        self._subscribers: Final[dict[str, Subscriber]] = {}
        for told in (told for lane in log.told for told in lane):
            self._by_user.setdefault(told.event.user, []).append(told)
        for topic, outcomes in log.seen.items():
            for seen in outcomes:
                self._subscriber(seen.user).add(topic, seen)
        self._user_of: Final = {again.remains_of(user): user for user in self._by_user}
        self._untimely: Final = {user for user, told in self._by_user.items() if not self._is_timely(told)}

    # -------------------------------------------------------------------------------------------------- each checkpoint

    def follow(self) -> None:
        """Decide again what was decided for each checkpoint, and compare."""
        lanes = [iter(lane) for lane in self._log.told]
        heads = [next(lane, None) for lane in lanes]
        for number, checkpoint in enumerate(self._log.checkpoints):
            self._check_position(number, checkpoint)
            told: dict[str, list[Told]] = {}
            for rank, topic in enumerate(self._log.topics):
                end = checkpoint.position.next_offsets.get(topic, 0)
                while (head := heads[rank]) is not None and head.offset < end:
                    told.setdefault(head.event.user, []).append(head)
                    heads[rank] = next(lanes[rank], None)
            changed = {self._user_of.get(key, key) for key in checkpoint.state}
            for user in sorted(told.keys() | changed):
                self._follow_user(user, tuple(told.get(user, ())), checkpoint)
            self._decided.update(one.place for some in told.values() for one in some)

    def _check_position(self, number: int, checkpoint: Checkpoint) -> None:
        position = checkpoint.position
        back = {topic: end for topic, end in self._next.items() if position.next_offsets.get(topic, 0) < end}
        if back:
            self._say(f"checkpoint {number} goes back, from {back} to {position.next_offsets}")
        if position.clock_ms < self._clock_ms:
            self._say(f"checkpoint {number}: the clock goes back from {self._clock_ms} to {position.clock_ms}")
        if position.clock_ms > checkpoint.written_ms:
            self._say(f"checkpoint {number}: the clock is ahead, {position.clock_ms} at {checkpoint.written_ms}")
        self._next, self._clock_ms = dict(position.next_offsets), position.clock_ms

    def _follow_user(self, user: str, told: tuple[Told, ...], checkpoint: Checkpoint) -> None:
        before = self._kept.get(user, Kept())
        after = Kept(*(checkpoint.state.get(key, UNCHANGED) for key in (user, self._again.remains_of(user))))
        step = Step(user, before, told, checkpoint.position.clock_ms, self._waits_ms(user, told, checkpoint.written_ms))
        if user not in self._lost_track:
            subscriber = self._subscriber(user)
            way = way_to(step, after, self._again, subscriber)
            if way is None:
                self._lost_track.add(user)
                self._say(self._difference(step, after))
            else:
                subscriber.accounted = way.counts
                self._check_way(step, way, subscriber)
        self._kept[user] = Kept(*(old if new == UNCHANGED else new for old, new in zip(before, after, strict=True)))

    def _waits_ms(self, user: str, told: tuple[Told, ...], written_ms: int) -> int:
        """Return how far a user's timers may fire for an event that was read by then, and not decided."""
        waiting = (
            min(one.order_ms, one.event.time_ms - 1)
            for one in self._by_user.get(user, ())
            if one.written_ms <= written_ms and one.place not in self._decided and one not in told
        )
        return max(waiting, default=-NEVER)

    def _check_way(self, step: Step, way: Way, subscriber: Subscriber) -> None:
        """Check that no timer fired over what lay in the log, and none was taken for too old too soon."""
        of_this = {told.place for told in step.told}
        for fired in way.fired:
            self._timers += fired.by_clock
            # The clock waits for events on their way; before a user's own event, what is in the log is enough.
            until_ms = fired.due_ms + (self._in_time_ms if fired.by_clock else -SLACK_MS)
            undecided = {told.place for told in fired.undecided}
            for told in self._by_user.get(step.user, ()):
                if told.place in self._decided or (told.place in of_this and told.place not in undecided):
                    continue
                if told.event.time_ms <= fired.due_ms and told.written_ms < until_ms:
                    self._say(
                        f"{step.user}: the timer of {fired.due_ms} fired over {told.event.name} of "
                        f"{told.event.time_ms}, written at {told.written_ms} ({told.place})"
                    )
        for outcome in way.outcomes:
            if subscriber.expired_too_soon(outcome):
                self._say(f"{outcome} was taken for expired too soon")

    def _difference(self, step: Step, after: Kept) -> str:
        """Say how the state found differs from what the usual way leads to."""
        kept = step.before
        outcomes: list[str] = []
        for told in sorted(step.told, key=lambda told: (told.order_ms, told.rank, told.offset)):
            move = self._again.decide(step.user, kept, told, told.order_ms)
            kept = move.after
            outcomes += [type(outcome).__name__ for outcome in move.outcomes]
        names = [f"{told.event.name} of {told.event.time_ms} at {told.place}" for told in step.told]
        differences = "; ".join(_compared(*pair) for pair in zip(Kept._fields, after, kept, strict=True))
        unaccounted = self._subscriber(step.user).unaccounted()[:2]
        return (
            f"{step.user}, events {names}, clock {step.clock_ms}: no right way leads to what was found; {differences}; "
            f"outcomes decided {outcomes}, seen next {unaccounted}"
        )

    # ----------------------------------------------------------------------------------------------------- at the end

    def check_the_end(self) -> None:
        """Check that all is decided, every outcome has its state, no due timer is left, and counts are right."""
        log = self._log
        for topic, end in log.ends.items():
            if self._next.get(topic, 0) != end:
                self._say(f"{topic} is decided up to {self._next.get(topic, 0)}, and ends at {end}")
        if log.loose:
            self._say(f"profiles of {log.loose[:SHOWN]} stand in no checkpoint")
        if log.rejected:
            self._say(f"rejected, though the load is right: {log.rejected[:SHOWN]}")
        for user, subscriber in self._subscribers.items():
            if user not in self._lost_track and (unaccounted := subscriber.unaccounted()):
                self._say(f"{user}: seen, and not decided for any state: {unaccounted[:2]}")
        for user, kept in self._kept.items():
            if kept.due_ms <= self._clock_ms - OVERDUE_MS:
                self._say(f"{user}: due at {kept.due_ms}, not fired at {self._clock_ms}")
        self._check_counts()
        for user in self._by_user.keys() - self._untimely - self._lost_track:
            self._check_timely(user)

    def _check_counts(self) -> None:
        segments, runs = Counter[str](), Counter[str]()
        for profile in (decode_profile(kept.profile) for kept in self._kept.values() if kept.profile is not None):
            segments.update(its.place(name) for name, its in profile.memberships.items() if its.inside)
            runs.update(run.journey for run in profile.runs if run.pc >= 0)
        if self._log.checkpoints:
            position = self._log.checkpoints[-1].position
            for what, found, right in (("members", position.segments, segments), ("runs", position.runs, runs)):
                if +Counter(found) != right:
                    self._say(f"{what}: {found}, right: {dict(right)}")

    def _check_timely(self, user: str) -> None:
        """Compare with the pure core over all the user's events in order of time: nothing here was chance."""
        kept, found, outcomes = Kept(), self._kept.get(user, Kept()), list[AnyOutcome]()
        subscriber, nothing = self._subscriber(user), (0,) * len(DECIDED_TOPICS)
        for told in sorted(self._by_user[user], key=lambda told: (told.event.time_ms, *told.place)):
            move = self._again.decide(user, kept, told, NEVER)
            kept, outcomes = move.after, [*outcomes, *move.outcomes]
        # What was due last may have been left to whoever comes next.
        while kept != found and kept.due_ms <= self._clock_ms:
            move = self._again.fire(user, kept)
            kept, outcomes = move.after, [*outcomes, *move.outcomes]
        if kept != found:
            self._say(f"{user}, never late: the profile is not that of all events in order of time")
        elif subscriber.account(nothing, outcomes) != subscriber.accounted:
            self._say(f"{user}, never late: outcomes are not those of all events in order of time")

    # ------------------------------------------------------------------------------------------------------- looking up

    def figures(self) -> dict[str, int]:
        return {
            "events": sum(len(lane) for lane in self._log.told),
            "outcomes": sum(len(outcomes) for outcomes in self._log.seen.values()),
            "triggers": sum(b'"trigger.v1"' in seen.value for seen in self._log.seen.get("triggers", ())),
            "timers": self._timers,
            "checkpoints": len(self._log.checkpoints),
            "users": len(self._by_user),
            "late users": len(self._untimely),
        }

    def _is_timely(self, told: list[Told]) -> bool:
        """Whether no chance is in what these events lead to."""
        in_order = sorted(told, key=lambda one: (one.event.time_ms, *one.place))
        if any(not 0 <= one.written_ms - one.event.time_ms < self._in_time_ms for one in told):
            return False  # late, or from a phone whose clock is ahead: decided as of when it was written
        return all(
            one.rank == other.rank or other.event.time_ms - one.written_ms >= APART_MS
            for one, other in pairwise(in_order)
        )

    def _subscriber(self, user: str) -> Subscriber:
        if user not in self._subscribers:
            self._subscribers[user] = Subscriber()
        return self._subscribers[user]

    def _say(self, text: str) -> None:
        self.said.append(f"task {self._log.number}: {text}")


def _compared(what: str, found: bytes | None, usual: bytes | None) -> str:
    """Say how a profile, or what remains of one, was found, and how the usual way would have it."""
    if not found or not usual:
        return f"{what}: found {_kind(found)}, usual {_kind(usual)}"
    fields = zip(*(msgspec.structs.asdict(decode_profile(encoded)).items() for encoded in (found, usual)), strict=True)
    return f"{what} (found, usual): {[pair for pair in fields if pair[0] != pair[1]]}"


def _kind(profile: bytes | None) -> str:
    return "a tombstone" if profile is None else "nothing new" if profile == UNCHANGED else "a profile"


def _ids_twice(logs: list[TaskLog]) -> list[str]:
    """Look for outcomes seen twice; who comes back after an erasure gets other ids than before."""
    counts = Counter((topic, seen.id) for log in logs for topic, some in log.seen.items() for seen in some)
    return [f"{topic}: id {id_} is seen {count} times" for (topic, id_), count in counts.items() if count > 1]
