"""The review of a config on a history, as it is written to JSON. Times are epoch milliseconds, shares from 0 to 1."""

from typing import Literal

import msgspec

from stream.replay.review.census_shapes import EventFill

Code = Literal[
    "never_entered",
    "never_fed",
    "always_true",
    "nearly_always_true",
    "overlap",
    "flapping",
    "unfed",
    "rejected_rows",
    "unplanned_event",
    "unplanned_property",
    "unseen_event",
    "unseen_property",
    "no_consent",
]

ContrastKind = Literal["number", "money", "duration", "age", "known", "true", "value"]

Relation = Literal["other", "same_event", "own"]


class Finding(msgspec.Struct, frozen=True):
    """One thing worth a look: a stable code, whom it is about, and a sentence for people."""

    code: Code
    subjects: list[str]
    text: str


class Reviewed(msgspec.Struct, frozen=True):
    """Which config was reviewed. `consents` were assumed for every user."""

    version: str
    currency: str
    traits: int
    segments: int
    journeys: int
    consents: list[str]


class Rejection(msgspec.Struct, frozen=True):
    """Rows that became dead letters for one reason."""

    reason: str
    detail: str
    rows: int


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. Of the events, `left_out` came after the time given as the end; the clock stopped at `stopped_ms`.

    `before_axis` is how many came before the charts begin: a few stray old rows must not stretch them.
    """

    files: list[str]
    form: str
    rows: int
    events: int
    users: int
    first_ms: int | None
    last_ms: int | None
    stopped_ms: int | None
    unplanned: int
    duplicates: int
    left_out: int
    before_axis: int
    rejected: list[Rejection]


class StayBin(msgspec.Struct, frozen=True):
    """How many stays that have ended were shorter than `below_ms` (None: of any length) and not in an earlier bin."""

    below_ms: int | None
    stays: int


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """How long members stay. A stay is short, and a return quick, when it is less than a day.

    `median_ms` is of the stays that have ended, to about a tenth; `most_entries` names who entered most often.
    """

    ended: int
    short: int
    quick_returns: int
    entered_thrice: int
    median_ms: int | None
    bins: list[StayBin]
    most_entries: list["Flapper"]


class Flapper(msgspec.Struct, frozen=True):
    """A user and how often they entered."""

    user_id: str
    entries: int


class Contrast(msgspec.Struct, frozen=True, kw_only=True):
    """A trait in which the members at the end differ from all others.

    `kind` says what is compared: the mean of a `number`, `money` (minor units), `duration` or `age` of a timestamp
    (both in milliseconds), or the share of users of whom it is `known`, is `true`, or is the `value`. `inside` and
    `outside` are these means or shares; `difference` is standardised: (inside - outside) / sqrt of the mean of both
    variances. Traits of the segment's `own` condition differ by definition, those of the `same_event` nearly so.
    """

    trait: str
    kind: ContrastKind
    inside: float
    outside: float
    difference: float
    value: str = ""
    relation: Relation = "other"


class Part(msgspec.Struct, frozen=True):
    """One comparison of a condition: of how many users of the sample it holds at the end, does not, or is unknown."""

    condition: str
    holds: int
    fails: int
    unknown: int


class SegmentReview(msgspec.Struct, frozen=True, kw_only=True):
    """What one segment (or one tier of it) came to. `sizes` go with the review's `axis_ms`; `inside` is at the end.

    `unfed` are the names its condition reads that this history never fed; `compared` is how many members of the sample
    `apart` was computed from (0: too few).
    """

    name: str
    describe: str
    condition: str
    members_ever: int
    inside: int
    share: float
    entries: int
    exits: int
    sizes: list[int]
    stays: Stays
    apart: list[Contrast]
    compared: int
    parts: list[Part]
    unfed: list[str]


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """Two segments: how much of the time that anyone spent in either was spent in both (Jaccard), and users at the end.

    `within` is the share of the time in `one` that was also in `other`, `around` the reverse.
    """

    one: str
    other: str
    jaccard: float
    within: float
    around: float
    both_now: int
    either_now: int


class TraitReview(msgspec.Struct, frozen=True, kw_only=True):
    """What a trait came to at the end, over a sample of users: where thresholds may lie.

    Tenth, middle and ninetieth percentile are of those of whom it is known; None for text. Money is in minor units,
    durations and the ages of timestamps are in milliseconds. `unfed`: no event of this history could feed it.
    """

    name: str
    kind: str
    known: float
    low: float | None
    middle: float | None
    high: float | None
    common: list[str]
    unfed: bool


class JourneyReview(msgspec.Struct, frozen=True, kw_only=True):
    """What one journey came to; `verdicts` count what became of the triggers it proposed."""

    name: str
    started: int
    ended: int
    goals: int
    verdicts: dict[str, int]


class Review(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="review.v1"):
    """A config reviewed on a history."""

    config: Reviewed
    history: History
    findings: list[Finding]
    axis_ms: list[int]
    users_over_time: list[int]
    segments: list[SegmentReview]
    overlaps: list[Overlap]
    journeys: list[JourneyReview]
    traits: list[TraitReview]
    sampled_users: int
    events: list[EventFill]
