"""What the project promises itself: the least it wants of a figure, and how far it would like to get."""

from typing import NamedTuple


class Wanted(NamedTuple):
    """Both bounds of a figure; of a `ceiling` the figure should be at most them, else at least."""

    least: float
    stretch: float
    ceiling: bool = False

    def is_met(self, value: float) -> bool:
        """Return whether a figure is good enough."""
        return value <= self.least if self.ceiling else value >= self.least

    def share(self, value: float) -> float:
        """Return how good a figure is, where 1 is just good enough and more is better."""
        return self.least / value if self.ceiling else value / self.least


WANTED = {
    "core_events_per_s": Wanted(120_000, 200_000),
    "end_to_end_events_per_s": Wanted(50_000, 80_000),
    "end_to_end_over_raw": Wanted(0.2, 0.35),
    "over_stock_faust": Wanted(12, 20),
    "over_quix_streams": Wanted(3, 5),
    "over_bytewax": Wanted(2, 3),
    "delay_p50_ms": Wanted(60, 25, ceiling=True),
    "delay_p99_ms": Wanted(250, 100, ceiling=True),
    "recovery_profiles_per_s": Wanted(150_000, 300_000),
    "store_restart_s": Wanted(10, 3, ceiling=True),
    "store_over_memory": Wanted(0.5, 0.8),
    "profile_encoded_bytes": Wanted(2_560, 1_536, ceiling=True),
    "profile_decoded_bytes": Wanted(12_288, 6_144, ceiling=True),
    "growth_with_users": Wanted(1.5, 1.2, ceiling=True),
    "growth_with_timers": Wanted(1.5, 1.2, ceiling=True),
    "few_over_many_segments": Wanted(1.5, 1.2, ceiling=True),
}
"""The table marks it; nothing fails by it. Delays are at half of what the worker can do."""
