"""Standard errors and intervals, beside published ones and scipy's."""

import math

import numpy
import pytest
from scipy import stats

from stream.replay.lift.estimating import (
    SKEWNESS_MAX,
    Sample,
    Stratum,
    means_compared,
    reached_sample,
    shares_compared,
    skewness,
    split_of,
    value_sample,
)
from stream.replay.lift.student import quantile, two_sided_p


def of_values(treated: list[float], held_out: list[float]) -> Stratum:
    return Stratum(value_sample(len(treated), treated), value_sample(len(held_out), held_out))


def of_counts(treated: tuple[int, int], held_out: tuple[int, int]) -> Stratum:
    return Stratum(reached_sample(treated[1], treated[0]), reached_sample(held_out[1], held_out[0]))


@pytest.mark.parametrize(
    ("treated", "held_out", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_shares_is_that_of_newcombe_s_table(
    treated: tuple[int, int], held_out: tuple[int, int], low: float, high: float
) -> None:
    found = shares_compared([of_counts(treated, held_out)])
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_shares_have_an_unpooled_standard_error_and_a_p_by_the_normal_distribution() -> None:
    found = shares_compared([of_counts((56, 70), (48, 80))])
    assert found.difference == pytest.approx(0.2)
    assert found.se == pytest.approx(math.sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80))
    assert found.p == pytest.approx(2 * stats.norm.sf(0.2 / found.se))
    assert found.df is None


def test_where_all_or_none_reach_the_goal_there_is_an_interval_but_no_p() -> None:
    found = shares_compared([of_counts((0, 10), (0, 20))])
    assert (found.se, found.p, found.relative) == (0, None, None)


def test_values_are_compared_as_welch_does() -> None:
    chance = numpy.random.default_rng(1)
    treated, held_out = (list(map(float, chance.lognormal(2, 1, size))) for size in (40, 9))
    found = means_compared([of_values(treated, held_out)])
    expected = stats.ttest_ind(treated, held_out, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (found.p, found.df) == pytest.approx((expected.pvalue, expected.df))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_users_without_value_count_as_zero() -> None:
    plain = [3.0, 1.0, 0.0, 0.0, 0.0]
    sample = value_sample(5, [3.0, 1.0])
    assert (sample.mean, sample.variance) == pytest.approx((numpy.mean(plain), numpy.var(plain, ddof=1)))
    assert sample.third == pytest.approx(stats.moment(plain, 3))


def test_a_sum_does_not_depend_on_the_order() -> None:
    values = [0.1, 1e15, 0.3, -1e15, 0.7]
    assert value_sample(5, values) == value_sample(5, values[::-1])


def test_values_that_are_all_alike_have_no_p() -> None:
    found = means_compared([of_values([2.0, 2.0], [2.0, 2.0])])
    assert (found.difference, found.se, found.p, found.df) == (0, 0, None, None)


def test_the_relative_lift_of_shares_is_katz_interval_of_the_ratio() -> None:
    found = shares_compared([of_counts((56, 70), (48, 80))]).relative
    assert found is not None
    expected = stats.contingency.relative_risk(56, 70, 48, 80)
    interval = expected.confidence_interval(0.95)
    assert (found.change, found.low, found.high) == pytest.approx(
        (expected.relative_risk - 1, interval.low - 1, interval.high - 1)
    )


def test_the_relative_lift_of_values_covers_the_true_ratio_in_about_95_of_100() -> None:
    held = 0
    for seed in range(100):
        chance = numpy.random.default_rng(seed)
        treated, held_out = chance.exponential(1.2, 600), chance.exponential(1.0, 300)
        found = means_compared([of_values([*map(float, treated)], [*map(float, held_out)])]).relative
        assert found is not None
        held += found.low <= 0.2 <= found.high
    assert 90 <= held <= 99


def test_strata_are_weighted_by_their_users_whatever_share_is_held_out() -> None:
    # Pooled, the rare holdout of the better journey would make triggers look 24 points better than they are.
    rare, wide = of_counts((450, 900), (50, 100)), of_counts((10, 100), (90, 900))
    found = shares_compared([rare, wide])
    assert found.difference == pytest.approx(0)
    assert found.treated == pytest.approx(0.3)
    assert found.se == pytest.approx(math.sqrt(0.25 * (0.25 / 900 + 0.25 / 100) + 0.25 * (0.09 / 100 + 0.09 / 900)))
    means = means_compared([of_values([1.0, 3.0, 5.0], [1.0, 2.0]), of_values([7.0, 9.0], [1.0, 1.0, 4.0])])
    assert means.difference == pytest.approx(0.5 * (3 - 1.5) + 0.5 * (8 - 2))
    assert means.df is not None
    assert 1 < means.df < 6


def test_skewness_is_that_of_the_difference_of_means() -> None:
    long_tail = Sample(users=100, mean=1.0, variance=4.0, third=80.0)
    assert skewness([Stratum(long_tail, long_tail)]) == 0
    much_larger = Sample(users=10**9, mean=1.0, variance=4.0, third=80.0)
    # Of one arm alone it is the rule as it was written: 355 users for each squared unit of skewness.
    assert skewness([Stratum(long_tail, much_larger)]) == pytest.approx(10 / math.sqrt(100), rel=1e-6)
    assert 10 / math.sqrt(355 * 10**2) == pytest.approx(SKEWNESS_MAX)


def test_the_split_is_tested_by_pearson_s_chi_square() -> None:
    found = split_of(44_000, 45_000, 0.5)
    expected = stats.chisquare([44_000, 45_000])
    assert (found.chi_square, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    found = split_of(9_050, 950, 0.1)
    expected = stats.chisquare([9_050, 950], [9_000, 1_000])
    assert (found.held_out, found.p) == pytest.approx((0.095, expected.pvalue))


@pytest.mark.parametrize("df", [1, 1.7, 2, 9.3, 30, 4_000, 1e6])
def test_student_s_distribution_is_scipy_s(df: float) -> None:
    for t in (0, 0.5, 1.9, 2, 12, 40):
        assert two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-6, abs=1e-13)
    for p in (0.5, 0.05, 0.001):
        assert quantile(p, df) == pytest.approx(stats.t.ppf(1 - p / 2, df), rel=1e-8)
