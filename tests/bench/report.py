"""What was measured: medians with their spread, ratios within a round, a table and a flat JSON file."""

import json
import statistics
from pathlib import Path

from tests.bench.machine import Machine

RATIOS = {
    "end_to_end_over_raw": ("end_to_end_events_per_s", "raw_events_per_s"),
    "few_over_many_segments": ("few_segments_events_per_cpu_s", "many_segments_events_per_cpu_s"),
    "over_stock_faust": ("end_to_end_events_per_s", "stock_faust_events_per_s"),
}
WANTED = {"core_events_per_s": 110_000, "end_to_end_events_per_s": 20_000, "few_over_many_segments": 1.5}
"""What the project promises itself; the table marks it, nothing fails by it."""


class Report:
    """Collects the figures of rounds."""

    def __init__(self, machine: Machine, runs: int) -> None:
        self._machine = machine
        self._runs = runs
        self._rounds: list[dict[str, float]] = []
        self.facts: dict[str, object] = {}

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

    def table(self) -> str:
        lines = [f"{'':38}{'median':>12}{'min':>12}{'max':>12}{'µs/event':>12}"]
        for name, values in self.series().items():
            middle = statistics.median(values)
            shown = "".join(f"{_shown(value):>12}" for value in (middle, min(values), max(values)))
            each = f"{1e6 / middle:12.2f}" if name.endswith(("events_per_s", "events_per_cpu_s")) else f"{'':12}"
            wanted = f"   (wanted: {'at most ' if name in RATIOS else ''}{WANTED[name]:,})" if name in WANTED else ""
            lines.append(f"{name:38}{shown}{each}{wanted}")
        return "\n".join([*lines, "", *(f"{name:38}{value}" for name, value in self._all_facts().items())])

    def _all_facts(self) -> dict[str, object]:
        return {"runs": self._runs, **self.facts, **self._machine.facts()}


def _rounded(value: float) -> float:
    return round(value) if value >= 1_000 else round(value, 4)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
