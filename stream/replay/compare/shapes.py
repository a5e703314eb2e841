"""The comparison of two configs, A and B, on a history, as it is written to JSON. Times are epoch milliseconds."""

from typing import Literal

import msgspec

from stream.model.outcomes import Leaf
from stream.replay.review.shapes import Rejection

Kind = Literal["event", "trait", "segment", "journey", "action", "policy"]


class DefinitionChange(msgspec.Struct, frozen=True):
    """A definition that is not the same in both configs; `a` and `b` are what it says, empty where it is not there."""

    kind: Kind
    name: str
    change: Literal["added", "removed", "changed"]
    a: str = ""
    b: str = ""


class ComparedConfig(msgspec.Struct, frozen=True):
    """One of the two configs, and what it made of the history."""

    name: str
    version: str
    segments: int
    journeys: int
    events: int
    unplanned: int
    rejected: list[Rejection]


class ComparedHistory(msgspec.Struct, frozen=True):
    """What was read. `consents` were assumed for every user."""

    files: list[str]
    form: str
    rows: int
    users: int
    first_ms: int | None
    stopped_ms: int | None
    consents: list[str]


class Standing(msgspec.Struct, frozen=True):
    """How a user stands under one config: the comparisons of the condition in question, and a note where needed."""

    leaves: list[Leaf]
    note: str = ""


class Example(msgspec.Struct, frozen=True):
    """One user for whom the configs differ, at the time of it, and how they stand under either."""

    user_id: str
    at_ms: int
    a: Standing
    b: Standing


class Reason(msgspec.Struct, frozen=True):
    """What keeps users out under one config while they are inside under the other, and how many users.

    A comparison that is not true, or, where `condition` is empty, a note.
    """

    users: int
    condition: str
    note: str = ""


class Group(msgspec.Struct, frozen=True):
    """Users for whom the configs differ in one way. `reasons` are counted over the `explained` ones of them."""

    users: int
    explained: int
    reasons: list[Reason]
    examples: list[Example]


class SegmentDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One segment under both configs. `sizes` go with the comparison's `axis_ms`; where it is not, it has no condition.

    At the end, those in `enter` are inside under B alone, those in `leave` under A alone. Over the whole history,
    `ever_only_a` and `ever_only_b` were inside at some time under one config and never under the other.
    """

    name: str
    condition_a: str
    condition_b: str
    inside_a: int
    inside_b: int
    entries_a: int
    entries_b: int
    sizes_a: list[int]
    sizes_b: list[int]
    enter: Group
    leave: Group
    ever_only_a: Group
    ever_only_b: Group


class TriggerDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One step's trigger under both configs: how many were sent, and to whom under one config alone.

    `moved` is how many users are sent it under both, but not at the same times.
    """

    journey: str
    step: str
    action: str
    sent_a: int
    sent_b: int
    users_a: int
    users_b: int
    moved: int
    only_a: Group
    only_b: Group


class Diff(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="diff.v1"):
    """Two configs compared on one history."""

    a: ComparedConfig
    b: ComparedConfig
    history: ComparedHistory
    definitions: list[DefinitionChange]
    users_affected: int
    axis_ms: list[int]
    segments: list[SegmentDiff]
    triggers: list[TriggerDiff]
