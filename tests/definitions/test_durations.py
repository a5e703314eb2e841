import re

import pytest

from stream.definitions.durations import LONGEST_MS, duration_text, parse_duration

S, M, H, D, W = 1_000, 60_000, 3_600_000, 86_400_000, 604_800_000


@pytest.mark.parametrize(
    ("text", "size_ms"),
    [
        ("30s", 30 * S),
        ("30m", 30 * M),
        ("1h", H),
        ("7d", 7 * D),
        ("4w", 4 * W),
        ("0s", 0),
        ("007d", 7 * D),
        ("90m", 90 * M),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, size_ms: int) -> None:
    assert parse_duration(text) == size_ms


@pytest.mark.parametrize(
    "text", ["", "7", "d", "7 d", " 7d", "7d ", "7D", "1.5h", "-1h", "1h30m", "1y", "1ms", "1d\n", "١d", "²d", "7д"]
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_duration(text) is None


def test_ten_years_is_the_longest() -> None:
    assert parse_duration("3660d") == LONGEST_MS
    assert parse_duration("3661d") is None
    assert parse_duration("9" * 30 + "s") is None


@pytest.mark.parametrize(
    ("size_ms", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (999, "999ms"),
        (S, "1s"),
        (90 * S, "1m30s"),
        (H, "1h"),
        (25 * H, "1d1h"),
        (20 * H + 58 * M, "20h58m"),
        (D, "1d"),
        (7 * D, "7d"),
        (5 * W, "35d"),
        (D + 1, "1d1ms"),
        (-H, "-1h"),
        (-25 * H, "-1d1h"),
    ],
)
def test_a_duration_is_written_as_people_read_it(size_ms: int, text: str) -> None:
    assert duration_text(size_ms) == text


def test_what_is_written_says_exactly_how_long() -> None:
    for size_ms in range(0, 10 * D, 37 * M + 1):
        parts = re.findall(r"\d+(?:ms|[dhms])", duration_text(size_ms))
        told_ms = sum(int(part[:-2]) if part.endswith("ms") else parse_duration(part) for part in parts)
        assert told_ms == size_ms
