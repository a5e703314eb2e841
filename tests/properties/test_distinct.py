"""Different values against a plain list: exact while few are in the window, whatever has come and gone before."""

from hypothesis import given
from hypothesis import strategies as st

from tests.decision.story import Story, config
from tests.properties.histories import modest

WITHIN_MS = 10_000
CONFIG = config("all: {distinct: measured.i}\nwindow: {distinct: measured.i, within: 10s}\n")
BURSTS = st.lists(
    st.tuples(st.sampled_from((0, 1, 4_000, 9_999, 10_000, 10_001, 30_000)), st.integers(1, 400), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)
LATER = st.sampled_from((0, 1, 9_999, 10_000, 10_001, 10_417))


@modest
@given(BURSTS, LATER)
def test_the_count_is_exact_or_lies_near_what_the_window_holds_to_the_24th(
    bursts: list[tuple[int, int, int]], later_ms: int
) -> None:
    story, time_ms, told = Story(CONFIG), 0, []
    for gap_ms, count, lot in bursts:
        time_ms += gap_ms
        for value in range(lot * 200, lot * 200 + count):
            story.tell(time_ms, "measured", i=value)
            told.append((time_ms, value))
    now_ms, values = time_ms + later_ms, {value for _, value in told}
    least = len({value for at_ms, value in told if now_ms - at_ms <= WITHIN_MS})
    most = len({value for at_ms, value in told if now_ms - at_ms <= WITHIN_MS + WITHIN_MS // 24})
    for name, low, high in (("all", len(values), len(values)), ("window", least, most)):
        found = story.value(name, now_ms)
        assert low * 0.9 <= found <= high * 1.1, name
    if len(values) <= 256:
        assert (story.value("all", now_ms), story.value("window", now_ms)) == (len(values), least)
