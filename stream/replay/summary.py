"""The summary of a replay: what went in, what came out, how fast."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import msgspec

from stream.model.outcomes import AnyOutcome, Decision, Goal, RunChange, SegmentChange, Trigger, Withdrawal
from stream.model.times import shown_time


class Tally:
    """Counts outcomes as they are written."""

    def __init__(self) -> None:
        self.entries: Counter[str] = Counter()
        self.exits: Counter[str] = Counter()
        self.triggers: Counter[str] = Counter()
        self.withdrawals: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.runs_started: Counter[str] = Counter()
        self.runs_ended: Counter[str] = Counter()
        self.goals: Counter[str] = Counter()

    def add(self, outcome: AnyOutcome) -> None:
        """Count one outcome."""
        match outcome:
            case SegmentChange():
                for place, change in outcome.crossed():
                    (self.entries if change == "entered" else self.exits)[place] += 1
            case Trigger():
                self.triggers[outcome.action] += 1
            case Withdrawal():
                self.withdrawals[outcome.action] += 1
            case Decision():
                self.verdicts[outcome.verdict] += 1
            case RunChange():
                (self.runs_started if outcome.change == "started" else self.runs_ended)[outcome.journey] += 1
            case Goal():
                self.goals[outcome.journey] += 1


class Section:
    """A titled table of the summary: a row has a name and one figure for each column."""

    def __init__(self, title: str, columns: Collection[str], rows: Iterable[tuple[str, list[str]]]) -> None:
        self.title = title
        self.columns = columns
        self.rows = list(rows)

    def lines(self) -> Iterator[str]:
        """Yield the table as aligned text."""
        if not self.rows:
            return
        name_width = max(len(self.title), *(len(name) for name, _ in self.rows))
        widths = [
            max([len(column), *(len(figures[index]) for _, figures in self.rows)])
            for index, column in enumerate(self.columns)
        ]
        yield ""
        for name, figures in [(self.title, list(self.columns)), *self.rows]:
            cells = (figure.rjust(width) for figure, width in zip(figures, widths, strict=True))
            yield "  ".join((name.ljust(name_width), *cells)).rstrip()


def counted(title: str, columns: list[str], *counts: Counter[str]) -> Section:
    """Return a table of counters side by side, a row for each name any of them has."""
    names = sorted(set().union(*counts))
    return Section(title, columns, [(name, [f"{count[name]:,}" for count in counts]) for name in names])


class Summary(msgspec.Struct, kw_only=True):
    """What a replay read, decided and wrote. Of the events, `left_out` came after the time given as the end."""

    tally: Tally
    rows: int
    events: int
    users: int
    first_ms: int | None
    last_ms: int | None
    stopped_ms: int | None
    unplanned: int
    duplicates: int
    left_out: int
    dead: Counter[str]
    assumed: list[str]
    core_s: float
    elapsed_s: float

    def text(self) -> str:
        """Return the summary as aligned text, for terminals and pipes."""
        lines = [f"{name:<11} {fact}" for name, fact in self._facts()]
        for section in self._sections():
            lines += section.lines()
        return "\n".join(lines)

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "events", f"{self.events:,} of {self.users:,} users, from {self.rows:,} rows"
        if self.first_ms is not None and self.last_ms is not None and self.stopped_ms is not None:
            yield "time", f"{shown_time(self.first_ms)} to {shown_time(self.last_ms)}"
            yield "clock", f"stopped at {shown_time(self.stopped_ms)}"
        yield "dropped", f"{self.unplanned:,} not in the tracking plan, {self.duplicates:,} duplicates"
        if self.left_out:
            yield "left out", f"{self.left_out:,} events after the end"
        assumed = ", ".join(self.assumed) or "none; without consent events no trigger is sent"
        yield "consent", f"assumed for every user: {assumed}"
        core, overall = (self.events / max(seconds, 1e-9) for seconds in (self.core_s, self.elapsed_s))
        yield "speed", f"{core:,.0f} events/s in the core, {overall:,.0f} overall ({self.elapsed_s:.1f} s)"

    def _sections(self) -> list[Section]:
        tally = self.tally
        return [
            counted("segments", ["entries", "exits"], tally.entries, tally.exits),
            counted("journeys", ["started", "ended", "goals"], tally.runs_started, tally.runs_ended, tally.goals),
            counted("triggers", ["sent", "withdrawn"], tally.triggers, tally.withdrawals),
            counted("verdicts", ["decisions"], tally.verdicts),
            counted("dead letters", ["rows"], self.dead),
        ]
