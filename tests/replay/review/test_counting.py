import statistics
from collections import Counter
from math import sqrt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.adapters.rows import Row
from stream.model.calls import Call
from stream.model.events import Event
from stream.replay.reading import Place
from stream.replay.review.axis import Axis, axis_over
from stream.replay.review.census import EVENTS_MAX, PROPERTIES_MAX, REST, Census
from stream.replay.review.contrast import DIFFERENCE_MAX, Contrasts
from stream.replay.review.intake import DAY_MS, Days
from stream.replay.review.overlaps import overlaps
from stream.replay.review.sample import Column, Sampled
from stream.replay.review.spool import Spool
from stream.replay.review.stays import StayLengths
from stream.replay.review.watch import Watch
from tests.replay.review.shop import definitions

HOUR_MS = 3_600_000


def rows(*calls: dict[str, object]) -> list[Row]:
    return [Row(number, b"", msgspec.json.encode(call)) for number, call in enumerate(calls, 1)]


def track(name: str, **properties: object) -> dict[str, object]:
    return {"type": "track", "event": name, "userId": "u", "properties": properties}


def counted(*found: Row) -> dict[str, dict[str, tuple[str | None, str | None, int]]]:
    census = Census()
    for row in found:
        census.add(row)
    fills = census.fills(definitions().plan)
    return {fill.name: {its.name: (its.planned, its.seen_as, its.rows) for its in fill.properties} for fill in fills}


def test_the_census_counts_values_not_names_and_tells_their_types() -> None:
    found = counted(
        *rows(
            track("Order Completed", total=10, coupon=""),
            track("orderCompleted", total=1.5, coupon=None, gift=True, at="2024-01-01T00:00:00Z"),
            track("Order Completed", total="9.90", products=[{"sku": "s", "price": 1}, {"sku": "t"}], tags=["a"]),
        )
    )
    assert found["order_completed"] == {
        "total": ("money", "string", 3),
        "coupon": ("string", None, 0),
        "gift": (None, "boolean", 1),
        "at": (None, "timestamp", 1),
        "products[].sku": (None, "string", 1),
        "products[].price": (None, "integer", 1),
        "tags": (None, "list", 1),
    }
    assert list(found["order_completed"])[:2] == ["total", "coupon"]


def test_the_census_reads_calls_of_every_kind_and_passes_over_what_is_none() -> None:
    calls = [{"type": "page", "properties": {"path": "/"}}, {"type": "identify", "traits": {"country": "NO"}}]
    broken = [Row(1, b"", b"oops"), Row(2, b"", b"[1]"), Row(3, b"", b'{"type":"track"}'), Row(4, b"", b'{"type":3}')]
    ready = Row(5, b"", Call("track", "u", "Product Viewed", properties={"category": "x"}))
    found = counted(*rows(*calls), *broken, ready)
    assert found["page_viewed"]["path"] == ("string", "string", 1)
    assert found["identify"]["country"] == ("string", "string", 1)
    assert found["product_viewed"]["category"] == ("string", "string", 1)


def test_the_census_has_bounds() -> None:
    calls = [track(f"event {number}") for number in range(EVENTS_MAX + 5)]
    found = counted(*rows(*calls, track("event 1", **{f"p{n}": 1 for n in range(PROPERTIES_MAX + 5)})))
    assert REST in found
    assert len(found["event_1"]) == PROPERTIES_MAX + 1


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("abcdef")), max_size=60), st.integers(1, 20))
def test_a_spool_gives_back_every_event_once_in_order_and_by_user(events: list[tuple[int, str]], held: int) -> None:
    with Spool(held, shares=4) as spool:
        for row, (time_ms, user) in enumerate(events):
            spool.add(Place(time_ms, 1, row), Event(user, "product_viewed", time_ms, f"e{row}", {"product_id": "p"}))
        shares = list(spool.shares())
        assert list(spool.shares()) == shares
    assert Counter(event.id for share in shares for _, event in share) == Counter(f"e{n}" for n in range(len(events)))
    assert all(share == sorted(share, key=lambda placed: placed[0]) for share in shares)
    users = [{event.user for _, event in share} for share in shares]
    assert sum(map(len, users)) == len(set[str]().union(*users))


def test_a_spool_leaves_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Spool(1) as spool:
        spool.add(Place(0, 0, 0), Event("u", "product_viewed", 0, "e", {}))
        assert spool.spilled
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("span_ms", [1, 59_999, HOUR_MS, 9 * DAY_MS, 400 * DAY_MS, 40_000 * DAY_MS])
def test_an_axis_has_few_points_and_ends_where_the_clock_stops(span_ms: int) -> None:
    axis = axis_over(1_000_000_123, 1_000_000_123 + span_ms)
    times_ms = axis.times_ms()
    assert len(times_ms) <= 121
    assert times_ms[-1] == 1_000_000_123 + span_ms
    assert times_ms == sorted(set(times_ms))
    assert [axis.index(time_ms) for time_ms in times_ms] == list(range(len(times_ms)))
    assert axis.index(times_ms[0] - 1) == 0


def test_days_find_the_first_that_is_not_stray() -> None:
    days = Days({})
    for time_ms in [5, *range(10 * DAY_MS, 10 * DAY_MS + 999)]:
        days.add(time_ms)
    assert (days.first_ms(), days.first_ms(0.001), days.first_ms(0.0009)) == (5, 10 * DAY_MS, 5)
    assert (days.last_ms(), days.before(10 * DAY_MS)) == (10 * DAY_MS + 998, 1)


changes = st.lists(st.tuples(st.integers(0, 400), st.sampled_from("ab"), st.sampled_from("xy")), max_size=40)


@given(changes)
def test_sizes_and_overlaps_are_those_of_a_minute_by_minute_count(moves: list[tuple[int, str, str]]) -> None:
    """Each move takes a user across the border of a segment; a plain count over every minute is what must come out."""
    axis = Axis(0, 400, 7)
    watch, inside = Watch(["x", "y"], axis), set[tuple[str, str]]()
    by_time: dict[int, set[tuple[str, str]]] = {}
    for at, user, place in sorted(moves, key=lambda move: move[0]):
        watch.change(user, place, (user, place) not in inside, at)
        inside ^= {(user, place)}
        by_time[at] = set(inside)
    watch.close(400)
    states, state = [], set[tuple[str, str]]()
    for minute in range(401):
        state = by_time.get(minute, state)
        states.append(state)
    for index, place in enumerate("xy"):
        sizes = [sum(where == place for _, where in states[t]) for t in axis.times_ms()]
        assert axis.sizes(watch.totals[index].changes) == sizes
        assert watch.totals[index].inside == sizes[-1]
    both = sum({(user, "x"), (user, "y")} <= states[t] for user in "ab" for t in range(400))
    either = sum(bool({(user, "x"), (user, "y")} & states[t]) for user in "ab" for t in range(400))
    found = {(pair.one, pair.other): pair.jaccard for pair in overlaps(watch)}
    if either and both / either >= 0.3:
        assert found["x", "y"] == pytest.approx(both / either)
    else:
        assert not found


@given(st.lists(st.integers(0, 90 * DAY_MS), min_size=1, max_size=60))
def test_the_median_of_stays_is_right_to_its_bin_and_the_bins_are_exact(lengths: list[int]) -> None:
    stays = StayLengths([])
    for length_ms in lengths:
        stays.add(length_ms)
    assert stays.ended() == len(lengths)
    assert stays.below(DAY_MS) == sum(length_ms < DAY_MS for length_ms in lengths)
    median = stays.median_ms()
    assert median == pytest.approx(statistics.median_low(lengths), rel=0.2, abs=1)


numbers = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=10, max_size=30)


@given(numbers, numbers)
def test_a_standardised_difference_is_that_of_the_textbook(inside: list[float], outside: list[float]) -> None:
    users = [Sampled(n, int(n < len(inside)), (value,)) for n, value in enumerate([*inside, *outside])]
    column = Column("trait", "number", lambda _profile, _now_ms: (0, 0))
    found, compared = Contrasts([column], users).of(0, {})
    spread = sqrt((statistics.pvariance(inside) + statistics.pvariance(outside)) / 2)
    gap = statistics.fmean(inside) - statistics.fmean(outside)
    expected = max(-DIFFERENCE_MAX, min(DIFFERENCE_MAX, gap / spread)) if spread > 1e-3 else None
    assert compared == len(inside)
    if expected is not None and abs(expected) > 0.21:
        assert found[0].difference == pytest.approx(expected, rel=1e-3)
        assert found[0].inside == pytest.approx(statistics.fmean(inside), rel=1e-6, abs=1e-6)


def test_a_value_that_few_share_is_never_told() -> None:
    column = Column("first_name", "value", lambda _profile, _now_ms: (0, 0))
    users = [Sampled(n, n < 20, ("Ada" if n < 9 else f"name {n}",)) for n in range(40)]
    assert Contrasts([column], users).of(0, {})[0] == []
    users = [Sampled(n, n < 20, ("Ada" if n < 10 else f"name {n}",)) for n in range(40)]
    ((ada,), _) = Contrasts([column], users).of(0, {})
    assert (ada.value, ada.inside, ada.outside) == ("Ada", 0.5, 0.0)


def test_too_few_members_are_not_compared() -> None:
    column = Column("trait", "number", lambda _profile, _now_ms: (0, 0))
    users = [Sampled(n, n < 9, (n,)) for n in range(40)]
    assert Contrasts([column], users).of(0, {}) == ([], 0)
