"""Journeys as checked values: who enters, what ends a run, and the steps."""

from typing import Literal

import msgspec

from stream.definitions.choosing import ChooseRule
from stream.definitions.expressions import Expr, ValueType
from stream.definitions.picks import Payload
from stream.model.items import Concerned


class ForEach(msgspec.Struct, frozen=True):
    """For whom an event of a product starts a run: who saw, carted or bought it, at most `within_ms` before, if given.

    How long that is remembered at all is bounded, see `stream.decision.items.memory`.
    """

    whom: Concerned
    within_ms: int | None = None


class Heard(msgspec.Struct, frozen=True):
    """An event that a journey listens to, of which a condition may have to be true.

    Where it has the property `match`, that must be the run's key; an event that lacks it concerns every run. An event
    of a product concerns those of `for_each`.
    """

    event: str
    where: Expr | None = None
    match: str | None = None
    for_each: ForEach | None = None


class OfEvent(msgspec.Struct, frozen=True):
    """A property of the event that a run starts by, or that its context is refreshed on: `event.order_id`."""

    property: str
    type: ValueType


Source = Expr | OfEvent
"""Where a key, or a value of a run's context, comes from."""


class Enter(msgspec.Struct, frozen=True):
    """How a run starts: by entering a segment (or a tier, `stage.retention`) or by an event.

    `key` tells runs of one user apart: one of a key at a time; where it comes again meanwhile, it is ignored, or the
    run under way ends and another starts. No run starts `again_after_ms` after the last one ended or, `again_from` the
    entry, started; with `once` none ever again. At most `max_concurrent` of a user are under way.
    """

    segment: str | None
    event: Heard | None
    key: Source | None
    again_after_ms: int
    again_from: Literal["exit", "entry"] = "exit"
    once: bool = False
    max_concurrent: int = 0
    same_key: Literal["ignore", "restart"] = "ignore"


class GoalRule(msgspec.Struct, frozen=True):
    """What a run is for: an event within a window from entry, and the property that holds its worth."""

    heard: Heard
    within_ms: int
    value: str | None

    @property
    def event(self) -> str:
        """The name of the event."""
        return self.heard.event


class TriggerStep(msgspec.Struct, frozen=True):
    """Propose an action. `step` is the place in the journey (`0`, `2.1`), part of the trigger's id.

    With `best_within_ms` it waits for the user's best time within so long. `payload` goes over that of the action.
    """

    step: str
    action: str
    best_within_ms: int = 0
    payload: Payload = {}


class WaitStep(msgspec.Struct, frozen=True):
    """Wait; where one of the `if_none` events comes meanwhile, the run ends."""

    step: str
    wait_ms: int
    if_none: tuple[Heard, ...]


Past = Literal["run", "skip", "exit"]
"""What becomes of a wait for what is past already: go on, leave out the next step, or end the run."""


class LocalTime(msgspec.Struct, frozen=True):
    """The next time the user's clock shows so many minutes after midnight, on one of the weekdays if some are named."""

    minute: int
    weekdays: tuple[str, ...] = ()


class Moment(msgspec.Struct, frozen=True):
    """So long after a time that is known of the user (before it, if negative); with a `minute`, on that local day then.

    Where that is past already, or nothing is known, the run goes on (`run`), leaves out the next step, or exits.
    """

    of: Expr | None
    offset_ms: int
    minute: int | None = None
    past: Past = "run"


class OnDate(msgspec.Struct, frozen=True):
    """A local date, as days since 1970, at so many minutes after midnight."""

    day: int
    minute: int
    past: Past = "run"


Until = LocalTime | Moment | OnDate


class WaitUntilStep(msgspec.Struct, frozen=True):
    """Wait until a moment of the user's own time."""

    step: str
    until: Until
    if_none: tuple[Heard, ...]


class WaitForStep(msgspec.Struct, frozen=True):
    """Wait for one of some events, at most so long; each event of `reset_on` starts that time anew.

    Where an event comes, the steps of `then` follow; where none does, those of `otherwise`.
    """

    step: str
    events: tuple[Heard, ...]
    at_most_ms: int
    reset_on: tuple[Heard, ...]
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]
    if_none: tuple[Heard, ...]


class Arm(msgspec.Struct, frozen=True):
    """One arm of a branch; without `when` it is the otherwise."""

    when: Expr | None
    steps: tuple["Step", ...]


class BranchStep(msgspec.Struct, frozen=True):
    """Take the first arm whose condition is true; where none is, go on after the branch."""

    step: str
    arms: tuple[Arm, ...]


class Share(msgspec.Struct, frozen=True):
    """One arm of a split, taken by its part of the sum of weights."""

    weight: int
    steps: tuple["Step", ...]


class SplitStep(msgspec.Struct, frozen=True):
    """Divide users by a hash of the salt and the user, so that each stays in their arm."""

    step: str
    salt: str
    shares: tuple[Share, ...]


class ChooseStep(msgspec.Struct, frozen=True):
    """Propose one of several actions, picked by a rule; `features` are what the rule looks at, in its order."""

    step: str
    actions: tuple[str, ...]
    rule: ChooseRule
    features: tuple[Expr, ...] = ()


class SetStep(msgspec.Struct, frozen=True):
    """Put values into the run's context."""

    step: str
    values: dict[str, Expr]


class GotoStep(msgspec.Struct, frozen=True):
    """Go on with the step of a name, at most so often in a run; then go on after this step."""

    step: str
    to: str
    at_most: int


class EndStep(msgspec.Struct, frozen=True):
    """End the run here."""

    step: str
    reason: str


Step = (
    TriggerStep
    | WaitStep
    | WaitUntilStep
    | WaitForStep
    | BranchStep
    | SplitStep
    | ChooseStep
    | SetStep
    | GotoStep
    | EndStep
)


class OnExit(msgspec.Struct, frozen=True):
    """An action proposed where a run ends early; with `after`, only if it has sent one of those."""

    step: str
    action: str
    after: frozenset[str] = frozenset()


class Journey(msgspec.Struct, frozen=True):
    """A sequence of steps a user goes through.

    `capture` is put into the run's context at entry, and again on each event of `refresh_on`; `named` gives the place
    of each step that has a name. Of those who enter, `holdout` of 10,000 are held out (None: as the policy has it).
    `migrate` says, by the place or name of a step that an older definition waits at, where a run goes on in this one.
    """

    name: str
    describe: str
    enter: Enter
    exit_on: tuple[Heard, ...]
    goal: GoalRule | None
    steps: tuple[Step, ...]
    hash: str
    exit_when: Expr | None = None
    on_exit: tuple[OnExit, ...] = ()
    capture: dict[str, Source] = {}
    refresh_on: tuple[Heard, ...] = ()
    named: dict[str, str] = {}
    max_trigger_age_ms: int | None = None
    holdout: int | None = None
    migrate: dict[str, str] = {}
