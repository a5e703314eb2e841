"""What was compared, put into the shape of a comparison."""

from collections.abc import Sequence

from stream.replay.compare.apart import Compared
from stream.replay.compare.definitions import definition_changes
from stream.replay.compare.shapes import ComparedConfig, ComparedHistory, Diff, SegmentDiff, TriggerDiff
from stream.replay.compare.side import Side, Step
from stream.replay.review.intake import Intake
from stream.replay.review.watch import PlaceTotals


def diff_of(
    compared: Compared,
    names: tuple[str, str],
    intakes: Sequence[Intake],
    read: tuple[list[str], str],
    *,
    examples: bool,
) -> Diff:
    """Return the comparison; `read` names the files and their form."""
    a, b = compared.sides
    first_ms = min((ms for intake in intakes if (ms := intake.days.first_ms()) is not None), default=None)
    return Diff(
        a=_config(names[0], a, intakes[0]),
        b=_config(names[1], b, intakes[1]),
        history=ComparedHistory(
            files=read[0],
            form=read[1],
            rows=intakes[0].rows,
            users=compared.users,
            first_ms=first_ms,
            stopped_ms=None if first_ms is None else compared.axis.end_ms,
            consents=sorted(a.definitions.assumed_consents | b.definitions.assumed_consents),
        ),
        definitions=definition_changes(a.definitions, b.definitions),
        users_affected=compared.affected,
        axis_ms=compared.axis.times_ms(),
        segments=[_segment(compared, name, examples=examples) for name in compared.segments],
        triggers=[_trigger(compared, step, examples=examples) for step in sorted(compared.steps)],
    )


def _config(name: str, side: Side, intake: Intake) -> ComparedConfig:
    definitions = side.definitions
    return ComparedConfig(
        name,
        definitions.version,
        len(definitions.segments),
        len(definitions.journeys),
        side.decided,
        intake.unplanned,
        intake.rejections(),
    )


def _segment(compared: Compared, name: str, *, examples: bool) -> SegmentDiff:
    a, b = compared.sides
    of_a, of_b = _totals(a, name), _totals(b, name)
    tally = compared.segments[name]
    return SegmentDiff(
        name=name,
        condition_a=a.places[name].condition if name in a.places else "",
        condition_b=b.places[name].condition if name in b.places else "",
        inside_a=of_a.inside if of_a else 0,
        inside_b=of_b.inside if of_b else 0,
        entries_a=of_a.entries if of_a else 0,
        entries_b=of_b.entries if of_b else 0,
        sizes_a=compared.axis.sizes(of_a.changes if of_a else compared.axis.blank()),
        sizes_b=compared.axis.sizes(of_b.changes if of_b else compared.axis.blank()),
        enter=tally.enter.group(examples=examples),
        leave=tally.leave.group(examples=examples),
        ever_only_a=tally.ever_only_a.group(examples=examples),
        ever_only_b=tally.ever_only_b.group(examples=examples),
    )


def _totals(side: Side, name: str) -> PlaceTotals | None:
    return side.watch.totals[side.watch.places.index(name)] if name in side.places else None


def _trigger(compared: Compared, step: Step, *, examples: bool) -> TriggerDiff:
    (a, b), tally = compared.sides, compared.steps[step]
    return TriggerDiff(
        journey=step[0],
        step=step[1],
        action=step[2],
        sent_a=a.sent_total[step],
        sent_b=b.sent_total[step],
        users_a=tally.users_a,
        users_b=tally.users_b,
        moved=tally.moved,
        only_a=tally.only_a.group(examples=examples),
        only_b=tally.only_b.group(examples=examples),
    )
