from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.best_time import STRENGTH, Moment, best_moment
from stream.decision.hours import HOURS, hour_of_week, hours_between
from stream.model.habits import HALF_LIFE_MS, growth
from tests.decision.story import D, H
from tests.decision.test_local_time import TIMES, ZONES, ms
from tests.properties.histories import modest

UTC = ZoneInfo("UTC")
TUESDAY_18, TUESDAY_20, MONDAY_9 = 42, 44, 9
NOW_MS = ms("2024-05-13T09:20:00+00:00")
TUESDAY_MS = ms("2024-05-14T18:00:00+00:00")
NOBODY: tuple[float, ...] = ()
COUNTS = st.dictionaries(st.integers(0, HOURS - 1), st.integers(1, 50))
POPULATIONS = st.just(NOBODY) | st.lists(st.integers(0, 9_999), min_size=HOURS, max_size=HOURS)


def responses(counts: dict[int, float], at_ms: int = NOW_MS) -> dict[int, float]:
    return {hour: count * growth(at_ms) for hour, count in counts.items()}


def everyone(**at: float) -> tuple[float, ...]:
    """Return what everyone did: a million responses, this share of them in an hour `h42`, the others spread evenly."""
    named = {int(hour[1:]): share for hour, share in at.items()}
    rest = (1 - sum(named.values())) / (HOURS - len(named))
    return tuple(1e6 * named.get(hour, rest) for hour in range(HOURS))


def best(
    counts: dict[int, float], population: tuple[float, ...] = NOBODY, within_ms: int = 7 * D, now_ms: int = NOW_MS
) -> Moment:
    return best_moment(responses(counts), population, UTC, now_ms, within_ms)


def test_without_any_evidence_it_is_at_once() -> None:
    moment = best({})
    assert (moment.at_ms, moment.hour_of_week, moment.score) == (NOW_MS, MONDAY_9, 1 / HOURS)
    (leaf,) = moment.evidence
    assert leaf.condition == "opened or clicked 0.0 of 0.0 times on Monday 09:00-10:00; everyone 0.6 %"


def test_it_is_at_once_where_this_is_the_best_hour_and_not_at_its_next_beginning() -> None:
    assert best({MONDAY_9: 5}).at_ms == NOW_MS


def test_it_is_the_beginning_of_the_users_own_hour() -> None:
    assert best({TUESDAY_18: 5}).at_ms == TUESDAY_MS


@pytest.mark.parametrize(("short_ms", "at_ms"), [(0, TUESDAY_MS), (1, NOW_MS)])
def test_an_hour_that_begins_at_the_end_of_the_time_is_taken_and_one_a_millisecond_later_is_not(
    short_ms: int, at_ms: int
) -> None:
    assert best({TUESDAY_18: 5}, within_ms=TUESDAY_MS - NOW_MS - short_ms).at_ms == at_ms


def test_the_best_hour_that_has_just_begun_is_now_and_one_that_is_just_over_comes_in_a_week() -> None:
    assert best({TUESDAY_18: 5}, now_ms=TUESDAY_MS).at_ms == TUESDAY_MS
    assert best({TUESDAY_18: 5}, now_ms=TUESDAY_MS + H - 1).at_ms == TUESDAY_MS + H - 1
    assert best({TUESDAY_18: 5}, now_ms=TUESDAY_MS + H).at_ms == TUESDAY_MS + 7 * D
    assert best({TUESDAY_18: 5}, now_ms=TUESDAY_MS + H, within_ms=7 * D - H - 1).at_ms == TUESDAY_MS + H


def test_of_hours_equally_good_it_is_the_earliest() -> None:
    assert best({TUESDAY_18: 5, TUESDAY_20: 5}).at_ms == TUESDAY_MS
    assert best({TUESDAY_18: 5, MONDAY_9: 5}).at_ms == NOW_MS


def test_one_of_whom_nothing_is_known_gets_the_hour_of_everyone() -> None:
    moment = best({}, everyone(h42=0.03))
    assert (moment.at_ms, moment.score) == (TUESDAY_MS, pytest.approx(0.03, rel=1e-3))


@pytest.mark.parametrize(("count", "hour"), [(2, TUESDAY_20), (3, TUESDAY_18)])
def test_a_few_responses_do_not_outweigh_everyone_and_some_more_do(count: int, hour: int) -> None:
    assert best({TUESDAY_18: count}, everyone(h44=0.03, h42=0.005)).hour_of_week == hour


def test_the_score_is_the_formulas() -> None:
    moment = best({TUESDAY_18: 12, MONDAY_9: 8}, everyone(h42=0.031))
    expected = (31_000 + 1) / (1e6 + HOURS)
    assert moment.score == pytest.approx((12 + STRENGTH * expected) / (20 + STRENGTH), rel=1e-12)


def test_the_evidence_tells_of_the_hour_chosen_and_of_the_one_it_is_now() -> None:
    chosen, now = best({TUESDAY_18: 12, MONDAY_9: 8}, everyone(h42=0.031)).evidence
    assert chosen.condition == "opened or clicked 12.0 of 20.0 times on Tuesday 18:00-19:00; everyone 3.1 %"
    assert now.condition == "opened or clicked 8.0 of 20.0 times on Monday 09:00-10:00; everyone 0.6 %"
    assert (chosen.holds, chosen.value, now.holds, now.value) == (True, 0.12583, False, 0.071502)


def test_what_was_long_ago_yields_to_what_everyone_does() -> None:
    population = everyone(h44=0.03)
    old = responses({TUESDAY_18: 5})
    at_ms = NOW_MS + 8 * HALF_LIFE_MS
    assert best_moment(old, population, UTC, NOW_MS, 7 * D).hour_of_week == TUESDAY_18
    assert best_moment(old, population, UTC, at_ms, 7 * D).hour_of_week == TUESDAY_20


def test_a_small_crowd_is_not_taken_for_everyone() -> None:
    crowd = tuple(2.0 if hour == TUESDAY_20 else 0.0 for hour in range(HOURS))
    assert best({TUESDAY_18: 1}, crowd).hour_of_week == TUESDAY_20
    assert best({TUESDAY_18: 2}, crowd).hour_of_week == TUESDAY_18


def test_the_hour_is_that_of_the_users_clock() -> None:
    moment = best_moment(responses({TUESDAY_18: 5}), NOBODY, ZoneInfo("Asia/Kathmandu"), NOW_MS, 7 * D)
    assert moment.at_ms == ms("2024-05-14T18:00:00+05:45")


def test_an_hour_that_the_clock_skips_is_taken_a_week_later_and_one_shown_twice_at_its_first() -> None:
    berlin, sunday_2 = ZoneInfo("Europe/Berlin"), responses({6 * 24 + 2: 5})
    skipped = best_moment(sunday_2, NOBODY, berlin, ms("2024-03-30T12:00:00+01:00"), 14 * D)
    assert skipped.at_ms == ms("2024-04-07T02:00:00+02:00")
    missed = best_moment(sunday_2, NOBODY, berlin, ms("2024-03-30T12:00:00+01:00"), D)
    assert missed.at_ms == ms("2024-03-30T12:00:00+01:00")
    twice = best_moment(sunday_2, NOBODY, berlin, ms("2024-10-26T12:00:00+02:00"), D)
    assert twice.at_ms == ms("2024-10-27T02:00:00+02:00")
    between = best_moment(sunday_2, NOBODY, berlin, ms("2024-10-27T02:30:00+02:00"), D)
    assert between.at_ms == ms("2024-10-27T02:30:00+02:00")


@modest
@given(COUNTS, POPULATIONS, ZONES, TIMES, st.integers(0, 30 * D))
def test_the_moment_lies_within_the_bounds_and_is_the_earliest_of_those_with_the_highest_score(
    counts: dict[int, int], population: list[float], zone: str, now_ms: int, within_ms: int
) -> None:
    its, own = ZoneInfo(zone), responses(dict(counts), now_ms)
    moment = best_moment(own, population, its, now_ms, within_ms)
    assert now_ms <= moment.at_ms <= now_ms + within_ms
    assert moment.hour_of_week == hour_of_week(moment.at_ms, its)

    def score(hour: int) -> float:
        expected = ((population[hour] if population else 0) + 1) / (sum(population) + HOURS)
        return (counts.get(hour, 0) + STRENGTH * expected) / (sum(counts.values()) + STRENGTH)

    candidates = [(now_ms, hour_of_week(now_ms, its)), *hours_between(now_ms, now_ms + within_ms, its)]
    assert moment.at_ms == max(candidates, key=lambda candidate: (score(candidate[1]), -candidate[0]))[0]
    assert moment.score == score(moment.hour_of_week)


@modest
@given(COUNTS, st.permutations(range(HOURS)), st.integers(0, HOURS - 1), ZONES, TIMES)
def test_who_has_much_evidence_gets_their_own_hour_and_who_has_none_everyones(
    counts: dict[int, int], ranks: list[int], favourite: int, zone: str, now_ms: int
) -> None:
    population, its = [float(rank) for rank in ranks], ZoneInfo(zone)
    habit = responses({**counts, favourite: 10_000}, now_ms)
    own, of_everyone = (best_moment(hours, population, its, now_ms, 14 * D) for hours in (habit, {}))
    assert own.hour_of_week == favourite
    assert of_everyone.hour_of_week == ranks.index(HOURS - 1)
