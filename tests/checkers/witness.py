"""A replay under watch: each trigger is kept with the profile as it was then, in bytes, and all decided before."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from stream.decision.decider import Decider
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Decision, RunChange, Trigger
from stream.model.profile import encode_profile
from stream.model.reference import Reference
from stream.replay.driving import Drive
from stream.replay.reading import Place


class Moment(msgspec.Struct):
    """A trigger as it was sent; `decided` is how many decisions of its user came before it."""

    trigger: Trigger
    profile: bytes
    decided: int
    reference: Reference | None = None


class Account(msgspec.Struct):
    """What a replay came to, by user: events in total order, decisions and changes of runs in the order they were made.

    `moments` has the triggers in the order they were sent.
    """

    events: dict[str, list[Event]]
    moments: list[Moment]
    decisions: dict[str, list[Decision]]
    runs: dict[str, list[RunChange]]


class _Watched(list[AnyOutcome]):
    """The outcomes of a decider, looked at as they are added."""

    def __init__(self, decider: Decider, account: Account) -> None:
        super().__init__()
        self._turn, self._account = decider._turn, account

    def append(self, outcome: AnyOutcome) -> None:
        super().append(outcome)
        account, user = self._account, outcome.user_id
        if isinstance(outcome, Decision):
            account.decisions[user].append(outcome)
        elif isinstance(outcome, RunChange):
            account.runs[user].append(outcome)
        elif isinstance(outcome, Trigger):
            decided = len(account.decisions[user]) - 1  # without its own, which comes first
            profile = encode_profile(self._turn.profile)
            account.moments.append(Moment(outcome, profile, decided, self._turn.reference))


def witnessed(definitions: Definitions, events: Sequence[tuple[Place, Event]], stop_ms: int) -> Account:
    """Decide over events in total order, up to a time, and return what came of it."""
    by_user: dict[str, list[Event]] = defaultdict(list)
    for _, event in events:
        by_user[event.user].append(event)
    account = Account(by_user, [], defaultdict(list), defaultdict(list))
    decider = Decider(definitions, {})
    decider._outcomes = decider._turn.outcomes = _Watched(decider, account)
    Drive(decider, lambda _: None).run(events, stop_ms)
    return account
