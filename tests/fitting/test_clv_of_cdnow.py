"""BG/NBD and Gamma-Gamma on CDNOW: what was published, and what the command writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.fit import command
from stream.definitions import load
from stream.fitting.customers import Customers, published
from stream.fitting.likelihoods import NotFitted, fit_order_value, fit_purchases
from stream.testkit.files import read_config
from tests.data_sets import data_file
from tests.fitting.shipped import unfitted

SUMMARY = "cdnow/cdnow_customers_summary_with_transactions.csv"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return unfitted(tmp_path / "config")


def fit(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["clv", "--config", str(config), *arguments])


@pytest.mark.data
def test_the_published_estimates_come_out_within_one_percent_in_weeks() -> None:
    customers = published(data_file(SUMMARY).read_text(encoding="utf-8").splitlines(), 1.0)
    found = fit_purchases(customers)
    assert found == pytest.approx({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, rel=0.01)
    assert fit_order_value(customers) == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, rel=0.01)


@pytest.mark.data
def test_the_command_fits_a_summary_in_weeks_and_writes_days(config: Path) -> None:
    result = fit(config, "--data", str(data_file(SUMMARY)), "--format", "summary", "--unit", "weeks")
    assert result.exit_code == 0, result.output
    assert "2,357 customers, 946 with repeat orders" in result.output
    (config / "segments/worthy.yaml").write_text("when: clv(365d) >= 100 and p_alive() > 0.5\n")
    (node, _) = load(read_config(config)).segments["worthy"].when.parts
    assert node.left.model.alpha == pytest.approx(4.414 * 7, rel=0.01)


@pytest.mark.data
def test_the_command_fits_a_history_of_orders_and_the_config_reads_it(config: Path) -> None:
    sample = str(data_file("cdnow/CDNOW_sample.txt.gz"))
    result = fit(config, "--data", sample, "--format", "cdnow", "--until", "1997-09-30")
    assert result.exit_code == 0, result.output
    (config / "segments/worthy.yaml").write_text("when: expected_purchases(30d) >= 1\n")
    model = load(read_config(config)).segments["worthy"].when.left.model
    # Two orders of a day are one in the published summary, and two here: so the estimates are near, not equal.
    assert (model.r, model.alpha / 7) == pytest.approx((0.243, 4.414), rel=0.35)
    assert "until: '1997-09-30T00:00:00Z', users: 2357}" in (config / "tables/clv.yaml").read_text(encoding="utf-8")


def test_without_repeat_orders_there_is_nothing_to_learn_from() -> None:
    once = Customers([0.0, 0.0], [0.0, 0.0], [10.0, 20.0], [1.0, 1.0], [5.0, 5.0])
    with pytest.raises(NotFitted, match="nobody has ordered twice"):
        fit_purchases(once)
    with pytest.raises(NotFitted, match="different sums"):
        fit_order_value(once)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,x,t_x,T\n1,1,1,1\n", "zbar is missing"),
        ("x,t_x,T,zbar\n1,1,one,1\n", "line 2 of the summary: x, t_x, T, zbar are numbers"),
        ("x,t_x,T,zbar\n0,0,9,0\n", "nobody has ordered twice"),
    ],
)
def test_a_summary_that_cannot_be_fitted_is_refused(config: Path, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "summary.csv"
    path.write_text(text, encoding="utf-8")
    result = fit(config, "--data", str(path), "--format", "summary")
    assert result.exit_code == 2
    assert message in result.output
    assert not (config / "tables").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "ordrs"], "there is no trait ordrs; did you mean orders?"),
        (["--sum", "orders"], "--sum orders: that must be a trait fed by events, of the type money"),
    ],
)
def test_traits_that_are_no_history_of_a_customer_are_refused(
    config: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    path = tmp_path / "summary.csv"
    path.write_text("x,t_x,T,zbar\n", encoding="utf-8")
    result = fit(config, "--data", str(path), "--format", "summary", *arguments)
    assert result.exit_code == 2
    assert message in result.output
