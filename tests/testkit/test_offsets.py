import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.testkit.offsets import START_MS, offset_text, parse_offset, parse_offsets

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.mark.parametrize(
    ("text", "offset_ms"),
    [
        ("0", 0),
        ("0m", 0),
        ("90m", 90 * 60_000),
        ("1d2h", 26 * HOUR_MS),
        ("1w", 7 * DAY_MS),
        ("59m59s", HOUR_MS - 1_000),
    ],
)
def test_an_offset_is_a_chain_of_durations(text: str, offset_ms: int) -> None:
    assert parse_offset(text) == offset_ms


@pytest.mark.parametrize("text", ["", "m", "60", "1h ", "-1h", "1.5h", "1h..2h", "1y"])
def test_other_text_is_no_offset(text: str) -> None:
    assert parse_offset(text) is None


def test_a_range_includes_both_its_ends() -> None:
    assert parse_offsets("7d..7d1h") == (7 * DAY_MS, 7 * DAY_MS + HOUR_MS)
    assert parse_offsets("7d") == (7 * DAY_MS, 7 * DAY_MS)


@pytest.mark.parametrize("text", ["2h..1h", "1h..", "..1h", "1h..2h..3h"])
def test_a_range_backwards_or_half_open_is_none(text: str) -> None:
    assert parse_offsets(text) is None


@given(st.integers(0, 3_000).map(lambda minutes: minutes * 60_000))
def test_an_offset_written_is_the_offset_read(offset_ms: int) -> None:
    assert parse_offset(offset_text(offset_ms)) == offset_ms


@pytest.mark.parametrize("days", [1, 7, 14, 28, 30, 90, 180, 365])
def test_the_start_is_an_edge_of_the_buckets_of_common_windows(days: int) -> None:
    assert START_MS * 168 % (days * DAY_MS) == 0
