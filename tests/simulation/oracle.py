"""The oracle of event mode: the pure core over the same events in total order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final, cast

from stream.decision.decider import Decider, Taken
from stream.decision.knowledge.in_force import Snapshot
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.decision.turn import Use
from stream.model.events import Event
from stream.model.profile import Profile, encode_profile
from tests.simulation.cluster import Cluster
from tests.simulation.config import program_of
from tests.simulation.findings import (
    count_differences,
    input_of,
    placed,
    profile_differences,
    seen_letters,
    seen_outcomes,
    state_of,
)


def differences(cluster: Cluster, final_ms: int) -> list[str]:
    """Compare what the workers left with what is right; empty is right."""
    log = cluster.log
    said: list[str] = []
    outcomes: Counter[Any] = Counter()
    letters: Counter[Any] = Counter()
    reads = [input_of(cluster, number) for number in range(cluster.tasks)]
    together = Together(cluster)
    for number, read in enumerate(reads):
        letters.update(read.letters)
        together.belong(number, (found[0] for found in read.events))
    told = [
        (event.time_ms, rank, offset, number, event)
        for number, read in enumerate(reads)
        for event, rank, offset, _ in read.events
    ]
    knowledge = Knowledge(cluster.definitions.policy.learn_every_ms)
    learning = Learning(cast(Decider, together), knowledge if program_of(cluster.definitions).learns else None)
    for taken in learning.decide(final_ms, [event for *_, event in sorted(told, key=itemgetter(0, 1, 2, 3))]):
        outcomes += placed(taken.outcomes, log)
    for number, read in enumerate(reads):
        decider, profiles = together.deciders[number], together.profiles[number]
        found, position = state_of(log, number)
        right = {user: encode_profile(profile) for user, profile in profiles.items()}
        said += profile_differences(number, found, right)
        if position is None:
            said.append(f"task {number} has no position")
            continue
        places = {
            "next offsets": (position.next_offsets, read.next_offsets),
            "decided beyond": (position.decided_beyond, {}),
            "clock": (position.clock_ms, final_ms),
            "members": (_counted(position.segments), _counted(decider.counts.segments)),
            "runs": (_counted(position.runs), _counted(decider.counts.runs)),
            "uses": (_inside(position.uses), _inside(decider.counts.uses)),
        }
        said += [f"task {number}: {what} {one}, right: {two}" for what, (one, two) in places.items() if one != two]
    said += count_differences("outcome", seen_outcomes(log), outcomes)
    return said + count_differences("dead letter", seen_letters(log), letters)


class Together:
    """Stands for one decider of all tasks' users, each of whom is decided with those of the same task."""

    def __init__(self, cluster: Cluster) -> None:
        self.profiles: Final[list[dict[str, Profile]]] = [{} for _ in range(cluster.tasks)]
        key = cluster.settings.app.encode()
        self.deciders: Final = [Decider(cluster.definitions, profiles, key=key) for profiles in self.profiles]
        self._task_of: Final[dict[int, int]] = {}

    def belong(self, number: int, events: Iterable[Event]) -> None:
        """Note that events are a task's."""
        self._task_of.update((id(event), number) for event in events)

    def decide(self, event: Event) -> None:
        self.deciders[self._task_of[id(event)]].decide(event)

    def advance(self, clock_ms: int) -> None:
        for decider in self.deciders:
            decider.advance(clock_ms)

    def adopt(self, snapshot: Snapshot) -> None:
        for decider in self.deciders:
            decider.adopt(snapshot)

    @property
    def next_due_ms(self) -> int:
        return min(decider.next_due_ms for decider in self.deciders)

    def take(self) -> Taken:
        parts = [decider.take() for decider in self.deciders]
        outcomes = [outcome for part in parts for outcome in part.outcomes]
        return Taken(outcomes, set(), 0, [each for part in parts for each in part.contributions])


def _inside(uses: dict[str, Use] | None) -> dict[str, int]:
    return _counted({name: use.runs for name, use in (uses or {}).items()})


def _counted(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items(), key=itemgetter(0)) if count}
