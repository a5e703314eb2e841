"""What was measured: medians with their spread, ratios within a round, a table and a flat JSON file."""

import json
import statistics
from pathlib import Path

from tests.bench.machine import Machine
from tests.bench.page import Bar, page
from tests.bench.wanted import WANTED

RATIOS = {
    "end_to_end_over_raw": ("end_to_end_events_per_s", "raw_events_per_s"),
    "few_over_many_segments": ("few_segments_events_per_cpu_s", "many_segments_events_per_cpu_s"),
    "end_to_end_over_faust_counter": ("end_to_end_events_per_s", "faust_counter_events_per_s"),
    "over_stock_faust": ("small_job_events_per_s", "small_job_stock_faust_events_per_s"),
    "over_stock_faust_by_hand": ("small_job_events_per_s", "small_job_stock_faust_by_hand_events_per_s"),
    "over_quix_streams": ("small_job_events_per_s", "small_job_quix_streams_events_per_s"),
    "over_quix_streams_by_hand": ("small_job_events_per_s", "small_job_quix_streams_by_hand_events_per_s"),
    "over_bytewax": ("small_job_events_per_s", "small_job_bytewax_events_per_s"),
    "over_bytewax_by_hand": ("small_job_events_per_s", "small_job_bytewax_by_hand_events_per_s"),
}


class Report:
    """Collects the figures of rounds."""

    def __init__(self, machine: Machine, runs: int) -> None:
        self._machine = machine
        self._runs = runs
        self._rounds: list[dict[str, float]] = []
        self.facts: dict[str, object] = {}
        self.absent: dict[str, str] = {}
        """Rows that could not run, and why; they are in the table, and no figure stands for them."""

    def begin_round(self) -> None:
        self._rounds.append({})

    def add(self, figures: dict[str, float]) -> None:
        self._rounds[-1].update(figures)

    def series(self) -> dict[str, list[float]]:
        """Return each figure's values, one a round, the ratios last."""
        found: dict[str, list[float]] = {}
        for figures in self._rounds:
            ratios = {
                name: figures[over] / figures[under]
                for name, (over, under) in RATIOS.items()
                if over in figures and under in figures
            }
            for name, value in (figures | ratios).items():
                found.setdefault(name, []).append(value)
        return dict(sorted(found.items(), key=lambda item: item[0] in RATIOS))

    def flat(self) -> dict[str, object]:
        """Return everything by one name each: the median, `_min` and `_max` of a figure, and the facts."""
        figures: dict[str, object] = {}
        for name, values in self.series().items():
            figures[name] = _rounded(statistics.median(values))
            figures[f"{name}_min"], figures[f"{name}_max"] = _rounded(min(values)), _rounded(max(values))
        return {**figures, **self._all_facts()}

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.flat(), indent=2) + "\n")

    def write_page(self, path: Path) -> None:
        """Write the table and a plot of it beside each other."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(self._bars(), self._all_facts(), self.absent))

    def table(self) -> str:
        lines = [f"{'':44}{'median':>12}{'min':>12}{'max':>12}{'µs/event':>12}{'wanted':>14}{'stretch':>12}"]
        for bar in self._bars():
            shown = "".join(f"{text:>12}" for text in (bar.median, bar.least, bar.most, bar.each_us))
            wanted = f"{bar.wanted:>14}{bar.stretch:>12}   {bar.verdict}" if bar.wanted else ""
            lines.append(f"{bar.name:44}{shown}{wanted}".rstrip())
        lines += [f"{name:44}absent: {reason}" for name, reason in self.absent.items()]
        return "\n".join([*lines, "", *(f"{name:44}{value}" for name, value in self._all_facts().items())])

    def _bars(self) -> list[Bar]:
        return [_bar(name, values) for name, values in self.series().items()]

    def _all_facts(self) -> dict[str, object]:
        return {"runs": self._runs, **self.facts, **self._machine.facts()}


def _rounded(value: float) -> float:
    return round(value) if value >= 1_000 else round(value, 4)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bar(name: str, values: list[float]) -> Bar:
    middle, wanted = statistics.median(values), WANTED.get(name)
    is_rate = name.endswith(("events_per_s", "events_per_cpu_s"))
    bar = Bar(name, _shown(middle), _shown(min(values)), _shown(max(values)), f"{1e6 / middle:.2f}" if is_rate else "")
    if wanted is None:
        return bar
    sign = "≤ " if wanted.ceiling else "≥ "
    return bar._replace(
        wanted=sign + _shown(wanted.least),
        stretch=sign + _shown(wanted.stretch),
        verdict="met" if wanted.is_met(middle) else "not met",
        shares=tuple(sorted(map(wanted.share, (min(values), middle, max(values))))),
        stretch_share=wanted.share(wanted.stretch),
    )
