"""Hillstrom's e-mails, as if they were two journeys with a third of the customers held out."""

from collections.abc import Iterator

import pandas
import pytest
from scipy import stats

from stream.model.outcomes import AnyOutcome
from stream.replay.lift.folding import Fold
from stream.replay.lift.measuring import measure
from stream.replay.lift.shapes import JourneyLift
from tests.data_sets import data_file
from tests.replay.lift.records import decision, goal

pytestmark = pytest.mark.data

FILE = "hillstrom/hillstrom.csv.gz"
MENS, WOMENS, NONE = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


@pytest.fixture(scope="module")
def customers() -> pandas.DataFrame:
    return pandas.read_csv(data_file(FILE), usecols=["segment", "visit", "conversion", "spend"])


def outcomes(customers: pandas.DataFrame, arm: str, column: str) -> Iterator[AnyOutcome]:
    """Yield each customer's decision, sent or held out; and the goal of those who visited, or bought something."""
    for customer in customers.itertuples():
        if customer.segment not in {arm, NONE}:
            continue
        user = f"customer-{customer.Index}"
        yield decision(user, "sent" if customer.segment == arm else "held_out", at_ms=0)
        if getattr(customer, column):
            yield goal(user, at_ms=1, value=customer.spend if column == "conversion" else None)


@pytest.fixture(scope="module")
def measured(customers: pandas.DataFrame) -> dict[tuple[str, str], JourneyLift]:
    asked = [(arm, column) for arm in (MENS, WOMENS) for column in ("visit", "conversion")]
    found = {one: measure(Fold(outcomes(customers, *one)), {"cart_recovery": 0.5}).journeys for one in asked}
    return {one: journey for one, (journey,) in found.items()}


@pytest.mark.parametrize(
    ("arm", "visit_pp", "conversion_pp", "spend"), [(MENS, 7.66, 0.68, 0.770), (WOMENS, 4.52, 0.31, 0.424)]
)
def test_the_lift_is_that_published_beside_the_file(
    measured: dict[tuple[str, str], JourneyLift], arm: str, visit_pp: float, conversion_pp: float, spend: float
) -> None:
    visit, bought = measured[arm, "visit"], measured[arm, "conversion"]
    assert visit.conversion is not None
    assert bought.conversion is not None
    assert bought.value is not None
    assert round(100 * visit.conversion.difference, 2) == visit_pp
    assert round(100 * bought.conversion.difference, 2) == conversion_pp
    assert round(bought.value.difference, 3) == spend
    assert visit.warnings == bought.warnings == []


@pytest.mark.parametrize("arm", [MENS, WOMENS])
@pytest.mark.parametrize("column", ["visit", "conversion"])
def test_shares_and_their_errors_are_those_of_pandas(
    customers: pandas.DataFrame, measured: dict[tuple[str, str], JourneyLift], arm: str, column: str
) -> None:
    by_arm = customers.groupby("segment")[column]
    mean, error = by_arm.mean(), by_arm.var(ddof=0) / by_arm.size()
    found = measured[arm, column]
    assert found.conversion is not None
    assert (found.treated.users, found.held_out.users) == (by_arm.size()[arm], by_arm.size()[NONE])
    assert (found.treated.reached, found.held_out.reached) == (by_arm.sum()[arm], by_arm.sum()[NONE])
    assert found.conversion.difference == pytest.approx(mean[arm] - mean[NONE])
    assert found.conversion.se == pytest.approx((error[arm] + error[NONE]) ** 0.5)
    assert found.conversion.relative is not None
    assert found.conversion.relative.change == pytest.approx(mean[arm] / mean[NONE] - 1)


@pytest.mark.parametrize("arm", [MENS, WOMENS])
def test_spend_and_its_interval_are_those_of_scipy(
    customers: pandas.DataFrame, measured: dict[tuple[str, str], JourneyLift], arm: str
) -> None:
    treated, held_out = (customers.loc[customers["segment"] == one, "spend"] for one in (arm, NONE))
    expected = stats.ttest_ind(treated, held_out, equal_var=False)
    interval = expected.confidence_interval(0.95)
    found = measured[arm, "conversion"].value
    assert found is not None
    assert (found.difference, found.p, found.df) == pytest.approx(
        (treated.mean() - held_out.mean(), expected.pvalue, expected.df)
    )
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
