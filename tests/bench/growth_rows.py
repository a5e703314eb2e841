"""Rows without Kafka: what an event costs, and a profile weighs, as there is more to remember."""

import random
import time
import tracemalloc
from collections.abc import Sequence
from itertools import accumulate

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.profile import Profile, decode_profile, encode_profile
from stream.replay.driving import BATCH, Drive
from tests.bench.core_rows import input_frozen
from tests.bench.histories import History
from tests.bench.machine import Machine

START_MS = 1_511_539_200_000
TEN_MINUTES_MS = 600_000
FAR_MS = START_MS + 365 * 86_400_000
COPIES = 5

_SKEW = 1.1
_FEW_USERS = 1_000
_RUN_USERS = 10_000
_SETTLED_MS = 2 * 3_600_000


class Measured:
    """A decider with the whole config, fed with generated events of one name at a time."""

    def __init__(self, definitions: Definitions, program: Program, machine: Machine) -> None:
        self._profiles: dict[str, Profile] = {}
        self.decider = Decider(definitions, self._profiles, program=program)
        self._machine = machine
        self._serial = 0

    def know(self, users: int, name: str) -> None:
        """Let so many users do something once, within the first ten minutes."""
        self._decide(self._events(range(users), name, START_MS))

    def us_per_event(self, users: Sequence[int], at_ms: int) -> float:
        """Return the microseconds of CPU time that each of these users' views takes, within the ten minutes after."""
        events = self._events(users, "product_viewed", at_ms)
        with self._machine.measuring(), input_frozen():
            started_s = time.process_time()
            self._decide(events)
            return (time.process_time() - started_s) / len(events) * 1e6

    def _events(self, users: Sequence[int], name: str, at_ms: int) -> list[Event]:
        step_ms = TEN_MINUTES_MS / len(users)
        self._serial += 1
        return [
            Event(
                str(user),
                name,
                at_ms + int(place * step_ms),
                f"{self._serial}-{place}",
                {"product_id": f"p{place % 977}", "category": f"c{place % 31}"},
            )
            for place, user in enumerate(users)
        ]

    def _decide(self, events: list[Event]) -> None:
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            for event in batch:
                self.decider.decide(event)
            self.decider.advance(batch[-1].time_ms - 1)
            self.decider.take()


def zipf_users(users: int, events: int) -> list[int]:
    """Return who does each event: few users do most of it; the same each time."""
    weights = list(accumulate(1 / rank**_SKEW for rank in range(1, users + 1)))
    return random.Random(11).choices(range(users), cum_weights=weights, k=events)


class GrowthRow:
    """An event's time with more users in memory, with more timers pending, and with journeys open."""

    def __init__(self, definitions: Definitions, machine: Machine, most_users: int, events: int) -> None:
        self._definitions, self._machine, self._program = definitions, machine, Program(definitions)
        self._most, self._events = most_users, events
        self._fresh().us_per_event(range(100), START_MS)  # the program makes what its events do at the first of them

    def measure(self) -> dict[str, float]:
        return self._users() | self._timers() | self._runs()

    def _fresh(self) -> Measured:
        return Measured(self._definitions, self._program, self._machine)

    def _users(self) -> dict[str, float]:
        """The hot set, ten times larger each time up to the most; who acts is skewed in each alike."""
        each_us: dict[int, float] = {}
        users = min(_FEW_USERS, self._most)
        while users <= self._most:
            measured = self._fresh()
            measured.know(users, "product_viewed")
            each_us[users] = measured.us_per_event(zipf_users(users, self._events), START_MS + TEN_MINUTES_MS)
            users *= 10
        figures = {f"hot_{users}_users_cpu_us_per_event": value for users, value in each_us.items()}
        return figures | {"growth_with_users": each_us[max(each_us)] / each_us[min(each_us)]}

    def _timers(self) -> dict[str, float]:
        """The same few users, and timers of so many others in the index, due much later."""
        each_us = {}
        for timers in (0, self._most):
            measured = self._fresh()
            measured.know(_FEW_USERS, "product_viewed")
            for other in range(timers):
                measured.decider.schedule(f"idle-{other}", FAR_MS + other)
            users = zipf_users(_FEW_USERS, self._events)
            each_us[timers] = measured.us_per_event(users, START_MS + TEN_MINUTES_MS)
        figures = {f"timers_{timers}_cpu_us_per_event": value for timers, value in each_us.items()}
        return figures | {"growth_with_timers": each_us[self._most] / each_us[0]}

    def _runs(self) -> dict[str, float]:
        """Users who looked at a product two hours ago, and users who left a cart then and are in its journey."""
        each_us, count = {}, min(_RUN_USERS, self._most)
        users = [place % count for place in range(self._events)]
        for name in ("product_viewed", "product_added"):
            measured = self._fresh()
            measured.know(count, name)
            measured.decider.advance(START_MS + _SETTLED_MS)
            measured.decider.take()
            runs = sum(measured.decider.counts.runs.values())
            each_us[name] = (measured.us_per_event(users, START_MS + _SETTLED_MS), runs / count)
        (without_us, runs_before), (with_us, runs_after) = each_us.values()
        return {
            "runs_without_cart_cpu_us_per_event": without_us,
            "runs_without_cart_per_user": runs_before,
            "runs_with_cart_cpu_us_per_event": with_us,
            "runs_with_cart_per_user": runs_after,
            "growth_with_runs": with_us / without_us,
        }


class WeightRow:
    """What a profile weighs: as the history leaves it, encoded; and decoded, in Python's allocators."""

    def __init__(self, definitions: Definitions, history: History) -> None:
        self._definitions, self._history = definitions, history

    def measure(self) -> dict[str, float]:
        profiles: dict[str, Profile] = {}
        Drive(Decider(self._definitions, profiles), lambda _: None).run(self._history.events)
        encoded = [encode_profile(profile) for profile in profiles.values()] * COPIES
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            decoded = [decode_profile(text) for text in encoded]
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return {
            "profile_encoded_bytes": sum(map(len, encoded)) / len(encoded),
            "profile_decoded_bytes": (after - before) / len(decoded),
        }
