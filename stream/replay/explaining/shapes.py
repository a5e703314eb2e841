"""What explanations are made of. Times are RFC 3339 text in UTC, "" where there is none."""

from typing import Literal

import msgspec

from stream.model.events import Scalar
from stream.model.items import PickEvidence
from stream.model.outcomes import Rival, Verdict


class Mover(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that moved a value last. What other decisions made has the id of the event behind it, or `time`."""

    id: str
    event: str = ""
    at: str = ""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One comparison as it stood, with the events that moved what it reads."""

    condition: str
    holds: bool | None
    value: Scalar | None = None
    threshold: Scalar | None = None
    events: list[Mover] = []


class Standing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a user stands to one segment. `since` is when they came in or went out, "" if they never were in it.

    `asked` is the field whose conditions are explained: `when`, `exit` (for members of a segment that has one) or
    `tiers`. `stays_until` is set for a member who stays at least until then.
    """

    segment: str
    inside: bool
    asked: str
    tier: str = ""
    since: str = ""
    cause: Mover | None = None
    stays_until: str = ""
    reasons: list[Reason] = []


class Explanation(msgspec.Struct, frozen=True):
    """Where one user stands at a time, after so many events of theirs; what they are in comes first."""

    user: str
    at: str
    events: int
    segments: list[Standing]


class Gate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stage of the policy: whether it let a proposal pass, and what it went by."""

    gate: str
    passed: bool
    said: str = ""
    reasons: list[Reason] = []


class Fate(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One proposed trigger and what became of it: the reasons it was proposed for, and each gate up to the one shut.

    `tier` is its name where the policy names tiers. `until` is when it is asked again, where it is put off still. Where
    it is the withdrawal of a trigger, `withdraws` is that trigger's id, and `because` what took it back.
    """

    id: str
    at: str
    verdict: Verdict
    action: str
    step: str
    cause: Mover
    reasons: list[Reason] = []
    gates: list[Gate] = []
    consent: str = ""
    caps: list[str] = []
    tier: str = ""
    score: float = 0.0
    rivals: list[Rival] = []
    arm: str = ""
    propensity: float | None = None
    definition: str = ""
    reference: str = ""
    picks: list[PickEvidence] = []
    until: str = ""
    withdraws: str = ""
    because: str = ""


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a run waits for at a step: time, an event of some, a gate that opens later, or rivals of its proposal.

    `until` is the latest that it waits; an event of `ends_at` ends it before.
    """

    step: str
    how: Literal["time", "event", "gate", "rivals"]
    since: str
    until: str
    events: list[str] = []
    ends_at: list[str] = []


class Reached(msgspec.Struct, frozen=True, omit_defaults=True):
    """The goal of a run, reached: when, by which event, and what that was worth."""

    at: str
    event: str
    value: float | None = None


class RunStory(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One way of a user through a journey: who it is kept apart by, what began it, where it waits or why it ended."""

    run_id: str
    key: str = ""
    definition: str
    since: str
    cause: Mover
    waiting: Waiting | None = None
    ended: str = ""
    ended_because: str = ""
    goal: Reached | None = None
    fates: list[Fate] = []


class NotEntered(msgspec.Struct, frozen=True):
    """A run that did not begin: when, by which event it would have, and what was against it."""

    at: str
    cause: Mover
    because: str


class WayIn(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a journey is entered: through a segment, of which `reasons` tell how its condition stands, or by an event."""

    segment: str = ""
    inside: bool = False
    since: str = ""
    reasons: list[Reason] = []
    event: str = ""
    where: str = ""
    again_from: str = ""


class JourneyExplanation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where one user is in a journey at a time, or why not in it, after so many events of theirs.

    `refused`: they never were, though they would have been but for what `not_entered` says, the latest last (at most
    100). `held_out_of` is what they get nothing of: `everything`, or the journey. Runs come in order, the latest last.
    """

    user: str
    journey: str
    at: str
    events: int
    state: Literal["never", "refused", "inside", "ended"]
    held_out_of: str = ""
    way_in: WayIn
    runs: list[RunStory] = []
    not_entered: list[NotEntered] = []


class Told(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a trigger told its sender."""

    channel: str
    purpose: str
    template: str
    due: str
    valid_until: str
    to: dict[str, Scalar] = {}
    payload: dict[str, object] = {}
    goal: str = ""


class DecisionExplanation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why one decision was made, known by its id: what was proposed, what became of it, and the run it belongs to.

    `trigger` is there if it was sent. `run` has all that was decided in that run up to `at`.
    """

    user: str
    at: str
    journey: str
    fate: Fate
    trigger: Told | None = None
    run: RunStory
