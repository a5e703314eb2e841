from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.check import check
from stream.cli.fit import command
from stream.testkit.files import read_config
from tests.fitting.shipped import unfitted

ORDERS = (
    '{"type":"track","userId":"%s","event":"Order Completed","timestamp":"2024-01-%02dT00:00:00Z",'
    '"messageId":"%d","properties":{"total":%d,"currency":"USD"}}\n'
)
VISIT = '{"type":"track","userId":"v","event":"Product Viewed","timestamp":"2024-01-20T00:00:00Z","messageId":"v"}\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return unfitted(tmp_path / "config")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    path.write_text("".join(ORDERS % (f"u{n}", n, n, 10 * n) for n in range(1, 11)) + VISIT, encoding="utf-8")
    return path


def fit(config: Path, history: Path, *arguments: str) -> Result:
    options = ["--data", str(history), "--format", "segment", "--config", str(config)]
    return CliRunner().invoke(command, [*arguments, *options])


def test_rfm_writes_three_tables_of_those_who_ordered_that_people_can_read(config: Path, history: Path) -> None:
    result = fit(config, history, "rfm")
    assert result.exit_code == 0, result.output
    sizes = "10 users; of the scores 1 has 2, 2 has 2, 3 has 2, 4 has 2, 5 has 2"
    assert f"{config}/tables/spend.yaml: {sizes}" in result.output.splitlines()
    assert f"{config}/tables/last_order_at.yaml: {sizes}" in result.output.splitlines()
    lines = (config / "tables/last_order_at.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# How long ago last_order_at was: score(last_order_at) is 5 up to the first")
    assert lines[2:5] == [
        "fitted: {by: stream fit rfm, from: 'orders.jsonl', until: '2024-01-20T00:00:00Z', users: 10}",
        "unit: days",
        "scores: [11.8, 13.6, 15.4, 17.2]",
    ]


def test_a_config_that_reads_tables_not_fitted_yet_is_fitted_and_then_fine(config: Path, history: Path) -> None:
    (config / "segments/best.yaml").write_text("when: score(spend) == 5 and percentile(orders) >= 90\n")
    _, before = check(read_config(config))
    assert [problem.message for problem in before] == [
        "there is no table of spend: `stream fit cuts spend` writes tables/spend.yaml",
    ]
    assert fit(config, history, "cuts", "spend", "orders").exit_code == 0
    assert check(read_config(config))[1] == []


def test_users_are_looked_at_as_of_until(config: Path, history: Path) -> None:
    assert fit(config, history, "rfm", "--until", "2024-01-05").exit_code == 0
    text = (config / "tables/last_order_at.yaml").read_text(encoding="utf-8")
    assert "until: '2024-01-05T00:00:00Z', users: 5}" in text
    assert "scores: [0.8, 1.6, 2.4, 3.2]" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cuts", "spnd"], "there is no trait spnd; did you mean spend?"),
        (["cuts", "favourite_category"], "favourite_category is a string; numbers, money, durations and times can be"),
        (["rfm", "--until", "soon"], "--until soon is no time"),
        (["rfm", "--until", "1999-01-01"], "there is no event to learn from"),
        (["rfm", "--frequency", "order"], "there is no trait order; did you mean orders?"),
    ],
)
def test_what_cannot_be_fitted_is_refused_and_nothing_is_written(
    config: Path, history: Path, arguments: list[str], message: str
) -> None:
    result = fit(config, history, *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert not (config / "tables").exists()


def test_a_trait_that_nobody_has_is_refused(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "visits.jsonl"
    path.write_text(VISIT, encoding="utf-8")
    result = fit(config, path, "rfm")
    assert result.exit_code == 2
    assert "there is no user of whom last_order_at and orders and spend are known" in result.output


def test_a_config_with_a_mistake_is_refused_at_its_place(config: Path, history: Path) -> None:
    (config / "traits.yaml").write_text("orders: {cuont: order_completed}\n")
    result = fit(config, history, "cuts", "orders")
    assert result.exit_code == 2
    assert "traits.yaml:1:10: a trait has no field 'cuont' (did you mean 'count'?)" in result.output
