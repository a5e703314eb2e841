"""The demo's screen: triggers as they come, above the segment sizes and the runs under way."""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stream.cli.demo_tally import Tally, clock_text, counts_text, line_of
from stream.model.outcomes import AnyOutcome

_DAY_MS: Final = 86_400_000


class Screen:
    """Shows outcomes. On a terminal the sizes stand below the triggers, and in a pipe between them, once a day."""

    def __init__(self, console: Console) -> None:
        self.tally: Final = Tally()
        self._console: Final = console
        self._live: Final = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._day = 0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, outcomes: Iterable[AnyOutcome]) -> None:
        """Count outcomes that came together, and print those that are worth a line."""
        for outcome in outcomes:
            self.tally.count(outcome)
            line = line_of(outcome)
            if line is not None:
                self.say(line)
        if self._live is not None and self.tally.now_ms:
            self._live.update(_table(self.tally))
        elif self.tally.now_ms // _DAY_MS > self._day:
            self._say_sizes()

    def say(self, text: str) -> None:
        """Print a line; a terminal wraps what is too long for it, and a pipe gets it whole."""
        self._console.print(Text(text), soft_wrap=not self._console.is_terminal)

    def _say_sizes(self) -> None:
        first, self._day = self._day == 0, self.tally.now_ms // _DAY_MS
        if not first:
            self.say(f"-- {clock_text(self.tally.now_ms)}  members: {counts_text(self.tally.members)}")
            self.say(f"   {' ' * 16}  runs under way: {counts_text(self.tally.runs)}")


def _table(tally: Tally) -> Table:
    table = Table(title=clock_text(tally.now_ms), title_justify="left", expand=False)
    table.add_column("segment")
    table.add_column("members", justify="right")
    table.add_column("journey")
    table.add_column("under way", justify="right")
    table.add_column("action")
    table.add_column("sent", justify="right")
    columns = [sorted(counts.items()) for counts in (tally.members, tally.runs, tally.triggers)]
    for row in range(max(map(len, columns))):
        cells = [column[row] if row < len(column) else ("", "") for column in columns]
        table.add_row(*(str(part) for cell in cells for part in cell))
    return table
