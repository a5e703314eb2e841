"""RFM of the CDNOW sample, by the tool and by pandas alone."""

from pathlib import Path

import pandas
import pytest
from click.testing import CliRunner, Result

from stream.cli.fit import Asked, command
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.fitting.histories import History
from stream.testkit.files import read_config
from tests.data_sets import data_file
from tests.fitting.shipped import SHIPPED, unfitted

SAMPLE = "cdnow/CDNOW_sample.txt.gz"

pytestmark = pytest.mark.data


def fit(folder: Path, *arguments: str) -> Result:
    data = ["--data", str(data_file(SAMPLE)), "--format", "cdnow", "--config", str(folder)]
    return CliRunner().invoke(command, [*arguments, *data], catch_exceptions=False)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("cdnow") / "config"
    unfitted(folder)
    return folder, fit(folder, "rfm")


@pytest.fixture(scope="module")
def scored(fitted: tuple[Path, Result]) -> pandas.DataFrame:
    """Return the scores and percentiles of every customer, decided by a config that reads the fitted tables."""
    folder, _ = fitted
    files = read_config(folder)
    asked = {"r": "last_order_at", "f": "orders", "m": "spend"}
    for short, trait in asked.items():
        files["traits.yaml"] += (
            f"{short}_score: {{value: score({trait})}}\n{short}_rank: {{value: percentile({trait})}}\n"
        )
    definitions = load(files)
    columns = [f"{short}_{what}" for short in asked for what in ("score", "rank")]
    history = _history(definitions)
    return pandas.DataFrame(history.rows(tuple(columns)), columns=columns, index=[*history.profiles])


def _history(definitions: Definitions) -> History:
    return Asked((data_file(SAMPLE),), "cdnow", SHIPPED, None, ()).history(definitions)


@pytest.fixture(scope="module")
def customers() -> pandas.DataFrame:
    """Return recency in days at the last purchase of all, frequency and cents, by pandas alone."""
    orders = pandas.read_csv(
        data_file(SAMPLE), sep=r"\s+", header=None, names=["user", "sample", "date", "quantity", "value"], dtype="str"
    )
    orders["date"] = pandas.to_datetime(orders["date"], format="%Y%m%d")
    orders["cents"] = (orders["value"].astype(float) * 100).round().astype(int)
    found = orders.groupby("user").agg(last=("date", "max"), f=("date", "size"), m=("cents", "sum"))
    found["r"] = (orders["date"].max() - found["last"]).dt.days
    return found


def test_the_command_says_how_many_customers_have_each_score(fitted: tuple[Path, Result]) -> None:
    folder, result = fitted
    assert result.exit_code == 0, result.output
    lines = [line.removeprefix(f"{folder}/tables/") for line in result.output.splitlines()]
    assert [line.split(":")[0] for line in lines] == ["last_order_at.yaml", "orders.yaml", "spend.yaml"]
    assert all(": 2,357 users; of the scores 1 has " in line for line in lines)


def test_scores_are_those_of_qcut_where_it_can_cut(scored: pandas.DataFrame, customers: pandas.DataFrame) -> None:
    for column, labels in (("m", [1, 2, 3, 4, 5]), ("r", [5, 4, 3, 2, 1])):
        expected = pandas.qcut(customers[column], 5, labels=labels).astype(int)
        assert (scored[f"{column}_score"].loc[expected.index] == expected).all()


def test_scores_and_percentiles_are_the_quantiles_below_a_value(
    scored: pandas.DataFrame, customers: pandas.DataFrame
) -> None:
    ascending = {"m": customers["m"], "f": customers["f"], "r": customers["r"]}
    for column, values in ascending.items():
        for what, parts, least in (("score", 5, 1), ("rank", 100, 0)):
            cuts = values.quantile([part / parts for part in range(1, parts)]).to_numpy().round(9)
            below = values.map(lambda value, cuts=cuts: int((cuts < value).sum()))
            expected = least + (parts - 1 - below if column == "r" else below)
            assert (scored[f"{column}_{what}"].loc[expected.index] == expected).all(), (column, what)


def test_the_top_tenth_by_spend_is_a_tenth_and_spends_most(
    scored: pandas.DataFrame, customers: pandas.DataFrame
) -> None:
    top = scored.index[scored["m_rank"] >= 90]
    assert len(top) == 236  # of 2,357
    assert customers["m"].loc[top].min() > customers["m"].drop(top).max()


def test_a_refit_of_the_same_history_writes_the_same_bytes(fitted: tuple[Path, Result]) -> None:
    folder, result = fitted
    before = {path.name: path.read_bytes() for path in (folder / "tables").iterdir()}
    assert fit(folder, "rfm").output == result.output
    assert {path.name: path.read_bytes() for path in (folder / "tables").iterdir()} == before
