"""A review as text, for terminals and pipes."""

from collections.abc import Iterator

from stream.model.times import shown_time
from stream.replay.pages.wording import length, percent
from stream.replay.review.shapes import History, Review
from stream.replay.summary import Section


def review_text(review: Review) -> str:
    """Return what was read, the findings, and a line a segment."""
    lines = [f"{name:<9} {fact}" for name, fact in _facts(review.history)]
    lines += ["", *(f"- {finding.text}" for finding in review.findings)]
    if not review.findings:
        lines.append("Nothing stands out.")
    columns = ["members", "of all", "ever", "entries", "exits", "half stay under"]
    rows = [
        (
            segment.name,
            [
                f"{segment.inside:,}",
                percent(segment.share),
                f"{segment.members_ever:,}",
                f"{segment.entries:,}",
                f"{segment.exits:,}",
                length(segment.stays.median_ms) if segment.stays.median_ms is not None else "-",
            ],
        )
        for segment in sorted(review.segments, key=lambda segment: (-segment.inside, segment.name))
        if segment.entries
    ]
    lines += Section("segments", columns, rows).lines()
    if len(rows) < len(review.segments):
        lines += ["", f"{len(review.segments) - len(rows)} of {len(review.segments)} segments were never entered."]
    return "\n".join(lines)


def _facts(history: History) -> Iterator[tuple[str, str]]:
    yield "history", f"{', '.join(history.files)} ({history.form})"
    yield "events", f"{history.events:,} of {history.users:,} users, from {history.rows:,} rows"
    if history.first_ms is not None and history.last_ms is not None and history.stopped_ms is not None:
        yield "time", f"{shown_time(history.first_ms)} to {shown_time(history.last_ms)}"
        yield "clock", f"stopped at {shown_time(history.stopped_ms)}"
    yield "dropped", f"{history.unplanned:,} not in the tracking plan, {history.duplicates:,} duplicates"
