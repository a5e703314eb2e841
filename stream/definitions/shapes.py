"""The definitions as checked values: what `config/` says once all of it was understood."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from stream.definitions.expressions import Expr, ValueType
from stream.definitions.journey_shapes import Journey
from stream.definitions.policy_shapes import Action, Policy
from stream.model.plan import Plan

Period = Literal["day", "week", "month", "quarter", "year"]
"""Periods of the calendar where the user is; weeks begin on Monday."""

Aggregation = Literal[
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "first",
    "last",
    "distinct",
    "top",
    "set",
    "nth",
    "gap",
    "open",
    "rate",
    "streak",
    "sequence",
    "sequence_rate",
]


class Fed(msgspec.Struct, frozen=True):
    """What else feeds a trait: a property of an event (None: the event itself), where a condition on it is true."""

    event: str
    property: str | None
    where: Expr | None


class CalendarSpan(msgspec.Struct, frozen=True):
    """So far this period where the user is; with `previous`, the so many whole ones before it."""

    every: Period
    previous: int = 0


class Aggregate(msgspec.Struct, frozen=True):
    """A trait computed from one event's occurrences, over a rolling window or, without `within_ms`, all time.

    `property` is None where the operator takes the event as a whole; `at` names the event's time. `type` is the type of
    the trait's value: `count`, `distinct`, `open`, `rate` and `streak` are numbers, `gap` a duration, `top` a string,
    the others their property's. `where` is a condition on the occurrence, over its event's properties: where that is
    not true, it does not count. The window ends `ending_ms` ago. What `minus` feeds is taken off. It is kept apart for
    each value of the property `by`. `n` is the number of the occurrence (`nth`), of how many it is (`gap`), or per how
    many at least (`rate`). `other` is the event that closes (`open`), or that is counted to divide by (`rate`). `every`
    is what a `streak` counts. With `half_life_ms` there is no window: what it counts, sums or weighs halves so often.
    With `sessions` it is over so many of the last finished sessions, 0 the one under way, which a gap of `gap_ms` ends.
    A sequence is of `steps` with nothing of `without` between, all within `span_ms`, of events that agree in `by`.
    With `calendar` it counts in periods of the calendar in place of a rolling window.
    """

    name: str
    op: Aggregation
    event: str
    property: str | None
    within_ms: int | None
    type: ValueType
    hash: str
    where: Expr | None = None
    ending_ms: int = 0
    minus: Fed | None = None
    by: str | None = None
    n: int = 1
    other: Fed | None = None
    every: Period = "day"
    half_life_ms: int | None = None
    sessions: int | None = None
    gap_ms: int = 0
    steps: tuple[Fed, ...] = ()
    without: tuple[Fed, ...] = ()
    span_ms: int | None = None
    calendar: CalendarSpan | None = None


class Derived(msgspec.Struct, frozen=True):
    """A trait computed from other traits."""

    name: str
    value: Expr
    hash: str


Trait = Aggregate | Derived


class Tier(msgspec.Struct, frozen=True):
    """One tier of a segment; without `when` it is the otherwise."""

    name: str
    when: Expr | None


class Segment(msgspec.Struct, frozen=True):
    """A named group. Entered when `when` is true; left when it is not, or with `exit` when that is.

    With `tiers` everyone is in it (`when` is true), and in just one of them: the first whose condition is true. The
    last has none. A member stays at least `stay_ms`, except for a tier before theirs.
    """

    name: str
    describe: str
    when: Expr
    exit: Expr | None
    hash: str
    tiers: tuple[Tier, ...] = ()
    stay_ms: int = 0

    def conditions(self) -> tuple[Expr, ...]:
        """Return all conditions that decide on memberships."""
        tests = tuple(tier.when for tier in self.tiers if tier.when is not None)
        return tests or ((self.when,) if self.exit is None else (self.when, self.exit))

    def leading_to(self, tier: str) -> tuple[Expr, ...]:
        """Return the conditions that lead into a tier: its own, and those of the tiers before it, which are not true.

        Of a segment without tiers, what leads into it.
        """
        tests: list[Expr] = []
        for each in self.tiers:
            tests += [] if each.when is None else [each.when]
            if each.name == tier:
                break
        return tuple(tests) or (self.when,)


class Definitions(msgspec.Struct, frozen=True):
    """Everything in `config/` that decides; `version` is its hash. Traits and segments come after those they read.

    `files` are the texts that say all this, by path. `pinned` has older definitions of journeys, by hash, which runs
    may still go by; `unreadable` says of others what keeps them from being read now: the first mistake.

    Purposes in `assumed_consents` count as consented for every user (replays of history without consents). With
    `assumed_holdout` everyone is held out, or nobody, in place of those whom their hash says.
    """

    plan: Plan
    traits: dict[str, Trait]
    segments: dict[str, Segment]
    journeys: dict[str, Journey]
    actions: dict[str, Action]
    policy: Policy
    version: str
    assumed_consents: frozenset[str] = frozenset()
    assumed_holdout: Literal["by hash", "everyone", "nobody"] = "by hash"
    files: Mapping[str, str] = {}
    pinned: Mapping[str, Journey] = {}
    unreadable: Mapping[str, str] = {}


ITEM_EVENTS = frozenset({"price_dropped", "back_in_stock"})
"""Events of products, made for each user who remembers the product."""

DERIVED_EVENTS = frozenset(
    {
        "cart_changed",
        "cart_emptied",
        "segment_entered",
        "segment_exited",
        "trigger_sent",
        "consent_withdrawn",
        "session_started",
        "session_ended",
        "page_left",
        *ITEM_EVENTS,
    }
)
"""Events the decisions themselves make; they can be counted and waited for like any other."""
