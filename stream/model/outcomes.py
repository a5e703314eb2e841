"""Outcomes: what a decision sends to the outside. Each is one JSON object whose `type` says what it is."""

from typing import Final, Literal

import msgspec

from stream.model.events import Scalar
from stream.model.items import PickEvidence

Verdict = Literal[
    "sent",
    "held_out",
    "not_eligible",
    "not_applicable",
    "not_suitable",
    "unreachable",
    "no_consent",
    "suppressed",
    "capped",
    "quiet_hours",
    "lost_arbitration",
    "not_chosen",
    "excluded",
    "deferred",
    "expired",
    "withdrawn",
]
"""What became of a proposed trigger: sent, or the first gate that was shut.

`held_out`: it would have been sent, but the user is in a holdout (a ghost trigger). `expired`: past its validity when
it would have been sent, or deferred for too long. `withdrawn`: the run ended before it was sent, or after.
"""


class Leaf(msgspec.Struct, frozen=True, omit_defaults=True):
    """One comparison of a condition as it stood: the value found, and the events that moved it last."""

    condition: str
    holds: bool | None
    value: Scalar | None = None
    threshold: Scalar | None = None
    events: list[str] = []


class Stage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One gate of the policy: whether it let a proposal pass, and what it went by."""

    gate: str
    passed: bool
    said: str = ""
    leaves: list[Leaf] = []


class Rival(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another proposal of the same moment: of the lowest tier the one of the highest score goes first.

    `verdict` is None of one that was decided after it, and had been refused by nothing before.
    """

    action: str
    journey: str
    tier: int
    score: float
    verdict: Verdict | None = None


class Why(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reason of an outcome: readable by a person, and enough for a machine to derive it again.

    Of a proposed trigger: the `stages` it passed, up to the one that was shut; with what `tier` and `score` it
    competed, and with whom. `picks` tell how the products in a payload were picked.
    """

    cause: str
    leaves: list[Leaf] = []
    consent: str = ""
    caps: list[str] = []
    definition: str = ""
    reference: str = ""
    stages: list[Stage] = []
    tier: int = 0
    score: float = 0.0
    rivals: list[Rival] = []
    picks: list[PickEvidence] = []


class Outcome(msgspec.Struct, tag_field="type", kw_only=True, omit_defaults=True):
    """What all outcomes have: an id that is a function of what was decided, the user, the event time decided at."""

    id: str
    user_id: str
    at_ms: int


class SegmentChange(Outcome, tag="segment-change.v1", kw_only=True):
    """A profile entered or left a segment. `cause` is the id of the event that did it, or `time`.

    Everyone is in a segment with tiers, and in just one of them: a profile enters it once, with its first event, in the
    tier `to`; from then on it moves, `from` one tier `to` another, in one record.
    """

    segment: str
    change: Literal["entered", "exited", "moved"]
    cause: str
    version: str
    why: Why
    from_: str = msgspec.field(default="", name="from")
    to: str = ""

    def crossed(self) -> list[tuple[str, Literal["entered", "exited"]]]:
        """Return what was left and what was entered, a tier by its full name: `stage.retention`."""
        if self.change == "exited" or not self.to:
            return [(self.segment, "exited" if self.change == "exited" else "entered")]
        entered: list[tuple[str, Literal["entered", "exited"]]] = [(f"{self.segment}.{self.to}", "entered")]
        return [(f"{self.segment}.{self.from_}", "exited"), *entered] if self.from_ else entered


class Trigger(Outcome, tag="trigger.v1", kw_only=True):
    """An action to take for one user now. `id` is the idempotency key; discard it after `valid_until_ms`.

    Where it was chosen among several, `arm` says which it is and `propensity` how likely it was to be.
    """

    action: str
    channel: str
    purpose: str
    template: str
    journey: str
    version: str
    run_id: str
    step: str
    due_ms: int
    valid_until_ms: int
    payload: dict[str, object]
    why: Why
    key: str = ""
    to: dict[str, Scalar] = {}
    goal: str = ""
    arm: str = ""
    propensity: float | None = None


class Withdrawal(Outcome, tag="trigger.withdrawn.v1", kw_only=True):
    """A trigger already sent is no longer true; do not act on it if you have not yet."""

    trigger_id: str
    action: str
    journey: str
    run_id: str
    reason: str


class Decision(Outcome, tag="decision.v1", kw_only=True):
    """The fate of one proposed trigger. Its `id` is the trigger's; a withdrawal adds a second record of its own id."""

    verdict: Verdict
    journey: str
    run_id: str
    step: str
    action: str
    why: Why
    key: str = ""
    arm: str = ""
    propensity: float | None = None


class RunChange(Outcome, tag="run.v1", kw_only=True):
    """A run of a journey started or ended, and why."""

    change: Literal["started", "ended"]
    journey: str
    run_id: str
    reason: str
    version: str
    key: str = ""


class Goal(Outcome, tag="goal.v1", kw_only=True):
    """A run's goal was reached within its window. `value`, where money, is in major units of the shop's currency."""

    journey: str
    run_id: str
    event: str
    value: float | None = None
    trigger_ids: list[str] = []
    key: str = ""


AnyOutcome = SegmentChange | Trigger | Withdrawal | Decision | RunChange | Goal

OUTPUT_TOPICS: Final = ("segment-changes", "triggers", "decisions", "dead-letters")

TOPIC_OF: Final[dict[type, str]] = {
    SegmentChange: "segment-changes",
    Trigger: "triggers",
    Withdrawal: "triggers",
    Decision: "decisions",
    RunChange: "decisions",
    Goal: "decisions",
}

_encoder = msgspec.json.Encoder(order="deterministic")


def encode_outcome(outcome: AnyOutcome) -> bytes:
    """Return the outcome as one line of JSON, the same bytes for the same outcome."""
    return _encoder.encode(outcome)
