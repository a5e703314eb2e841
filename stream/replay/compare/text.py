"""A comparison as text, for terminals and pipes."""

from collections.abc import Iterator

from stream.model.times import shown_time
from stream.replay.compare.shapes import Diff, Group, SegmentDiff, TriggerDiff
from stream.replay.summary import Section


def diff_text(diff: Diff) -> str:
    """Return what is not the same: definitions, memberships at the end, triggers, and the reasons."""
    lines = [f"{name:<9} {fact}" for name, fact in _facts(diff)]
    lines += _definitions(diff)
    segments = [(one.name, [f"{figure:,}" for figure in _figures(one)]) for one in diff.segments if segment_moved(one)]
    columns = ["in A", "in B", "enter", "leave", "entries A", "entries B"]
    lines += Section("segments", columns, segments).lines()
    triggers = [
        (
            f"{one.journey} {one.step} {one.action}",
            [f"{one.sent_a:,}", f"{one.sent_b:,}", f"{one.only_a.users:,}", f"{one.only_b.users:,}", f"{one.moved:,}"],
        )
        for one in diff.triggers
        if trigger_moved(one)
    ]
    columns = ["sent A", "sent B", "users only A", "users only B", "at other times"]
    lines += Section("triggers", columns, triggers).lines()
    if not segments and not triggers:
        lines += ["", "Nobody would be anywhere else, and no trigger would be another."]
    return "\n".join([*lines, *_reasons(diff)])


def _figures(one: SegmentDiff) -> tuple[int, ...]:
    return one.inside_a, one.inside_b, one.enter.users, one.leave.users, one.entries_a, one.entries_b


def segment_moved(one: SegmentDiff) -> bool:
    """Return whether a segment does not come to the same under both configs."""
    return (
        any(group.users for group in (one.enter, one.leave, one.ever_only_a, one.ever_only_b))
        or one.entries_a != one.entries_b
        or one.sizes_a != one.sizes_b
    )


def trigger_moved(one: TriggerDiff) -> bool:
    """Return whether a step's trigger goes to others, or at other times."""
    return bool(one.only_a.users or one.only_b.users or one.moved or one.sent_a != one.sent_b)


def _facts(diff: Diff) -> Iterator[tuple[str, str]]:
    yield "A", f"{diff.a.name}, version {diff.a.version}"
    yield "B", f"{diff.b.name}, version {diff.b.version}"
    history = diff.history
    yield "history", f"{', '.join(history.files)} ({history.form}), {history.rows:,} rows"
    if history.first_ms is not None and history.stopped_ms is not None:
        yield "time", f"{shown_time(history.first_ms)} to {shown_time(history.stopped_ms)}"
    yield "affected", f"{diff.users_affected:,} of {history.users:,} users"


def _definitions(diff: Diff) -> Iterator[str]:
    if diff.definitions:
        yield ""
    for one in diff.definitions:
        yield f"{one.change:<9} {one.kind} {one.name}" + (f": {one.a or one.b}" if one.change != "changed" else "")
        if one.change == "changed" and one.a != one.b:
            yield f"{'':<9}   A  {one.a}"
            yield f"{'':<9}   B  {one.b}"


def _reasons(diff: Diff) -> Iterator[str]:
    for segment in diff.segments:
        yield from _told(f"{segment.name}, enter under B", "A", segment.enter)
        yield from _told(f"{segment.name}, leave under B", "B", segment.leave)
    for trigger in diff.triggers:
        yield from _told(f"{trigger.action}, sent under B only", "A", trigger.only_b)
        yield from _told(f"{trigger.action}, sent under A only", "B", trigger.only_a)


def _told(title: str, outside: str, group: Group) -> Iterator[str]:
    if group.users:
        yield f"\n{title}: {group.users:,}"
        for reason in group.reasons:
            why = f"not `{reason.condition}`" if reason.condition else reason.note
            yield f"  {reason.users:,} of {group.explained:,}: in {outside} {why}"
        for example in group.examples[:3]:
            yield f"  such as {example.user_id}, at {shown_time(example.at_ms)}"
