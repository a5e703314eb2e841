"""The invariants of wall mode, checked along the committed transactions of each task, from the first to the last.

What a task had decided for each transaction is known, so the pure core can decide it again: the records of the
transaction must be just what comes of that. So state, outcomes and position are of one piece, and each goes on from
the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from stream.decision.decider import Decider
from stream.model.events import Event
from stream.model.outcomes import OUTPUT_TOPICS, AnyOutcome, Decision, Trigger
from stream.model.profile import NEVER, Profile, encode_profile
from stream.runtime.kept_journeys import taken_out
from stream.runtime.position import POSITION_KEY, Position, decode_position
from tests.simulation.cluster import LATENESS_MS, Cluster
from tests.simulation.config import shrunk, whole_program
from tests.simulation.findings import (
    Input,
    count_differences,
    input_of,
    placed,
    profile_differences,
    seen_letters,
    state_of,
)
from tests.simulation.log import Transaction
from tests.simulation.ports import CHANGELOG
from tests.simulation.watching import Advanced, Decided, FiredOwn, GoesBy, Operation


def violations(cluster: Cluster, most_ahead_ms: int) -> list[str]:
    """Say which invariants do not hold; empty is right."""
    said: list[str] = []
    letters, strays, sent_on = Counter[Any](), Counter[Any](), Counter[Any]()
    for number in range(cluster.tasks):
        read = input_of(cluster, number)
        letters.update(read.letters)
        strays.update(read.strays)
        sent_on.update(read.sent_on)
        lineage = Lineage(cluster, number, read, most_ahead_ms)
        for task, transaction in cluster.coordinator.committed:
            if task == number:
                lineage.follow(transaction)
        said += lineage.said + lineage.at_the_end()
    said += _ids_twice(cluster) + count_differences("event sent on", sent_on, strays)
    return said + count_differences("dead letter", seen_letters(cluster.log), letters)


class Lineage:
    """One task's committed transactions, one after the other."""

    def __init__(self, cluster: Cluster, number: int, read: Input, most_ahead_ms: int) -> None:
        self._cluster: Final = cluster
        self._number: Final = number
        self._read: Final = read
        self._most_ahead_ms: Final = most_ahead_ms
        self._profiles: Final[dict[str, Profile]] = {}
        self._decider = Decider(shrunk(), self._profiles, key=cluster.settings.app.encode())
        self._decided: Final[Counter[str]] = Counter()
        self._by_user: Final[dict[str, list[tuple[Event, int, int, int]]]] = {}
        for found in read.events:
            self._by_user.setdefault(found[0].user, []).append(found)
        self._clock_ms = -NEVER
        self._position: Position | None = None
        self.said: Final[list[str]] = []

    def follow(self, transaction: Transaction) -> None:
        """Decide again what was decided for it, and compare."""
        outcomes, changed = self._again(transaction.operations or [])
        changelog = [entry for entry in transaction.records if entry.topic == CHANGELOG]
        state = {entry.key or b"": entry.value for entry in changelog}
        position = state.pop(POSITION_KEY, None)
        taken_out(state)
        if position is None:
            self._say(f"transaction {transaction.number} has no position")
        else:
            self._position = decode_position(position)
            if self._position.clock_ms < self._clock_ms:
                self._say(f"the clock went back from {self._clock_ms} to {self._position.clock_ms}")
            self._clock_ms = self._position.clock_ms
        right = {user: encode_profile(self._profiles[user]) for user in changed if user in self._profiles}
        found = {key.decode(): value for key, value in state.items() if value is not None}
        if state.keys() != {user.encode() for user in changed}:
            self._say(f"transaction {transaction.number} has profiles of {sorted(state)}, right: {sorted(changed)}")
        self.said.extend(profile_differences(self._number, found, right))
        self._compare(transaction, outcomes)

    def _again(self, operations: Iterable[Operation]) -> tuple[list[AnyOutcome], set[str]]:
        outcomes: list[AnyOutcome] = []
        changed: set[str] = set()
        for operation in operations:
            if isinstance(operation, GoesBy):
                self._go_by(operation.version)
                continue
            if isinstance(operation, Decided):
                self._decided[operation.event.id] += 1
                self._decider.decide(operation.event, operation.limit_ms, operation.timers_until_ms)
            elif isinstance(operation, FiredOwn):
                self._decider.fire_own(operation.user, operation.until_ms)
            else:
                self._decider.advance(operation.clock_ms)
            taken = self._decider.take()
            changed |= taken.changed
            outcomes += taken.outcomes
            for outcome in taken.outcomes:
                self._check_nothing_was_passed_over(outcome, operation)
        return outcomes, changed

    def _go_by(self, version: str) -> None:
        """Go on with other definitions, if these are others: who took the task over has read the config later."""
        if version == self._decider.program.definitions.version:
            return
        program, counts = whole_program(version), self._decider.counts
        self._decider = Decider(
            program.definitions, self._profiles, program=program, key=self._cluster.settings.app.encode()
        )
        self._decider.restore(counts)
        for user, profile in self._profiles.items():
            self._decider.schedule(user, profile.due_ms)

    def _check_nothing_was_passed_over(self, outcome: AnyOutcome, operation: Decided | FiredOwn | Advanced) -> None:
        """No timer may fire over an event of its user, a purchase say, that lay in the log when it was due.

        By the clock it fires later by the lateness, so what was written within that counts too. What comes of an event
        itself may only not pass over what was known to lie in the log and must be decided before that event.
        """
        for event, rank, offset, written_ms in self._by_user.get(outcome.user_id, ()):
            if event.time_ms > outcome.at_ms or self._decided[event.id]:
                continue
            fired_ms = outcome.at_ms - self._most_ahead_ms
            if isinstance(operation, Advanced):
                is_passed_over = written_ms < fired_ms + LATENESS_MS
            elif isinstance(operation, FiredOwn) or outcome.at_ms < min(operation.event.time_ms, operation.limit_ms):
                is_passed_over = written_ms < fired_ms
            else:
                is_known = bool(operation.ends) and offset < operation.ends[rank]
                is_passed_over = is_known and written_ms < operation.order_ms
            if is_passed_over:
                self._say(f"{outcome} fired over {event.name} at offset {offset}, of {event.time_ms}")

    def _compare(self, transaction: Transaction, outcomes: list[AnyOutcome]) -> None:
        found: Counter[Any] = Counter(
            (entry_tp, entry.value)
            for entry in transaction.records
            if entry.topic in OUTPUT_TOPICS and entry.topic != "dead-letters"
            for entry_tp in [next(tp for tp in transaction.partitions if tp == (entry.topic, entry.partition))]
        )
        written = {msgspec.json.decode(value or b"{}").get("id") for tp, value in found if tp.topic == "triggers"}
        right: list[AnyOutcome] = []
        expired = {o.id for o in outcomes if isinstance(o, Trigger) and o.id not in written}
        for outcome in outcomes:
            if isinstance(outcome, Decision) and outcome.id in expired and outcome.verdict == "sent":
                right.append(msgspec.structs.replace(outcome, verdict="expired"))
            elif not (isinstance(outcome, Trigger) and outcome.id in expired):
                right.append(outcome)
        what = f"task {self._number}, transaction {transaction.number}: outcome"
        self.said.extend(count_differences(what, found, placed(right, self._cluster.log)))

    def at_the_end(self) -> list[str]:
        """Say what was never decided, or twice, and whether the changelog holds the state of all that."""
        in_log: Counter[Any] = Counter(event.id for event, _, _, _ in self._read.events)
        said = count_differences(f"task {self._number}: event decided", Counter(self._decided), in_log)
        found, _ = state_of(self._cluster.log, self._number)
        right = {user: encode_profile(profile) for user, profile in self._profiles.items()}
        said += profile_differences(self._number, found, right)
        if self._position is not None and self._position.next_offsets != self._read.next_offsets:
            said.append(
                f"task {self._number}: next offsets {self._position.next_offsets}, right: {self._read.next_offsets}"
            )
        return said

    def _say(self, text: str) -> None:
        self.said.append(f"task {self._number}: {text}")


def _ids_twice(cluster: Cluster) -> list[str]:
    """Look for outcomes seen twice. A user who comes back after an erasure begins again, ids and all."""
    erased = {event.user for event in _events(cluster) if event.name == "erasure_requested"}
    counts: Counter[tuple[str, str]] = Counter()
    for topic in OUTPUT_TOPICS:
        for partition in cluster.log.of_topic(topic) if topic != "dead-letters" else ():
            for entry in partition.committed():
                outcome = msgspec.json.decode(entry.value or b"{}")
                if outcome["user_id"] not in erased:
                    counts[topic, outcome["id"]] += 1
    return [f"{topic}: id {id_} is seen {count} times" for (topic, id_), count in counts.items() if count > 1]


def _events(cluster: Cluster) -> list[Event]:
    return [found[0] for number in range(cluster.tasks) for found in input_of(cluster, number).events]
