from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import load
from stream.definitions.cut_points import CutPoints, as_kept, as_written, unit_of
from stream.fitting.cut_points import Fit, quantiles
from stream.fitting.writing import Origin, cut_points_text
from tests.definitions.config_text import SMALL
from tests.properties.histories import modest

ORIGIN = Origin("stream fit cuts", ("day 1.jsonl", "l'année.jsonl"), 1_700_000_000_000)


def test_a_quantile_lies_between_its_neighbours_by_its_place() -> None:
    assert quantiles([10, 20, 30, 50], 2) == [25]
    assert quantiles([0, 10], 5) == [2, 4, 6, 8]
    assert quantiles([7], 5) == [7, 7, 7, 7]


def test_equal_neighbours_give_a_cut_point_that_is_exactly_theirs() -> None:
    third = 0.1 + 0.2
    assert [float(cut) for cut in quantiles([third] * 10, 5)] == [third] * 4


@modest
@given(st.lists(st.integers(-1_000, 100_000), min_size=1, max_size=50))
def test_cut_points_survive_being_written_and_read_to_the_cent_and_to_the_millisecond(values: list[int]) -> None:
    for unit in ("", "USD", "JPY", "days"):
        cuts = tuple(as_written(cut, unit) for cut in quantiles(sorted(values), 5))
        text = cut_points_text(Fit("x", CutPoints(unit, cuts, cuts), False, len(values), ()), ORIGIN)
        read = text.split("scores: [")[1].split("]")[0].split(", ")
        assert as_kept(tuple(map(Decimal, read)), unit) == as_kept(cuts, unit)
        assert set(as_kept(cuts, unit)) >= set(values) if len(set(values)) == 1 else True


@pytest.mark.parametrize("kind", ["number", "money", "duration", "timestamp"])
def test_what_is_written_loads(kind: str) -> None:
    trait = {"number": "orders", "money": "spend", "duration": "pause", "timestamp": "last_order_at"}[kind]
    unit = unit_of(kind, "USD")
    values = [as_written(Decimal(place * 40_000_000 + 1), unit) for place in range(1, 100)]
    fit = Fit(trait, CutPoints(unit, tuple(values[19:99:20]), tuple(values)), kind == "timestamp", 9, ())
    files = {
        **SMALL,
        "traits.yaml": SMALL["traits.yaml"] + "pause: {gap: order_completed}\n",
        f"tables/{trait}.yaml": cut_points_text(fit, ORIGIN),
        "segments/best.yaml": f"when: score({trait}) >= 4 and percentile({trait}) >= 90\n",
    }
    assert "best" in load(files).segments
