"""A comparison: the history read under both plans, decided over under both configs, and what came out otherwise."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from stream.adapters.rows import Adapter
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.plan import Plan
from stream.replay.compare.apart import Compared, memberships_apart, triggers_apart
from stream.replay.compare.shapes import Diff
from stream.replay.compare.side import Side
from stream.replay.compare.summing import diff_of
from stream.replay.replaying import Ticks
from stream.replay.review.axis import Axis, axis_over
from stream.replay.review.intake import Intake
from stream.replay.review.spool import HELD_MAX, Placed, Spool
from stream.replay.review.summing import STRAY


class ToCompare(msgspec.Struct, frozen=True):
    """Two configs with their names, and the history. `examples`: whether user ids may stand in the comparison."""

    a: tuple[str, Definitions]
    b: tuple[str, Definitions]
    files: Sequence[Path]
    form: str
    adapter: Callable[[Plan], Adapter]
    until_ms: int | None = None
    examples: bool = True
    held_max: int = HELD_MAX


def compare(asked: ToCompare, ticks: Ticks | None = None) -> Diff:
    """Compare two configs on a history.

    Raises `InputRefused` where a file cannot be read, `OSError` where the disk is full.
    """
    ticks = ticks or Ticks()
    plans = asked.a[1].plan, asked.b[1].plan
    with ExitStack() as stack:
        spools = [stack.enter_context(Spool(asked.held_max)) for _ in (plans if plans[0] != plans[1] else plans[:1])]
        intakes = [Intake(plan, spool) for plan, spool in zip(plans, spools, strict=False)]
        for intake, plan, tick in zip(intakes, plans, (ticks.read, lambda _: None), strict=False):
            intake.read(asked.files, asked.adapter(plan), tick)
        ticks.total(spools[0].count)
        axis = _axis(intakes, asked.until_ms)
        compared = Compared((Side(asked.a[1], axis), Side(asked.b[1], axis)), axis)
        for events in _shares(spools):
            _compare_share(compared, events)
            ticks.decided(len(events[0]))
    read = [path.name for path in asked.files], asked.form
    return diff_of(compared, (asked.a[0], asked.b[0]), (intakes[0], intakes[-1]), read, examples=asked.examples)


def _shares(spools: Sequence[Spool]) -> Iterator[tuple[list[Placed], list[Placed]]]:
    """Yield each share as both plans accept it; plans that are the same share one spool."""
    if len(spools) == 1:
        for events in spools[0].shares():
            yield events, events
        return
    if any(spool.spilled for spool in spools):
        for spool in spools:
            spool.spill()  # so that both have the same shares
    yield from zip(spools[0].shares(), spools[1].shares(), strict=True)


def _axis(intakes: Sequence[Intake], until_ms: int | None) -> Axis:
    firsts = [first_ms for intake in intakes if (first_ms := intake.days.first_ms(STRAY)) is not None]
    lasts = [last_ms for intake in intakes if (last_ms := intake.days.last_ms()) is not None]
    if not firsts:
        return axis_over(0, 1)
    end_ms = max(lasts) if until_ms is None else until_ms
    return axis_over(min(*firsts, end_ms), end_ms)


def _compare_share(compared: Compared, events: tuple[list[Placed], list[Placed]]) -> None:
    """Decide over one share under both configs, and gather what is not the same."""
    end_ms = compared.axis.end_ms
    for side, placed in zip(compared.sides, events, strict=True):
        side.decide(placed)
    users = {event.user for placed in events for place, event in placed if place.time_ms <= end_ms}
    compared.users += len(users)
    cases = [*memberships_apart(compared, users), *triggers_apart(compared)]
    compared.affected += len({user for case in cases for user in case.users})
    chosen = [(case, case.gathered.take(case.users)) for case in cases]
    wanted = {user for _, few in chosen for user in few}
    own = _by_user(events[0], wanted), _by_user(events[1], wanted)
    for case, few in chosen:
        for user in few:
            case.gathered.explain(case.explain(user, own[0][user], own[1][user]), outside_is_a=case.outside_is_a)
    for side in compared.sides:
        side.close()


def _by_user(placed: Sequence[Placed], wanted: Collection[str]) -> defaultdict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for _, event in placed:
        if event.user in wanted:
            found[event.user].append(event)
    return found
