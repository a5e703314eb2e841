"""Users for whom two configs differ, gathered share by share: all are counted, some explained, a few shown."""

from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec

from stream.replay.compare.shapes import Example, Group, Reason
from stream.replay.compare.standings import keeps_out

EXPLAINED_MAX: Final = 100
EXAMPLES: Final = 5
REASONS: Final = 8


class Gathered(msgspec.Struct):
    """One group of users as it grows."""

    users: int = 0
    explained: int = 0
    reasons: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    examples: list[Example] = []

    def take(self, found: Collection[str]) -> list[str]:
        """Count a share's users, and return those of them who are to be explained."""
        self.users += len(found)
        return sorted(found)[: max(0, EXPLAINED_MAX - self.explained)]

    def explain(self, example: Example, *, outside_is_a: bool) -> None:
        """Count what keeps a user out on the one side, and keep the user as an example while there are few."""
        outside = example.a if outside_is_a else example.b
        self.explained += 1
        for reason in keeps_out(outside):
            self.reasons[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)

    def group(self, *, examples: bool) -> Group:
        """Return the group as it is told."""
        counted = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        reasons = [Reason(users, condition, note) for (condition, note), users in counted[:REASONS]]
        return Group(self.users, self.explained, reasons, self.examples if examples else [])
