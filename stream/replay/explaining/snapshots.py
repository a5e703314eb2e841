"""The snapshots of shared knowledge that a user's decisions went by: from a replay of everyone, or as it wrote them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from stream.adapters.rows import InputRefused
from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning, teaches
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.reference import Reference
from stream.model.snapshots import read_snapshots
from stream.replay.driving import BATCH
from stream.replay.files import lines_of
from stream.replay.reading import Place


def snapshots_learnt(
    definitions: Definitions, events: Sequence[tuple[Place, Event]], at_ms: int
) -> Iterator[Reference]:
    """Decide over everyone's events, in total order, up to a time; yield each snapshot when it is published.

    Where no decision teaches anything there are none, and nothing is decided.
    """
    decider, published = Decider(definitions, {}), list[Reference]()
    if not teaches(decider.program):
        return
    learning = Learning(decider, Knowledge(definitions.policy.learn_every_ms), published.append)
    known = [event for _, event in events if event.time_ms <= at_ms]
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        for _ in learning.decide(batch[-1].time_ms - 1, batch):
            yield from published
            published.clear()
    for _ in learning.decide(at_ms):
        yield from published
        published.clear()


def snapshots_written(path: Path) -> Iterator[Reference]:
    """Yield the snapshots of a file that a replay wrote; raises `InputRefused` where it holds something else."""
    try:
        yield from read_snapshots(lines_of(path, lambda _: None))
    except msgspec.DecodeError as error:
        raise InputRefused(f"{path} holds no snapshots of a replay: {error}") from error
